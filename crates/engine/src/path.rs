//! Paths into a record, taken apart once.

mod old;
mod place;
mod wide;

use tombolo_model::{Val, excerpt};

pub(crate) use old::OldPath;
pub(crate) use place::Place;
pub(crate) use wide::Wide;

/// A compiled path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Path(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    Name(Box<str>),
    Index(usize),
    /// `[*]`: each item of a list. No [`Path`] holds one.
    Each,
}

/// Why a path cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathError {
    #[error("“{text}” is not a path: write it as $.field.inner or $['Field name']", text = excerpt(.0))]
    Syntax(String),
    #[error("“{text}” names many values where one is wanted: use an index such as [0] instead of [*]", text = excerpt(.0))]
    Many(String),
    #[error("“{0}…” has more than {MOST_STEPS} steps, and no record is as deep")]
    Deep(String),
}

/// As deep as a record may be: what goes through it step by step must not use up the stack.
const MOST_STEPS: usize = 128;

impl PathError {
    fn deep(text: &str) -> Self {
        Self::Deep(text.chars().take(40).collect())
    }
}

impl Path {
    /// The path of these segments, whose text is for the error.
    pub(crate) fn one(segments: Vec<Segment>, text: &str) -> Result<Self, PathError> {
        if segments.contains(&Segment::Each) { Err(PathError::Many(text.to_owned())) } else { Ok(Self(segments)) }
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// `a.b[0].[c d]`: the dotted paths of filters and responses.
    ///
    /// A JSON path, `$.a.b[0]['c d']`, is one too.
    pub(crate) fn dotted(text: &str) -> Result<Self, PathError> {
        Self::one(dotted(text)?, text)
    }

    /// The value there.
    pub(crate) fn get<'v>(&self, root: &'v Val) -> Option<&'v Val> {
        let mut at = root;
        for segment in &self.0 {
            at = match (segment, at) {
                (Segment::Name(name), Val::Map(record)) => record.get(name)?,
                (Segment::Index(index), Val::List(items)) => items.get(*index)?,
                (Segment::Name(name), Val::List(items)) => items.get(name.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(at)
    }
}

impl Path {
    /// The value there, to be changed.
    pub(crate) fn get_mut<'v>(&self, root: &'v mut Val) -> Option<&'v mut Val> {
        let mut at = root;
        for segment in &self.0 {
            at = match (segment, at) {
                (Segment::Name(name), Val::Map(record)) => record.get_mut(name)?,
                (Segment::Index(index), Val::List(items)) => items.get_mut(*index)?,
                (Segment::Name(name), Val::List(items)) => items.get_mut(name.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(at)
    }
}

/// The segments of a JSON path: `$.a[*].b`.
pub(crate) fn segments(text: &str) -> Result<Vec<Segment>, PathError> {
    let rest = text.trim().strip_prefix('$').filter(|rest| is_plain(rest));
    steps(rest.ok_or_else(|| PathError::Syntax(text.to_owned()))?, text)
}

/// Whether a JSON path has nothing but names, indexes and `[*]`; [`crate::json_path`] reads the others.
fn is_plain(mut rest: &str) -> bool {
    while let Some((_, inner)) = rest.split_once('[') {
        rest = inner;
        if let Some(quote) = inner.chars().next().filter(|first| matches!(first, '\'' | '"')) {
            match inner[1..].split_once(quote) {
                Some((name, after)) if !name.contains('\\') => rest = after,
                _ => return false,
            }
        } else if inner.starts_with(['?', '-', ':'])
            || inner.split(']').next().is_some_and(|name| name.contains([':', ',', '?', '@']))
        {
            return false;
        }
    }
    true
}

/// The segments of a dotted path: `a.b[0].[c d]`, `items[*].sku`, `*.id`; a JSON path is taken as one.
pub(crate) fn dotted(text: &str) -> Result<Vec<Segment>, PathError> {
    let rest = text.trim();
    if rest.starts_with('$') {
        return segments(rest);
    }
    if rest.starts_with('[') {
        return steps(rest, text);
    }
    steps(&format!(".{rest}"), text)
}

fn steps(mut rest: &str, whole: &str) -> Result<Vec<Segment>, PathError> {
    let syntax = || PathError::Syntax(whole.to_owned());
    let mut made = Vec::new();
    while !rest.is_empty() {
        if made.len() == MOST_STEPS {
            return Err(PathError::deep(whole));
        }
        if let Some(after) = rest.strip_prefix('.') {
            if after.starts_with('[') {
                rest = after;
                continue;
            }
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let name = &after[..end];
            if name.is_empty() {
                return Err(syntax());
            }
            made.push(if name == "*" { Segment::Each } else { Segment::Name(name.into()) });
            rest = &after[end..];
        } else if let Some(inner) = rest.strip_prefix('[') {
            let (segment, after) = bracket(inner).ok_or_else(syntax)?;
            made.push(segment);
            rest = after;
        } else {
            return Err(syntax());
        }
    }
    Ok(made)
}

/// The inside of a bracket, and what follows it.
fn bracket(inner: &str) -> Option<(Segment, &str)> {
    if let Some(quote) = inner.chars().next().filter(|first| matches!(first, '\'' | '"')) {
        let (name, after) = inner[1..].split_once(quote)?;
        return Some((Segment::Name(name.into()), after.strip_prefix(']')?));
    }
    let (name, after) = inner.split_once(']')?;
    let segment = match name.parse() {
        Ok(index) => Segment::Index(index),
        Err(_) if name.is_empty() => return None,
        Err(_) if name == "*" => Segment::Each,
        Err(_) => Segment::Name(name.into()),
    };
    Some((segment, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::KeyPool;

    fn at(path: Result<Path, PathError>) -> Option<String> {
        let record = br#"{"a":{"b c":[{"d":1},{"d":2}]},"x":"y"}"#;
        let record = Val::parse(record, &mut KeyPool::default()).unwrap();
        path.unwrap().get(&record).map(Val::to_json)
    }

    #[test]
    fn both_ways_of_writing_reach_the_same_value() {
        assert_eq!(at(Path::dotted("$.a['b c'][1].d")), Some("2".into()));
        assert_eq!(at(Path::dotted("$.a[\"b c\"][0]")), Some(r#"{"d":1}"#.into()));
        assert_eq!(at(Path::dotted("a.[b c].1.d")), Some("2".into()));
        assert_eq!(at(Path::dotted("a.b c[0].d")), Some("1".into()));
        assert_eq!(at(Path::dotted("[x]")), Some("\"y\"".into()));
        assert_eq!(at(Path::dotted("$.x.y.z")), None);
    }

    #[test]
    fn what_is_no_path_to_one_value_is_refused() {
        assert!(matches!(Path::dotted("$.a[*].b"), Err(PathError::Many(_))));
        assert!(Path::dotted(&vec!["a"; MOST_STEPS].join(".")).is_ok());
        for text in ["a.", "a[0]."].map(|step| format!("{}a", step.repeat(MOST_STEPS))) {
            let refused = Path::dotted(&text).unwrap_err();
            assert!(matches!(refused, PathError::Deep(_)), "{refused}");
            assert!(refused.to_string().len() < 200, "{refused}");
        }
        for wrong in ["a..b", "$..a", "$.a[", "$x", "$.a[-1]", "$.a[1:2]", "$.a[?@.b]", "$['a','b']", "$['a\\'b']"] {
            assert!(matches!(Path::dotted(wrong), Err(PathError::Syntax(_))), "{wrong}");
        }
    }
}
