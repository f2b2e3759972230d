//! What became of an error whose record was tried again, or that somebody settled or opened again by hand.

use std::collections::BTreeMap;

use leptos::prelude::*;
use tombolo_model::Id;
use tombolo_wire::run::Attempt;

use crate::browser::time;
use crate::components::Icon;
use crate::state::{App, outcomes};

/// What became of the errors of a run, followed while they are tried again.
pub(in crate::pages) fn tried_memo(app: App, run: Id) -> Memo<BTreeMap<u64, Attempt>> {
    Memo::new(move |_| {
        app.runs.with(|runs| {
            app.marks.with(|marks| runs.get(&run).map(|row| outcomes(row, runs, marks)).unwrap_or_default())
        })
    })
}

/// The class, the icon and the words of a try.
fn shown(attempt: Attempt, clock: impl Fn(i64) -> String) -> (&'static str, &'static str, String) {
    let Some(ended) = attempt.ended_ms.map(clock) else {
        return ("running", "loader-circle", "Being tried again".to_owned());
    };
    let by = attempt.by.map(|by| by.name).filter(|name| !name.is_empty());
    let by = by.map(|name| format!(" by {name}")).unwrap_or_default();
    match (attempt.resolved, attempt.run) {
        (true, _) => ("success", "circle-check", format!("Resolved{by} at {ended}")),
        (false, Some(_)) => ("warning", "rotate-ccw", format!("Tried again at {ended}, not resolved")),
        (false, None) => ("warning", "rotate-ccw", format!("Opened again{by} at {ended}")),
    }
}

/// The try, beside its error.
#[component]
pub(in crate::pages) fn Tried(attempt: Attempt) -> impl IntoView {
    let (class, icon, words) = shown(attempt, time::exact);
    view! { <span class=format!("status {class}")><Icon name=icon small=true/>{words}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_wire::run::RunBy;

    #[test]
    fn a_try_is_told_with_who_and_when() {
        let id = Id::from_parts(1, [0; 8]);
        let by = Some(Box::new(RunBy { user: id, name: "Ann".into() }));
        let mut attempt = Attempt { run: Some(id), by, ended_ms: None, resolved: false };
        let words = |attempt: &Attempt| shown(attempt.clone(), |ms| ms.to_string()).2;
        assert_eq!(words(&attempt), "Being tried again");
        attempt.ended_ms = Some(7);
        assert_eq!(words(&attempt), "Tried again at 7, not resolved");
        attempt.resolved = true;
        assert_eq!(words(&attempt), "Resolved by Ann at 7");
        (attempt.run, attempt.resolved) = (None, false);
        assert_eq!(words(&attempt), "Opened again by Ann at 7");
        (attempt.by, attempt.resolved) = (None, true);
        assert_eq!(words(&attempt), "Resolved at 7", "without an account nobody has a name");
    }
}
