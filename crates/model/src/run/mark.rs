//! What people decide about errors: that one is settled or open again, whose it is to look at, which tags it has.
//!
//! A decision is a command that never changes and is known by its id, so it may be made without a network, arrive twice
//! and in any order (decision 37). How an error stands is read off all decisions about it, so that nothing that was stored
//! of its run, which may be another device's, is ever rewritten.
//!
//! Invariant: the same decisions give the same standing, in whatever order they came.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Attempt, RunBy};
use crate::Id;

/// The most errors that one decision is about; more are several decisions.
pub const MOST_MARKED: usize = 10_000;

/// The longest tag, in characters.
const TAG_CHARS: usize = 50;

/// A decision about errors of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorMark {
    /// Made where it was decided; the one that arrives twice counts once.
    pub id: Id,
    /// The run.
    pub run: Id,
    /// The numbers of its errors.
    pub errors: Vec<u64>,
    /// What was decided.
    pub decision: Decision,
    /// By whom, where somebody is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Box<RunBy>>,
    /// When, in milliseconds since 1970. Of two about the same thing the later one counts.
    pub time_ms: i64,
}

/// What was decided about errors.
///
/// Written as an object of `type` and what belongs to it, by way of a structure of these fields: a tag that must be looked for
/// among them first would make the code of every first visit larger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub enum Decision {
    /// They are settled.
    Resolve,
    /// They are not settled after all.
    Reopen,
    /// Somebody is to look at them, or nobody any more.
    Assign {
        /// Who.
        to: Option<Box<RunBy>>,
    },
    /// They get a tag.
    Tag {
        /// Its name.
        tag: String,
    },
    /// They lose a tag.
    Untag {
        /// Its name.
        tag: String,
    },
    /// What a later version knows; it changes nothing here.
    Other,
}

#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(rename = "type")]
    word: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Box<RunBy>>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    tag: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Word {
    Resolve,
    Reopen,
    Assign,
    Tag,
    Untag,
    #[serde(other)]
    Other,
}

impl From<Written> for Decision {
    fn from(Written { word, to, tag }: Written) -> Self {
        match word {
            Word::Resolve => Self::Resolve,
            Word::Reopen => Self::Reopen,
            Word::Assign => Self::Assign { to },
            Word::Tag => Self::Tag { tag },
            Word::Untag => Self::Untag { tag },
            Word::Other => Self::Other,
        }
    }
}

impl From<Decision> for Written {
    fn from(decision: Decision) -> Self {
        let (word, to, tag) = match decision {
            Decision::Resolve => (Word::Resolve, None, String::new()),
            Decision::Reopen => (Word::Reopen, None, String::new()),
            Decision::Assign { to } => (Word::Assign, to, String::new()),
            Decision::Tag { tag } => (Word::Tag, None, tag),
            Decision::Untag { tag } => (Word::Untag, None, tag),
            Decision::Other => (Word::Other, None, String::new()),
        };
        Self { word, to, tag }
    }
}

/// How an error stands by what people decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The last word on whether it is settled; nothing where nobody said.
    pub said: Option<Said>,
    /// Who is to look at it.
    pub assigned: Option<Box<RunBy>>,
    /// Its tags.
    pub tags: BTreeSet<String>,
}

/// That an error is settled, or is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Whether it is.
    pub resolved: bool,
    /// Who said so.
    pub by: Option<Box<RunBy>>,
    /// When.
    pub time_ms: i64,
}

/// How the errors of a run stand by all decisions about them, by their numbers.
#[must_use]
pub fn standings<'m>(marks: impl IntoIterator<Item = &'m ErrorMark>) -> BTreeMap<u64, Standing> {
    let mut marks: Vec<&ErrorMark> = marks.into_iter().collect();
    marks.sort_by_key(|mark| (mark.time_ms, mark.id));
    let mut found: BTreeMap<u64, Standing> = BTreeMap::new();
    for mark in marks {
        for n in &mark.errors {
            found.entry(*n).or_default().take(mark);
        }
    }
    found
}

impl Standing {
    fn take(&mut self, mark: &ErrorMark) {
        let said = |resolved| Some(Said { resolved, by: mark.by.clone(), time_ms: mark.time_ms });
        match &mark.decision {
            Decision::Resolve => self.said = said(true),
            Decision::Reopen => self.said = said(false),
            Decision::Assign { to } => self.assigned.clone_from(to),
            Decision::Tag { tag } => drop(self.tags.insert(tag.clone())),
            Decision::Untag { tag } => drop(self.tags.remove(tag)),
            Decision::Other => {}
        }
    }
}

