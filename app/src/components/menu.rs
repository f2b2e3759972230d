//! A button that opens a menu; the browser's popover closes it with Escape or a click elsewhere. Arrows go from line to
//! line, so that the menu is one stop of the Tab key.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// A menu below a button. `id` is unique on the page.
#[component]
pub(crate) fn Menu(
    #[prop(into)] id: String,
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
    let toggled = move |_: leptos::ev::Event| {
        if let Some(menu) = node.get_untracked()
            && menu.matches(":popover-open").unwrap_or(false)
        {
            focus_from(menu.first_element_child(), true);
        }
    };
    let class = if class.is_empty() { "icon-button" } else { class };
    view! {
        <button class=class popovertarget=id.clone() aria-haspopup="menu" aria-label=label>{face}</button>
        <div class="menu popped" id=id popover="auto" role="menu" node_ref=node on:click=close on:keydown=move |event| on_key(&event) on:toggle=toggled>{children()}</div>
    }
}

fn on_key(event: &leptos::ev::KeyboardEvent) {
    let Some(line) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let ends = line.parent_element();
    match event.key().as_str() {
        "ArrowDown" => focus_from(line.next_element_sibling(), true),
        "ArrowUp" => focus_from(line.previous_element_sibling(), false),
        "Home" => focus_from(ends.and_then(|menu| menu.first_element_child()), true),
        "End" => focus_from(ends.and_then(|menu| menu.last_element_child()), false),
        _ => return,
    }
    event.prevent_default();
}

/// Gives the focus to this line, or to the next after or before it that takes it.
fn focus_from(from: Option<Element>, forward: bool) {
    let mut at = from;
    while let Some(element) = at {
        let next = if forward { element.next_element_sibling() } else { element.previous_element_sibling() };
        let line = element.get_attribute("role").is_some_and(|role| role == "menuitem");
        if line && element.unchecked_into::<HtmlElement>().focus().is_ok() {
            return;
        }
        at = next;
    }
}

/// One line of a menu. One that cannot be chosen now stays and says why.
#[component]
pub(crate) fn MenuItem(
    #[prop(into)] on_choose: Callback<()>,
    #[prop(optional)] chosen: bool,
    #[prop(optional, into)] blocked: Signal<Option<String>>,
    children: Children,
) -> impl IntoView {
    let choose = move |event: leptos::ev::MouseEvent| {
        if blocked.get_untracked().is_some() {
            event.stop_propagation();
        } else {
            on_choose.run(());
        }
    };
    view! {
        <button role="menuitem" type="button" aria-current=chosen.then_some("true") aria-disabled=move || blocked.get().map(|_| "true")
            title=move || blocked.get() on:click=choose>{children()}</button>
    }
}
