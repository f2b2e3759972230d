//! How a run stands, in a word and a sign.

use leptos::prelude::*;
use tombolo_wire::run::RunStatus;
use tombolo_wire::store::RunRow;

use super::Icon;
use crate::words;

/// The words for a run's state.
pub(crate) fn in_words(run: RunRow) -> (&'static str, &'static str, String) {
    let errors: u64 = run.steps.into_iter().map(|step| step.errors).sum();
    match run.status {
        RunStatus::Queued => ("off", "clock", "Waiting".into()),
        RunStatus::Running => ("running", "loader-circle", "Running".into()),
        RunStatus::Completed if errors > 0 => {
            ("danger", "circle-alert", words::count(usize::try_from(errors).unwrap_or(usize::MAX), "error"))
        }
        RunStatus::Completed => ("success", "circle-check", "Completed".into()),
        RunStatus::Failed => ("danger", "circle-alert", "Failed".into()),
        RunStatus::Canceled => ("off", "circle-x", "Canceled".into()),
    }
}

/// A run's state.
#[component]
pub(crate) fn RunState(run: RunRow) -> impl IntoView {
    let (class, icon, text) = in_words(run);
    view! { <span class=format!("status {class}")><Icon name=icon/>{text}</span> }
}
