//! The errors below a run's figures, of that run or of all runs of the flow: those that are open and those that were
//! resolved, narrowed to what is looked for, and what is done with all of them or with some.

mod acts;
mod listed;
mod narrow;
mod people;
mod reading;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Id;
use tombolo_wire::run::{RunError, RunRow};
use tombolo_wire::run_worker::RunOptions;
use tombolo_wire::store::{Call, CallError};

use super::Builder;
use super::again::ErrorRow;
use crate::browser::{files, time};
use crate::components::Icon;
use crate::pages::runs::Told;
use crate::state::App;
use crate::words;
pub(super) use acts::{Acts, Asked, Asking, Targets};
pub(super) use listed::{Key, Known, Listed};
use listed::{Narrow, Wanted, retry_all};
use narrow::Narrowing;
pub(super) use reading::first_errors;
use reading::{OfFlow, ask_flow, counted, has_more, of_flow};

/// How many errors are shown at once.
const SHOWN: usize = 50;

/// The id of the list of errors, for the focus.
pub(super) const ERRORS: &str = "run-errors";

/// The list and what narrows it.
#[derive(Clone, Copy)]
struct List {
    app: App,
    run: Id,
    flow: Id,
    /// Of all runs, and not of one.
    over: RwSignal<bool>,
    /// The step, by its key in runs, whose errors alone are listed.
    step: Memo<Option<String>>,
    wanted: RwSignal<Wanted>,
    narrow: RwSignal<Narrow>,
    /// The fields that narrow it are shown. It lasts as long as what is in them, also while nothing is listed.
    finding: RwSignal<bool>,
    selected: RwSignal<BTreeSet<Key>>,
    /// What there is of the run or the flow, of the step.
    here: Memo<Vec<Listed>>,
    known: Memo<Known>,
    /// Which of them are wanted, where there is a choice.
    which: Memo<Wanted>,
    /// What is left of it.
    chosen: Memo<Vec<Listed>>,
}

impl List {
    fn known_of(self, errors: &[Listed]) -> Known {
        let runs: BTreeSet<Id> = errors.iter().map(|one| one.run).collect();
        self.app.runs.with(|all| self.app.marks.with(|marks| Known::of(&runs, all, marks)))
    }

    fn takes(self, one: &Listed, which: Wanted, narrow: &Narrow, known: &Known) -> bool {
        which.takes(known.is_resolved(one.key())) && narrow.takes(one, known)
    }

    /// What is selected of what is listed.
    fn picked(self) -> Vec<Listed> {
        let selected = self.selected.get();
        self.chosen.with(|chosen| chosen.iter().filter(|one| selected.contains(&one.key())).cloned().collect())
    }

    /// What is selected of what is listed, else all of it.
    fn targets(self) -> Vec<Listed> {
        let some = self.picked();
        if some.is_empty() { self.chosen.get() } else { some }
    }
}

/// The list of a run's errors, or of those of its flow, of a step or of all.
fn use_list(
    told: Memo<Told>,
    elsewhere: OfFlow,
    step: Memo<Option<String>>,
    (id, flow, over): (Id, Id, RwSignal<bool>),
) -> List {
    let app = App::here();
    let here = Memo::new(move |_| {
        let of_step = |error: &RunError| step.with(|step| step.as_ref().is_none_or(|step| *step == error.step));
        if over.get() {
            return elsewhere.with(|found| {
                let all = found.iter().flat_map(|(all, _)| all);
                all.filter(|one| of_step(&one.error)).cloned().collect()
            });
        }
        told.with(|told| {
            let all = told.errors.iter().filter(|error| of_step(error));
            all.map(|error| Listed { run: id, error: error.clone() }).collect::<Vec<_>>()
        })
    });
    let (wanted, narrow) = (RwSignal::new(Wanted::All), RwSignal::new(Narrow::default()));
    let known = Memo::new(move |_| {
        let runs: BTreeSet<Id> = here.with(|here| here.iter().map(|one| one.run).collect());
        app.runs.with(|all| app.marks.with(|marks| Known::of(&runs, all, marks)))
    });
    // Where nothing is resolved there is no choice, and what was chosen among the errors of another step does not count.
    let which = Memo::new(move |_| {
        let any = here.with(|here| known.with(|known| here.iter().any(|one| known.is_resolved(one.key()))));
        if any { wanted.get() } else { Wanted::All }
    });
    let list = List {
        app,
        run: id,
        flow,
        over,
        step,
        wanted,
        narrow,
        finding: RwSignal::new(false),
        selected: RwSignal::default(),
        here,
        known,
        which,
        chosen: here,
    };
    let chosen = Memo::new(move |_| {
        let takes =
            |one: &&Listed| known.with(|known| narrow.with(|narrow| list.takes(one, which.get(), narrow, known)));
        here.with(|here| here.iter().filter(takes).cloned().collect::<Vec<_>>())
    });
    List { chosen, ..list }
}

