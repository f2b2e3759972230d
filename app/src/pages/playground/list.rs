//! The list of editors at the left; on a narrow screen, one field to choose from.

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::editors::ALL;
use crate::components::Icon;
use crate::components::editor::{Editor, Example, Group};

/// The list, with the examples below the editor that is open.
#[component]
pub(super) fn EditorList(
    open: &'static Editor,
    /// An editor was chosen.
    on_enter: Callback<&'static Editor>,
    on_example: Callback<&'static Example>,
) -> impl IntoView {
    let wanted = RwSignal::new(String::new());
    let fits = move |editor: &Editor| {
        let wanted = wanted.with(|wanted| wanted.trim().to_lowercase());
        wanted.is_empty() || [editor.name, editor.about].into_iter().any(|text| text.to_lowercase().contains(&wanted))
    };
    let none = move || !ALL.into_iter().any(fits);
    // With one of these keys it opens elsewhere.
    let enter = move |event: &leptos::ev::MouseEvent, editor| {
        if !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key()) {
            on_enter.run(editor);
        }
    };
    let group = move |group: Group| {
        let in_it = move || ALL.into_iter().filter(|editor| editor.group == group && fits(editor)).collect::<Vec<_>>();
        view! {
            <Show when=move || !in_it().is_empty()>
                <h2>{group.name()}</h2>
                // Keyed: a line that is used for another editor would still open the one that it was made for.
                <For each=in_it key=|editor| editor.slug let:editor>
                    <A href=format!("/playground/{}", editor.slug) exact=true attr:title=editor.about on:click=move |event| enter(&event, editor)><Icon name=editor.icon/>{editor.name}</A>
                    {(editor.slug == open.slug).then(|| editor.examples.iter().map(|example| view! {
                        <button class="example" on:click=move |_| on_example.run(example)>{example.name}</button>
                    }).collect_view())}
                </For>
            </Show>
        }
    };
    let node = NodeRef::<html::Nav>::new();
    Effect::new(move |_| {
        let Some(list) = node.get() else { return };
        // It is drawn, and knows which of its links is that of this page, a frame later.
        request_animation_frame(move || {
            if let Ok(Some(current)) = list.query_selector("[aria-current]") {
                let nearest = ScrollIntoViewOptions::new();
                nearest.set_block(ScrollLogicalPosition::Nearest);
                current.scroll_into_view_with_scroll_into_view_options(&nearest);
            }
        });
    });
    view! {
        <nav class="panel kinds wide-only" aria-label="Editors" node_ref=node on:keydown=move |event| on_key(&event)>
            <label class="input small"><Icon name="search"/><input type="search" placeholder="Find an editor" aria-label="Find an editor"
                prop:value=wanted on:input=move |event| wanted.set(event_target_value(&event))/></label>
            <div class="scroll">
                {Group::ALL.map(group)}
                {move || none().then(|| view! { <p class="quiet-line">"No editor is called so."</p> })}
            </div>
        </nav>
    }
}

/// Arrows go from line to line, and from the search into the list: with the Tab key alone there are as many stops as
/// there are editors.
fn on_key(event: &leptos::ev::KeyboardEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some((line, list)) = target.and_then(|line| Some((line.clone(), line.closest("nav").ok()??))) else { return };
    let find = |what: &str| list.query_selector(what).ok().flatten();
    let searching = line.tag_name() == "INPUT";
    let to = match event.key().as_str() {
        "ArrowDown" if searching => find(".scroll a"),
        "ArrowDown" => beside(&line, Element::next_element_sibling),
        "ArrowUp" if !searching => beside(&line, Element::previous_element_sibling).or_else(|| find("input")),
        "Home" if !searching => find(".scroll a"),
        "End" if !searching => line.parent_element().and_then(|all| all.last_element_child()),
        _ => return,
    };
    event.prevent_default();
    if let Some(to) = to.and_then(|to| to.dyn_into::<HtmlElement>().ok())
        && let Err(error) = to.focus()
    {
        leptos::logging::warn!("the line takes no focus: {error:?}");
    }
}

/// The next line in a direction; headings between them are none.
fn beside(from: &Element, step: fn(&Element) -> Option<Element>) -> Option<Element> {
    let mut at = step(from);
    while at.as_ref().is_some_and(|element| !matches!(element.tag_name().as_str(), "A" | "BUTTON")) {
        at = at.as_ref().and_then(step);
    }
    at
}

/// The same as one field.
#[component]
pub(super) fn EditorChoice(open: &'static Editor) -> impl IntoView {
    let navigate = use_navigate();
    let change = move |event: leptos::ev::Event| {
        navigate(&format!("/playground/{}", event_target_value(&event)), leptos_router::NavigateOptions::default());
    };
    let of = |group: Group| {
        ALL.into_iter()
            .filter(|editor| editor.group == group)
            .map(|editor| view! { <option value=editor.slug prop:selected=editor.slug == open.slug>{editor.name}</option> })
            .collect_view()
    };
    view! {
        <select class="input select-native narrow-only editor-choice" aria-label="Editor" on:change=change>
            {Group::ALL.map(|group| view! { <optgroup label=group.name()>{of(group)}</optgroup> })}
        </select>
    }
}
