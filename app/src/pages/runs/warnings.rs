//! What went on in a run that is no error and may be one of the flow.

use leptos::prelude::*;
use tombolo_wire::store::RunRow;

use crate::components::Icon;

/// The warnings of all steps, each once.
#[component]
pub(in crate::pages) fn Warnings(run: Memo<Option<RunRow>>) -> impl IntoView {
    let said = Memo::new(move |_| run.with(|run| run.as_ref().map(all).unwrap_or_default()));
    view! {
        <For each=move || said.get() key=|warning| warning.clone() let:warning>
            <div class="banner warning" role="status"><Icon name="triangle-alert"/><p class="grow">{warning}</p></div>
        </For>
    }
}

fn all(run: &RunRow) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for warning in run.steps.iter().flat_map(|step| &step.warnings) {
        if !said.contains(warning) {
            said.push(warning.clone());
        }
    }
    said
}
