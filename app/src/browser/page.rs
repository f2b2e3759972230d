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

/// The same when what had the focus has gone: who is elsewhere by then stays there.
pub(crate) fn focus_if_nowhere(id: &'static str) {
    focus_first_if_nowhere(vec![id.to_owned()]);
}

/// The same with the first of these ids that takes it.
pub(crate) fn focus_first_if_nowhere(ids: Vec<String>) {
    request_animation_frame(move || {
        if document().active_element().is_none_or(|active| active.tag_name() == "BODY") {
            focus_soon(ids);
        }
    });
}

/// How many frames a page that opens may take until it has what gets the focus: about ten seconds.
const MOST_FRAMES: u32 = 600;
/// How many frames the focus is looked after: what is drawn last may take the place of what has it.
const HELD_FRAMES: u32 = 60;

/// Moves the focus to the first of these ids that takes it, as soon as one is there: the page that has them only opens.
pub(crate) fn focus_when_there(ids: Vec<String>) {
    wait_for(ids, MOST_FRAMES);
}

fn wait_for(ids: Vec<String>, frames: u32) {
    request_animation_frame(move || {
        let takes = |id: &String| document().get_element_by_id(id).is_some_and(|one| !one.has_attribute("disabled"));
        let there = ids.iter().any(takes);
        if there {
            focus_soon(ids.clone());
            hold(ids, HELD_FRAMES);
        } else if frames > 0 {
            wait_for(ids, frames - 1);
        }
    });
}

/// Gives the focus back when what had it has gone; who is elsewhere by then stays there.
fn hold(ids: Vec<String>, frames: u32) {
    request_animation_frame(move || {
        if document().active_element().is_none_or(|active| active.tag_name() == "BODY") {
            focus_soon(ids.clone());
        }
        if frames > 0 {
            hold(ids, frames - 1);
        }
    });
}

/// Whether the system asks for less motion.
pub(crate) fn wants_less_motion() -> bool {
    window().match_media("(prefers-reduced-motion: reduce)").ok().flatten().is_some_and(|query| query.matches())
}
