//! Who changed what in a resource, and when.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::difference::intents;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::store::{AccountInfo, Call, CallError, HistoryEntry};

use super::{Ago, Dialog, Icon, Loading};
use crate::components::differs::{Differs, differences};
use crate::state::Doc;
use crate::words;
use crate::words::fields::{place_words, value_words, whole_words};

/// Changes of one person are one entry while no more than this lies between them.
const TOGETHER_MS: i64 = 60_000;
/// What the first change of a resource is called.
const CREATED: &str = "Created";
/// A place that only the first change of a resource writes.
const SCHEMA: &str = "schema";
/// How many entries are shown; the foot says how many there are.
const SHOWN: usize = 200;

/// How many fields of a version are told one by one.
const MOST_FIELDS: usize = 100;

/// What one person did in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// Their name, when it is known.
    who: Option<String>,
    by: Option<Id>,
    /// What their colour comes from, as everywhere.
    email: String,
    actor: String,
    /// When it ended.
    time_ms: i64,
    began_ms: i64,
    fields: Vec<String>,
    /// Its last change.
    hash: String,
    /// What its author had seen before its first change; none for how the resource began.
    parents: Vec<String>,
}

/// Newest first, as the store has them.
fn gather(changes: &[HistoryEntry]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for change in changes {
        let by = change.user.as_ref().map(|user| user.id);
        let fields = fields_of(&change.paths);
        let same = entries.last_mut().filter(|entry| {
            let person = if by.is_some() { entry.by == by } else { entry.by.is_none() && entry.actor == change.actor };
            person && entry.began_ms - change.time_ms <= TOGETHER_MS
        });
        match same {
            Some(entry) => {
                entry.began_ms = change.time_ms;
                entry.parents.clone_from(&change.parents);
                entry.fields.extend(fields);
            }
            None => entries.push(Entry {
                who: change.user.as_ref().map(|user| user.name.clone()).filter(|name| !name.is_empty()),
                by,
                email: change.user.as_ref().map(|user| user.email.clone()).unwrap_or_default(),
                actor: change.actor.clone(),
                time_ms: change.time_ms,
                began_ms: change.time_ms,
                fields,
                hash: change.hash.clone(),
                parents: change.parents.clone(),
            }),
        }
    }
    for entry in &mut entries {
        // How it began comes first.
        entry.fields.sort_by_cached_key(|field| (field != CREATED, field.clone()));
        entry.fields.dedup();
    }
    entries
}

/// What a change touched, in people's words. What was there from the start is not told field by field.
fn fields_of(paths: &[String]) -> Vec<String> {
    if paths.iter().any(|place| place == SCHEMA) {
        return vec![CREATED.to_owned()];
    }
    let words = |place: &String| match place.as_str() {
        "bin" => "Put in the recycle bin".to_owned(),
        "unbin" => "Taken out of the recycle bin".to_owned(),
        place => place_words(place),
    };
    paths.iter().map(words).collect()
}

/// The resource as it was after these changes.
async fn version(doc: Doc, hashes: Vec<String>) -> Result<Value, CallError> {
    doc.app.call::<Value>(Call::Version { id: doc.id, hashes }).await
}

/// The resource as the screen has it.
fn present(doc: Doc) -> Value {
    doc.view.with_untracked(|view| view.as_ref().map(|view| view.value.clone())).unwrap_or_default()
}

/// Makes a resource what it was after a change: what differs is written as an edit of today, which can be taken back.
fn restore(doc: Doc, then: Value) {
    let saving = doc.app.saving();
    spawn_local(async move {
        match doc.try_edit(intents(&present(doc), &then)).await {
            Ok(_) => doc.app.toasts.offer_undo("The version is restored.", move || doc.undo()),
            Err(error) => doc.app.toasts.fail(error.message),
        }
        drop(saving);
    });
}

/// What the dialog shows: the list, or what a version would bring.
#[derive(Clone)]
enum Shown {
    List,
    /// The version, and what differs from today's.
    Version(Value, Vec<Differs>),
}

