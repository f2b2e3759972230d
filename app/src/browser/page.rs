//! The page's title, and what has the focus.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Names the page in the browser's tab and history: `Orders to CRM — Tombolo`.
pub(crate) fn title(name: impl Fn() -> String + 'static) {
    Effect::new(move |_| {
        let name = name();
        document().set_title(&if name.is_empty() { "Tombolo".to_owned() } else { format!("{name} — Tombolo") });
    });
}

/// Moves the focus to the first of these ids that takes it, once what is being drawn now is there.
pub(crate) fn focus_soon(ids: Vec<String>) {
    request_animation_frame(move || {
        for id in ids {
            let Some(element) = document().get_element_by_id(&id) else { continue };
            let element: HtmlElement = element.unchecked_into();
            // One that is not shown does not take it.
            if element.focus().is_ok() && document().active_element().is_some_and(|active| active.id() == id) {
                return;
            }
        }
    });
}

/// Whether the system asks for less motion.
pub(crate) fn wants_less_motion() -> bool {
    window().match_media("(prefers-reduced-motion: reduce)").ok().flatten().is_some_and(|query| query.matches())
}
