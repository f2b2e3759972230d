//! A dialog on the browser's own `<dialog>`: focus stays inside, Escape closes it, focus returns.

use leptos::html;
use leptos::prelude::*;

use super::Icon;

/// A dialog; open while `open` is true.
#[component]
pub(crate) fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] wide: bool,
    /// It takes almost all of the window.
    #[prop(optional)]
    vast: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if open.get() && !dialog.open() {
            if let Err(error) = dialog.show_modal() {
                leptos::logging::error!("the dialog does not open: {error:?}");
            }
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog class="dialog" class:wide=wide class:vast=vast node_ref=node aria-label=move || title.get() on:close=move |_| open.set(false)>
            <Show when=move || open.get()>
                <header class="dialog-head">
                    <h2>{move || title.get()}</h2>
                    <button class="icon-button" type="button" aria-label="Close" on:click=move |_| open.set(false)><Icon name="x"/></button>
                </header>
                {children()}
            </Show>
        </dialog>
    }
}
