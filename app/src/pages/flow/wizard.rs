//! Adds a step: what kind, or one that is there already. The new step is made at once and its form opens.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::{Id, Intent, Kind};
use tombolo_wire::store::{Call, CallError, Created};

use super::Builder;
use super::application::Application;
use super::steps::{PROCESSORS, SOURCES, StepKind};
use crate::components::{Dialog, Icon};
use crate::state::{App, row_id};

/// Which end of the flow gets a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Before everything else.
    Source,
    /// At the end.
    Destination,
}

impl Side {
    fn kind(self) -> Kind {
        match self {
            Self::Source => Kind::Export,
            Self::Destination => Kind::Import,
        }
    }

    /// What its button says.
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Source => "Add source",
            Self::Destination => "Add destination",
        }
    }

    /// The kind of step that is added.
    fn step(self) -> StepKind {
        match self {
            Self::Source => StepKind::Source,
            Self::Destination => StepKind::Import,
        }
    }

    /// The kinds of step offered: words, icon, one sentence, the new resource.
    fn offers(self) -> [(&'static str, &'static str, &'static str, Value); 2] {
        match self {
            Self::Source => [
                (
                    "File from this computer",
                    Application::LocalFile.icon(),
                    "A CSV or JSON file. It is kept on this device and, when you are signed in, on the server.",
                    json!({"name": "New source", "adaptorType": "SimpleExport", "type": "simple",
                        "file": {"type": "csv", "csv": {"columnDelimiter": ",", "hasHeaderRow": true}}}),
                ),
                (
                    "HTTP",
                    Application::Http.icon(),
                    "An endpoint that answers with JSON, all at once or page by page.",
                    json!({"name": "New source", "adaptorType": "HTTPExport", "http": {"method": "GET"}}),
                ),
            ],
            Self::Destination => [
                (
                    "HTTP",
                    Application::Http.icon(),
                    "Sends each record to an endpoint.",
                    json!({"name": "New destination", "adaptorType": "HTTPImport", "http": {"method": ["POST"]}}),
                ),
                (
                    "File to download",
                    Application::LocalFile.icon(),
                    "Collects the records in a CSV or JSON file.",
                    json!({"name": "New destination", "adaptorType": "SimpleImport", "file": {"type": "json", "fileName": "records.json"}}),
                ),
            ],
        }
    }
}

/// Puts a resource into the flow and opens its form in place of the dialog.
async fn place(builder: Builder, side: Side, resource: Id) -> Result<(), CallError> {
    let (list, value) = match side {
        Side::Source => (SOURCES, json!({"_exportId": resource})),
        Side::Destination => (PROCESSORS, json!({"type": "import", "_importId": resource})),
    };
    let row = row_id::fresh();
    let after =
        builder.steps.with_untracked(|steps| steps.iter().rfind(|step| step.list == list).map(|step| step.row.clone()));
    builder.doc.try_edit(vec![Intent::InsertRow { list: list.into(), row: row.clone(), after, value }]).await?;
    builder.adding.try_set(None);
    builder.enter(row);
    Ok(())
}

/// What a new step uses.
enum Offer {
    /// An export or import that is made for it.
    New(Value),
    /// One that is there.
    There(Id),
}

impl Offer {
    async fn take(self, builder: Builder, side: Side) -> Result<(), CallError> {
        let resource = match self {
            // The integration's own: who may see the flow sees its steps.
            Self::New(mut value) => {
                let home = builder.doc.text("/_integrationId");
                if !home.is_empty() {
                    value["_integrationId"] = home.into();
                }
                builder.app.call::<Created>(Call::Create { kind: side.kind(), value }).await?.id
            }
            Self::There(id) => id,
        };
        place(builder, side, resource).await
    }
}

/// The dialog.
#[component]
pub(super) fn AddStep() -> impl IntoView {
    let builder = expect_context::<Builder>();
    let source = RwSignal::new(false);
    let destination = RwSignal::new(false);
    Effect::new(move |_| {
        source.set(builder.adding.get() == Some(Side::Source));
        destination.set(builder.adding.get() == Some(Side::Destination));
    });
    Effect::new(move |_| {
        let closed = !source.get() && !destination.get();
        if closed && builder.adding.get_untracked().is_some() {
            builder.adding.set(None);
        }
    });
    view! {
        <Dialog open=source title=Side::Source.action()><Offers side=Side::Source/></Dialog>
        <Dialog open=destination title=Side::Destination.action()><Offers side=Side::Destination/></Dialog>
    }
}

#[component]
fn Offers(side: Side) -> impl IntoView {
    let app = App::here();
    let builder = expect_context::<Builder>();
    // A second press while the first is on its way would make a second step.
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let add = move |offer: Offer| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        // The form of another step must not stand there when the dialog goes: what is typed next is for the new one.
        builder.choice.choose(None);
        spawn_local(async move {
            if let Err(failed) = offer.take(builder, side).await {
                error.try_set(Some(failed.message));
            }
            busy.try_set(false);
        });
    };
    let existing = Memo::new(move |_| app.of_kind(side.kind()));
    let offers = side.offers().map(|(words, icon, sentence, value)| {
        view! {
            <button class="offer" aria-label=words prop:disabled=busy on:click=move |_| add(Offer::New(value.clone()))>
                <span class="kind" data-kind=side.step().key()><Icon name=icon/></span><span><b>{words}</b><small class="muted">{sentence}</small></span>
            </button>
        }
    });
    view! {
        <div class="dialog-body">
            {offers.into_iter().collect_view()}
            {move || error.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
            {move || {
                let rows = existing.get();
                (!rows.is_empty()).then(|| view! {
                    <h3 class="muted">"Use one that is there"</h3>
                    <ul class="existing">
                        {rows.into_iter().map(|row| {
                            let id = row.id;
                            view! { <li><button class="button quiet wide" prop:disabled=busy on:click=move |_| add(Offer::There(id))><span class="cut">{row.name.clone()}</span></button></li> }
                        }).collect_view()}
                    </ul>
                })
            }}
        </div>
    }
}
