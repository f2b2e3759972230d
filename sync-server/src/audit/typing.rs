//! What somebody types into one field, stroke by stroke.
//!
//! Invariant: nothing is lost that stood in the field for longer than a stroke. Letters that follow each other are told
//! as one stretch, and so are letters taken away one after the other; each turn from one to the other has a line.

use std::collections::BTreeMap;

use serde_json::Value;
use tombolo_model::{Kind, shapes};
use tombolo_wire::rest::FieldChange;

use super::{GATHERED_MS, fields};

/// So many letters at once are typed; more are pasted, and told by themselves.
const STROKE: usize = 16;
/// Whoever does nothing for so long has stopped typing.
const PAUSE_MS: i64 = 10_000;
/// The most turns of one entry.
const TURNS: usize = 20;

/// Which way letters go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
    /// The first letter in the place of all that was marked.
    Over,
}

/// A stretch of typing in one direction.
#[derive(Debug, Clone)]
struct Stretch {
    way: Way,
    old: String,
    new: String,
}

/// Typing into one field.
#[derive(Debug, Clone)]
pub(super) struct Typing {
    path: String,
    began_ms: i64,
    last_ms: i64,
    stretches: Vec<Stretch>,
}

impl Typing {
    /// What differs between two states as a stroke; absent when it is none.
    pub(super) fn begin(
        kind: Kind,
        before: &BTreeMap<String, Value>,
        after: &BTreeMap<String, Value>,
        time_ms: i64,
    ) -> Option<Self> {
        let mut differ = fields::differing(before, after);
        let (path, old, new) = differ.next()?;
        if differ.next().is_some() || shapes(kind).protected(path) {
            return None;
        }
        // An empty text is as good as none.
        let text = |value: Option<&Value>| match value {
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => None,
            None => Some(String::new()),
        };
        let (old, new) = (text(old)?, text(new)?);
        let over = || (new.chars().count() == 1).then_some(Way::Over);
        let way = stroke(&old, &new).or_else(over)?;
        let stretches = vec![Stretch { way, old, new }];
        Some(Self { path: path.to_owned(), began_ms: time_ms, last_ms: time_ms, stretches })
    }

    /// Adds a stroke that follows; says whether it does.
    pub(super) fn goes_on(&mut self, next: &Self) -> bool {
        let in_time = next.last_ms - self.last_ms < PAUSE_MS && next.last_ms - self.began_ms < GATHERED_MS;
        let [stroke] = next.stretches.as_slice() else { return false };
        let Some(last) = self.stretches.last_mut().filter(|last| last.new == stroke.old) else {
            return false;
        };
        if self.path != next.path || !in_time || stroke.way == Way::Over {
            return false;
        }
        if last.way == stroke.way || (last.way, stroke.way) == (Way::Over, Way::In) {
            last.new.clone_from(&stroke.new);
        } else if self.stretches.len() < TURNS {
            self.stretches.push(stroke.clone());
        } else {
            return false;
        }
        self.last_ms = next.last_ms;
        true
    }

    /// As lines of an entry.
    pub(super) fn fields(self) -> Vec<FieldChange> {
        let path = self.path;
        let value = |text: String| Some(Value::String(text)).filter(|text| *text != "");
        let line = |stretch: Stretch| fields::line(&path, value(stretch.old).as_ref(), value(stretch.new).as_ref());
        self.stretches.into_iter().map(line).collect()
    }
}

/// Whether one text is the other with a few letters put in, or taken out, at one place.
fn stroke(old: &str, new: &str) -> Option<Way> {
    let (short, long, way) = if old.len() < new.len() { (old, new, Way::In) } else { (new, old, Way::Out) };
    let more = long.len() - short.len();
    if more == 0 || more > STROKE {
        return None;
    }
    let begin = short.bytes().zip(long.bytes()).take_while(|(a, b)| a == b).count();
    let end = short.bytes().rev().zip(long.bytes().rev()).take_while(|(a, b)| a == b).count();
    (begin + end >= short.len()).then_some(way)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_typed_over_a_marked_name_is_one_line_and_a_replacement_never_goes_on() {
        let named = |name: &str| BTreeMap::from([("/name".to_owned(), json!(name))]);
        let change = |old: &str, new: &str| Typing::begin(Kind::Flow, &named(old), &named(new), 1);
        let mut typing = change("Shop", "B").unwrap();
        assert!(typing.goes_on(&change("B", "Ba").unwrap()) && typing.goes_on(&change("Ba", "Bar").unwrap()));
        assert!(!typing.goes_on(&change("Bar", "S").unwrap()));
        let told: Vec<_> = typing.fields().into_iter().map(|line| (line.old_value, line.new_value)).collect();
        assert_eq!(told, [(Some(json!("Shop")), Some(json!("Bar")))]);
        assert!(change("Shop", "Stop").is_none());
    }

    #[test]
    fn a_few_letters_at_one_place_are_a_stroke_and_a_replacement_is_none() {
        assert_eq!(stroke("Shop", "Shops"), Some(Way::In));
        assert_eq!(stroke("", "S"), Some(Way::In));
        assert_eq!(stroke("Shop", "Sp"), Some(Way::Out));
        assert_eq!(stroke("aaa", "aaaa"), Some(Way::In));
        for (old, new) in [("Shop", "Stop"), ("Shop", "sShops"), ("a", "a"), ("", "seventeen letters")] {
            assert_eq!(stroke(old, new), None, "{old} {new}");
        }
    }
}
