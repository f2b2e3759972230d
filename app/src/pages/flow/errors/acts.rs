//! What is done with several errors at once, or with one: settled, opened again, given to somebody, tagged.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::run::{Decision, RunBy, tag_problem};

use super::listed::{Key, Known, Listed, NOBODY};
use super::people::people;
use super::{Builder, ERRORS};
use crate::browser::page;
use crate::components::{Dialog, Field, Icon, SelectBox, described_by};
use crate::state::App;
use crate::words;

/// What the buttons are about.
#[derive(Clone, Copy)]
pub(in crate::pages::flow) struct Targets {
    pub(in crate::pages::flow) errors: Signal<Vec<Listed>>,
    pub(in crate::pages::flow) known: Memo<Known>,
    pub(in crate::pages::flow) flow: Id,
}

impl Targets {
    fn keys(self, wanted: impl Fn(&Known, Key) -> bool) -> Vec<Key> {
        let known = self.known.get_untracked();
        let numbered = |one: &&Listed| one.has_number() && wanted(&known, one.key());
        self.errors.with_untracked(|all| all.iter().filter(numbered).map(Listed::key).collect())
    }

    fn count(self, wanted: impl Fn(&Known, Key) -> bool) -> usize {
        let numbered = |known: &Known, one: &Listed| one.has_number() && wanted(known, one.key());
        self.known.with(|known| self.errors.with(|all| all.iter().filter(|one| numbered(known, one)).count()))
    }
}

/// Whether this person may decide about the errors of a flow: who may run it may.
fn may_decide(app: App, flow: Id) -> bool {
    let owner = app.row(flow).and_then(|row| row.integration);
    app.may_in(Action::Run, Kind::Flow, owner)
}

/// The id of the button that tags all that is listed. It stays, and those beside it come and go.
const TAG: &str = "tag-errors";

/// The same button of one error.
fn tag_one((run, n): Key) -> String {
    format!("tag-{run}-{n}")
}

/// Where the focus goes when the button that decided something about these goes.
fn beside(keys: &[Key]) -> Vec<String> {
    let one = if let [key] = keys { Some(tag_one(*key)) } else { None };
    one.into_iter().chain([TAG.to_owned(), ERRORS.to_owned()]).collect()
}

/// Keeps a decision, and tells `after` whether it is kept.
fn decide(
    app: App,
    keys: Vec<Key>,
    decision: Decision,
    (said, undo): (String, Option<Decision>),
    after: impl FnOnce(bool) + 'static,
) {
    spawn_local(async move {
        let decided = app.decide(&keys, &decision).await;
        after(decided.is_ok());
        page::focus_first_if_nowhere(beside(&keys));
        match (decided, undo) {
            (Err(error), _) => app.toasts.fail(error.message),
            (Ok(()), None) => app.toasts.say(said),
            (Ok(()), Some(undo)) => app.toasts.offer_undo(said, move || {
                let (keys, undo) = (keys.clone(), undo.clone());
                spawn_local(async move {
                    if let Err(error) = app.decide(&keys, &undo).await {
                        app.toasts.fail(error.message);
                    }
                });
            }),
        }
    });
}

/// The dialogs that ask whose errors are and which tags they get, and the errors that they are about since they were
/// opened: the list below may show another run by then.
#[derive(Clone, Copy)]
pub(in crate::pages::flow) struct Asking {
    assigning: RwSignal<bool>,
    tagging: RwSignal<bool>,
    errors: RwSignal<Vec<Listed>>,
}

impl Asking {
    pub(in crate::pages::flow) fn new() -> Self {
        Self { assigning: RwSignal::new(false), tagging: RwSignal::new(false), errors: RwSignal::default() }
    }

    fn ask(self, dialog: RwSignal<bool>, errors: Vec<Listed>) {
        self.errors.set(errors);
        dialog.set(true);
    }
}

/// The dialogs. They stand outside of what is drawn anew for each run.
#[component]
pub(in crate::pages::flow) fn Asked(flow: Id) -> impl IntoView {
    let Builder { app, asking, .. } = expect_context::<Builder>();
    let Asking { assigning, tagging, errors } = asking;
    let known = Memo::new(move |_| {
        let runs: BTreeSet<Id> = errors.with(|errors| errors.iter().map(|one| one.run).collect());
        app.runs.with(|all| app.marks.with(|marks| Known::of(&runs, all, marks)))
    });
    let targets = Targets { errors: errors.into(), known, flow };
    // The button that opened one may have gone with its run.
    Effect::new(move |before: Option<bool>| {
        let open = assigning.get() || tagging.get();
        if before == Some(true) && !open {
            page::focus_first_if_nowhere(vec![TAG.to_owned(), ERRORS.to_owned()]);
        }
        open
    });
    view! {
        <Dialog open=assigning title="Assign errors"><Assign targets=targets on_done=Callback::new(move |()| assigning.set(false))/></Dialog>
        <Dialog open=tagging title="Tag errors"><Tags targets=targets/></Dialog>
    }
}

