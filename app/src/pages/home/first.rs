//! The first page of an account that holds nothing: three ways in, each of which works at once.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use serde_json::{Value, json};
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::store::{Call, CallError, Created};

use crate::browser::service_worker;
use crate::components::Icon;
use crate::state::App;

/// What a new flow begins with.
#[derive(Clone, Copy)]
enum Start {
    /// Nothing: both ends are chosen in the flow builder.
    Empty,
    /// A source that reads a file of this computer.
    File,
}

impl Start {
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("My first integration", "My first flow"),
            Self::File => ("Loaded files", "Load a file"),
        }
    }
}

/// The resources that a file source is made of.
fn file_source() -> Value {
    json!({"name": "File", "adaptorType": "SimpleExport", "type": "simple", "file": {"type": "csv", "csv": {"columnDelimiter": ",", "hasHeaderRow": true}}})
}

async fn make(app: App, kind: Kind, value: Value) -> Result<Id, CallError> {
    Ok(app.call::<Created>(Call::Create { kind, value }).await?.id)
}

/// Makes an integration with one flow and tells where it is.
async fn begin(app: App, start: Start) -> Result<String, CallError> {
    let (integration_name, flow_name) = start.names();
    let integration = make(app, Kind::Integration, json!({"name": integration_name})).await?;
    let mut flow = json!({"name": flow_name, "_integrationId": integration, "disabled": false});
    if matches!(start, Start::File) {
        let source = make(app, Kind::Export, file_source()).await?;
        flow["pageGenerators"] = json!([{"_exportId": source}]);
    }
    let flow = make(app, Kind::Flow, flow).await?;
    Ok(format!("/integrations/{integration}/flows/{flow}"))
}

/// What an empty account shows instead of tiles.
#[component]
pub(super) fn FirstSteps() -> impl IntoView {
    let app = App::here();
    let navigate = StoredValue::new_local(use_navigate());
    let busy = RwSignal::new(false);
    let go = move |start: Start| {
        busy.set(true);
        // Taken now: with the first integration this part of the page goes away.
        let navigate = navigate.get_value();
        spawn_local(async move {
            match begin(app, start).await {
                Ok(place) => navigate(&place, NavigateOptions::default()),
                Err(error) => app.toasts.fail(error.message),
            }
            service_worker::persist().await;
            busy.try_set(false);
        });
    };
    let closed = move || busy.get() || !app.may_write();
    let local = move || app.account.with(|account| account.as_ref().is_none_or(|account| account.local));
    let meets = move || app.may(Action::ReadMembers, Kind::Integration);
    view! {
        <div class="welcome">
            <div class="lead">
                <Islands/>
                <h2>"Join two applications"</h2>
                <p>"An integration holds the flows that move records between them. Everything works on this device, with or without a network."</p>
            </div>
            <div class="ways">
                <button class="card way" prop:disabled=closed on:click=move |_| go(Start::Empty)>
                    <span class="kind" data-kind="source"><Icon name="workflow"/></span>
                    <b>"Build a flow"</b><p>"Choose a source and a destination, then map the fields."</p>
                    <span class="go">"Open the flow builder"<Icon name="arrow-right" small=true/></span>
                </button>
                <button class="card way" prop:disabled=closed on:click=move |_| go(Start::File)>
                    <span class="kind" data-kind="import"><Icon name="upload"/></span>
                    <b>"Load a file"</b><p>"Send the records of a CSV or JSON file of this computer to an application."</p>
                    <span class="go">"Choose a file"<Icon name="arrow-right" small=true/></span>
                </button>
                <Show when=local fallback=move || view! { <Show when=meets><Colleagues/></Show> }>
                    <A href="/sign-in" attr:class="card way">
                        <span class="kind" data-kind="lookup"><Icon name="users"/></span>
                        <b>"Join your team"</b><p>"Sign in, and the flows of your account are on this device too."</p>
                        <span class="go">"Sign in"<Icon name="arrow-right" small=true/></span>
                    </A>
                </Show>
            </div>
        </div>
    }
}

#[component]
fn Colleagues() -> impl IntoView {
    view! {
        <A href="/members" attr:class="card way">
            <span class="kind" data-kind="lookup"><Icon name="users"/></span>
            <b>"Invite colleagues"</b><p>"They work on the same flows at the same time, each on their own device."</p>
            <span class="go">"Open the members"<Icon name="arrow-right" small=true/></span>
        </A>
    }
}

#[component]
fn Islands() -> impl IntoView {
    view! {
        <svg class="islands" width="168" height="92" viewBox="0 0 168 92" aria-hidden="true">
            <g class="waves"><ellipse cx="124" cy="30" rx="31" ry="20"></ellipse><ellipse cx="124" cy="30" rx="41" ry="27"></ellipse></g>
            <ellipse class="sand" cx="44" cy="64" rx="42" ry="25"></ellipse><ellipse class="land" cx="38" cy="61" rx="27" ry="14"></ellipse>
            <path class="bar" d="M72 62c22 0 36-8 44-24"></path>
            <ellipse class="sand" cx="124" cy="30" rx="21" ry="12.5"></ellipse><ellipse class="land" cx="125" cy="28" rx="12" ry="6"></ellipse>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_source_reads_a_table_with_a_head() {
        let source = file_source();
        assert_eq!(source["adaptorType"], "SimpleExport");
        assert_eq!(source["file"]["csv"]["hasHeaderRow"], true);
    }
}
