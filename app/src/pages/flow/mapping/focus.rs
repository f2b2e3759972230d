//! Keeps the focus where it is while rows change places.
//!
//! A row that moves is taken out of the page and put in again, and the browser then gives its focus to nobody.

use std::cell::RefCell;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};

thread_local! {
    /// The element that gets the focus as soon as it is there.
    static WANTED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Gives the focus to an element that a new row brings.
pub(super) fn want(id: String) {
    WANTED.set(Some(id));
}

/// The element with the focus and what is selected in it, if it is a line of text.
struct Held {
    id: String,
    selection: Option<(u32, u32)>,
}

impl Held {
    fn now() -> Option<Self> {
        let id = document().active_element()?.id();
        (!id.is_empty()).then(|| Self { selection: text_field(&id).and_then(|input| selection(&input)), id })
    }

    fn give_back(self) {
        let nobody = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
        let Some(element) = by_id(&self.id).filter(|_| nobody) else { return };
        let focused = element.dyn_into::<HtmlElement>().map(|element| element.focus());
        let selected = self.selection.and_then(|(from, to)| Some(text_field(&self.id)?.set_selection_range(from, to)));
        for outcome in [focused.ok(), selected].into_iter().flatten() {
            if let Err(error) = outcome {
                leptos::logging::debug_warn!("{error:?}");
            }
        }
    }
}

/// Called right before the rows of a list are put in their new order: gives the focus back right after, or to the new
/// row.
pub(super) fn keep() {
    let held = Held::now();
    queue_microtask(move || {
        if !go_to_wanted()
            && let Some(held) = held
        {
            held.give_back();
        }
    });
}

fn go_to_wanted() -> bool {
    let wanted = WANTED.with_borrow(|wanted| wanted.as_deref().and_then(text_field));
    let Some(field) = wanted else { return false };
    WANTED.set(None);
    field.focus().is_ok()
}

fn by_id(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

fn text_field(id: &str) -> Option<HtmlInputElement> {
    by_id(id)?.dyn_into().ok()
}

fn selection(input: &HtmlInputElement) -> Option<(u32, u32)> {
    Some((input.selection_start().ok()??, input.selection_end().ok()??))
}
