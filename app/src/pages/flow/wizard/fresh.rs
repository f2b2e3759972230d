//! New steps: what they do, and with which connection.

use leptos::prelude::*;
use serde_json::json;
use tombolo_model::{Id, Kind, presets};

use super::{Kinds, Offer, Side, Taking};
use crate::components::Icon;
use crate::pages::flow::steps::StepKind;

/// The kinds of step, and each with a connection that is there.
#[component]
pub(super) fn Fresh(side: Side, taking: Taking) -> impl IntoView {
    let app = taking.builder.app;
    let connections = Memo::new(move |_| {
        let all = app.of_kind(Kind::Connection).into_iter();
        all.filter(|row| row.adaptor.as_deref().is_some_and(asks)).collect::<Vec<_>>()
    });
    // What a connection is used for: it is one application at both ends of a flow.
    let looks_up = RwSignal::new(false);
    let step = move || match side {
        Side::Source => StepKind::Source,
        Side::Destination if looks_up.get() => StepKind::Lookup,
        Side::Destination => StepKind::Import,
    };
    let offers = side.offers().into_iter().map(|Kinds(words, icon, sentence, step, value)| {
        view! {
            <button class="offer" aria-label=words prop:disabled=taking.busy on:click=move |_| taking.add(Offer::New(step, value.clone()))>
                <span class="kind" data-kind=step.key()><Icon name=icon/></span><span><b>{words}</b><small class="muted">{sentence}</small></span>
            </button>
        }
    });
    let action = move |wanted: bool, words: &'static str| {
        view! { <button type="button" aria-pressed=move || (looks_up.get() == wanted).to_string() on:click=move |_| looks_up.set(wanted)>{words}</button> }
    };
    view! {
        {offers.collect_view()}
        {move || (!connections.with(Vec::is_empty)).then(|| view! {
            <div class="row with-connection"><h3 class="muted grow">"With a connection that is there"</h3>
                {(side == Side::Destination).then(|| view! { <div class="segment small" role="group" aria-label="What the step does">{action(false, "Writes records")}{action(true, "Looks records up")}</div> })}
            </div>
            <ul class="existing">
                <For each=move || connections.get() key=|row| (row.id, row.name.clone()) let:row>
                    {
                        let (id, name) = (row.id, if row.name.is_empty() { "Connection without a name".to_owned() } else { row.name });
                        view! { <li><button class="button quiet wide" prop:disabled=taking.busy on:click=move |_| taking.add(with_connection(untrack(step), id))>
                            <Icon name="plug"/><span class="cut">{name}</span></button></li> }
                    }
                </For>
            </ul>
        })}
    }
}

/// Whether requests go out over a connection of this type, or to this well-known application.
fn asks(adaptor: &str) -> bool {
    matches!(adaptor, "http" | "rest") || presets::named(adaptor).is_some()
}

/// A new step that uses a connection.
fn with_connection(step: StepKind, connection: Id) -> Offer {
    let value = match step {
        StepKind::Source => json!({"name": "New source", "adaptorType": "HTTPExport", "http": {"method": "GET"}}),
        StepKind::Lookup => {
            json!({"name": "New lookup", "adaptorType": "HTTPExport", "isLookup": true, "http": {"method": "GET"}})
        }
        StepKind::Import => {
            json!({"name": "New destination", "adaptorType": "HTTPImport", "http": {"method": ["POST"]}})
        }
    };
    let mut value = value;
    value["_connectionId"] = connection.to_string().into();
    Offer::New(step, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_to_a_well_known_application_is_offered_as_any_other() {
        assert!(["http", "rest", "shopify", "github"].into_iter().all(asks));
        assert!(!asks("ftp"));
    }
}