/// The dialog.
#[component]
pub(crate) fn HistoryDialog(doc: Doc, open: RwSignal<bool>) -> impl IntoView {
    let found = RwSignal::new(None::<Result<Vec<Entry>, String>>);
    let shown = RwSignal::new(Shown::List);
    Effect::new(move |_| {
        if !open.get() {
            return;
        }
        shown.set(Shown::List);
        spawn_local(async move {
            let asked = doc.app.call::<Vec<HistoryEntry>>(Call::History { id: doc.id }).await;
            found.try_set(Some(asked.map(|changes| gather(&changes)).map_err(|error| error.message)));
        });
    });
    view! {
        <Dialog open=open title="History">
            <div class="dialog-body">
                {move || match (shown.get(), found.get()) {
                    (Shown::Version(then, differs), _) => view! { <Version doc=doc then=then differs=differs shown=shown open=open/> }.into_any(),
                    (_, None) => view! { <Loading/> }.into_any(),
                    (_, Some(Err(problem))) => view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> }.into_any(),
                    (_, Some(Ok(entries))) => view! { <Entries doc=doc entries=entries shown=shown/> }.into_any(),
                }}
            </div>
        </Dialog>
    }
}

/// What restoring a version writes, before it is done.
#[component]
fn Version(
    doc: Doc,
    then: Value,
    differs: Vec<Differs>,
    shown: RwSignal<Shown>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let then = StoredValue::new(then);
    let same = differs.is_empty();
    view! {
        {if same {
            view! { <p>"It is so already: nothing has to be restored."</p> }.into_any()
        } else {
            view! { <p>"Restoring this version changes these fields. What is there now stays in the history."</p><Differences doc=doc all=differs before="Now" after="Then"/> }.into_any()
        }}
        <footer class="dialog-foot">
            <button class="button" on:click=move |_| shown.set(Shown::List)>"Back"</button>
            {(!same).then(|| view! { <button class="button primary" prop:disabled=move || !doc.writable.get() title=move || (!doc.writable.get()).then_some("You may look, not change.")
                on:click=move |_| { open.set(false); restore(doc, then.get_value()); }>"Restore this version"</button> })}
        </footer>
    }
}

#[component]
fn Entries(doc: Doc, entries: Vec<Entry>, shown: RwSignal<Shown>) -> impl IntoView {
    let many = entries.len();
    let lines = entries.into_iter().take(SHOWN).enumerate();
    view! {
        <ol class="changes">{lines.map(|(at, entry)| view! { <Line doc=doc entry=entry newest=at == 0 shown=shown/> }).collect_view()}</ol>
        {(many > SHOWN).then(|| view! { <p class="muted">{format!("The last {SHOWN} of {} are shown.", words::number(many as u64))}</p> })}
        {audited(doc).then(|| view! { <p><a class="link" href=format!("/audit?resource={}", doc.id)>"In the audit log"</a><span class="muted">": runs, credentials and tests too, with the token that was used."</span></p> })}
    }
}

/// Whether who looks may read the audit log of the account.
fn audited(doc: Doc) -> bool {
    let may = |account: &AccountInfo| !account.local && account.role.may(Action::ReadAudit, Kind::Integration);
    doc.app.account.with_untracked(|account| account.as_ref().is_some_and(may))
}

#[component]
fn Line(doc: Doc, entry: Entry, newest: bool, shown: RwSignal<Shown>) -> impl IntoView {
    let hash = StoredValue::new(entry.hash.clone());
    let known = entry.by.is_some();
    let who = entry.who.unwrap_or_else(|| if entry.by.is_some() { "Somebody".into() } else { "On this device".into() });
    let fields = if entry.fields.is_empty() { CREATED.to_owned() } else { entry.fields.join(", ") };
    // What was made before anybody signed in has no face, and no colour of a person.
    let face = if known {
        view! { <span class=format!("avatar small p{}", words::tint(&entry.email)) aria-hidden="true">{words::monogram(&who)}</span> }.into_any()
    } else {
        view! { <span class="avatar small nobody" aria-hidden="true"><Icon name="laptop"/></span> }.into_any()
    };
    let look = move |_| {
        spawn_local(async move {
            match version(doc, vec![hash.get_value()]).await {
                Ok(then) => {
                    let differs = differences(&present(doc), &then);
                    shown.try_set(Shown::Version(then, differs));
                }
                Err(error) => doc.app.toasts.fail(error.message),
            }
        });
    };
    view! {
        <li>
            {face}
            <div><b>{who}</b>" "<small class="muted"><Ago ms=entry.time_ms/></small><Changed doc=doc fields=fields hash=entry.hash before=entry.parents/></div>
            // The newest is what there is.
            {(!newest).then(|| view! {
                <button class="button small" prop:disabled=move || !doc.writable.get() title=move || (!doc.writable.get()).then_some("You may look, not change.")
                    on:click=look>"Restore"</button>
            })}
        </li>
    }
}

