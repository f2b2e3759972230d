//! The errors of a run below its figures: those that are open and those that were resolved, all or of one step, and what
//! is done with all of them at once.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Id;
use tombolo_wire::run::{Attempt, RunError, RunRow};
use tombolo_wire::run_worker::{RunOptions, RunRetry};
use tombolo_wire::store::Call;

use super::Builder;
use super::again::ErrorRow;
use crate::browser::{files, time};
use crate::components::Icon;
use crate::pages::runs::{Told, tried_memo};
use crate::state::App;
use crate::words;

/// How many errors are shown at once, and from how many those of a step are chosen.
const SHOWN: usize = 50;
const KEPT: usize = 2_000;

/// The id of the list of errors, for the focus.
pub(super) const ERRORS: &str = "run-errors";

/// The first errors of a run, read again as they come in.
pub(super) fn first_errors(run: Id, count: Memo<u64>, going: Memo<bool>) -> RwSignal<Vec<RunError>> {
    let app = App::here();
    let errors = RwSignal::new(Vec::<RunError>::new());
    Effect::new(move |_| {
        let (many, going) = (count.get(), going.get());
        if many == 0 || (going && errors.with_untracked(Vec::len) >= KEPT) {
            return;
        }
        spawn_local(async move {
            match app.call::<Vec<RunError>>(Call::RunErrors { run }).await {
                // The page may show another run by now.
                Ok(found) => drop(errors.try_set(found.into_iter().take(KEPT).collect())),
                Err(error) => app.toasts.fail(error.message),
            }
        });
    });
    errors
}

/// Which errors are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Wanted {
    #[default]
    All,
    Open,
    Resolved,
}

impl Wanted {
    fn takes(self, resolved: bool) -> bool {
        match self {
            Self::All => true,
            Self::Open => !resolved,
            Self::Resolved => resolved,
        }
    }
}

type Tries = BTreeMap<u64, Attempt>;

fn is_resolved(error: &RunError, tries: &Tries) -> bool {
    error.n > 0 && tries.get(&error.n).is_some_and(|attempt| attempt.resolved)
}

/// The run that tries all of these again that are open and keep their record; nothing where they are of several steps,
/// for a run begins at one, or where there is none.
fn retry_all(run: Id, errors: &[RunError], tries: &Tries) -> Option<RunOptions> {
    let going = |error: &RunError| tries.get(&error.n).is_some_and(|attempt| attempt.ended_ms.is_none());
    let open: Vec<&RunError> =
        errors.iter().filter(|error| error.n > 0 && !is_resolved(error, tries) && !going(error)).collect();
    let ready = |error: &&RunError| Some((error.index?, error.record.clone()?, error.n));
    let found: Vec<_> = open.iter().filter_map(ready).collect();
    let step = open.iter().find(|error| error.record.is_some()).map(|error| error.step.clone())?;
    if step.is_empty() || open.iter().any(|error| error.record.is_some() && error.step != step) || found.is_empty() {
        return None;
    }
    let of = Some((run, found.iter().map(|(_, _, n)| *n).collect()));
    let records = found.into_iter().map(|(index, record, _)| (index, record)).collect();
    Some(RunOptions { retry: Some(RunRetry { step, records, of }), ..RunOptions::default() })
}

