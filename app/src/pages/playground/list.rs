//! The list of editors at the left; on a narrow screen, one field to choose from.
//!
//! It stays a navigation of links, which assistive technology lists, and is one stop of the Tab key as its tools are:
//! inside it arrows, Home, End and letters go from line to line.

mod letters;

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::editors::ALL;
use crate::components::Icon;
use crate::components::editor::{Editor, Example, Group};
use letters::Typed;

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
    // The line that the Tab key stops at: where somebody was last, and the first one while that is not shown.
    let last = RwSignal::new(open.slug.to_owned());
    let stop = Memo::new(move |_| {
        let shown = lines(open, fits);
        let last = last.get();
        if shown.contains(&last) { last } else { shown.into_iter().next().unwrap_or_default() }
    });
    let index = move |line: &str| stop.with(|stop| if stop == line { "0" } else { "-1" });
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
                    <A href=format!("/playground/{}", editor.slug) exact=true attr:title=editor.about attr:tabindex=move || index(editor.slug)
                        on:focus=move |_| last.set(editor.slug.to_owned()) on:click=move |event| enter(&event, editor)><Icon name=editor.icon/>{editor.name}</A>
                    {(editor.slug == open.slug).then(|| editor.examples.iter().map(|example| {
                        let line = StoredValue::new(line_of(editor, example));
                        view! {
                            <button class="example" type="button" tabindex=move || line.with_value(|line| index(line))
                                on:focus=move |_| last.set(line.get_value()) on:click=move |_| on_example.run(example)>{example.name}</button>
                        }
                    }).collect_view())}
                </For>
            </Show>
        }
    };
    let node = NodeRef::<html::Nav>::new();
    let typed = StoredValue::new(Typed::default());
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
        <nav class="panel kinds wide-only" aria-label="Editors" node_ref=node on:keydown=move |event| on_key(&event, typed)>
            <label class="input small"><Icon name="search"/><input type="search" placeholder="Find an editor" aria-label="Find an editor"
                prop:value=wanted on:input=move |event| wanted.set(event_target_value(&event))/></label>
            <div class="scroll">
                {Group::ALL.map(group)}
                {move || none().then(|| view! { <p class="quiet-line">"No editor is called so."</p> })}
            </div>
        </nav>
    }
}

/// What an example is called among the lines.
fn line_of(editor: &Editor, example: &Example) -> String {
    format!("{}/{}", editor.slug, example.name)
}

/// The lines that are shown, from above.
fn lines(open: &Editor, fits: impl Fn(&Editor) -> bool) -> Vec<String> {
    let in_group = |group: Group| ALL.into_iter().filter(move |editor| editor.group == group);
    let mut lines = Vec::new();
    for editor in Group::ALL.into_iter().flat_map(in_group).filter(|editor| fits(editor)) {
        lines.push(editor.slug.to_owned());
        if editor.slug == open.slug {
            lines.extend(editor.examples.iter().map(|example| line_of(editor, example)));
        }
    }
    lines
}

/// Goes from line to line, and from the search into the list and back.
fn on_key(event: &leptos::ev::KeyboardEvent, typed: StoredValue<Typed>) {
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
        letter if !searching && is_letter(event, letter) => {
            beginning_with(&line, &list, letter, event.time_stamp(), typed)
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(to) = to.and_then(|to| to.dyn_into::<HtmlElement>().ok())
        && let Err(error) = to.focus()
    {
        leptos::logging::warn!("the line takes no focus: {error:?}");
    }
}

/// Whether a key writes something: a blank presses what has the focus, and shortcuts are not for the list.
fn is_letter(event: &leptos::ev::KeyboardEvent, key: &str) -> bool {
    key.chars().count() == 1 && key != " " && !(event.ctrl_key() || event.meta_key() || event.alt_key())
}

/// The line that begins with what was typed.
fn beginning_with(
    line: &Element,
    list: &Element,
    letter: &str,
    now_ms: f64,
    typed: StoredValue<Typed>,
) -> Option<Element> {
    let first = list.query_selector(".scroll a").ok().flatten();
    let lines: Vec<Element> =
        std::iter::successors(first, |line| beside(line, Element::next_element_sibling)).collect();
    let names: Vec<String> = lines.iter().map(|line| line.text_content().unwrap_or_default()).collect();
    let here = lines.iter().position(|one| one == line).unwrap_or_default();
    let to = typed.try_update_value(|typed| typed.next(letter, now_ms, &names, here)).flatten()?;
    lines.get(to).cloned()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::playground::editors;

    #[test]
    fn the_lines_are_those_that_fit_with_the_examples_of_the_open_editor() {
        let open = editors::find("file-name").unwrap();
        let all = lines(open, |_| true);
        assert_eq!(all.len(), ALL.len() + open.examples.len());
        let at = all.iter().position(|line| line == "file-name").unwrap();
        assert_eq!(all[at + 1], format!("file-name/{}", open.examples[0].name));
        assert_eq!(lines(open, |editor| editor.slug == "sql"), ["sql"]);
        assert_eq!(lines(open, |_| false), Vec::<String>::new());
    }
}
