//! Taking one's own edits of a document back, and doing them again (decision 8).

use leptos::prelude::*;

use super::Icon;
use crate::state::Doc;

/// The two buttons. One that has nothing to do stays and says why; it keeps the focus of who just used it up.
#[component]
pub(crate) fn UndoButtons(doc: Doc) -> impl IntoView {
    let why = move |there: bool, nothing: &'static str| {
        if doc.writable.get() { (!there).then_some(nothing) } else { Some("You may look, not change.") }
    };
    let back = Memo::new(move |_| why(doc.undoable.get().back, "You have changed nothing here since the page opened."));
    let again = Memo::new(move |_| why(doc.undoable.get().again, "You have taken nothing back."));
    view! {
        <button class="icon-button" aria-label="Undo" title=move || back.get().unwrap_or("Undo") aria-disabled=move || back.get().map(|_| "true")
            on:click=move |_| if back.get_untracked().is_none() { doc.undo() }><Icon name="undo-2"/></button>
        <button class="icon-button" aria-label="Redo" title=move || again.get().unwrap_or("Redo") aria-disabled=move || again.get().map(|_| "true")
            on:click=move |_| if again.get_untracked().is_none() { doc.redo() }><Icon name="redo-2"/></button>
    }
}
