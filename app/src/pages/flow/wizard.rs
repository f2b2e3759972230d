//! Adds a step: a new one by its application and connection, or one that is there already. It is made at once and its
//! form opens.

mod existing;
mod fresh;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::{Id, Intent, Kind};
use tombolo_wire::store::{Call, CallError, Created};

use super::Builder;
use super::application::Application;
use super::steps::{PROCESSORS, SOURCES, StepKind};
use crate::components::{Dialog, Icon};
use crate::state::row_id;
use existing::Existing;
use fresh::Fresh;

/// Which end of the flow gets a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Before everything else.
    Source,
    /// At the end.
    Destination,
}

/// Where a step is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Adding {
    side: Side,
    list: String,
}

impl Adding {
    /// At an end of a flow whose steps stand in a row.
    pub(super) fn to(side: Side) -> Self {
        let list = if side == Side::Source { SOURCES } else { PROCESSORS };
        Self { side, list: list.to_owned() }
    }

    /// At the end of a list of steps, such as that of a branch.
    pub(super) fn at(list: String) -> Self {
        Self { side: Side::Destination, list }
    }
}

/// A kind of step that is offered: words, icon, one sentence, what it is, the new resource.
struct Kinds(&'static str, &'static str, &'static str, StepKind, Value);

impl Side {
    /// What its button says.
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Source => "Add source",
            Self::Destination => "Add destination",
        }
    }

    /// The kinds of step offered.
    fn offers(self) -> Vec<Kinds> {
        match self {
            Self::Source => vec![
                Kinds(
                    "File from this computer",
                    Application::LocalFile.icon(),
                    "CSV, JSON, XML or an Excel workbook. It is kept on this device and, when you are signed in, on the server.",
                    StepKind::Source,
                    json!({"name": "New source", "adaptorType": "SimpleExport", "type": "simple",
                        "file": {"type": "csv", "csv": {"columnDelimiter": ",", "hasHeaderRow": true}}}),
                ),
                Kinds(
                    "HTTP",
                    Application::Http.icon(),
                    "An endpoint that answers all at once or page by page.",
                    StepKind::Source,
                    json!({"name": "New source", "adaptorType": "HTTPExport", "http": {"method": "GET"}}),
                ),
                Kinds(
                    "Webhook",
                    Application::Listener.icon(),
                    "Takes what an application sends when something happens there. The server gives it an address.",
                    StepKind::Source,
                    json!({"name": "New listener", "adaptorType": "WebhookExport", "type": "webhook", "webhook": {"verify": "secret_url"}}),
                ),
            ],
            Self::Destination => vec![
                Kinds(
                    "HTTP",
                    Application::Http.icon(),
                    "Sends each record to an endpoint.",
                    StepKind::Import,
                    json!({"name": "New destination", "adaptorType": "HTTPImport", "http": {"method": ["POST"]}}),
                ),
                Kinds(
                    "Look up records",
                    "search",
                    "Asks an endpoint for more about each record, and goes on with both.",
                    StepKind::Lookup,
                    json!({"name": "New lookup", "adaptorType": "HTTPExport", "isLookup": true, "http": {"method": "GET"}}),
                ),
                Kinds(
                    "File to download",
                    Application::LocalFile.icon(),
                    "Collects the records in a CSV, JSON, XML or Excel file.",
                    StepKind::Import,
                    json!({"name": "New destination", "adaptorType": "SimpleImport", "file": {"type": "json", "fileName": "records.json"}}),
                ),
            ],
        }
    }
}

/// Puts a resource into the flow and opens its form in place of the dialog.
async fn place(builder: Builder, list: String, kind: StepKind, resource: Id) -> Result<(), CallError> {
    let value = match kind {
        StepKind::Source => json!({"_exportId": resource}),
        StepKind::Lookup => json!({"type": "export", "_exportId": resource}),
        StepKind::Import => json!({"type": "import", "_importId": resource}),
    };
    let row = row_id::fresh();
    let after =
        builder.steps.with_untracked(|steps| steps.iter().rfind(|step| step.list == list).map(|step| step.row.clone()));
    builder.doc.try_edit(vec![Intent::InsertRow { list, row: row.clone(), after, value }]).await?;
    builder.adding.try_set(None);
    builder.enter(row);
    Ok(())
}

