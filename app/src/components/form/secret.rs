//! Secrets: entered, replaced and removed, never shown. What is typed is kept by the button; until then it is a draft that
//! outlives the page it was typed on.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::forms::Field as Described;
use tombolo_wire::store::Call;

use super::Form;
use crate::components::{Field, Icon, described_by};
use crate::state::Doc;

/// Which secrets are kept for a document.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    doc: Doc,
    paths: RwSignal<Option<Vec<String>>>,
    asked: StoredValue<bool>,
}

impl Kept {
    pub(super) fn of(doc: Doc) -> Self {
        Self { doc, paths: RwSignal::new(None), asked: StoredValue::new(false) }
    }

    /// Asks once, when the first field of a secret is shown.
    fn ask(self) {
        if !self.asked.get_value() {
            self.asked.set_value(true);
            self.load();
        }
    }

    fn load(self) {
        spawn_local(async move {
            match self.doc.app.call::<Vec<String>>(Call::Secrets { connection: self.doc.id }).await {
                Ok(paths) => drop(self.paths.try_set(Some(paths))),
                Err(error) => self.doc.app.toasts.fail(error.message),
            }
        });
    }
}

/// One secret.
#[component]
pub(super) fn SecretField(form: Form, field: &'static Described) -> impl IntoView {
    let doc = form.doc;
    let kept = expect_context::<Kept>();
    kept.ask();
    let drafts = doc.app.drafts;
    drafts.show(doc.id);
    let typed = Memo::new(move |_| drafts.text(doc.id, field.path));
    let busy = RwSignal::new(false);
    let saved = Memo::new(move |_| {
        kept.paths.with(|paths| paths.as_ref().is_some_and(|paths| paths.iter().any(|have| have == field.path)))
    });
    let keep = move |value: String, said: &'static str| {
        busy.set(true);
        let call = Call::SetSecret { connection: doc.id, path: field.path.to_owned(), value };
        let saving = doc.app.saving();
        spawn_local(async move {
            match doc.app.call::<Value>(call).await {
                Ok(_) => {
                    drafts.type_in(doc.id, field.path, String::new());
                    kept.load();
                    doc.app.toasts.say(said);
                }
                Err(error) => doc.app.toasts.fail(error.message),
            }
            busy.try_set(false);
            drop(saving);
        });
    };
    let state = move || match (typed.with(String::is_empty), saved.get()) {
        (false, true) => "Typed and not kept yet: press Replace.",
        (false, false) => "Typed and not kept yet: press Keep.",
        (true, true) => "Saved. Enter another to replace it.",
        (true, false) => "Not saved yet.",
    };
    let keep_typed = move || keep(typed.get_untracked(), "The secret is kept.");
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter"
            && !event.is_composing()
            && !typed.with_untracked(String::is_empty)
            && !busy.get_untracked()
        {
            event.prevent_default();
            keep_typed();
        }
    };
    let help = move || if field.help.is_empty() { state().to_owned() } else { format!("{} {}", field.help, state()) };
    let name = form.id(field);
    let described = described_by(&name);
    let off = move || !doc.writable.get() || busy.get();
    view! {
        <Field label=field.label name=name.clone()>
            <div class="row">
                <input class="input grow" id=name aria-describedby=described.clone() type="password" autocomplete="new-password"
                    placeholder=move || if saved.get() { "••••••••" } else { "" } prop:disabled=off prop:value=move || typed.get()
                    on:input=move |event| drafts.type_in(doc.id, field.path, event_target_value(&event)) on:keydown=on_key/>
                <button class="button" class:primary=move || !typed.with(String::is_empty) type="button" prop:disabled=move || off() || typed.with(String::is_empty)
                    on:click=move |_| keep_typed()>{move || if saved.get() { "Replace" } else { "Keep" }}</button>
                {move || saved.get().then(|| view! {
                    <button class="icon-button" type="button" aria-label=format!("Remove {}", field.label.to_lowercase()) title="Remove it" prop:disabled=off
                        on:click=move |_| keep(String::new(), "The secret is removed.")><Icon name="trash-2" small=true/></button>
                })}
            </div>
            <p class="help" id=described>{help}</p>
        </Field>
    }
}
