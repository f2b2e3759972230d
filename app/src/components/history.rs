//! Who changed what in a resource, and when.

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Id;
use tombolo_wire::store::{Call, HistoryEntry};

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
                    Some(Ok(entries)) => view! { <Entries entries=entries/> }.into_any(),
                }}
            </div>
        </Dialog>
    }
}

#[component]
fn Entries(entries: Vec<Entry>) -> impl IntoView {
    let many = entries.len();
    view! {
        <ol class="changes">{entries.into_iter().take(SHOWN).map(|entry| view! { <Line entry=entry/> }).collect_view()}</ol>
        {(many > SHOWN).then(|| view! { <p class="muted">{format!("The last {SHOWN} of {} are shown.", words::number(many as u64))}</p> })}
    }
}

#[component]
fn Line(entry: Entry) -> impl IntoView {
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