/// The buttons. `many` names how many they are about.
#[component]
pub(in crate::pages::flow) fn Acts(targets: Targets, #[prop(optional)] many: bool) -> impl IntoView {
    let app = App::here();
    let may = Memo::new(move |_| may_decide(app, targets.flow));
    let open = Memo::new(move |_| targets.count(|known, key| !known.is_resolved(key)));
    let settled = Memo::new(move |_| targets.count(Known::is_resolved));
    let of = move |count: usize| if many { format!(" {}", words::count(count, "error")) } else { String::new() };
    let resolve = move |_| {
        let keys = targets.keys(|known, key| !known.is_resolved(key));
        let said = format!("{} resolved.", words::count(keys.len(), "error"));
        decide(app, keys, Decision::Resolve, (said, Some(Decision::Reopen)), drop);
    };
    let reopen = move |_| {
        let keys = targets.keys(Known::is_resolved);
        let said = format!("{} opened again.", words::count(keys.len(), "error"));
        decide(app, keys, Decision::Reopen, (said, Some(Decision::Resolve)), drop);
    };
    let asking = expect_context::<Builder>().asking;
    let ask = move |dialog: RwSignal<bool>| asking.ask(dialog, targets.errors.get_untracked());
    let first = targets.errors.with_untracked(|all| all.first().map(Listed::key));
    let id = first.filter(|_| !many).map_or_else(|| TAG.to_owned(), tag_one);
    view! {
        <Show when=move || may.get() && open.get() + settled.get() != 0>
            {move || (open.get() > 0).then(|| view! { <button class="button small" type="button" on:click=resolve><Icon name="circle-check" small=true/>{move || format!("Resolve{}", of(open.get()))}</button> })}
            {move || (settled.get() > 0).then(|| view! { <button class="button small" type="button" on:click=reopen><Icon name="undo-2" small=true/>{move || format!("Open{} again", of(settled.get()))}</button> })}
            {move || (!app.is_alone()).then(|| view! { <button class="button small" type="button" on:click=move |_| ask(asking.assigning)><Icon name="user" small=true/>"Assign"</button> })}
            <button class="button small" type="button" id=id.clone() on:click=move |_| ask(asking.tagging)><Icon name="tag" small=true/>"Tag"</button>
        </Show>
    }
}

/// These people, and who looks at the errors now.
fn with_now(mut people: Vec<RunBy>, now: Option<&RunBy>) -> Vec<RunBy> {
    let unmet = now.filter(|now| people.iter().all(|one| one.user != now.user));
    people.extend(unmet.cloned());
    people
}