/// What a new step uses.
enum Offer {
    /// An export or import that is made for it.
    New(StepKind, Value),
    /// One that is there.
    There(StepKind, Id),
}

impl Offer {
    async fn take(self, builder: Builder, list: String) -> Result<(), CallError> {
        let (step, resource) = match self {
            // The integration's own: who may see the flow sees its steps.
            Self::New(step, mut value) => {
                let kind = if step == StepKind::Import { Kind::Import } else { Kind::Export };
                let home = builder.doc.text("/_integrationId");
                if !home.is_empty() {
                    value["_integrationId"] = home.into();
                }
                (step, builder.app.call::<Created>(Call::Create { kind, value }).await?.id)
            }
            Self::There(step, id) => (step, id),
        };
        place(builder, list, step, resource).await
    }
}

/// The dialog.
#[component]
pub(super) fn AddStep() -> impl IntoView {
    let builder = expect_context::<Builder>();
    let source = RwSignal::new(false);
    let destination = RwSignal::new(false);
    Effect::new(move |_| {
        let side = builder.adding.with(|adding| adding.as_ref().map(|adding| adding.side));
        source.set(side == Some(Side::Source));
        destination.set(side == Some(Side::Destination));
    });
    Effect::new(move |_| {
        let closed = !source.get() && !destination.get();
        if closed && builder.adding.with_untracked(Option::is_some) {
            builder.adding.set(None);
        }
    });
    view! {
        <Dialog open=source title=Side::Source.action()><Offers side=Side::Source/></Dialog>
        <Dialog open=destination title=Side::Destination.action()><Offers side=Side::Destination/></Dialog>
    }
}

/// What is chosen in the dialog takes its place in the flow.
#[derive(Clone, Copy)]
struct Taking {
    builder: Builder,
    /// A second press while the first is on its way would make a second step.
    busy: RwSignal<bool>,
    error: RwSignal<Option<String>>,
}

impl Taking {
    fn add(self, offer: Offer) {
        let Self { builder, busy, error } = self;
        let list = builder.adding.with_untracked(|adding| adding.as_ref().map(|adding| adding.list.clone()));
        let Some(list) = list.filter(|_| !busy.get_untracked()) else { return };
        busy.set(true);
        error.set(None);
        // The form of another step must not stand there when the dialog goes: what is typed next is for the new one.
        builder.choice.choose(None);
        spawn_local(async move {
            if let Err(failed) = offer.take(builder, list).await {
                error.try_set(Some(failed.message));
            }
            busy.try_set(false);
        });
    }
}

/// The two ways to a step: a new one, or one that is there.
#[component]
fn Offers(side: Side) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let taking = Taking { builder, busy: RwSignal::new(false), error: RwSignal::new(None) };
    let there = Memo::new(move |_| builder.app.rows.with(|rows| existing::of(rows.values(), side).len()));
    let chosen = RwSignal::new(false);
    let choice = move |existing: bool, words: Signal<String>| {
        view! {
            <button type="button" role="radio" tabindex=move || if chosen.get() == existing { "0" } else { "-1" } id=way_id(existing)
                aria-checked=move || (chosen.get() == existing).to_string() on:click=move |_| chosen.set(existing)>{words}</button>
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if matches!(event.key().as_str(), "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown") {
            event.prevent_default();
            chosen.update(|existing| *existing = !*existing);
            crate::browser::page::focus_soon(vec![way_id(chosen.get_untracked()).to_owned()]);
        }
    };
    view! {
        <div class="dialog-body">
            {move || (there.get() > 0).then(|| view! {
                <div class="segment" role="radiogroup" aria-label="What is added" on:keydown=on_key>
                    {choice(false, Signal::derive(|| "New".to_owned()))}
                    {choice(true, Signal::derive(move || format!("Use existing ({})", there.get())))}
                </div>
            })}
            {move || taking.error.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
            {move || if chosen.get() && there.get() > 0 { view! { <Existing side=side taking=taking/> }.into_any() } else { view! { <Fresh side=side taking=taking/> }.into_any() }}
        </div>
    }
}

fn way_id(existing: bool) -> &'static str {
    if existing { "add-existing" } else { "add-new" }
}
