//! What a page of the server's word shows while the server does not answer: of when it is, and that what needs the server
//! is off.

use leptos::prelude::*;

use super::{Ago, Icon};
use crate::state::LastKnown;

const OFF: &str = "This needs the server, which does not answer now.";

/// The age of what is shown; nothing while the server answers.
#[component]
pub(crate) fn AsOf(last: LastKnown) -> impl IntoView {
    move || {
        let why = last.why()?;
        let of = match last.as_of_ms() {
            Some(ms) => view! { "As of "<Ago ms=ms/>", offline. " }.into_any(),
            None => view! { "Offline, and what was here last is not kept on this device. " }.into_any(),
        };
        Some(view! {
            <div class="banner warning attention" role="status"><Icon name="clock"/><p>{of}{why}" Until then nothing can be changed here."</p></div>
        })
    }
}

/// Switches everything inside it off while the server does not answer.
#[component]
pub(crate) fn NeedsServer(last: LastKnown, children: Children) -> impl IntoView {
    let off = move || last.is_away();
    view! { <fieldset class="needs-server" disabled=off title=move || off().then_some(OFF)>{children()}</fieldset> }
}
