//! A line, or a few lines, of text.

use leptos::ev::{Event, KeyboardEvent};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;

use super::shared::Shared;
use super::stretch::{Stretch, carried};
use super::{Live, described_by};

/// What is typed on its way into the document.
#[derive(Clone, Copy)]
pub(crate) enum Typed {
    /// A value that the last writer sets.
    Value(Live),
    /// A text that all write in.
    Text(Shared),
}

impl From<Shared> for Typed {
    fn from(shared: Shared) -> Self {
        Self::Text(shared)
    }
}

impl Typed {
    /// A value that shows what is typed, and is applied through `on_change` at every key.
    pub(crate) fn value(value: Signal<String>, on_change: Callback<String>) -> Self {
        Self::value_as(value, on_change, str::to_owned)
    }

    /// The same of what is stored in other words than are typed; `read` says how it is shown then.
    pub(crate) fn value_as(
        value: Signal<String>,
        on_change: Callback<String>,
        read: impl Fn(&str) -> String + 'static,
    ) -> Self {
        Self::Value(Live::new(value, on_change, |_| false, read))
    }

    /// What is shown, and how others changed it last.
    pub(crate) fn shown(self) -> (String, Vec<Stretch>) {
        match self {
            Self::Value(live) => (live.shown(), Vec::new()),
            Self::Text(shared) => shared.shown(),
        }
    }

    /// Takes what was typed.
    pub(crate) fn type_in(self, text: String) {
        match self {
            Self::Value(live) => live.type_in(text),
            Self::Text(shared) => shared.type_in(text),
        }
    }

    /// Whether something typed here is shown in place of what the document says. A text that all type in is the document's.
    pub(crate) fn is_typed(self) -> bool {
        match self {
            Self::Value(live) => live.is_typed(),
            Self::Text(_) => false,
        }
    }

    /// Shows what the document says in place of what was typed.
    pub(crate) fn forget(self) {
        if let Self::Value(live) = self {
            live.drop_typed();
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

// What a line and an area have in common. The browser has no name for it.
#[wasm_bindgen]
extern "C" {
    type TextField;
    #[wasm_bindgen(method, getter)]
    fn value(this: &TextField) -> String;
    #[wasm_bindgen(method, setter)]
    fn set_value(this: &TextField, text: &str);
    #[wasm_bindgen(method, getter, js_name = selectionStart)]
    fn selection_start(this: &TextField) -> u32;
    #[wasm_bindgen(method, getter, js_name = selectionEnd)]
    fn selection_end(this: &TextField) -> u32;
    #[wasm_bindgen(method, js_name = setSelectionRange)]
    fn select(this: &TextField, from: u32, to: u32);
}

impl TextField {
    /// Shows a text and leaves the caret at its letter: a browser puts it behind the last one.
    fn show(&self, text: &str, moves: &[Stretch]) {
        let have = self.value();
        if have == text {
            return;
        }
        let place = |at: u32| u32::try_from(carried(&have, text, moves, at as usize)).unwrap_or(at);
        let (from, to) = (place(self.selection_start()), place(self.selection_end()));
        self.set_value(text);
        self.select(from, to);
    }
}

/// A line of text that is applied as it is typed; an area where there are several `lines`.
#[component]
pub(crate) fn TextBox(
    #[prop(into)] name: String,
    #[prop(into)] typed: Typed,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional, into)] placeholder: String,
    #[prop(optional)] code: bool,
    #[prop(optional)] lines: u32,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] invalid: Signal<bool>,
    /// It stands in a [`Field`] of the same name, whose help or error belongs to it.
    ///
    /// [`Field`]: super::Field
    #[prop(optional)]
    described: bool,
    #[prop(optional, into)] on_focus: Option<Callback<bool>>,
) -> impl IntoView {
    // The letters that a keyboard for many signs puts together are the browser's until they are done.
    let composing = RwSignal::new(false);
    let (line, area) = (NodeRef::<html::Input>::new(), NodeRef::<html::Textarea>::new());
    let field = move || -> Option<TextField> {
        line.get().map(JsCast::unchecked_into).or_else(|| area.get().map(JsCast::unchecked_into))
    };
    Effect::new(move |_| {
        let (text, moves) = typed.shown();
        if let Some(field) = field().filter(|_| !composing.get()) {
            field.show(&text, &moves);
        }
    });
    // A browser blurs a focused field while it takes it off the page, when this may be gone already.
    let tell = move |inside: bool| {
        if let Some(on_focus) = on_focus {
            on_focus.try_run(inside);
        }
    };
    let composes = move |on: bool| {
        composing.try_set(on);
    };
    let described = described.then(|| described_by(&name));
    let common = view! {
        <{..} class=if code { "input code" } else { "input" } id=name.clone() name=name aria-label=label aria-describedby=described placeholder=placeholder
            prop:disabled=disabled aria-invalid=move || invalid.get().to_string() on:input=move |event: Event| typed.type_in(event_target_value(&event))
            on:focus=move |_| tell(true) on:blur=move |_| { typed.leave(); tell(false); }
            on:compositionstart=move |_| composes(true) on:compositionend=move |_| composes(false)/>
    };
    // There Enter chooses among signs.
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            typed.enter();
        }
    };
    if lines > 1 {
        view! { <textarea rows=lines node_ref=area spellcheck="false" {..common}></textarea> }.into_any()
    } else {
        view! { <input node_ref=line on:keydown=on_key type="text" autocomplete="off" spellcheck="false" {..common}/> }
            .into_any()
    }
}