/// Who is to look at them.
#[component]
fn Assign(targets: Targets, on_done: Callback<()>) -> impl IntoView {
    const FIELD: &str = "assign-to";
    let app = App::here();
    let now: Option<RunBy> = targets.known.with_untracked(|known| {
        let of = |one: &Listed| known.standing(one.key()).and_then(|standing| standing.assigned.as_deref().cloned());
        targets.errors.with_untracked(|all| all.first().and_then(of))
    });
    let me = app.account.with_untracked(|account| account.as_ref().and_then(|account| account.user.clone()));
    let first =
        now.as_ref().map(|to| to.user).or(me.map(|me| me.id)).map_or_else(|| NOBODY.to_owned(), |id| id.to_string());
    let chosen = RwSignal::new(first);
    let met = people(app);
    // Who looks at them now can go on, whether this device has met them or not.
    let people = Memo::new(move |_| with_now(met.get(), now.as_ref()));
    let waits = RwSignal::new(false);
    let choices = Signal::derive(move || {
        let mut all = vec![(NOBODY.to_owned(), "Nobody".to_owned())];
        all.extend(people.get().into_iter().map(|one| (one.user.to_string(), one.name)));
        all
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let id = chosen.get_untracked();
        let to: Option<RunBy> = people.with_untracked(|all| all.iter().find(|one| one.user.to_string() == id).cloned());
        if to.is_none() && id != NOBODY {
            app.toasts.fail("This person is not here any more. Choose somebody else.");
            return;
        }
        let keys = targets.keys(|_, _| true);
        let errors = words::count(keys.len(), "error");
        let said = match &to {
            Some(to) => format!("{errors} assigned to {}.", to.name),
            None => format!("{errors} assigned to nobody."),
        };
        waits.set(true);
        // Who could not be given them stays chosen.
        decide(app, keys, Decision::Assign { to: to.map(Box::new) }, (said, None), move |kept| {
            waits.try_set(false);
            if kept {
                on_done.try_run(());
            }
        });
    };
    view! {
        <form class="dialog-body" on:submit=submit>
            <Field label="Who looks at them" name=FIELD help="Everybody who sees the flow sees this. Without a network it offers the people whom this device has met.">
                <SelectBox name=FIELD value=chosen choices=choices described=true on_change=Callback::new(move |id| chosen.set(id))/>
            </Field>
            <footer class="dialog-foot"><button class="button primary" type="submit" prop:disabled=waits>"Assign"</button></footer>
        </form>
    }
}

/// All tags that errors on this device have or had.
pub(super) fn tags_of(app: App) -> BTreeSet<String> {
    app.marks.with(|marks| {
        let tag = |decision: &Decision| if let Decision::Tag { tag } = decision { Some(tag.clone()) } else { None };
        marks.values().flatten().filter_map(|mark| tag(&mark.decision)).collect()
    })
}

/// The tags of these errors, and one more.
#[component]
fn Tags(targets: Targets) -> impl IntoView {
    const FIELD: &str = "error-tag";
    const KNOWN: &str = "error-tags";
    let app = App::here();
    let text = RwSignal::new(String::new());
    let tried = RwSignal::new(false);
    let problem = Signal::derive(move || text.with(|text| tag_problem(text.trim())).filter(|_| tried.get()));
    let have = Memo::new(move |_| {
        let of = |known: &Known, one: &Listed| known.tags(one.key()).map(str::to_owned).collect::<Vec<_>>();
        targets
            .known
            .with(|known| targets.errors.with(|all| all.iter().flat_map(|one| of(known, one)).collect::<BTreeSet<_>>()))
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        let tag = text.with_untracked(|text| text.trim().to_owned());
        if tag_problem(&tag).is_some() {
            return;
        }
        let lacks = tag.clone();
        let keys = targets.keys(move |known, key| !known.tags(key).any(|have| have == lacks));
        let said = format!("{} tagged “{tag}”.", words::count(keys.len(), "error"));
        let typed = tag.clone();
        text.set(String::new());
        tried.set(false);
        // A tag that was not kept is there to be tried again, unless another one is typed by then.
        decide(app, keys, Decision::Tag { tag }, (said, None), move |kept| {
            if !kept && text.try_with_untracked(String::is_empty) == Some(true) {
                text.try_set(typed);
            }
        });
    };
    let remove = move |tag: String| {
        let has = tag.clone();
        let keys = targets.keys(move |known, key| known.tags(key).any(|have| have == has));
        let said = format!("Tag “{tag}” removed.");
        decide(app, keys, Decision::Untag { tag: tag.clone() }, (said, Some(Decision::Tag { tag })), drop);
        // The button goes with its tag.
        page::focus_soon(vec![FIELD.to_owned()]);
    };
    view! {
        <form class="dialog-body" novalidate=true on:submit=submit>
            <Field label="Tag" name=FIELD error=problem help="One word or a few. An error can have several.">
                <input class="input" id=FIELD list=KNOWN autocomplete="off" aria-describedby=described_by(FIELD) aria-invalid=move || problem.with(Option::is_some).to_string()
                    prop:value=move || text.get() on:input=move |event| text.set(event_target_value(&event))/>
            </Field>
            <datalist id=KNOWN>{move || tags_of(app).into_iter().map(|tag| view! { <option value=tag></option> }).collect_view()}</datalist>
            <Show when=move || !have.with(BTreeSet::is_empty)>
                <ul class="tag-chips" aria-label="Tags">{move || have.get().into_iter().map(|tag| {
                    let label = format!("Remove the tag {tag}");
                    let gone = tag.clone();
                    view! { <li class="chip"><b>{tag}</b><button type="button" aria-label=label on:click=move |_| remove(gone.clone())><Icon name="x"/></button></li> }
                }).collect_view()}</ul>
            </Show>
            <footer class="dialog-foot"><button class="button primary" type="submit">"Add tag"</button></footer>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_at_errors_is_offered_though_this_device_has_not_met_them() {
        let person = |n: u32, name: &str| RunBy { user: Id::from_parts(n, [0; 8]), name: name.into() };
        let (ann, ben) = (person(1, "Ann"), person(2, "Ben"));
        assert_eq!(with_now(vec![ann.clone()], Some(&ben)), [ann.clone(), ben]);
        assert_eq!(with_now(vec![ann.clone()], Some(&ann)), std::slice::from_ref(&ann));
        assert_eq!(with_now(vec![ann.clone()], None), [ann]);
    }
}