/// The errors, with the record they are about: all, or those of one step.
#[component]
pub(super) fn Errors(told: Memo<Told>, count: Memo<u64>, run: Memo<Option<RunRow>>, id: Id, flow: Id) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let app = App::here();
    let over = builder.errors_over;
    let elsewhere = of_flow(app, flow, over);
    let others = Memo::new(move |_| counted(app, flow, Some(id)) > 0);
    let of = Memo::new(move |_| {
        let key = builder.errors_of.get()?;
        // A list of none would hide those of the others, with the button that shows them.
        let count = |run: &RunRow| run.steps.iter().find(|step| step.step == key && step.errors != 0).cloned();
        run.with(|run| run.as_ref().and_then(count))
    });
    let step = Memo::new(move |_| of.with(|of| of.as_ref().map(|step| step.step.clone())));
    let list = use_list(told, elsewhere, step, (id, flow, over));
    let here = list.here;
    // How many there are, whether or not all of them were read.
    let more = Memo::new(move |_| match (over.get(), of.get()) {
        (true, _) => here.with(Vec::len),
        (false, Some(step)) => usize::try_from(step.errors).unwrap_or(usize::MAX),
        (false, None) => usize::try_from(told.with(|told| told.count(count.get()))).unwrap_or(usize::MAX),
    });
    let unread = Memo::new(move |_| {
        let not_all = || more.get() > here.with(Vec::len);
        if over.get() { has_more(elsewhere) } else { not_all() }
    });
    let title = move || {
        let name = of.with(|of| of.as_ref().map(|step| step.name.clone()));
        let errors = match more.get() {
            0 if over.get() && elsewhere.with(Option::is_none) => "Reading the errors".to_owned(),
            0 => "No errors".to_owned(),
            // There are more than were read.
            many if over.get() && has_more(elsewhere) => {
                format!("{} errors and more", words::number(many as u64))
            }
            many => words::count(many, "error"),
        };
        let place = if over.get() {
            " in all runs"
        } else if others.get() {
            " in this run"
        } else {
            ""
        };
        name.map_or_else(|| format!("{errors}{place}"), |name| format!("{errors} of {name}{place}"))
    };
    view! {
        <Show when=move || more.get() != 0 || others.get()>
            <section class="console-errors" id=ERRORS tabindex="-1" aria-label="Errors">
                <header class="row"><h3>{title}</h3>
                    {move || of.with(Option::is_some).then(|| view! { <button class="button small quiet" on:click=move |_| builder.errors_of.set(None)>"Show all"</button> })}
                    {move || (others.get() || over.get()).then(|| view! { <Scope over=over/> })}
                    <Which list=list/>
                    <span class="grow"></span>
                    <Again list=list/>
                    <Download list=list run=run unread=unread/></header>
                <Show when=move || !here.with(Vec::is_empty)>
                    <Bar list=list/>
                    <Rows list=list more=more/>
                </Show>
            </section>
        </Show>
    }
}

