//! Which errors are listed, how each stands, and what is done with many at once. Plain functions, tested natively.

use std::collections::{BTreeMap, BTreeSet};

use tombolo_model::Id;
use tombolo_wire::run::{Attempt, RunError, RunRow, Standing, standings};
use tombolo_wire::run_worker::{RunOptions, RunRetry};

use crate::components::Days;
use crate::state::{Marks, outcomes};

/// Of which run, and its number there.
pub(in crate::pages::flow) type Key = (Id, u64);

/// An error with its run.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::pages::flow) struct Listed {
    pub(in crate::pages::flow) run: Id,
    pub(in crate::pages::flow) error: RunError,
}

impl Listed {
    pub(in crate::pages::flow) const fn key(&self) -> Key {
        (self.run, self.error.n)
    }

    /// Whether it can be named: something can be decided about it.
    pub(in crate::pages::flow) const fn has_number(&self) -> bool {
        self.error.n > 0
    }
}

/// What became of errors, and what people decided about them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::pages::flow) struct Known {
    tries: BTreeMap<Key, Attempt>,
    standings: BTreeMap<Key, Standing>,
}

impl Known {
    /// What is known of the errors of these runs.
    pub(super) fn of(wanted: &BTreeSet<Id>, runs: &BTreeMap<Id, RunRow>, marks: &Marks) -> Self {
        let mut known = Self::default();
        for run in wanted.iter().filter_map(|id| runs.get(id)) {
            known.tries.extend(outcomes(run, runs, marks).into_iter().map(|(n, one)| ((run.id, n), one)));
            let decided = standings(marks.get(&run.id).into_iter().flatten());
            known.standings.extend(decided.into_iter().map(|(n, one)| ((run.id, n), one)));
        }
        known
    }

    pub(in crate::pages::flow) fn attempt(&self, key: Key) -> Option<&Attempt> {
        self.tries.get(&key).filter(|_| key.1 > 0)
    }

    pub(in crate::pages::flow) fn standing(&self, key: Key) -> Option<&Standing> {
        self.standings.get(&key).filter(|_| key.1 > 0)
    }

    pub(in crate::pages::flow) fn is_resolved(&self, key: Key) -> bool {
        self.attempt(key).is_some_and(|attempt| attempt.resolved)
    }

    fn is_going(&self, key: Key) -> bool {
        self.attempt(key).is_some_and(|attempt| attempt.ended_ms.is_none())
    }

    pub(super) fn tags(&self, key: Key) -> impl Iterator<Item = &str> {
        self.standing(key).into_iter().flat_map(|standing| &standing.tags).map(String::as_str)
    }
}

/// Which errors are listed, by whether they are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Wanted {
    #[default]
    All,
    Open,
    Resolved,
}

impl Wanted {
    pub(super) const fn takes(self, resolved: bool) -> bool {
        match self {
            Self::All => true,
            Self::Open => !resolved,
            Self::Resolved => resolved,
        }
    }
}

/// That nobody was asked to look at it, as a choice.
pub(super) const NOBODY: &str = "nobody";

/// What an error must have to be listed; nothing where a part is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Narrow {
    pub(super) text: String,
    /// The id of who is to look at it, or [`NOBODY`].
    pub(super) assigned: String,
    pub(super) tag: String,
    /// As it is written in JSON.
    pub(super) class: String,
    pub(super) source: String,
    /// When it happened.
    pub(super) days: Days,
}

impl Narrow {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn takes(&self, listed: &Listed, known: &Known) -> bool {
        let (error, key) = (&listed.error, listed.key());
        let assigned = known.standing(key).and_then(|standing| standing.assigned.as_ref());
        let found = |text: &str| text.to_lowercase().contains(&self.text.trim().to_lowercase());
        let text = self.text.trim().is_empty()
            || [&error.message, &error.code].into_iter().chain(&error.trace_key).any(|text| found(text))
            || error.record.as_ref().is_some_and(|record| found(&record.to_string()));
        text && match self.assigned.as_str() {
            "" => true,
            NOBODY => assigned.is_none(),
            id => assigned.is_some_and(|to| to.user.to_string() == id),
        } && (self.tag.is_empty() || known.tags(key).any(|tag| tag == self.tag))
            && (self.class.is_empty() || class_key(error) == self.class)
            && (self.source.is_empty() || error.source == self.source)
            && self.days.take(error.time_ms)
    }
}

