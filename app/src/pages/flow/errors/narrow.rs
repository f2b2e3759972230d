//! The fields that narrow the list of errors.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;

use super::listed::{Known, Listed, NOBODY, Narrow, class_key, in_words};
use crate::components::{DayRange, SelectBox};

/// What the errors that are there can be narrowed by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Offered {
    people: BTreeMap<String, String>,
    tags: BTreeSet<String>,
    classes: BTreeSet<String>,
    sources: BTreeSet<String>,
}

fn offered(errors: &[Listed], known: &Known) -> Offered {
    let mut found = Offered::default();
    for one in errors {
        if let Some(standing) = known.standing(one.key()) {
            found.people.extend(standing.assigned.iter().map(|to| (to.user.to_string(), to.name.clone())));
            found.tags.extend(standing.tags.iter().cloned());
        }
        found.classes.insert(class_key(&one.error));
        found.sources.insert(one.error.source.clone());
    }
    found.classes.remove("");
    found.sources.remove("");
    found
}

/// The fields; those for which nothing is there to choose are left out.
#[component]
pub(super) fn Narrowing(here: Memo<Vec<Listed>>, known: Memo<Known>, narrow: RwSignal<Narrow>) -> impl IntoView {
    let offered = Memo::new(move |_| here.with(|here| known.with(|known| offered(here, known))));
    let keys = |all: BTreeSet<String>| all.into_iter().map(|key| (key.clone(), in_words(&key))).collect::<Vec<_>>();
    let choose = move |name: &'static str,
                       any: &'static str,
                       all: Signal<Vec<(String, String)>>,
                       at: fn(&mut Narrow) -> &mut String| {
        let choices = Signal::derive(move || {
            let mut choices = vec![(String::new(), any.to_owned())];
            choices.extend(all.get());
            choices
        });
        let value = Signal::derive(move || at(&mut narrow.get()).clone());
        let set = Callback::new(move |key: String| narrow.update(|narrow| *at(narrow) = key));
        view! { <Show when=move || !all.with(Vec::is_empty)><SelectBox name=name label=any value=value choices=choices on_change=set/></Show> }
    };
    let people = Signal::derive(move || {
        let all = offered.with(|offered| offered.people.clone());
        if all.is_empty() {
            return Vec::new();
        }
        let mut all: Vec<_> = all.into_iter().collect();
        all.insert(0, (NOBODY.to_owned(), "Nobody".to_owned()));
        all
    });
    let tags = Signal::derive(move || {
        offered.with(|offered| offered.tags.iter().map(|tag| (tag.clone(), tag.clone())).collect::<Vec<_>>())
    });
    let classes = Signal::derive(move || keys(offered.with(|offered| offered.classes.clone())));
    let sources = Signal::derive(move || keys(offered.with(|offered| offered.sources.clone())));
    view! {
        <div class="error-finder row" role="search" aria-label="Find errors">
            <input class="input" type="search" aria-label="Find in errors" placeholder="Message, trace key or record" prop:value=move || narrow.with(|narrow| narrow.text.clone())
                on:input=move |event| narrow.update(|narrow| narrow.text = event_target_value(&event))/>
            {choose("errors-of", "Anybody’s", people, |narrow| &mut narrow.assigned)}
            {choose("errors-tag", "Any tag", tags, |narrow| &mut narrow.tag)}
            {choose("errors-class", "Any class", classes, |narrow| &mut narrow.class)}
            {choose("errors-source", "Any source", sources, |narrow| &mut narrow.source)}
            <DayRange days=Signal::derive(move || narrow.with(|narrow| narrow.days.clone())) of="errors" on_change=Callback::new(move |days| narrow.update(|narrow| narrow.days = days))/>
            <Show when=move || !narrow.with(Narrow::is_empty)>
                <button class="button small quiet" type="button" on:click=move |_| narrow.set(Narrow::default())>"Clear"</button>
            </Show>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::super::listed::tests::{known, listed};
    use super::*;

    #[test]
    fn errors_are_narrowed_by_what_some_of_them_have() {
        let mut one = listed(1, "s");
        one.error.source = "mapping".into();
        let found = offered(&[one, listed(2, "s")], &known([]));
        assert_eq!(found.sources.iter().collect::<Vec<_>>(), ["mapping"]);
        assert!(found.classes.is_empty() && found.people.is_empty() && found.tags.is_empty());
    }
}
