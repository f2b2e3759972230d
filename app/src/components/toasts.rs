//! The messages at the foot of the page.

use leptos::prelude::*;

use super::Icon;
use crate::state::App;

/// All messages.
#[component]
pub(crate) fn ToastStack() -> impl IntoView {
    let toasts = App::here().toasts;
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.all.get() key=|toast| toast.id let:toast>
                <div class="toast" class:failed=toast.failed>
                    <Icon name=if toast.failed { "circle-alert" } else { "circle-check" }/>
                    <span class="grow">{toast.text.clone()}</span>
                    {toast.undo.map(|undo| view! {
                        <button class="button" on:click=move |_| { undo.run(()); toasts.close(toast.id); }>"Undo"</button>
                    })}
                    <button class="icon-button small" aria-label="Dismiss" on:click=move |_| toasts.close(toast.id)><Icon name="x" small=true/></button>
                </div>
            </For>
        </div>
    }
}
