//! A line, or a few lines, of text.

use leptos::html;
use leptos::prelude::*;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};

use super::shared::Shared;
use super::stretch::{Stretch, carried};
use super::{Live, described_by};

/// What is typed on its way into the document: a value that the last writer sets, or a text that all write in.
#[derive(Clone, Copy)]
enum Typed {
    Value(Live),
    Text(Shared),
}

impl Typed {
    /// What is shown, and how others changed it last.
    fn shown(self) -> (String, Vec<Stretch>) {
        match self {
            Self::Value(live) => (live.shown(), Vec::new()),
            Self::Text(shared) => shared.shown(),
        }
    }

    fn type_in(self, text: String) {
        match self {
            Self::Value(live) => live.type_in(text),
            Self::Text(shared) => shared.type_in(text),
        }
    }

    fn enter(self) {
        match self {
            Self::Value(live) => live.apply(),
            Self::Text(shared) => shared.leave(),
        }
    }

    fn leave(self) {
        match self {
            Self::Value(live) => live.leave(),
            Self::Text(shared) => shared.leave(),
        }
    }
}

/// A field that is typed in, as the browser has it.
trait Element {
    fn text(&self) -> String;
    fn put(&self, text: &str);
    fn selection(&self) -> Option<(u32, u32)>;
    fn select(&self, from: u32, to: u32);
}

macro_rules! element {
    ($($of:ty),*) => {$(
        impl Element for $of {
            fn text(&self) -> String {
                self.value()
            }
            fn put(&self, text: &str) {
                self.set_value(text);
            }
            fn selection(&self) -> Option<(u32, u32)> {
                Some((self.selection_start().ok()??, self.selection_end().ok()??))
            }
            fn select(&self, from: u32, to: u32) {
                if let Err(error) = self.set_selection_range(from, to) {
                    leptos::logging::debug_warn!("{error:?}");
                }
            }
        }
    )*};
}
element!(HtmlInputElement, HtmlTextAreaElement);

/// Shows a text and leaves the caret at its letter: a browser puts it behind the last one.
fn show(element: &impl Element, text: &str, moves: &[Stretch]) {
    let have = element.text();
    if have == text {
        return;
    }
    let selection = element.selection();
    element.put(text);
    if let Some((from, to)) = selection {
        let place = |at: u32| u32::try_from(carried(&have, text, moves, at as usize)).unwrap_or(at);
        element.select(place(from), place(to));
    }
}

/// A line of text that is applied as it is typed.
#[component]
pub(crate) fn TextBox(
    #[prop(into)] name: String,
    /// What is shown, when the text is applied through `on_change`.
    #[prop(optional, into)]
    value: Signal<String>,
    #[prop(optional, into)] on_change: Option<Callback<String>>,
    /// The text of a document that is typed in instead.
    #[prop(default = None)]
    shared: Option<Shared>,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional, into)] placeholder: String,
    #[prop(optional)] code: bool,
    #[prop(optional)] secret: bool,
    #[prop(optional)] lines: u32,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] invalid: Signal<bool>,
    /// It stands in a [`Field`] of the same name, whose help or error belongs to it.
    ///
    /// [`Field`]: super::Field
    #[prop(optional)]
    described: bool,
    #[prop(optional, into)] on_focus: Option<Callback<bool>>,
    /// How `value` shows what is typed, when that is not the same.
    #[prop(optional)]
    read: Option<fn(&str) -> String>,
) -> impl IntoView {
    let typed = shared.map_or_else(
        || {
            Typed::Value(Live::new(
                value,
                on_change.unwrap_or_else(|| Callback::new(drop)),
                |_| false,
                read.unwrap_or(str::to_owned),
            ))
        },
        Typed::Text,
    );
    // The letters that a keyboard for many signs puts together are the browser's until they are done.
    let composing = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    let area = NodeRef::<html::Textarea>::new();
    Effect::new(move |_| {
        let (text, moves) = typed.shown();
        if composing.get() {
            return;
        }
        if let Some(input) = input.get() {
            show(&input, &text, &moves);
        }
        if let Some(area) = area.get() {
            show(&area, &text, &moves);
        }
    });
    let on_leave = move || {
        typed.leave();
        if let Some(on_focus) = on_focus {
            on_focus.try_run(false);
        }
    };
    let on_enter = move || {
        if let Some(on_focus) = on_focus {
            on_focus.run(true);
        }
    };
    let on_input = move |event: leptos::ev::Event| typed.type_in(event_target_value(&event));
    let composes = move |on: bool| {
        composing.try_set(on);
    };
    let class = if code { "input code" } else { "input" };
    let described = described.then(|| described_by(&name));
    if lines > 1 {
        view! {
            <textarea class=class id=name.clone() name=name rows=lines aria-label=label aria-describedby=described placeholder=placeholder spellcheck="false" node_ref=area
                prop:disabled=disabled aria-invalid=move || invalid.get().to_string() on:input=on_input on:focus=move |_| on_enter() on:blur=move |_| on_leave()
                on:compositionstart=move |_| composes(true) on:compositionend=move |_| composes(false)></textarea>
        }
        .into_any()
    } else {
        view! {
            <input class=class id=name.clone() name=name type=if secret { "password" } else { "text" } autocomplete=if secret { "new-password" } else { "off" }
                aria-label=label aria-describedby=described placeholder=placeholder spellcheck="false" node_ref=input prop:disabled=disabled aria-invalid=move || invalid.get().to_string()
                on:input=on_input on:focus=move |_| on_enter() on:blur=move |_| on_leave()
                on:compositionstart=move |_| composes(true) on:compositionend=move |_| composes(false)
                on:keydown=move |event| if event.key() == "Enter" { typed.enter() }/>
        }
        .into_any()
    }
}
