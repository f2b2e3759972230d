//! Two values for one field: both are shown with author and time, and a person chooses.

mod labels;

use std::collections::BTreeMap;

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::{Candidate, Clash, Conflict, Id, Intent, path};
use tombolo_wire::store::{Call, HistoryEntry, UserInfo};

use super::name::RENAME;
use super::{Ago, Icon};
use crate::browser::page;
use crate::state::Doc;
use crate::words::fields::field_words;
use labels::{row_name, row_words};

fn shown(clash: Clash, value: Option<&Value>) -> String {
    match (clash, value) {
        (Clash::BinnedEdited, None) => "in the bin".into(),
        (Clash::BinnedEdited, Some(_)) => "edited".into(),
        (_, None) => "deleted".into(),
        (Clash::DeletedRowEdited, Some(row)) => row_words(row),
        (_, Some(Value::String(text))) if text.is_empty() => "empty".into(),
        (_, Some(Value::String(text))) => text.clone(),
        (_, Some(other)) => other.to_string(),
    }
}

/// The row that a conflict is about, by name.
fn row_in(conflict: &Conflict) -> String {
    let named = conflict.values.iter().filter_map(|candidate| candidate.value.as_ref()).find_map(row_name);
    named.map_or_else(|| "The row".to_owned(), |name| format!("“{name}”"))
}

fn title(conflict: &Conflict) -> String {
    match conflict.clash {
        Clash::Values => format!("Two people wrote different things in “{}”. Choose one.", field_words(&conflict.path)),
        Clash::DeletedRowEdited => {
            format!("{} was deleted by one and edited by another. Choose what stays.", row_in(conflict))
        }
        Clash::BinnedEdited => "This was put in the bin by one and edited by another. Choose what stays.".into(),
    }
}

/// What the button of a candidate says.
fn choice(conflict: &Conflict, chosen: &Candidate) -> String {
    let value = shown(conflict.clash, chosen.value.as_ref());
    match (conflict.clash, &chosen.value) {
        (Clash::BinnedEdited, None) => "Leave it in the bin".into(),
        (Clash::BinnedEdited, Some(_)) => "Take it out of the bin".into(),
        (_, None) => "Keep it deleted".into(),
        (_, Some(_)) => format!("Keep {}", value.chars().take(40).collect::<String>()),
    }
}

/// Who is behind an actor, in words.
fn who(user: Option<&UserInfo>, me: Option<Id>) -> String {
    match user {
        Some(user) if Some(user.id) == me => "You".into(),
        Some(user) if !user.name.is_empty() => user.name.clone(),
        Some(user) if !user.email.is_empty() => user.email.clone(),
        _ => "Somebody".into(),
    }
}

/// What settles a conflict in favour of one candidate.
pub(crate) fn settle(conflict: &Conflict, chosen: &Candidate) -> Vec<Intent> {
    let place = conflict.path.clone();
    let row =
        || (path::parent(&place).unwrap_or_default().to_owned(), path::last(&place).unwrap_or_default().to_owned());
    match (conflict.clash, &chosen.value) {
        (Clash::Values, Some(value)) => vec![Intent::Set { path: place.clone(), value: value.clone() }],
        (Clash::Values, None) => vec![Intent::Remove { path: place.clone() }],
        (Clash::DeletedRowEdited, Some(_)) => {
            let (list, row) = row();
            vec![Intent::RestoreRow { list, row }]
        }
        // Taking the row back and deleting it again says: deleted, having seen the edit.
        (Clash::DeletedRowEdited, None) => {
            let (list, row) = row();
            vec![Intent::RestoreRow { list: list.clone(), row: row.clone() }, Intent::DeleteRow { list, row }]
        }
        (Clash::BinnedEdited, Some(_)) => vec![Intent::Unbin],
        (Clash::BinnedEdited, None) => vec![Intent::Unbin, Intent::Bin],
    }
}

/// The conflict of one field, beside it.
#[component]
pub(crate) fn FieldConflict(doc: Doc, #[prop(into)] path: String) -> impl IntoView {
    let conflict = Memo::new(move |_| {
        doc.view.with(|view| view.as_ref().and_then(|view| view.conflicts.iter().find(|one| one.path == path).cloned()))
    });
    move || conflict.get().map(|conflict| view! { <Cards doc=doc conflict=conflict/> })
}

