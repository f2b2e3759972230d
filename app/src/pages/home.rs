//! Home: the integrations as tiles or as a list.

mod first;
mod standing;
mod tiles;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{query_signal_with_options, use_navigate};
use serde_json::json;
use tombolo_model::Kind;
use tombolo_wire::store::{Call, Created};

use crate::browser::{page, service_worker};
use crate::components::{Icon, NameDialog, opener_id};
use crate::pages::packages::InstallButton;
use crate::state::App;
use crate::words;
use first::FirstSteps;
use tiles::{IntegrationList, Tiles};

/// What stands in the address for the list.
const LIST: &str = "list";

/// The home page.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Home".into());
    let search = RwSignal::new(String::new());
    let all = Memo::new(move |_| app.of_kind(Kind::Integration));
    let found = move || {
        let wanted = search.get().to_lowercase();
        all.get().into_iter().filter(|row| row.name.to_lowercase().contains(&wanted)).collect::<Vec<_>>()
    };
    let flows = move || app.of_kind(Kind::Flow).len();
    let quietly = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
    let (view, set_view) = query_signal_with_options::<String>("view", quietly);
    let listed = move || view.with(|view| view.as_deref() == Some(LIST));
    view! {
        <div class="page-head">
            <div>
                <h1>"Home"</h1>
                <p class="sub">{move || says(app.account.with(Option::is_some), all.with(Vec::len), flows())}</p>
            </div>
            <div class="actions"><InstallButton action="Install from a zip"/><CreateIntegration/></div>
        </div>
        <Show when=move || app.account.with(Option::is_some) fallback=move || app.failed.with(Option::is_none).then(|| view! { <Skeletons/> })>
            <Show when=move || !all.with(Vec::is_empty) fallback=FirstSteps>
                <div class="toolbar">
                    <label class="input"><Icon name="search"/>
                        <input type="search" placeholder="Find an integration" aria-label="Find an integration"
                            prop:value=move || search.get() on:input=move |event| search.set(event_target_value(&event))/>
                    </label>
                    <span class="grow"></span>
                    <div class="segment" role="group" aria-label="View">
                        <button type="button" aria-label="Tiles" title="Tiles" aria-pressed=move || (!listed()).to_string() on:click=move |_| set_view.set(None)><Icon name="layout-grid" small=true/></button>
                        <button type="button" aria-label="List" title="List" aria-pressed=move || listed().to_string() on:click=move |_| set_view.set(Some(LIST.to_owned()))><Icon name="list" small=true/></button>
                    </div>
                </div>
                <div class="page-body">
                    <Show when=move || !found().is_empty() fallback=move || view! {
                        <div class="empty"><span class="kind"><Icon name="search"/></span><h2>"Nothing matches"</h2><button class="button" on:click=move |_| search.set(String::new())>"Clear the search"</button></div>
                    }>
                        <Show when=listed fallback=move || view! { <Tiles found=Signal::derive(found)/> }><IntegrationList found=Signal::derive(found)/></Show>
                    </Show>
                </div>
            </Show>
        </Show>
    }
}

/// The line below the title; nothing while the store opens.
fn says(open: bool, integrations: usize, flows: usize) -> String {
    match (open, integrations) {
        (false, _) => "\u{a0}".into(),
        (true, 0) => "Nothing here yet".into(),
        (true, _) => format!("{}, {}", words::count(integrations, "integration"), words::count(flows, "flow")),
    }
}

#[component]
fn Skeletons() -> impl IntoView {
    view! { <div class="page-body"><div class="tiles" aria-busy="true"><div class="skeleton tile"></div><div class="skeleton tile"></div><div class="skeleton tile"></div></div></div> }
}

/// Makes an integration and opens it.
#[component]
fn CreateIntegration() -> impl IntoView {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    let create = move |name: String| {
        let navigate = navigate.get_value();
        spawn_local(async move {
            let call = Call::Create { kind: Kind::Integration, value: json!({"name": name}) };
            match app.call::<Created>(call).await {
                Ok(created) => {
                    navigate(&format!("/integrations/{}", created.id), NavigateOptions::default());
                    page::focus_when_there(vec![opener_id("Create flow")]);
                }
                Err(error) => app.toasts.fail(error.message),
            }
            if !service_worker::persist().await {
                leptos::logging::log!("the browser may evict what is stored here");
            }
        });
    };
    view! {
        <NameDialog action="Create integration" primary=true disabled=Signal::derive(move || !app.may_write()) on_create=Callback::new(create)
            hint="Name it after the systems it joins."/>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_counted_before_the_store_has_opened() {
        assert_eq!(says(false, 0, 0).trim(), "");
        assert_eq!(says(true, 0, 0), "Nothing here yet");
        assert_eq!(says(true, 2, 1), "2 integrations, 1 flow");
    }
}
