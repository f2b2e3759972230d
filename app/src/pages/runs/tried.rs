//! What became of an error whose record was tried again.

use std::collections::BTreeMap;

use leptos::prelude::*;
use tombolo_model::Id;
use tombolo_wire::run::{Attempt, attempts};

use crate::browser::time;
use crate::components::Icon;
use crate::state::App;

/// The tries for the errors of a run, followed while they go.
pub(in crate::pages) fn tried_memo(app: App, run: Id) -> Memo<BTreeMap<u64, Attempt>> {
    Memo::new(move |_| app.runs.with(|runs| runs.get(&run).map(|row| attempts(row, runs.values())).unwrap_or_default()))
}

/// The class, the icon and the words of a try.
fn shown(attempt: Attempt, clock: impl Fn(i64) -> String) -> (&'static str, &'static str, String) {
    let Some(ended) = attempt.ended_ms.map(clock) else {
        return ("running", "loader-circle", "Being tried again".to_owned());
    };
    if !attempt.resolved {
        return ("warning", "rotate-ccw", format!("Tried again at {ended}, not resolved"));
    }
    let by = attempt.by.map(|by| by.name).filter(|name| !name.is_empty());
    let words = by.map_or_else(|| format!("Resolved at {ended}"), |name| format!("Resolved by {name} at {ended}"));
    ("success", "circle-check", words)
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
        let mut attempt = Attempt { run: id, by, ended_ms: None, resolved: false };
        let words = |attempt: &Attempt| shown(attempt.clone(), |ms| ms.to_string()).2;
        assert_eq!(words(&attempt), "Being tried again");
        attempt.ended_ms = Some(7);
        assert_eq!(words(&attempt), "Tried again at 7, not resolved");
        attempt.resolved = true;
        assert_eq!(words(&attempt), "Resolved by Ann at 7");
        attempt.by = None;
        assert_eq!(words(&attempt), "Resolved at 7", "without an account nobody has a name");
    }
}
