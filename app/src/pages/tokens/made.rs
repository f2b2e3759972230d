//! The text of a token that was just made. It is nowhere else, and goes with this page.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Ring;
use crate::browser::clipboard;
use crate::components::Icon;
use crate::state::App;

#[component]
pub(super) fn Made(ring: Ring, name: String, text: String) -> impl IntoView {
    let app = App::here();
    let shown = text.clone();
    let select = |event: leptos::ev::FocusEvent| event_target::<web_sys::HtmlInputElement>(&event).select();
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            match clipboard::copy(&text).await {
                Ok(()) => app.toasts.say("The token is copied."),
                Err(_) => app.toasts.fail("The browser did not take the token. Select it and copy it by hand."),
            }
        });
    };
    view! {
        <div class="banner warning attention invited" role="status"><Icon name="key-round"/>
            <div class="grow"><p>{format!("This is the token “{name}”. Copy it now: it is not shown again. Whoever has it gets in without a password.")}</p>
                <input class="input code" readonly aria-label="Token" prop:value=shown on:focus=select/></div>
            <button class="button" type="button" on:click=copy><Icon name="copy"/>"Copy token"</button>
            <button class="button" type="button" on:click=move |_| ring.made.set(None)>"I have kept it"</button>
        </div>
    }
}
