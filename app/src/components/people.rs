//! Who else looks at the same resource, and where they are in it.

use leptos::prelude::*;
use tombolo_model::Id;
use tombolo_wire::store::Person;

use crate::state::App;
use crate::words;
use crate::words::fields::whole_words;

/// The people at a document, one a person however many tabs they have.
pub(crate) fn at_document(people: &[Person], id: Id) -> Vec<Person> {
    let mut found: Vec<Person> = Vec::new();
    for person in people.iter().filter(|person| person.document == Some(id)) {
        if !found.iter().any(|have| have.user.id == person.user.id && have.field == person.field) {
            found.push(person.clone());
        }
    }
    found
}

/// Who else is in a field of a document.
pub(crate) fn in_field(app: App, id: Id, path: &str) -> Option<Person> {
    app.sync.with(|sync| {
        sync.people.iter().find(|person| person.document == Some(id) && person.field.as_deref() == Some(path)).cloned()
    })
}

/// The flag that names a person, in their colour.
#[component]
pub(crate) fn Flag(person: Person) -> impl IntoView {
    view! { <span class=format!("flag held p{}", words::tint(&person.user.email)) aria-hidden="true">{person.user.name}</span> }
}

/// Avatars of the people at a document.
#[component]
pub(crate) fn PeopleHere(id: Id) -> impl IntoView {
    let app = App::here();
    let people = Memo::new(move |_| app.sync.with(|sync| at_document(&sync.people, id)));
    view! {
        <span class="avatars" role="group" aria-label="People here">
            <For each=move || people.get() key=|person| (person.session.clone(), person.field.clone()) let:person>
                <span class=format!("avatar small p{}", words::tint(&person.user.email))
                    title=match &person.field { Some(field) => format!("{} is in {}", person.user.name, whole_words(field)), None => format!("{} is here", person.user.name) }
                    role="img" aria-label=format!("{} is here", person.user.name)>
                    {words::monogram(&person.user.name)}
                </span>
            </For>
        </span>
    }
}
