//! A button that asks for a name in a dialog and then makes something.

use leptos::html;
use leptos::prelude::*;

use super::{Dialog, Icon};

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
    let name = RwSignal::new(String::new());
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get()
            && let Err(error) = input.focus()
        {
            leptos::logging::debug_warn!("{error:?}");
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let wanted = name.get_untracked().trim().to_owned();
        if !wanted.is_empty() {
            open.set(false);
            name.set(String::new());
            on_create.run(wanted);
        }
    };
    view! {
        <button class="button" class:primary=primary prop:disabled=disabled title=move || disabled.get().then_some("You may look, not change.") on:click=move |_| open.set(true)><Icon name="plus"/>{action}</button>
        <Dialog open=open title=action>
            <form class="dialog-body" on:submit=submit>
                <div class="field">
                    <label for="new-name">"Name"</label>
                    <input class="input" id="new-name" node_ref=input autocomplete="off" required prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/>
                    {(!hint.is_empty()).then(|| view! { <p class="help">{hint}</p> })}
                </div>
                <footer class="dialog-foot"><button class="button primary" type="submit">{action}</button></footer>
            </form>
        </Dialog>
    }
}