/// The fields of an entry, and on demand what was in them before and after.
#[component]
fn Changed(doc: Doc, fields: String, hash: String, before: Vec<String>) -> impl IntoView {
    // Of what has just been made there is nothing before.
    if before.is_empty() {
        return view! { <p class="muted">{fields}</p> }.into_any();
    }
    let hashes = StoredValue::new((before, vec![hash]));
    let found = RwSignal::new(None::<Result<Vec<Differs>, String>>);
    let ask = move |_| {
        if found.with_untracked(Option::is_some) {
            return;
        }
        spawn_local(async move {
            let (old, new) = hashes.get_value();
            let both = async { Ok::<_, CallError>(differences(&version(doc, old).await?, &version(doc, new).await?)) };
            found.try_set(Some(both.await.map_err(|error| error.message)));
        });
    };
    view! {
        <details on:toggle=ask><summary class="muted">{fields}</summary>
            {move || found.get().map(|found| match found {
                Err(problem) => view! { <p class="muted">{problem}</p> }.into_any(),
                Ok(all) if all.is_empty() => view! { <p class="muted">"Nothing that a field shows."</p> }.into_any(),
                Ok(all) => view! { <Differences doc=doc all=all before="Before" after="After"/> }.into_any(),
            })}
        </details>
    }
    .into_any()
}

/// Fields with what is in them on two sides.
#[component]
fn Differences(doc: Doc, all: Vec<Differs>, before: &'static str, after: &'static str) -> impl IntoView {
    let app = doc.app;
    let many = all.len();
    let named = move |text: &str| text.parse::<Id>().ok().and_then(|id| app.row(id)).map(|row| row.name);
    let said = move |place: &str, value: Option<&Value>| value_words(place, value, named);
    let side = |words: Option<String>| match words {
        Some(words) => view! { <pre>{words}</pre> }.into_any(),
        None => view! { <span class="faint">"Nothing"</span> }.into_any(),
    };
    view! {
        <table class="table differences" aria-label="Changed fields">
            <thead><tr><th>"Field"</th><th>{before}</th><th>{after}</th></tr></thead>
            <tbody>{all.into_iter().take(MOST_FIELDS).map(|differs| view! {
                <tr><td class="name">{whole_words(&differs.place)}</td>
                    <td data-label=before>{side(said(&differs.place, differs.before.as_ref()))}</td><td data-label=after>{side(said(&differs.place, differs.after.as_ref()))}</td></tr>
            }).collect_view()}</tbody>
        </table>
        {(many > MOST_FIELDS).then(|| view! { <p class="muted">{format!("And {} more.", words::count(many - MOST_FIELDS, "field"))}</p> })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_wire::store::UserInfo;

    fn change(user: u8, time_ms: i64, paths: &[&str]) -> HistoryEntry {
        let user = UserInfo { id: Id::from_parts(0, [user; 8]), name: format!("User {user}"), email: String::new() };
        HistoryEntry {
            hash: format!("{time_ms}"),
            parents: vec![format!("before {time_ms}")],
            actor: user.name.clone(),
            user: Some(user),
            time_ms,
            paths: paths.iter().map(|place| (*place).to_owned()).collect(),
        }
    }

    #[test]
    fn what_one_person_types_in_one_go_is_one_entry() {
        let found = gather(&[
            change(1, 90_000, &["/name"]),
            change(1, 60_000, &["/name", "/mappings/r1/extract"]),
            change(2, 50_000, &["/disabled"]),
            change(1, 40_000, &[]),
        ]);
        let shown: Vec<_> =
            found.iter().map(|entry| (entry.who.as_deref(), entry.time_ms, entry.fields.len())).collect();
        assert_eq!(shown, [(Some("User 1"), 90_000, 2), (Some("User 2"), 50_000, 1), (Some("User 1"), 40_000, 0)]);
        // Told beside what its author had seen, not beside what another wrote at the same time.
        assert_eq!(
            (found[0].hash.as_str(), found[0].parents.as_slice()),
            ("90000", ["before 60000".to_owned()].as_slice())
        );
    }

    #[test]
    fn a_change_is_told_in_the_words_of_the_screen() {
        let told = |paths: &[&str]| fields_of(&paths.iter().map(|place| (*place).to_owned()).collect::<Vec<_>>());
        assert_eq!(told(&["/name", "/mappings/r1/extract"]), ["Name", "Mapping"]);
        assert_eq!(told(&["/pageProcessors/r1/~pos"]), ["Steps"]);
        assert_eq!(told(&["bin"]), ["Put in the recycle bin"]);
        assert_eq!(told(&["unbin"]), ["Taken out of the recycle bin"]);
        assert_eq!(
            told(&["id", "kind", "schema", "/name", "/_integrationId"]),
            ["Created"],
            "nobody reads how it began field by field"
        );
    }
}
