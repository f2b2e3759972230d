//! What a step's answers add to the records that go on: response mapping, then postResponseMap.

use std::borrow::Cow;

use tombolo_model::Val;

use super::Page;
use super::hooks::{Hook, Options};
use super::refine::too_big;
use super::shared::Shared;
use super::step::{Fate, Met};
use crate::plan::Step;
use crate::run_contract;
use crate::script::ScriptFailure;
use crate::size::size_bytes;
use crate::units::MAX_RECORD_BYTES;

/// Changes the records of a page; says of each whether it ends here.
///
/// Every unit has the place of its record, and of its element where one record was many.
pub(super) async fn respond(
    shared: &Shared<'_>,
    step: &Step,
    page: &mut Page,
    met: Vec<(usize, Option<usize>, Met)>,
    turn: u64,
) -> Vec<bool> {
    let mut gone = vec![false; page.len()];
    // The answers of the records that this step worked on; with one-to-many, of each element.
    let mut answered: Vec<Vec<Val>> = vec![Vec::new(); page.len()];
    for (at, child, met) in met {
        if met.fate == Fate::Failed && !step.proceed_on_failure {
            gone[at] = true;
        }
        let Some(response) = met.response else { continue };
        if let Some(mapping) = &step.response_mapping
            && !gone[at]
        {
            let item = &mut page[at];
            let before = shared.plan.test_mode.then(|| response.clone());
            let target = match (child, &step.one_to_many) {
                (Some(child), Some(many)) => match many.path.get_mut(&mut item.value) {
                    Some(Val::List(children)) => children.get_mut(child),
                    _ => None,
                },
                _ => Some(&mut item.value),
            };
            if let Some(Err(error)) = target.map(|target| mapping.apply(target, &response)) {
                let message = format!("The response mapping: {error}");
                shared.record_failed(step.place, "response_mapping", message, item.index, Some(&item.value));
                gone[at] = gone[at] || !step.proceed_on_failure;
            }
            if let Some(before) = before {
                shared.stage(step.place, "responseMap", item.index, &before, Ok(Some(&item.value)));
            }
        }
        if step.post_response_map.is_some() {
            answered[at].push(response);
        }
    }
    hooked(shared, step, page, &answered, &mut gone, turn).await;
    if step.response_mapping.is_some() || step.post_response_map.is_some() {
        for (item, gone) in page.iter_mut().zip(&mut gone).filter(|(_, gone)| !**gone) {
            let size = size_bytes(&item.value);
            if size > MAX_RECORD_BYTES {
                let (code, message) = too_big("With what the step added, the record has", size);
                // Not kept with its error: it is what is too big.
                shared.record_failed(step.place, &code, message, item.index, None);
                *gone = true;
            }
        }
    }
    gone
}

/// Each value has to be a record: a function that forgets to return one would lose it.
fn all_records(hook: Hook<'_>, left: Vec<Val>) -> Result<Vec<Val>, ScriptFailure> {
    let each = left.iter().enumerate().try_for_each(|(at, value)| run_contract::record_of(at, value));
    each.map(|()| left).map_err(|message| hook.wrong("script_result", &message))
}

/// Lets postResponseMap change the records that were worked on and go on.
async fn hooked(
    shared: &Shared<'_>,
    step: &Step,
    page: &mut Page,
    answered: &[Vec<Val>],
    gone: &mut [bool],
    turn: u64,
) {
    let Some(function) = &step.post_response_map else { return };
    let open: Vec<usize> = (0..page.len()).filter(|at| !gone[*at] && !answered[*at].is_empty()).collect();
    if open.is_empty() {
        return;
    }
    let many = step.one_to_many.is_some();
    let responses: Vec<Cow<'_, Val>> = open
        .iter()
        .map(|at| match answered[*at].as_slice() {
            [one] if !many => Cow::Borrowed(one),
            all => Cow::Owned(Val::List(all.to_vec())),
        })
        .collect();
    let options = Options::new(shared, step.place)
        .with_list("postResponseMapData", open.iter().map(|at| &page[*at].value))
        .with_list("responseData", responses.iter().map(|response| &**response))
        .with("oneToMany", &Val::Bool(many));
    let options = match &step.one_to_many {
        Some(many) => options.with("pathToMany", &Val::text(&many.written)),
        None => options,
    };
    let hook = Hook { place: step.place, kind: "postResponseMap", function };
    let left = hook.call_list(shared, options, turn, open.len()).await;
    match left.and_then(|left| all_records(hook, left)) {
        Ok(left) => {
            for (at, value) in open.into_iter().zip(left) {
                page[at].value = value;
            }
        }
        Err(failure) => {
            for at in open {
                let item = &page[at];
                shared.record_failed(step.place, &failure.code, failure.message.clone(), item.index, Some(&item.value));
                gone[at] = !step.proceed_on_failure;
            }
        }
    }
}
