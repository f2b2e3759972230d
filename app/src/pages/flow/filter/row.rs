//! One rule on the screen: what is compared, how, and with what. What few rules need stands below, unfolded where it is used.

use leptos::prelude::*;

use super::editing::Editing;
use super::rule::{CASTS, FUNCTIONS, OPERATORS, PARTNERS, Rule, SOURCES};
use super::{ADD, copy, delete_id, field_name};
use crate::browser::page;
use crate::components::{Icon, SelectBox, TextBox, Typed, choices};

/// What reads and writes the parts of one rule.
#[derive(Clone, Copy)]
struct Parts {
    editing: Editing,
    id: u64,
}

impl Parts {
    fn text(self, read: fn(&Rule) -> String) -> Signal<String> {
        self.editing.part(self.id, read)
    }

    fn set(self, write: fn(&mut Rule, String)) -> Callback<String> {
        Callback::new(move |text: String| self.editing.change(self.id, |rule| write(rule, text)))
    }

    fn typed(self, read: fn(&Rule) -> String, write: fn(&mut Rule, String)) -> Typed {
        Typed::value(self.text(read), self.set(write))
    }

    fn told<T: Default + Clone + PartialEq + Send + Sync + 'static>(self, read: fn(&Rule) -> T) -> Memo<T> {
        let part = self.editing.part(self.id, read);
        Memo::new(move |_| part.get())
    }
}

/// A rule.
#[component]
pub(super) fn Row(editing: Editing, id: u64, depth: usize, off: Signal<bool>) -> impl IntoView {
    let parts = Parts { editing, id };
    let delete = move |_| {
        let neighbor = editing.remove(id).map(delete_id);
        page::focus_soon(neighbor.into_iter().chain([ADD.to_owned()]).collect());
    };
    let unary = parts.told(Rule::unary);
    let of_setting = parts.told(Rule::is_of_setting);
    let partner = parts.told(Rule::partner);
    let special = parts.told(Rule::is_special);
    let more = RwSignal::new(false);
    let unfolded = Memo::new(move |_| more.get() || special.get());
    // What is chosen back there does not fold it under who chooses.
    Effect::new(move |_| {
        if special.get() {
            more.set(true);
        }
    });
    view! {
        <div class="rule" role="group" aria-label="Rule" style=format!("--depth:{depth}")>
            {move || {
                let (label, hint) = if of_setting.get() { ("Setting", "flow.limit") } else { ("Field", "Field") };
                view! { <TextBox name=field_name(id) label=label placeholder=hint code=true typed=parts.typed(|rule| rule.field.clone(), |rule, text| rule.field = text) disabled=off/> }
            }}
            <SelectBox name=format!("cast-{id}") label="Compare" value=parts.text(|rule| rule.cast.clone()) choices=choices(&CASTS) disabled=off on_change=parts.set(|rule, key| rule.cast = key)/>
            <SelectBox name=format!("operator-{id}") label="Operator" value=parts.text(|rule| rule.operator.clone()) choices=choices(&OPERATORS) disabled=off on_change=parts.set(|rule, key| rule.operator = key)/>
            {move || (!unary.get()).then(|| view! {
                <TextBox name=format!("value-{id}") label=partner.get() placeholder=partner.get() code=partner.get() != "Value" typed=parts.typed(|rule| rule.value.clone(), |rule, text| rule.value = text) disabled=off/>
            })}
            <div class="rule-acts">
                <button class="icon-button" type="button" aria-label="More of the rule" title="More" aria-expanded=move || unfolded.get().to_string() prop:disabled=move || off.get() || special.get() on:click=move |_| more.update(|more| *more = !*more)><Icon name="ellipsis"/></button>
                <button class="icon-button" type="button" aria-label="Copy rule" title="Copy" prop:disabled=off on:click=move |_| copy(editing, id)><Icon name="copy"/></button>
                <button class="icon-button" type="button" id=delete_id(id) aria-label="Delete rule" title="Delete" prop:disabled=off on:click=delete><Icon name="trash-2"/></button>
            </div>
            <Show when=move || unfolded.get()><More parts=parts off=off/></Show>
        </div>
    }
}

/// What few rules need.
#[component]
fn More(parts: Parts, off: Signal<bool>) -> impl IntoView {
    let id = parts.id;
    let with = parts.told(Rule::has_partner);
    view! {
        <div class="rule-more">
            <SelectBox name=format!("of-{id}") label="What is compared" value=parts.text(|rule| rule.of.clone()) choices=choices(&SOURCES) disabled=off on_change=parts.set(|rule, key| rule.of = key)/>
            <SelectBox name=format!("function-{id}") label="How it is taken" value=parts.text(|rule| rule.function.clone()) choices=choices(&FUNCTIONS) disabled=off on_change=parts.set(|rule, key| rule.function = key)/>
            {move || with.get().then(|| view! {
                <SelectBox name=format!("with-{id}") label="Compared with" value=parts.text(|rule| rule.with.clone()) choices=choices(&PARTNERS) disabled=off on_change=parts.set(|rule, key| rule.with = key)/>
            })}
        </div>
    }
}
