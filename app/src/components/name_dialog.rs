//! A button that asks for a name in a dialog and then makes something.

use leptos::html;
use leptos::prelude::*;

use super::{Dialog, Field, Icon, described_by};
use crate::words;

/// The field, one on the page: a dialog that is closed holds none.
const FIELD: &str = "new-name";

/// The id of the primary button with these words, for the focus of a page that opens.
pub(crate) fn opener_id(action: &str) -> String {
    action.to_lowercase().replace(' ', "-")
}

/// The button, and the dialog behind it. Both carry the words of `action`, for example "Create flow".
#[component]
pub(crate) fn NameDialog(
    action: &'static str,
    #[prop(into)] on_create: Callback<String>,
    #[prop(optional)] primary: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] hint: &'static str,
) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <button class="button" id=primary.then(|| opener_id(action)) class:primary=primary prop:disabled=disabled title=move || disabled.get().then_some("You may look, not change.") on:click=move |_| open.set(true)><Icon name="plus"/>{action}</button>
        <AskName action=action open=open on_create=on_create hint=hint/>
    }
}

/// The dialog alone, for what has a button of another kind.
#[component]
pub(crate) fn AskName(
    action: &'static str,
    open: RwSignal<bool>,
    #[prop(into)] on_create: Callback<String>,
    #[prop(optional)] hint: &'static str,
) -> impl IntoView {
    view! {
        <Dialog open=open title=action>
            <Ask action=action hint=hint on_name=Callback::new(move |name: String| { open.set(false); on_create.run(name); })/>
        </Dialog>
    }
}

#[component]
fn Ask(action: &'static str, hint: &'static str, on_name: Callback<String>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    // That nothing is in it is told to somebody who wanted to go on without.
    let tried = RwSignal::new(false);
    let problem = Signal::derive(move || {
        name.with(|name| words::name_problem(name).filter(|_| tried.get() || !name.trim().is_empty()))
    });
    let input = NodeRef::<html::Input>::new();
    let focus = move || {
        if let Some(input) = input.get()
            && let Err(error) = input.focus()
        {
            leptos::logging::debug_warn!("{error:?}");
        }
    };
    Effect::new(move |_| focus());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        if problem.with_untracked(Option::is_some) {
            untrack(focus);
        } else {
            on_name.run(name.get_untracked().trim().to_owned());
        }
    };
    view! {
        <form class="dialog-body" novalidate=true on:submit=submit>
            <Field label="Name" name=FIELD help=hint error=problem>
                <input class="input" id=FIELD node_ref=input autocomplete="off" aria-required="true" aria-describedby=described_by(FIELD) aria-invalid=move || problem.with(Option::is_some).to_string()
                    prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/>
            </Field>
            <footer class="dialog-foot"><button class="button primary" type="submit">{action}</button></footer>
        </form>
    }
}
