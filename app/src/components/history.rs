//! Who changed what in a resource, and when.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_model::difference::intents;
use tombolo_wire::store::{Call, CallError, HistoryEntry};

use super::{Ago, Dialog, Icon};
use crate::state::Doc;
use crate::words;
use crate::words::fields::place_words;

/// Changes of one person are one entry while no more than this lies between them.
const TOGETHER_MS: i64 = 60_000;
/// What the first change of a resource is called.
const CREATED: &str = "Created";
/// A place that only the first change of a resource writes.
const SCHEMA: &str = "schema";
/// How many entries are shown; the foot says how many there are.
const SHOWN: usize = 200;

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
    paths.iter().map(|place| place_words(place)).collect()
}

/// Makes a resource what it was after a change: what differs is written as an edit of today, which can be taken back.
fn restore(doc: Doc, hash: String) {
    let saving = doc.app.saving();
    spawn_local(async move {
        let done = async {
            let then = doc.app.call::<Value>(Call::Version { id: doc.id, hash }).await?;
            let now = doc.view.with_untracked(|view| view.as_ref().map(|view| view.value.clone())).unwrap_or_default();
            let intents = intents(&now, &then);
            if intents.is_empty() {
                return Ok("It is so already: nothing had to be restored.");
            }
            doc.try_edit(intents).await.map(|_| "The version is restored. Undo takes that back.")
        };
        match done.await {
            Ok(said) => doc.app.toasts.say(said),
            Err(error) => {
                let error: CallError = error;
                doc.app.toasts.fail(error.message);
            }
        }
        drop(saving);
    });
}

/// The dialog.
#[component]
pub(crate) fn HistoryDialog(doc: Doc, open: RwSignal<bool>) -> impl IntoView {
    let found = RwSignal::new(None::<Result<Vec<Entry>, String>>);
    Effect::new(move |_| {
        if !open.get() {
            return;
        }
        spawn_local(async move {
            let asked = doc.app.call::<Vec<HistoryEntry>>(Call::History { id: doc.id }).await;
            found.try_set(Some(asked.map(|changes| gather(&changes)).map_err(|error| error.message)));
        });
    });
    view! {
        <Dialog open=open title="History">
            <div class="dialog-body">
                {move || match found.get() {
                    None => view! { <p class="skeleton" aria-label="Loading"></p> }.into_any(),
                    Some(Err(problem)) => view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> }.into_any(),
                    Some(Ok(entries)) => view! { <Entries doc=doc entries=entries open=open/> }.into_any(),
                }}
            </div>
        </Dialog>
    }
}

#[component]
fn Entries(doc: Doc, entries: Vec<Entry>, open: RwSignal<bool>) -> impl IntoView {
    let many = entries.len();
    view! {
        <ol class="changes">{entries.into_iter().take(SHOWN).enumerate().map(|(at, entry)| view! { <Line doc=doc entry=entry newest=at == 0 open=open/> }).collect_view()}</ol>
        {(many > SHOWN).then(|| view! { <p class="muted">{format!("The last {SHOWN} of {} are shown.", words::number(many as u64))}</p> })}
    }
}

#[component]
fn Line(doc: Doc, entry: Entry, newest: bool, open: RwSignal<bool>) -> impl IntoView {
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
    view! {
        <li>
            {face}
            <div><b>{who}</b>" "<small class="muted"><Ago ms=entry.time_ms/></small><p class="muted">{fields}</p></div>
            // The newest is what there is.
            {(!newest).then(|| view! {
                <button class="button small" prop:disabled=move || !doc.writable.get() title=move || (!doc.writable.get()).then_some("You may look, not change.")
                    on:click=move |_| { open.set(false); restore(doc, hash.get_value()); }>"Restore"</button>
            })}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_wire::store::UserInfo;

    fn change(user: u8, time_ms: i64, paths: &[&str]) -> HistoryEntry {
        let user = UserInfo { id: Id::from_parts(0, [user; 8]), name: format!("User {user}"), email: String::new() };
        HistoryEntry {
            hash: String::new(),
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
    }

    #[test]
    fn a_change_is_told_in_the_words_of_the_screen() {
        let told = |paths: &[&str]| fields_of(&paths.iter().map(|place| (*place).to_owned()).collect::<Vec<_>>());
        assert_eq!(told(&["/name", "/mappings/r1/extract"]), ["Name", "Mapping"]);
        assert_eq!(told(&["/pageProcessors/r1/~pos"]), ["Steps"]);
        assert_eq!(told(&["bin"]), ["Recycle bin"]);
        assert_eq!(
            told(&["id", "kind", "schema", "/name", "/_integrationId"]),
            ["Created"],
            "nobody reads how it began field by field"
        );
    }
}
