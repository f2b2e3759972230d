//! What stands where something is still being read.

use leptos::prelude::*;

/// A bar that shimmers, in words for whoever does not see it.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    view! { <p class="skeleton" role="status"><span class="sr">"Loading"</span></p> }
}
