//! The keys that work everywhere and on the canvas, in a sheet that `?` opens.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use super::Dialog;

/// Where the keys work, the keys, and what they do.
const GROUPS: [(&str, &[(&str, &str)]); 4] = [
    (
        "Everywhere",
        &[
            ("Ctrl K", "Go to a page or to anything by its name"),
            ("?", "This sheet"),
            ("Esc", "Close what lies on top"),
        ],
    ),
    (
        "In lists, menus and tabs",
        &[("↑ ↓", "Go to the next line"), ("Home, End", "Go to the first or the last one"), ("Enter", "Choose it")],
    ),
    (
        "On the canvas of a flow",
        &[
            ("← ↑ → ↓", "Go from step to step"),
            ("Enter", "Open the step"),
            ("Alt ← ↑ → ↓", "Move the step"),
            ("E", "Show the errors of the step"),
            ("Delete", "Take the step away"),
            ("O", "Show the steps as a list"),
            ("− =", "Zoom out and in"),
            ("0", "Show the real size"),
            ("Shift 1", "Show the whole flow"),
        ],
    ),
    (
        "In the code editor",
        &[
            ("Ctrl Z", "Take back what you typed"),
            ("Ctrl F", "Find"),
            ("Esc, then Tab", "Leave the editor, where Tab indents"),
        ],
    ),
];

/// Whether a key that is pressed here is a letter of a text.
fn is_typing(event: &KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    target.closest("input, textarea, select, [contenteditable]").ok().flatten().is_some()
}

/// The sheet; `open` is also set by a menu.
#[component]
pub(crate) fn Shortcuts(open: RwSignal<bool>) -> impl IntoView {
    let listening = window_event_listener(leptos::ev::keydown, move |event| {
        let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        if event.key() == "?" && plain && !is_typing(&event) {
            event.prevent_default();
            open.set(true);
        }
    });
    on_cleanup(move || listening.remove());
    view! {
        <Dialog open=open title="Keyboard shortcuts">
            <div class="dialog-body shortcuts">
                {GROUPS.iter().map(|(place, keys)| view! {
                    <section><h3>{*place}</h3><dl>{keys.iter().map(|(keys, does)| view! { <div><dt><kbd>{*keys}</kbd></dt><dd>{*does}</dd></div> }).collect_view()}</dl></section>
                }).collect_view()}
            </div>
        </Dialog>
    }
}
