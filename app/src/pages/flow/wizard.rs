//! Adds a step: what kind, or one that is there already. The new step is made at once and its form opens.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::{Id, Intent, Kind};
use tombolo_wire::store::{Call, CallError, Created};

use super::Builder;
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
                    "file-text",
                    "A CSV or JSON file. It is kept on this device and, when you are signed in, on the server.",
                    json!({"name": "New source", "adaptorType": "SimpleExport", "type": "simple",
                        "file": {"type": "csv", "csv": {"columnDelimiter": ",", "hasHeaderRow": true}}}),
                ),
                (
                    "HTTP",
                    "globe",
                    "An endpoint that answers with JSON, all at once or page by page.",
                    json!({"name": "New source", "adaptorType": "HTTPExport", "http": {"method": "GET"}}),
                ),
            ],
            Self::Destination => [
                (
                    "HTTP",
                    "globe",
                    "Sends each record to an endpoint.",
                    json!({"name": "New destination", "adaptorType": "HTTPImport", "http": {"method": ["POST"]}}),
                ),
                (
                    "File to download",
                    "file-text",
                    "Collects the records in a CSV or JSON file.",
                    json!({"name": "New destination", "adaptorType": "SimpleImport", "file": {"type": "json", "fileName": "records.json"}}),
                ),
            ],
        }
    }
}

/// Puts a resource into the flow and opens its form.
fn place(builder: Builder, side: Side, resource: Id) {
    let (list, value) = match side {
        Side::Source => (SOURCES, json!({"_exportId": resource})),
        Side::Destination => (PROCESSORS, json!({"type": "import", "_importId": resource})),
    };
    let row = row_id::fresh();
    let after =
        builder.steps.with_untracked(|steps| steps.iter().rfind(|step| step.list == list).map(|step| step.row.clone()));
    builder.adding.set(None);
    spawn_local(async move {
        let intents = vec![Intent::InsertRow { list: list.into(), row: row.clone(), after, value }];
        match builder.doc.try_edit(intents).await {
            Ok(_) => builder.choose(Some(row)),
            Err(error) => builder.app.toasts.fail(error.message),
        }
    });
}

async fn make(app: App, kind: Kind, value: Value) -> Result<Id, CallError> {
    Ok(app.call::<Created>(Call::Create { kind, value }).await?.id)
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
        <Dialog open=source title="Add source"><Offers side=Side::Source/></Dialog>
        <Dialog open=destination title="Add destination"><Offers side=Side::Destination/></Dialog>
    }
}

#[component]
fn Offers(side: Side) -> impl IntoView {
    let app = App::here();
    let builder = expect_context::<Builder>();
    // A second press while the first is on its way would make a second step.
    let busy = RwSignal::new(false);
    let create = move |value: Value| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match make(app, side.kind(), value).await {
                Ok(id) => place(builder, side, id),
                Err(error) => app.toasts.fail(error.message),
            }
            busy.try_set(false);
        });
    };
    let existing = Memo::new(move |_| app.of_kind(side.kind()));
    let offers = side.offers().map(|(words, icon, sentence, value)| {
        view! {
            <button class="offer" aria-label=words prop:disabled=busy on:click=move |_| create(value.clone())>
                <span class="kind" data-kind=side.step().key()><Icon name=icon/></span><span><b>{words}</b><small class="muted">{sentence}</small></span>
            </button>
        }
    });
    view! {
        <div class="dialog-body">
            {offers.into_iter().collect_view()}
            {move || {
                let rows = existing.get();
                (!rows.is_empty()).then(|| view! {
                    <h3 class="muted">"Use one that is there"</h3>
                    <ul class="existing">
                        {rows.into_iter().map(|row| {
                            let id = row.id;
                            view! { <li><button class="button quiet wide" on:click=move |_| place(builder, side, id)>{row.name.clone()}</button></li> }
                        }).collect_view()}
                    </ul>
                })
            }}
        </div>
    }
}
