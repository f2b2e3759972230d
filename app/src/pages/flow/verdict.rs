//! What a filter or a branching does with a record of the last test run, below its rules.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::RowId;
use tombolo_wire::eval_worker::{Ask, Given};

use super::Builder;
use super::mapping::{NoSample, Which};
use super::sample::{Sample, is_unread};
use crate::components::Icon;
use crate::state::{Answer, Doc, Evaluator};

const SOON_MS: u32 = 150;
const DEADLINE_MS: u32 = 5_000;

/// What is asked: the evaluation, and where its rules are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    eval: &'static str,
    place: String,
}

impl Judged {
    /// A filter of an export or import.
    pub(super) fn filter(place: &str) -> Self {
        Self { eval: "filter", place: place.to_owned() }
    }

    /// The branches of a branching.
    pub(super) fn branching(place: String) -> Self {
        Self { eval: "branchFilter", place }
    }

    fn is_branching(&self) -> bool {
        self.eval == "branchFilter"
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Nothing,
    Words(&'static str, String),
}

/// What an answer means: its sign and its words. `branches` are the names of the branches.
fn said(judged: &Judged, output: &Value, branches: &[String]) -> Said {
    if judged.is_branching() {
        let name = |at: &Value| at.as_u64().and_then(|at| branches.get(usize::try_from(at).ok()?)).cloned();
        let names: Vec<String> = output.as_array().into_iter().flatten().filter_map(name).collect();
        return match names.len() {
            0 => Said::Words("off", "No branch takes this record: it is counted as ignored.".to_owned()),
            _ => Said::Words("success", format!("This record goes to {}.", names.join(" and "))),
        };
    }
    match output.as_bool() {
        Some(true) => Said::Words("success", "This record goes on.".to_owned()),
        Some(false) => Said::Words("off", "This record is left out.".to_owned()),
        None => Said::Nothing,
    }
}

/// What came of a question; nothing when a newer one took its place.
fn answered(judged: &Judged, answer: Answer, branches: &[String]) -> Option<Said> {
    Some(match answer {
        Answer::Done(done) => match (done.output, done.problems.into_iter().next()) {
            (_, Some(problem)) => Said::Words("danger", problem.message),
            (Some(output), None) => said(judged, &serde_json::from_str(&output.text).unwrap_or_default(), branches),
            (None, None) => Said::Nothing,
        },
        Answer::Stopped => Said::Words("danger", "This took too long and was stopped.".to_owned()),
        Answer::Failed(message) => Said::Words("danger", message),
        Answer::Dropped => return None,
    })
}

/// The names of the branches of a branching.
fn names(router: &Value) -> Vec<String> {
    let name =
        |branch: &Value| branch.get("name").and_then(Value::as_str).unwrap_or("a branch without a name").to_owned();
    router.get("branches").and_then(Value::as_array).into_iter().flatten().map(name).collect()
}

/// Whether a script decides, which this does not call.
fn by_script(judged: &Judged, rules: &Value) -> bool {
    let key = if judged.is_branching() { "routeRecordsUsing" } else { "type" };
    rules.get(key).and_then(Value::as_str) == Some("script")
}

/// The record and what becomes of it. `step` is the row of a step that the record comes to; of a branching, its id.
#[component]
pub(super) fn Verdict(doc: Doc, judged: Judged, step: RowId) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let sample = if judged.is_branching() {
        Sample::of_router(builder, step)
    } else {
        let stage = if judged.place == "/inputFilter" { "inputFilter" } else { "outputFilter" };
        Sample::of(builder, step, stage)
    };
    let evaluator = StoredValue::new_local(Evaluator::start(RwSignal::new(Vec::new())));
    on_cleanup(move || {
        evaluator.try_with_value(Evaluator::end);
    });
    let judged = StoredValue::new(judged);
    let rules = Memo::new(move |_| judged.with_value(|judged| doc.at(&judged.place)).unwrap_or_default());
    let shown = RwSignal::new(Said::Nothing);
    let timer = StoredValue::new_local(None::<Timeout>);
    Effect::new(move |_| {
        let (rules, input) = (rules.get(), sample.value());
        let Some(input) = input.filter(|_| !judged.with_value(|judged| by_script(judged, &rules))) else {
            timer.set_value(None);
            shown.set(match sample.is_unread() {
                true => Said::Words("danger", "The record is not JSON yet.".to_owned()),
                false => Said::Nothing,
            });
            return;
        };
        timer.set_value(Some(Timeout::new(SOON_MS, move || {
            let Some(evaluator) = evaluator.try_get_value() else { return };
            let name = judged.with_value(|judged| judged.eval.to_owned());
            let branches = names(&rules);
            let ask = Ask {
                n: 0,
                name,
                rules: Given::Value(rules),
                input: Given::Value(input),
                options: Value::Null,
                moment: None,
            };
            spawn_local(async move {
                let answer = evaluator.ask(ask, DEADLINE_MS).await;
                let Some(now) = judged.try_with_value(|judged| answered(judged, answer, &branches)).flatten() else {
                    return;
                };
                // What is written meanwhile may be no record any more.
                let unread = sample.own.try_with_untracked(|own| own.as_deref().is_some_and(is_unread));
                if unread == Some(false) {
                    shown.try_set(now);
                }
            });
        })));
    });
    let empty = Signal::derive(move || sample.value().is_none() && sample.own.with(Option::is_none));
    let unread =
        move || sample.own.with(|own| own.as_ref().is_some_and(|text| serde_json::from_str::<Value>(text).is_err()));
    let own = move |event: leptos::ev::Event| sample.own.set(Some(event_target_value(&event)));
    view! {
        <section class="verdict" aria-label="What becomes of a record">
            <header class="row"><h3>"Try it with a record"</h3><Which sample=sample/></header>
            <p role="status" class="verdict-said">{move || match shown.get() {
                Said::Nothing => ().into_any(),
                Said::Words(class, words) => {
                    let icon = match class { "success" => "circle-check", "danger" => "circle-alert", _ => "circle-x" };
                    view! { <span class=format!("status {class}")><Icon name=icon/>{words}</span> }.into_any()
                }
            }}</p>
            <NoSample sample=sample empty=empty/>
            <textarea class="input code" rows="8" aria-label="Record" spellcheck="false" placeholder="Or paste a record as JSON" aria-invalid=move || unread().to_string() prop:value=move || sample.text() on:input=own></textarea>
            {move || unread().then(|| view! { <p class="error" role="alert"><Icon name="triangle-alert" small=true/>"The record is not JSON yet."</p> })}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(judged: &Judged, output: &Value) -> String {
        let branches = names(&json!({"branches": [{"name": "Home"}, {"name": "Abroad"}, {}]}));
        match said(judged, output, &branches) {
            Said::Words(_, words) => words,
            Said::Nothing => String::new(),
        }
    }

    #[test]
    fn a_record_is_told_where_it_goes() {
        let router = Judged::branching("/routers/r".into());
        assert_eq!(words(&router, &json!([1])), "This record goes to Abroad.");
        assert_eq!(words(&router, &json!([0, 2])), "This record goes to Home and a branch without a name.");
        assert!(words(&router, &json!([])).contains("ignored"));
        let filter = Judged::filter("/filter");
        assert_eq!(words(&filter, &json!(true)), "This record goes on.");
        assert_eq!(words(&filter, &json!(false)), "This record is left out.");
        assert_eq!(words(&filter, &json!({"a": 1})), "");
    }

    #[test]
    fn what_a_script_decides_is_not_told_by_rules() {
        assert!(by_script(&Judged::filter("/filter"), &json!({"type": "script"})));
        assert!(!by_script(&Judged::filter("/filter"), &json!({"type": "expression"})));
        assert!(by_script(&Judged::branching("/routers/r".into()), &json!({"routeRecordsUsing": "script"})));
    }
}