/// A cell of a table for people: one that begins like a formula gets an apostrophe, which keeps it a text.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Errors as CSV, the trace key first. `clock` writes a time.
fn to_csv(
    errors: &[RunError],
    steps: &BTreeMap<String, String>,
    tries: &Tries,
    clock: impl Fn(i64) -> String,
) -> String {
    let mut text =
        "traceKey,step,record,code,message,source,classification,occurredAt,resolved,retryData\r\n".to_owned();
    for error in errors {
        let class = error.class.and_then(|class| serde_json::to_value(class).ok());
        let class = class.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        let cells = [
            error.trace_key.clone().unwrap_or_default(),
            steps.get(&error.step).unwrap_or(&error.step).clone(),
            error.index.map(|index| (index + 1).to_string()).unwrap_or_default(),
            error.code.clone(),
            error.message.clone(),
            error.source.clone(),
            class.to_owned(),
            clock(error.time_ms),
            if is_resolved(error, tries) { "yes" } else { "no" }.to_owned(),
            error.record.as_ref().map(ToString::to_string).unwrap_or_default(),
        ];
        text.push_str(&cells.map(|text| cell(&text)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// The errors, with the record they are about: all, or those of one step.
#[component]
pub(super) fn Errors(told: Memo<Told>, count: Memo<u64>, run: Memo<Option<RunRow>>, id: Id, flow: Id) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let tried = tried_memo(App::here(), id);
    let wanted = RwSignal::new(Wanted::All);
    let of = Memo::new(move |_| {
        let key = builder.errors_of.get()?;
        // A list of none would hide those of the others, with the button that shows them.
        let count = |run: &RunRow| run.steps.iter().find(|step| step.step == key && step.errors != 0).cloned();
        run.with(|run| run.as_ref().and_then(count))
    });
    let many = Memo::new(move |_| match of.get() {
        Some(step) => step.errors,
        None => told.with(|told| told.count(count.get())),
    });
    let more = move || usize::try_from(many.get()).unwrap_or(usize::MAX);
    // The step is read before the number, which follows it: the other way round its change is missed.
    let title = move || {
        let name = of.with(|of| of.as_ref().map(|step| step.name.clone()));
        let errors = words::count(more(), "error");
        name.map_or(errors.clone(), |name| format!("{errors} of {name}"))
    };
    let here = Memo::new(move |_| {
        let of_step = |error: &RunError| of.with(|of| of.as_ref().is_none_or(|step| step.step == error.step));
        told.with(|told| told.errors.iter().filter(|error| of_step(error)).cloned().collect::<Vec<_>>())
    });
    // Where nothing is resolved there is no choice, and what was chosen among the errors of another step does not count.
    let which = Memo::new(move |_| {
        let any = here.with(|here| tried.with(|tried| here.iter().any(|error| is_resolved(error, tried))));
        if any { wanted.get() } else { Wanted::All }
    });
    let chosen = Memo::new(move |_| {
        let takes = |error: &&RunError| tried.with(|tried| which.get().takes(is_resolved(error, tried)));
        here.with(|here| here.iter().filter(takes).cloned().collect::<Vec<_>>())
    });
    let listed =
        Memo::new(move |_| chosen.with(|chosen| chosen.iter().take(SHOWN).cloned().enumerate().collect::<Vec<_>>()));
    let cut = move || match which.get() {
        Wanted::All => more(),
        Wanted::Open | Wanted::Resolved => chosen.with(Vec::len),
    };
    view! {
        <Show when=move || more() != 0>
            <section class="console-errors" id=ERRORS tabindex="-1" aria-label="Errors">
                <header class="row"><h3>{title}</h3>
                    {move || of.with(Option::is_some).then(|| view! { <button class="button small quiet" on:click=move |_| builder.errors_of.set(None)>"Show all"</button> })}
                    <Which here=here tried=tried wanted=wanted/>
                    <span class="grow"></span>
                    <AtOnce run=run id=id flow=flow chosen=chosen tried=tried/></header>
                <ul><For each=move || listed.get() key=|(at, error)| (*at, error.n, error.time_ms, error.message.clone()) let:item><ErrorRow error=item.1 run=id flow=flow tried=tried/></For></ul>
                {move || (cut() > listed.with(Vec::len)).then(|| view! { <p class="muted">{move || format!("{} of them are listed.", listed.with(Vec::len))}</p> })}
            </section>
        </Show>
    }
}

/// Open ones, resolved ones or both; asked once something was resolved.
#[component]
fn Which(here: Memo<Vec<RunError>>, tried: Memo<Tries>, wanted: RwSignal<Wanted>) -> impl IntoView {
    let resolved = Memo::new(move |_| {
        here.with(|here| tried.with(|tried| here.iter().filter(|error| is_resolved(error, tried)).count()))
    });
    let all = move || here.with(Vec::len);
    let choice = move |which: Wanted, words: &'static str, many: Signal<usize>| {
        view! { <button type="button" aria-pressed=move || (wanted.get() == which).to_string() on:click=move |_| wanted.set(which)>{words}" "{move || words::number(many.get() as u64)}</button> }
    };
    view! {
        <Show when=move || { resolved.get() > 0 }>
            <div class="segment" role="group" aria-label="Which errors">
                {choice(Wanted::All, "All", Signal::derive(all))}
                {choice(Wanted::Open, "Open", Signal::derive(move || all() - resolved.get()))}
                {choice(Wanted::Resolved, "Resolved", Signal::derive(move || resolved.get()))}
            </div>
        </Show>
    }
}

/// What is done with all that are listed.
#[component]
fn AtOnce(
    run: Memo<Option<RunRow>>,
    id: Id,
    flow: Id,
    chosen: Memo<Vec<RunError>>,
    tried: Memo<Tries>,
) -> impl IntoView {
    let app = App::here();
    let retry = Memo::new(move |_| chosen.with(|chosen| tried.with(|tried| retry_all(id, chosen, tried))));
    let many = move || {
        let records = |retry: &RunOptions| retry.retry.as_ref().map_or(0, |retry| retry.records.len());
        retry.with(|retry| retry.as_ref().map_or(0, records))
    };
    let going = Memo::new(move |_| app.is_running(flow));
    let again = move |_| {
        if let Some(options) = retry.get_untracked() {
            app.start_run(flow, options);
        }
    };
    let download = move |_| {
        let named = |run: &RunRow| run.steps.iter().map(|step| (step.step.clone(), step.name.clone())).collect();
        let (steps, name) =
            run.with_untracked(|run| run.as_ref().map(|run| (named(run), run.flow_name.clone())).unwrap_or_default());
        let text =
            chosen.with_untracked(|chosen| tried.with_untracked(|tried| to_csv(chosen, &steps, tried, time::iso)));
        files::download_text(app, &text, &format!("{}-errors.csv", files::plain_name(&name)));
    };
    view! {
        {move || (many() > 1).then(|| view! {
            <button class="button small" prop:disabled=going title=move || going.get().then_some("A run of this flow is going.") on:click=again><Icon name="rotate-ccw" small=true/>{format!("Try {} again", words::count(many(), "record"))}</button>
        })}
        <button class="button small quiet" prop:disabled=move || chosen.with(Vec::is_empty) on:click=download><Icon name="download" small=true/>"Download CSV"</button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run() -> Id {
        Id::from_parts(1, [0; 8])
    }

    fn error(n: u64, step: &str) -> RunError {
        RunError {
            step: step.into(),
            message: format!("Error {n}"),
            record: Some(json!({"n": n})),
            index: Some(n),
            n,
            ..RunError::default()
        }
    }

    fn tried(n: u64, resolved: bool, ended: bool) -> (u64, Attempt) {
        (n, Attempt { run: run(), by: None, ended_ms: ended.then_some(1), resolved })
    }

    #[test]
    fn the_open_errors_of_one_step_are_tried_again_at_once() {
        let all = [error(1, "s"), error(2, "s"), error(3, "s"), error(4, "s")];
        let tries = Tries::from([tried(2, true, true), tried(3, false, false), tried(4, false, true)]);
        let retry = retry_all(run(), &all, &tries).and_then(|options| options.retry);
        let records = vec![(1, json!({"n": 1})), (4, json!({"n": 4}))];
        assert_eq!(retry, Some(RunRetry { step: "s".into(), records, of: Some((run(), vec![1, 4])) }));
        assert_eq!(retry_all(run(), &[error(1, "s"), error(2, "t")], &Tries::new()), None, "of several steps");
        assert_eq!(retry_all(run(), &[RunError { record: None, ..error(1, "s") }], &Tries::new()), None);
        assert_eq!(retry_all(run(), &all[1..2], &tries), None, "what is resolved is not sent again");
    }

    #[test]
    fn errors_are_open_until_a_try_went_well() {
        let tries = Tries::from([tried(1, true, true), tried(2, false, true)]);
        let listed = |wanted: Wanted| {
            let all = [error(1, "s"), error(2, "s"), error(3, "s")];
            all.iter().filter(|error| wanted.takes(is_resolved(error, &tries))).map(|error| error.n).collect::<Vec<_>>()
        };
        assert_eq!(listed(Wanted::All), [1, 2, 3]);
        assert_eq!((listed(Wanted::Open), listed(Wanted::Resolved)), (vec![2, 3], vec![1]));
    }

    #[test]
    fn errors_become_a_table_that_no_program_takes_for_formulas() {
        let first = RunError {
            trace_key: Some("=1+1".into()),
            message: "It said \"no\", twice".into(),
            time_ms: 7,
            ..error(1, "s")
        };
        let steps = BTreeMap::from([("s".to_owned(), "Send".to_owned())]);
        let made = to_csv(&[first], &steps, &Tries::from([tried(1, true, true)]), |ms| format!("at {ms}"));
        let lines: Vec<&str> = made.split("\r\n").collect();
        assert!(lines[0].starts_with("traceKey,step,record,"));
        assert_eq!(lines[1], r#"'=1+1,Send,2,,"It said ""no"", twice",,,at 7,yes,"{""n"":1}""#);
        assert_eq!((lines[2], lines.len()), ("", 3));
    }
}
