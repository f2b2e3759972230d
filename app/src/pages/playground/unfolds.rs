//! Lines of which one at a time is unfolded: what is in it is asked for then.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::Id;

use super::my_data::{Choices, Found};
use crate::components::Icon;

/// A line, which is asked for by its id.
pub(super) struct Line {
    pub(super) id: Id,
    pub(super) says: AnyView,
}

/// The lines. `none` is said of one that has nothing.
#[component]
pub(super) fn Unfolds<A, F>(lines: Vec<Line>, none: &'static str, ask: A, take: Callback<Value>) -> impl IntoView
where
    A: Fn(Id) -> F + Copy + 'static,
    F: Future<Output = Result<Vec<Found>, String>> + 'static,
{
    let shown = RwSignal::new(None::<(Id, Result<Vec<Found>, String>)>);
    let looked = StoredValue::new(None::<Id>);
    let is_open = move |line: Id| shown.with(|shown| shown.as_ref().is_some_and(|(of, _)| *of == line));
    let look = move |line: Id| {
        if untrack(|| is_open(line)) {
            looked.set_value(None);
            return shown.set(None);
        }
        looked.set_value(Some(line));
        spawn_local(async move {
            let found = ask(line).await;
            // Of two that are looked at quickly, the one that was pressed last is shown.
            if looked.try_get_value() == Some(Some(line)) {
                shown.try_set(Some((line, found)));
            }
        });
    };
    let found_in = move |line: Id| shown.get().filter(|(of, _)| *of == line).map(|(_, found)| found);
    view! {
        <ul class="records">
            {lines.into_iter().map(|Line { id, says }| view! {
                <li>
                    <button class="button small unfolds" type="button" aria-expanded=move || is_open(id).to_string() on:click=move |_| look(id)>
                        <Icon name="chevron-right" small=true/><span class="cut">{says}</span>
                    </button>
                    {move || found_in(id).map(|found| match found {
                        Ok(list) if list.is_empty() => view! { <p class="quiet-line" role="status">{none}</p> }.into_any(),
                        Ok(list) => view! { <Choices list=list take=take/> }.into_any(),
                        Err(message) => view! { <p class="error-text" role="alert">{message}</p> }.into_any(),
                    })}
                </li>
            }).collect_view()}
        </ul>
    }
}
