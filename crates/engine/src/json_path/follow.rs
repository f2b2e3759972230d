//! Paths followed over records.

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;

use tombolo_model::Val;

use super::{Comparison, JsonPathError, Matching, Operand, PatternOf, Query, Selector, Step, Test, is_many, pattern};

/// How many values a path may touch: a record has at most some hundred thousand.
const MOST_STEPS: u32 = 2_000_000;

pub(super) struct Follower<'v> {
    root: &'v Val,
    left: Cell<u32>,
}

type Found<'v> = Result<Vec<&'v Val>, JsonPathError>;

impl<'v> Follower<'v> {
    pub(super) fn new(root: &'v Val) -> Self {
        Self { root, left: Cell::new(MOST_STEPS) }
    }

    fn spend(&self) -> Result<(), JsonPathError> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(JsonPathError::TooMuch),
        }
    }

    pub(super) fn steps(&self, steps: &[Step], from: &'v Val) -> Found<'v> {
        let mut at = vec![from];
        for step in steps {
            let mut next = Vec::new();
            for value in at {
                self.step(step, value, &mut next)?;
            }
            at = next;
        }
        Ok(at)
    }

    pub(super) fn trails(&self, steps: &[Step], from: &'v Val) -> Result<Vec<Vec<&'v Val>>, JsonPathError> {
        let mut at: Vec<(&'v Val, Vec<&'v Val>)> = vec![(from, Vec::new())];
        for step in steps {
            let mut next = Vec::new();
            for (value, trail) in at {
                let mut found = Vec::new();
                self.step(step, value, &mut found)?;
                for value in found {
                    let mut trail = trail.clone();
                    if is_many(step) {
                        trail.push(value);
                    }
                    next.push((value, trail));
                }
            }
            at = next;
        }
        let whole = |(value, mut trail): (&'v Val, Vec<&'v Val>)| {
            if trail.last().is_none_or(|last| !std::ptr::eq(*last, value)) {
                trail.push(value);
            }
            trail
        };
        Ok(at.into_iter().map(whole).collect())
    }

    fn step(&self, step: &Step, value: &'v Val, found: &mut Vec<&'v Val>) -> Result<(), JsonPathError> {
        self.spend()?;
        for selector in &step.selectors {
            self.select(selector, value, found)?;
        }
        if step.deep {
            for child in children(value) {
                self.step(step, child, found)?;
            }
        }
        Ok(())
    }

    fn select(&self, selector: &Selector, value: &'v Val, found: &mut Vec<&'v Val>) -> Result<(), JsonPathError> {
        match (selector, value) {
            (Selector::Name(name), Val::Map(record)) => found.extend(record.get(name)),
            (Selector::Index(index), Val::List(items)) => {
                let at = usize::try_from(*index).ok().or_else(|| {
                    let back = usize::try_from(index.unsigned_abs()).ok()?;
                    items.len().checked_sub(back)
                });
                found.extend(at.and_then(|at| items.get(at)));
            }
            (Selector::Slice { start, end, step }, Val::List(items)) => {
                for at in slice(items.len(), *start, *end, *step) {
                    self.spend()?;
                    found.extend(items.get(at));
                }
            }
            (Selector::All, _) => {
                for child in children(value) {
                    self.spend()?;
                    found.push(child);
                }
            }
            (Selector::Filter(test), _) => {
                for child in children(value) {
                    self.spend()?;
                    if self.holds(test, child)? {
                        found.push(child);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn holds(&self, test: &Test, at: &'v Val) -> Result<bool, JsonPathError> {
        match test {
            Test::All(tests) => self.any(tests, at, false).map(|some| !some),
            Test::Any(tests) => self.any(tests, at, true),
            Test::Not(test) => self.holds(test, at).map(|holds| !holds),
            Test::Exists(query) => self.query(query, at).map(|found| !found.is_empty()),
            Test::Compare(left, comparison, right) => {
                let (left, right) = (self.operand(left, at)?, self.operand(right, at)?);
                Ok(compare(left.as_deref(), *comparison, right.as_deref()))
            }
            Test::Matches(matching) => self.matches(matching, at),
        }
    }

    /// Whether one of the tests comes out as wanted.
    fn any(&self, tests: &[Test], at: &'v Val, wanted: bool) -> Result<bool, JsonPathError> {
        for test in tests {
            if self.holds(test, at)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn query(&self, query: &Query, at: &'v Val) -> Found<'v> {
        self.steps(&query.steps, if query.from_root { self.root } else { at })
    }

    fn operand<'o>(&self, operand: &'o Operand, at: &'v Val) -> Result<Option<Cow<'o, Val>>, JsonPathError>
    where
        'v: 'o,
    {
        let count = |count: usize| Val::Int(i64::try_from(count).unwrap_or(i64::MAX));
        Ok(match operand {
            Operand::Literal(value) => Some(Cow::Borrowed(value)),
            Operand::At(query) => self.query(query, at)?.first().map(|value| Cow::Borrowed(*value)),
            Operand::Count(query) => Some(Cow::Owned(count(self.query(query, at)?.len()))),
            Operand::Value(query) => match self.query(query, at)?.as_slice() {
                [one] => Some(Cow::Borrowed(*one)),
                _ => None,
            },
            Operand::Length(of) => match self.operand(of, at)?.as_deref() {
                Some(Val::Str(text)) => Some(Cow::Owned(count(text.chars().count()))),
                Some(Val::List(items)) => Some(Cow::Owned(count(items.len()))),
                Some(Val::Map(record)) => Some(Cow::Owned(count(record.iter().count()))),
                _ => None,
            },
        })
    }

    fn matches(&self, matching: &Matching, at: &'v Val) -> Result<bool, JsonPathError> {
        let text = self.operand(&matching.text, at)?;
        let Some(Val::Str(text)) = text.as_deref() else { return Ok(false) };
        let wrong = |error: String| JsonPathError::Pattern(error);
        match &matching.pattern {
            PatternOf::Written(pattern) => pattern.is_match(text).map_err(|error| wrong(error.to_string())),
            PatternOf::Found(operand) => match self.operand(operand, at)?.as_deref() {
                // A text that is no pattern matches nothing.
                Some(Val::Str(written)) => match pattern(written, matching.whole) {
                    Ok(pattern) => pattern.is_match(text).map_err(|error| wrong(error.to_string())),
                    Err(_) => Ok(false),
                },
                _ => Ok(false),
            },
        }
    }
}

fn children(value: &Val) -> Box<dyn Iterator<Item = &Val> + '_> {
    match value {
        Val::List(items) => Box::new(items.iter()),
        Val::Map(record) => Box::new(record.iter().map(|(_, value)| value)),
        _ => Box::new(std::iter::empty()),
    }
}

/// The places that a slice names (RFC 9535, section 2.3.4.2.2).
fn slice(len: usize, start: Option<i64>, end: Option<i64>, step: i64) -> Vec<usize> {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let normal = |at: i64| if at >= 0 { at } else { len.saturating_add(at) };
    let mut places = Vec::new();
    if step > 0 {
        let (mut at, end) = (normal(start.unwrap_or(0)).clamp(0, len), normal(end.unwrap_or(len)).clamp(0, len));
        while at < end {
            places.extend(usize::try_from(at));
            at = at.saturating_add(step);
        }
    } else if step < 0 {
        let mut at = start.map_or(len - 1, normal).clamp(-1, len - 1);
        let end = end.map_or(-1, normal).clamp(-1, len - 1);
        while at > end {
            places.extend(usize::try_from(at));
            at = at.saturating_add(step);
        }
    }
    places
}

fn compare(left: Option<&Val>, comparison: Comparison, right: Option<&Val>) -> bool {
    let same = || match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => equal(left, right),
        _ => false,
    };
    let order = || left.zip(right).and_then(|(left, right)| order(left, right));
    match comparison {
        Comparison::Equal => same(),
        Comparison::NotEqual => !same(),
        Comparison::Less => order() == Some(Ordering::Less),
        Comparison::Greater => order() == Some(Ordering::Greater),
        Comparison::LessOrEqual => order() == Some(Ordering::Less) || same(),
        Comparison::GreaterOrEqual => order() == Some(Ordering::Greater) || same(),
    }
}

/// Only texts and numbers have an order.
fn order(left: &Val, right: &Val) -> Option<Ordering> {
    match (left, right) {
        (Val::Str(left), Val::Str(right)) => Some(left.cmp(right)),
        (Val::Int(left), Val::Int(right)) => Some(left.cmp(right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn equal(left: &Val, right: &Val) -> bool {
    match (left, right) {
        (Val::List(left), Val::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Val::Map(left), Val::Map(right)) => {
            left.iter().count() == right.iter().count()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| equal(value, other)))
        }
        _ => left == right || order(left, right) == Some(Ordering::Equal),
    }
}
