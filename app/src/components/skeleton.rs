//! The place of what is still on its way.

use leptos::prelude::*;

/// A line that shimmers, and is said to be loading.
#[component]
pub(crate) fn Skeleton() -> impl IntoView {
    view! { <p class="skeleton" role="status" aria-label="Loading"></p> }
}
