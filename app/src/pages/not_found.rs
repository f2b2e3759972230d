//! An address that leads nowhere.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::components::Icon;

/// Says so and offers the way home.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <div class="empty">
            <span class="kind"><Icon name="search"/></span>
            <h2>"Nothing is at this address"</h2>
            <p>"It may have been deleted, or it belongs to another account."</p>
            <A href="/" attr:class="button">"Go home"</A>
        </div>
    }
}
