//! Two values for one field: both are shown with author and time, and a person chooses.

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::{Candidate, Clash, Conflict, Intent, path};

use super::Icon;
use crate::browser::time;
use crate::state::Doc;
use crate::words;

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "deleted".into(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
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

/// Says that there are fields with two values; pressing it shows them.
#[component]
pub(crate) fn ConflictBadge(doc: Doc) -> impl IntoView {
    let open = RwSignal::new(false);
    let all =
        Memo::new(move |_| doc.view.with(|view| view.as_ref().map(|view| view.conflicts.clone()).unwrap_or_default()));
    let says = move || match all.with(Vec::len) {
        1 => all.with(|all| all[0].values.len().to_string()) + " values",
        many => format!("{many} conflicts"),
    };
    move || {
        (!all.with(Vec::is_empty)).then(|| {
            view! {
                <button class="button small conflict-badge" aria-expanded=move || open.get().to_string() on:click=move |_| open.update(|open| *open = !*open)>
                    <Icon name="triangle-alert" small=true/>{says}
                </button>
                {move || open.get().then(|| view! {
                    <section class="conflicts" aria-label="Conflicts">
                        {all.get().into_iter().map(|conflict| view! { <Cards doc=doc conflict=conflict/> }).collect_view()}
                    </section>
                })}
            }
        })
    }
}

#[component]
fn Cards(doc: Doc, conflict: Conflict) -> impl IntoView {
    let title = match conflict.clash {
        Clash::Values => format!("Two people wrote different things in “{}”. Choose one.", field_name(&conflict.path)),
        Clash::DeletedRowEdited => "A row was deleted by one and edited by another. Choose what stays.".into(),
        Clash::BinnedEdited => "This was put in the bin by one and edited by another. Choose what stays.".into(),
    };
    let cards = conflict
        .values
        .iter()
        .map(|candidate| {
            let value = shown(candidate.value.as_ref());
            let intents = settle(&conflict, candidate);
            let when = words::ago(candidate.time_ms, time::now_ms());
            let keep = format!("Keep {}", value.chars().take(40).collect::<String>());
            view! {
                <div class="candidate">
                    <code class="cut">{value}</code>
                    <small class="muted">{when}</small>
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

fn field_name(place: &str) -> String {
    path::last(place).map_or_else(|| place.to_owned(), |last| path::unescape(last).into_owned())
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
}