/// Says that there are fields with two values; pressing it shows them, and Escape takes them away.
#[component]
pub(crate) fn ConflictBadge(doc: Doc) -> impl IntoView {
    let open = RwSignal::new(false);
    let button = NodeRef::<html::Button>::new();
    let all =
        Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| view.conflicts.clone()).unwrap_or_default()));
    let any = Memo::new(move |_| !all.with(Vec::is_empty));
    let says = move || {
        all.with(|all| match all.as_slice() {
            [one] => format!("{} values", one.values.len()),
            many => format!("{} conflicts", many.len()),
        })
    };
    let take_focus = move || {
        if let Some(Err(error)) = button.get_untracked().map(|button| button.focus()) {
            leptos::logging::debug_warn!("{error:?}");
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.stop_propagation();
            open.set(false);
            take_focus();
        }
    };
    // With the last choice the button that was pressed goes; whoever works by keyboard goes on at the name beside it.
    Effect::new(move |before: Option<bool>| {
        let now = any.get();
        if before == Some(true) && !now && open.get_untracked() {
            open.set(false);
            page::focus_if_nowhere(RENAME);
        }
        now
    });
    // A name that is being edited ends with its focus and moves this button: not before the click has come to it.
    let press = |event: MouseEvent| event.prevent_default();
    let click = move |_| {
        open.update(|open| *open = !*open);
        take_focus();
    };
    move || {
        any.get().then(|| {
            view! {
                <button class="button small conflict-badge" node_ref=button aria-expanded=move || open.get().to_string() on:mousedown=press on:click=click on:keydown=on_key>
                    <Icon name="triangle-alert" small=true/>{says}
                </button>
                <Show when=move || open.get()>
                    <section class="conflicts" aria-label="Conflicts" on:keydown=on_key>
                        {move || all.get().into_iter().map(|conflict| view! { <Cards doc=doc conflict=conflict/> }).collect_view()}
                    </section>
                </Show>
            }
        })
    }
}

/// Who is behind the actors of a document, once the store has told.
fn authors(doc: Doc) -> RwSignal<BTreeMap<String, UserInfo>> {
    let authors = RwSignal::new(BTreeMap::new());
    spawn_local(async move {
        // Without it the values can be chosen from all the same.
        if let Ok(changes) = doc.app.call::<Vec<HistoryEntry>>(Call::History { id: doc.id }).await {
            let known = changes.into_iter().filter_map(|change| Some((change.actor, change.user?)));
            authors.try_set(known.collect());
        }
    });
    authors
}

#[component]
fn Cards(doc: Doc, conflict: Conflict) -> impl IntoView {
    let title = title(&conflict);
    let authors = authors(doc);
    let me = move || doc.app.account.with(|account| account.as_ref()?.user.as_ref().map(|user| user.id));
    let cards = conflict
        .values
        .iter()
        .map(|candidate| {
            let value = shown(conflict.clash, candidate.value.as_ref());
            let intents = settle(&conflict, candidate);
            let keep = choice(&conflict, candidate);
            let (actor, time_ms) = (candidate.actor.clone(), candidate.time_ms);
            let by = move || authors.with(|authors| who(authors.get(&actor), me()));
            view! {
                <div class="candidate">
                    <code class="cut" title=value.clone()>{value.clone()}</code>
                    <small class="muted">{by}{(time_ms > 0).then(|| view! { ", "<Ago ms=time_ms/> })}</small>
                    <button class="button small" prop:disabled=move || !doc.writable.get() on:click=move |_| doc.edit(intents.clone())>{keep}</button>
                </div>
            }
        })
        .collect_view();
    view! {
        <div class="banner warning conflict" role="group" aria-label=title.clone()>
            <Icon name="triangle-alert"/>
            <div class="grow"><p>{title.clone()}</p><div class="candidates">{cards}</div></div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keeping_the_deletion_says_that_the_edit_was_seen() {
        let conflict = Conflict { path: "/mappings/r1".into(), clash: Clash::DeletedRowEdited, values: Vec::new() };
        let deleted = Candidate { value: None, actor: String::new(), time_ms: 0 };
        let intents = settle(&conflict, &deleted);
        assert_eq!(intents.len(), 2);
        assert_eq!(intents[1], Intent::DeleteRow { list: "/mappings".into(), row: "r1".into() });
        let named = Conflict { path: "/name".into(), clash: Clash::Values, values: Vec::new() };
        let chosen = Candidate { value: Some(json!("x")), ..deleted };
        assert_eq!(settle(&named, &chosen), [Intent::Set { path: "/name".into(), value: json!("x") }]);
    }

    #[test]
    fn a_conflict_says_what_it_is_about_and_a_button_what_it_keeps() {
        let candidate = |value| Candidate { value, actor: String::new(), time_ms: 0 };
        let row = json!({"generate": "amount", "extract": "$.grand_total"});
        let values = vec![candidate(None), candidate(Some(row))];
        let deleted = Conflict { path: "/mappings/r1".into(), clash: Clash::DeletedRowEdited, values };
        assert_eq!(title(&deleted), "“amount” was deleted by one and edited by another. Choose what stays.");
        assert_eq!(choice(&deleted, &deleted.values[0]), "Keep it deleted");
        assert_eq!(choice(&deleted, &deleted.values[1]), "Keep amount, from grand_total");
        let named = Conflict { path: "/http/baseURI".into(), clash: Clash::Values, values: Vec::new() };
        assert_eq!(title(&named), "Two people wrote different things in “Base URL”. Choose one.");
        assert_eq!(choice(&named, &candidate(Some(json!("x")))), "Keep x");
    }

    #[test]
    fn an_author_is_called_by_name() {
        let id: Id = "000000000000000000000001".parse().unwrap();
        let user = |name: &str, email: &str| UserInfo { id, name: name.into(), email: email.into() };
        assert_eq!(who(Some(&user("Ines", "")), None), "Ines");
        assert_eq!(who(Some(&user("", "ines@example.com")), None), "ines@example.com");
        assert_eq!(who(Some(&user("Ines", "")), Some(id)), "You");
        assert_eq!(who(None, Some(id)), "Somebody");
    }
}
