//! Secrets that were typed and are not kept yet.
//!
//! A secret is kept by its button and not by typing, so it can be left behind. What is left behind stays here, on the page's
//! own memory and nowhere else, until somebody keeps or discards it; the screen says so wherever they are.

use std::collections::BTreeMap;

use leptos::prelude::*;
use tombolo_model::Id;

/// What is typed, by the resource and the path of the secret.
type Typed = BTreeMap<(Id, String), String>;

/// All secrets that are typed and not kept.
#[derive(Clone, Copy)]
pub(crate) struct Drafts {
    typed: RwSignal<Typed>,
    /// The resources whose fields are on the screen, once for each field.
    seen: RwSignal<Vec<Id>>,
}

impl Drafts {
    pub(super) fn new() -> Self {
        Self { typed: RwSignal::new(Typed::new()), seen: RwSignal::new(Vec::new()) }
    }

    /// What is typed in one field.
    pub(crate) fn text(self, id: Id, path: &str) -> String {
        self.typed.with(|typed| typed.get(&(id, path.to_owned())).cloned().unwrap_or_default())
    }

    /// Takes what is typed in one field; nothing when it is emptied.
    pub(crate) fn type_in(self, id: Id, path: &str, text: String) {
        self.typed.try_update(|typed| write(typed, id, path, text));
    }

    /// What is typed for a resource, by path.
    pub(crate) fn of(self, id: Id) -> BTreeMap<String, String> {
        self.typed.with_untracked(|typed| {
            typed
                .iter()
                .filter(|((of, _), _)| *of == id)
                .map(|((_, path), text)| (path.clone(), text.clone()))
                .collect()
        })
    }

    /// Whether there is any.
    pub(crate) fn is_empty(self) -> bool {
        self.typed.with_untracked(Typed::is_empty)
    }

    /// The resources whose secrets were left behind: typed, and no field of theirs is on the screen.
    pub(crate) fn left(self) -> Vec<Id> {
        self.typed.with(|typed| self.seen.with(|seen| left(typed, seen)))
    }

    /// Says that a field of a resource is on the screen, for as long as its component lives.
    pub(crate) fn show(self, id: Id) {
        self.seen.update(|seen| seen.push(id));
        on_cleanup(move || {
            self.seen.try_update(|seen| {
                if let Some(at) = seen.iter().position(|seen| *seen == id) {
                    seen.swap_remove(at);
                }
            });
        });
    }

    /// Drops what is typed for a resource.
    pub(crate) fn discard(self, id: Id) {
        self.typed.update(|typed| typed.retain(|(of, _), _| *of != id));
    }

    /// Drops everything: it belongs to an account that is not shown any more. Tells whether there was anything.
    pub(super) fn clear(self) -> bool {
        self.typed.try_update(std::mem::take).is_some_and(|typed| !typed.is_empty())
    }
}

fn write(typed: &mut Typed, id: Id, path: &str, text: String) {
    let key = (id, path.to_owned());
    if text.is_empty() {
        typed.remove(&key);
    } else {
        typed.insert(key, text);
    }
}

fn left(typed: &Typed, seen: &[Id]) -> Vec<Id> {
    let mut left: Vec<Id> = typed.keys().map(|(id, _)| *id).filter(|id| !seen.contains(id)).collect();
    left.dedup();
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_left_behind_once_no_field_of_its_resource_is_shown() {
        let (shop, crm) = (Id::from_parts(1, [1; 8]), Id::from_parts(2, [2; 8]));
        let mut typed = Typed::new();
        write(&mut typed, shop, "/a", "x".into());
        write(&mut typed, shop, "/b", "y".into());
        write(&mut typed, crm, "/a", "z".into());
        assert_eq!(left(&typed, &[shop]), [crm]);
        assert_eq!(left(&typed, &[]), [shop, crm]);
        write(&mut typed, crm, "/a", String::new());
        assert_eq!(left(&typed, &[]), [shop], "what is emptied is not typed");
    }
}