/// The class of an error as it is written in JSON; empty where it is not known.
pub(super) fn class_key(error: &RunError) -> String {
    let class = error.class.and_then(|class| serde_json::to_value(class).ok());
    class.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// A key in words: `rate_limit` becomes "Rate limit".
pub(super) fn in_words(key: &str) -> String {
    let words = key.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The run that tries all of these again that are open and keep their record; nothing where they are of several steps or
/// runs, for a run begins at one, or where there is none.
pub(super) fn retry_all(errors: &[Listed], known: &Known) -> Option<RunOptions> {
    let is_open = |one: &&Listed| one.has_number() && !known.is_resolved(one.key()) && !known.is_going(one.key());
    let open: Vec<&Listed> = errors.iter().filter(is_open).collect();
    let ready = |one: &&Listed| Some((one.error.index?, one.error.record.clone()?, one.error.n));
    let found: Vec<_> = open.iter().filter_map(ready).collect();
    let with_record = || open.iter().filter(|one| one.error.record.is_some());
    let first = with_record().next()?;
    let (run, step) = (first.run, first.error.step.clone());
    if step.is_empty() || found.is_empty() || with_record().any(|one| (one.run, &one.error.step) != (run, &step)) {
        return None;
    }
    let of = Some((run, found.iter().map(|(_, _, n)| *n).collect()));
    let records = found.into_iter().map(|(index, record, _)| (index, record)).collect();
    Some(RunOptions { retry: Some(RunRetry { step, records, of }), ..RunOptions::default() })
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;
    use tombolo_model::run::ErrorClass;
    use tombolo_wire::run::{RunBy, Said};

    use super::*;

    pub(in crate::pages::flow::errors) fn run() -> Id {
        Id::from_parts(1, [0; 8])
    }

    pub(in crate::pages::flow::errors) fn listed(n: u64, step: &str) -> Listed {
        let error = RunError {
            step: step.into(),
            message: format!("Error {n}"),
            record: Some(json!({"n": n})),
            index: Some(n),
            n,
            ..RunError::default()
        };
        Listed { run: run(), error }
    }

    pub(in crate::pages::flow::errors) fn tried(n: u64, resolved: bool, ended: bool) -> (Key, Attempt) {
        ((run(), n), Attempt { run: Some(run()), by: None, ended_ms: ended.then_some(1), resolved })
    }

    pub(in crate::pages::flow::errors) fn known<const N: usize>(tries: [(Key, Attempt); N]) -> Known {
        Known { tries: tries.into(), ..Known::default() }
    }

    #[test]
    fn the_open_errors_of_one_step_are_tried_again_at_once() {
        let all = [listed(1, "s"), listed(2, "s"), listed(3, "s"), listed(4, "s")];
        let tries = known([tried(2, true, true), tried(3, false, false), tried(4, false, true)]);
        let retry = retry_all(&all, &tries).and_then(|options| options.retry);
        let records = vec![(1, json!({"n": 1})), (4, json!({"n": 4}))];
        assert_eq!(retry, Some(RunRetry { step: "s".into(), records, of: Some((run(), vec![1, 4])) }));
        let nothing = Known::default();
        assert_eq!(retry_all(&[listed(1, "s"), listed(2, "t")], &nothing), None, "of several steps");
        let elsewhere = Listed { run: Id::from_parts(2, [0; 8]), ..listed(2, "s") };
        assert_eq!(retry_all(&[listed(1, "s"), elsewhere], &nothing), None, "of several runs");
        let mut bare = listed(1, "s");
        bare.error.record = None;
        assert_eq!(retry_all(&[bare], &nothing), None);
        assert_eq!(retry_all(&all[1..2], &tries), None, "what is resolved is not sent again");
    }

    #[test]
    fn errors_are_open_until_a_try_went_well() {
        let tries = known([tried(1, true, true), tried(2, false, true)]);
        let which = |wanted: Wanted| {
            let all = [listed(1, "s"), listed(2, "s"), listed(3, "s")];
            all.iter()
                .filter(|one| wanted.takes(tries.is_resolved(one.key())))
                .map(|one| one.error.n)
                .collect::<Vec<_>>()
        };
        assert_eq!(which(Wanted::All), [1, 2, 3]);
        assert_eq!((which(Wanted::Open), which(Wanted::Resolved)), (vec![2, 3], vec![1]));
    }

    #[test]
    fn errors_are_narrowed_by_text_person_tag_class_source_and_day() {
        let ann = RunBy { user: Id::from_parts(7, [0; 8]), name: "Ann".into() };
        let standing = Standing {
            said: Some(Said { resolved: false, by: None, time_ms: 1 }),
            assigned: Some(Box::new(ann.clone())),
            tags: BTreeSet::from(["bank".to_owned()]),
        };
        let known = Known { standings: [((run(), 1), standing)].into(), ..Known::default() };
        let mut other = listed(2, "s");
        other.error.class = Some(ErrorClass::RateLimit);
        other.error.source = "application".into();
        other.error.trace_key = Some("PO-77".into());
        other.error.time_ms = 5;
        let all = [listed(1, "s"), other];
        let found = |narrow: Narrow| {
            all.iter().filter(|one| narrow.takes(one, &known)).map(|one| one.error.n).collect::<Vec<_>>()
        };
        let text = |text: &str| Narrow { text: text.into(), ..Narrow::default() };
        assert_eq!(found(Narrow::default()), [1, 2]);
        assert_eq!(
            (found(text("po-77")), found(text("\"n\":1")), found(text("ERROR"))),
            (vec![2], vec![1], vec![1, 2])
        );
        assert_eq!(found(Narrow { assigned: ann.user.to_string(), ..Narrow::default() }), [1]);
        assert_eq!(found(Narrow { assigned: NOBODY.into(), ..Narrow::default() }), [2]);
        assert_eq!(found(Narrow { tag: "bank".into(), ..Narrow::default() }), [1]);
        assert_eq!(found(Narrow { class: "rate_limit".into(), ..Narrow::default() }), [2]);
        assert_eq!(found(Narrow { source: "application".into(), ..text("77") }), [2]);
        let days = |since_ms, before_ms| Narrow { days: Days::between(since_ms, before_ms), ..Narrow::default() };
        assert_eq!((found(days(None, Some(5))), found(days(Some(5), Some(6)))), (vec![1], vec![2]));
        assert_eq!(in_words("rate_limit"), "Rate limit");
    }
}