/// The errors of this run, or of all runs.
#[component]
fn Scope(over: RwSignal<bool>) -> impl IntoView {
    let choice = move |all: bool, words: &'static str| {
        view! { <button type="button" aria-pressed=move || (over.get() == all).to_string() on:click=move |_| over.set(all)>{words}</button> }
    };
    view! { <div class="segment small" role="group" aria-label="Of which runs">{choice(false, "This run")}{choice(true, "All runs")}</div> }
}

/// Open ones, resolved ones or both; asked once something was resolved.
#[component]
fn Which(list: List) -> impl IntoView {
    let resolved = Memo::new(move |_| {
        list.here.with(|here| list.known.with(|known| here.iter().filter(|one| known.is_resolved(one.key())).count()))
    });
    let all = move || list.here.with(Vec::len);
    let choice = move |which: Wanted, words: &'static str, many: Signal<usize>| {
        view! { <button type="button" aria-pressed=move || (list.wanted.get() == which).to_string() on:click=move |_| list.wanted.set(which)>{words}" "{move || words::number(many.get() as u64)}</button> }
    };
    view! {
        <Show when=move || { resolved.get() > 0 }>
            <div class="segment small" role="group" aria-label="Which errors">
                {choice(Wanted::All, "All", Signal::derive(all))}
                {choice(Wanted::Open, "Open", Signal::derive(move || all().saturating_sub(resolved.get())))}
                {choice(Wanted::Resolved, "Resolved", Signal::derive(move || resolved.get()))}
            </div>
        </Show>
    }
}

/// What is done with those that are selected, or with all that are listed; and the fields that narrow the list.
#[component]
fn Bar(list: List) -> impl IntoView {
    let finding = list.finding;
    let keys = move || {
        list.chosen
            .with(|chosen| chosen.iter().filter(|one| one.has_number()).map(Listed::key).collect::<BTreeSet<_>>())
    };
    let some = Memo::new(move |_| {
        let keys = keys();
        (list.selected.with(|selected| selected.intersection(&keys).count()), keys.len())
    });
    let turn = move |event| {
        let on = event_target_checked(&event);
        list.selected.set(if on { untrack(keys) } else { BTreeSet::new() });
    };
    let said = move || match some.get() {
        (0, _) => "None selected".to_owned(),
        (many, _) => format!("{} selected", words::number(many as u64)),
    };
    let targets = Targets { errors: Signal::derive(move || list.targets()), known: list.known, flow: list.flow };
    // What is looked for must not go on narrowing the list unseen.
    let toggle = move |_| {
        finding.update(|finding| *finding = !*finding);
        list.narrow.set(Narrow::default());
    };
    view! {
        <div class="error-bar row">
            <label class="check pick"><input type="checkbox" aria-label="Select all errors" prop:checked=move || { let (some, all) = some.get(); all > 0 && some == all }
                prop:indeterminate=move || { let (some, all) = some.get(); some > 0 && some < all } on:change=turn/><span class="muted">{said}</span></label>
            <Acts targets=targets many=true/>
            <span class="grow"></span>
            <button class="button small quiet" type="button" aria-expanded=move || finding.get().to_string() on:click=toggle><Icon name="search" small=true/>"Find errors"</button>
        </div>
        <Show when=move || finding.get()><Narrowing here=list.here known=list.known narrow=list.narrow/></Show>
    }
}

