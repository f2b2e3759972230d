//! A switch: it takes effect at once, and when it is refused it shows the truth again.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::store::CallError;

use crate::state::App;

/// A switch that `turn` carries out.
#[component]
pub(crate) fn Switch<F, T>(
    #[prop(into)] label: String,
    #[prop(into)] on: Signal<bool>,
    #[prop(into)] disabled: Signal<bool>,
    turn: F,
) -> impl IntoView
where
    F: Fn(bool) -> T + 'static,
    T: Future<Output = Result<(), CallError>> + 'static,
{
    let app = App::here();
    let node = NodeRef::<html::Input>::new();
    let change = move |event: leptos::ev::Event| {
        let done = turn(event_target_checked(&event));
        spawn_local(async move {
            if let Err(error) = done.await {
                app.toasts.fail(error.message);
                // Nothing changed that would draw it anew.
                if let (Some(Some(input)), Some(on)) = (node.try_get_untracked(), on.try_get_untracked()) {
                    input.set_checked(on);
                }
            }
        });
    };
    view! {
        <input type="checkbox" class="switch" role="switch" aria-label=label node_ref=node
            prop:checked=move || on.get() prop:disabled=move || disabled.get() on:change=change/>
    }
}