/// What became of the errors of a run, those included that people settled or opened again. Who opened one again outweighs
/// what was before, and no try after that.
#[must_use]
pub fn settled(mut tries: BTreeMap<u64, Attempt>, standings: &BTreeMap<u64, Standing>) -> BTreeMap<u64, Attempt> {
    for (n, standing) in standings {
        let Some(said) = &standing.said else { continue };
        let outweighs = tries.get(n).is_none_or(|tried| match (tried.resolved, said.resolved) {
            // Who settled it is named, unless a try had done so before.
            (true, true) => false,
            (false, true) => true,
            (true, false) => tried.ended_ms <= Some(said.time_ms),
            (false, false) => tried.ended_ms.is_some_and(|ended_ms| ended_ms <= said.time_ms),
        });
        if outweighs {
            let by = said.by.clone();
            tries.insert(*n, Attempt { run: None, by, ended_ms: Some(said.time_ms), resolved: said.resolved });
        }
    }
    tries
}

/// Why a text is no tag, in words.
#[must_use]
pub fn tag_problem(tag: &str) -> Option<String> {
    if tag.trim().is_empty() {
        return Some("A tag needs a name.".to_owned());
    }
    if tag.trim() != tag || tag.chars().any(char::is_control) {
        return Some("A tag has no spaces at its ends and no line breaks.".to_owned());
    }
    (tag.chars().count() > TAG_CHARS).then(|| format!("A tag has at most {TAG_CHARS} characters."))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::id;
    use super::*;

    fn mark(n: u32, time_ms: i64, errors: &[u64], decision: Decision) -> ErrorMark {
        let by = Some(Box::new(RunBy { user: id(7), name: "Ann".into() }));
        ErrorMark { id: id(n), run: id(99), errors: errors.to_vec(), decision, by, time_ms }
    }

    fn tag(tag: &str) -> Decision {
        Decision::Tag { tag: tag.into() }
    }

    #[test]
    fn decisions_about_errors_give_one_standing_in_whatever_order_they_came() {
        let ben = RunBy { user: id(8), name: "Ben".into() };
        let mut marks = vec![
            mark(1, 10, &[1, 2], Decision::Resolve),
            mark(2, 20, &[2], Decision::Reopen),
            mark(3, 30, &[1], Decision::Assign { to: Some(Box::new(ben.clone())) }),
            mark(4, 40, &[1, 2], tag("bank")),
            mark(5, 50, &[2], Decision::Untag { tag: "bank".into() }),
            mark(6, 60, &[2], Decision::Other),
        ];
        let found = standings(&marks);
        let settled = |n: u64| found[&n].said.as_ref().map(|said| said.resolved);
        assert_eq!((settled(1), settled(2)), (Some(true), Some(false)));
        assert_eq!(found[&1].assigned.as_deref(), Some(&ben));
        assert_eq!((found[&1].tags.len(), found[&2].tags.len()), (1, 0));
        marks.reverse();
        marks.push(marks[0].clone());
        assert_eq!(standings(&marks), found);
    }

    #[test]
    fn who_settles_or_opens_an_error_outweighs_earlier_tries_and_no_later_one_that_went_well() {
        let tried = |ended_ms, resolved| Attempt { run: Some(id(3)), by: None, ended_ms, resolved };
        let after = |tried: Attempt, decision| {
            let made = settled([(1, tried)].into(), &standings(&[mark(1, 20, &[1], decision)]));
            (made[&1].run.is_some(), made[&1].resolved)
        };
        assert_eq!(after(tried(Some(10), true), Decision::Reopen), (false, false));
        assert_eq!(after(tried(Some(30), true), Decision::Reopen), (true, true));
        assert_eq!(after(tried(Some(30), false), Decision::Resolve), (false, true), "a try that failed opens nothing");
        assert_eq!(after(tried(Some(10), true), Decision::Resolve), (true, true), "it was settled before");
        assert_eq!(after(tried(None, false), Decision::Reopen), (true, false), "it is being tried again");
        let alone = settled(
            BTreeMap::new(),
            &standings(&[mark(1, 20, &[1, 2], Decision::Resolve), mark(2, 9, &[3], tag("a"))]),
        );
        let brief: Vec<_> = alone.iter().map(|(n, one)| (*n, one.resolved, one.ended_ms)).collect();
        assert_eq!(brief, [(1, true, Some(20)), (2, true, Some(20))]);
    }

    #[test]
    fn a_decision_of_a_later_version_is_read_and_changes_nothing() {
        let mut later = serde_json::to_value(mark(1, 10, &[1], tag("bank"))).unwrap();
        assert_eq!(later["decision"], serde_json::json!({"type": "tag", "tag": "bank"}));
        later["decision"] = serde_json::json!({"type": "escalate", "level": 3});
        let read: ErrorMark = serde_json::from_value(later).unwrap();
        assert_eq!(read.decision, Decision::Other);
        assert_eq!(standings(&[read]).get(&1), Some(&Standing::default()));
    }

    #[test]
    fn a_tag_is_a_short_name_on_one_line() {
        assert_eq!(tag_problem("bank holiday"), None);
        for wrong in ["", "  ", " bank", "a\nb", &"x".repeat(TAG_CHARS + 1)] {
            assert!(tag_problem(wrong).is_some(), "{wrong:?}");
        }
    }
}
