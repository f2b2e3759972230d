//! What would be made, by kind, and what does not come along.

use std::collections::BTreeMap;

use leptos::prelude::*;
use tombolo_model::Kind;
use tombolo_model::package::{PackageItem, PackagePreview};

use crate::words;
use crate::words::kinds::{self, kind_name};

/// `1 integration, 2 flows and 1 source`.
fn counted(items: &[PackageItem]) -> String {
    let mut many: BTreeMap<Kind, usize> = BTreeMap::new();
    for item in items {
        *many.entry(item.kind).or_default() += 1;
    }
    let one = |kind: Kind| match kind {
        Kind::Integration => "integration",
        kind => kinds::of(kind).map_or(kind.name(), |words| words.one),
    };
    let said: Vec<String> = many.into_iter().map(|(kind, many)| words::count(many, one(kind))).collect();
    match said.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The list.
#[component]
pub(super) fn Contents(preview: PackagePreview) -> impl IntoView {
    let counted = counted(&preview.items);
    let lines = preview.items.into_iter().map(|item| {
        let name = if item.name.is_empty() { "Without a name".to_owned() } else { item.name };
        view! { <tr><td class="name"><span class="cut" title=name.clone()>{name.clone()}</span></td><td class="muted">{kind_name(item.kind)}</td></tr> }
    });
    let notes = preview.notes;
    view! {
        <details class="package">
            <summary>{format!("Holds {counted}")}</summary>
            <div class="table-wrap"><table class="table compact" aria-label="What it holds"><thead><tr><th>"Name"</th><th>"Kind"</th></tr></thead><tbody>{lines.collect_view()}</tbody></table></div>
        </details>
        {(!notes.is_empty()).then(|| view! {
            <section aria-label="What does not come along"><p class="label">"Does not come along"</p><ul class="afterwards">{notes.into_iter().map(|note| view! { <li>{note}</li> }).collect_view()}</ul></section>
        })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::Id;

    #[test]
    fn what_would_be_made_is_counted_by_kind() {
        let item = |kind| PackageItem { id: Id::from_parts(1, [1; 8]), kind, name: String::new(), adaptor: None };
        let items = [Kind::Integration, Kind::Flow, Kind::Flow, Kind::Export].map(item);
        assert_eq!(counted(&items), "1 integration, 2 flows and 1 source");
        assert_eq!(counted(&items[..1]), "1 integration");
    }
}