/// The lines; so many at a time.
#[component]
fn Rows(list: List, more: Memo<usize>) -> impl IntoView {
    let most = RwSignal::new(SHOWN);
    let listed = Memo::new(move |_| {
        list.chosen.with(|chosen| chosen.iter().take(most.get()).cloned().enumerate().collect::<Vec<_>>())
    });
    let left = move || list.chosen.with(Vec::len) > listed.with(Vec::len);
    let whole = move || list.which.get() == Wanted::All && list.narrow.with(Narrow::is_empty);
    let cut = move || if whole() { more.get() } else { list.chosen.with(Vec::len) };
    // A line without a number has no other name than its place.
    let name = |(at, one): &(usize, Listed)| {
        (one.key(), if one.has_number() { 0 } else { *at + 1 }, one.error.time_ms, one.error.message.clone())
    };
    view! {
        <ul><For each=move || listed.get() key=name let:item><ErrorRow listed=item.1 flow=list.flow known=list.known selected=list.selected dated=list.over/></For></ul>
        {move || list.chosen.with(Vec::is_empty).then(|| view! { <p class="muted">"No error fits."</p> })}
        {move || (cut() > listed.with(Vec::len)).then(|| view! {
            <p class="muted row"><span>{move || format!("{} of them are listed.", listed.with(Vec::len))}</span>
                {move || left().then(|| view! { <button class="button small quiet" type="button" on:click=move |_| most.update(|most| *most += SHOWN)>"Show more"</button> })}</p>
        })}
    }
}

/// Tries all of them again whose record is here.
#[component]
fn Again(list: List) -> impl IntoView {
    let app = list.app;
    let retry = Memo::new(move |_| list.known.with(|known| retry_all(&list.targets(), known)));
    let many = move || {
        let records = |retry: &RunOptions| retry.retry.as_ref().map_or(0, |retry| retry.records.len());
        retry.with(|retry| retry.as_ref().map_or(0, records))
    };
    let going = Memo::new(move |_| app.is_running(list.flow));
    let again = move |_| {
        if let Some(options) = retry.get_untracked() {
            app.start_run(list.flow, options);
        }
    };
    move || {
        (many() > 1).then(|| view! {
            <button class="button small" prop:disabled=going title=move || going.get().then_some("A run of this flow is going.") on:click=again><Icon name="rotate-ccw" small=true/>{format!("Try {} again", words::count(many(), "record"))}</button>
        })
    }
}

/// Everything that is listed as a file, also what was not read for the list.
#[component]
fn Download(list: List, run: Memo<Option<RunRow>>, unread: Memo<bool>) -> impl IntoView {
    let app = list.app;
    let download = move |_| {
        let named = |run: &RunRow| run.steps.iter().map(|step| (step.step.clone(), step.name.clone())).collect();
        let (steps, name): (BTreeMap<_, _>, _) =
            run.with_untracked(|run| run.as_ref().map(|run| (named(run), run.flow_name.clone())).unwrap_or_default());
        let save = move |errors: &[Listed]| {
            let known = untrack(|| list.known_of(errors));
            let text = table::to_csv(errors, &steps, &known, time::iso);
            files::download_text(app, &text, &format!("{}-errors.csv", files::plain_name(&name)));
        };
        // What was selected in another list counts no more.
        if !unread.get_untracked() || untrack(|| !list.picked().is_empty()) {
            save(&untrack(|| list.targets()));
            return;
        }
        spawn_local(async move {
            match everything(list).await {
                Ok(all) => save(&all),
                Err(error) => app.toasts.fail(error.message),
            }
        });
    };
    view! {
        <button class="button small quiet" prop:disabled=move || list.chosen.with(Vec::is_empty) on:click=download><Icon name="download" small=true/>"Download CSV"</button>
    }
}

/// All errors that the list would have if it were read to its end.
async fn everything(list: List) -> Result<Vec<Listed>, CallError> {
    let app = list.app;
    let (over, step) = (list.over.get_untracked(), list.step.get_untracked());
    let (which, narrow) = (list.which.get_untracked(), list.narrow.get_untracked());
    let all = if over {
        ask_flow(app, list.flow, usize::MAX).await?.0
    } else {
        let found: Vec<RunError> = app.call(Call::RunErrors { run: list.run }).await?;
        found.into_iter().map(|error| Listed { run: list.run, error }).collect()
    };
    let known = untrack(|| list.known_of(&all));
    let fits = |one: &Listed| {
        step.as_ref().is_none_or(|step| *step == one.error.step) && list.takes(one, which, &narrow, &known)
    };
    Ok(all.into_iter().filter(fits).collect())
}
