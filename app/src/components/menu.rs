//! A button that opens a menu; the browser's popover closes it with Escape or a click elsewhere.

use leptos::html;
use leptos::prelude::*;

/// A menu below a button. `id` is unique on the page.
#[component]
pub(crate) fn Menu(
    id: &'static str,
    #[prop(into)] label: String,
    /// What the button shows.
    face: AnyView,
    #[prop(optional)] class: &'static str,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let close = move |_| {
        if let Some(menu) = node.get_untracked()
            && let Err(error) = menu.hide_popover()
        {
            leptos::logging::debug_warn!("{error:?}");
        }
    };
    let class = if class.is_empty() { "icon-button" } else { class };
    view! {
        <button class=class popovertarget=id aria-haspopup="menu" aria-label=label>{face}</button>
        <div class="menu popped" id=id popover="auto" role="menu" node_ref=node on:click=close>{children()}</div>
    }
}

/// One line of a menu.
#[component]
pub(crate) fn MenuItem(
    #[prop(into)] on_choose: Callback<()>,
    #[prop(optional)] chosen: bool,
    children: Children,
) -> impl IntoView {
    view! { <button role="menuitem" type="button" aria-current=chosen.then_some("true") on:click=move |_| on_choose.run(())>{children()}</button> }
}
