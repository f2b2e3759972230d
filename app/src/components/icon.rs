//! One icon of the sprite. Its meaning is always said beside it or in a label.

use leptos::prelude::*;

/// An icon by its name in `icons.txt`.
#[component]
pub(crate) fn Icon(name: &'static str, #[prop(optional)] small: bool) -> impl IntoView {
    let class = if small { "icon small" } else { "icon" };
    view! {
        <svg class=class aria-hidden="true" viewBox="0 0 24 24">
            <use href=format!("/assets/icons.svg#{name}")></use>
        </svg>
    }
}
