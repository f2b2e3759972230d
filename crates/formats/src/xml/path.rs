//! The part of `XPath` that finds records while a file streams by: `/a/b`, `//b`, `*` and predicates on attributes,
//! positions and, at the last step, children. Namespace prefixes are ignored.

use tombolo_model::{Problem, excerpt};

/// A path to the elements that are records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct XmlPath {
    pub(super) steps: Vec<Step>,
    pub(super) text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// At any depth below, not only right below.
    pub(super) deep: bool,
    /// Nothing: any element.
    pub(super) name: Option<String>,
    pub(super) tests: Vec<Test>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    /// `[n]`, from 1, among the siblings that passed the tests before.
    Position(u64),
    /// `[@name]`, `[@name='value']`.
    Attribute(String, Option<String>),
    /// `[name]`, `[name='value']`.
    Child(String, Option<String>),
}

/// More steps than this are no path that people write.
const MOST_STEPS: usize = 60;

impl XmlPath {
    /// Reads a path; the empty one and `/` are the whole document as one record.
    ///
    /// # Errors
    ///
    /// Returns a problem, without a place, when it is no path or one that cannot be followed in a stream.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let bad = |why: &str| {
            let message = format!(
                "“{}” cannot be used as the path to the records: {why}. Use /a/b, //b or //b[@type='x'].",
                excerpt(text)
            );
            Problem::new("", "invalid_path", message)
        };
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() && rest != "/" {
            let deep = rest.starts_with("//");
            rest = rest.strip_prefix("//").or_else(|| rest.strip_prefix('/')).unwrap_or(rest);
            let end = step_end(rest).ok_or_else(|| bad("a bracket or quote does not close"))?;
            let (step, after) = rest.split_at(end);
            steps.push(read_step(step, deep).map_err(bad)?);
            rest = after;
        }
        if steps.len() > MOST_STEPS {
            return Err(bad("it has too many steps"));
        }
        let before = steps.len().saturating_sub(1);
        if steps.iter().take(before).flat_map(|step| &step.tests).any(|test| matches!(test, Test::Child(..))) {
            return Err(bad("a child can be asked for at the last step only"));
        }
        Ok(Self { steps, text: text.to_owned() })
    }

    /// The names of the steps, when it is made of names alone.
    #[must_use]
    pub fn names(&self) -> Option<Vec<&str>> {
        self.steps.iter().map(|step| step.name.as_deref().filter(|_| !step.deep && step.tests.is_empty())).collect()
    }

    /// The path as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Where a step ends: at the next slash that is in no bracket.
fn step_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (character, quote) {
            (_, Some(open)) if character == open => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(character),
            ('[', None) => depth += 1,
            (']', None) => depth = depth.checked_sub(1)?,
            ('/', None) if depth == 0 => return Some(at),
            _ => {}
        }
    }
    (depth == 0 && quote.is_none()).then_some(text.len())
}

fn read_step(text: &str, deep: bool) -> Result<Step, &'static str> {
    let name_end = text.find('[').unwrap_or(text.len());
    let name = text[..name_end].trim();
    let mut rest = text[name_end..].trim();
    let mut tests = Vec::new();
    while let Some(inner) = rest.strip_prefix('[') {
        let end = closing(inner).ok_or("a bracket does not close")?;
        tests.push(read_test(inner[..end].trim())?);
        rest = inner[end + 1..].trim();
    }
    if !rest.is_empty() {
        return Err("something stands behind a bracket");
    }
    let name = match name {
        "*" => None,
        "" | "." | ".." => return Err("a step has no name"),
        name if name.starts_with('@') => return Err("records are elements and not attributes"),
        name if name.contains(['(', ')']) || name.contains("::") => return Err("functions and axes are not known"),
        name => Some(local(name).to_owned()),
    };
    Ok(Step { deep, name, tests })
}

fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (character, quote) {
            (_, Some(open)) if character == open => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(character),
            (']', None) => return Some(at),
            _ => {}
        }
    }
    None
}

fn read_test(text: &str) -> Result<Test, &'static str> {
    if let Ok(position) = text.parse::<u64>() {
        return if position == 0 { Err("positions count from 1") } else { Ok(Test::Position(position)) };
    }
    let (name, value) = match text.split_once('=') {
        None => (text, None),
        Some((name, value)) => {
            let value = value.trim();
            let quoted = ['\'', '"'].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
            let number = value.parse::<f64>().is_ok().then_some(value);
            (name.trim(), Some(quoted.or(number).ok_or("a value in brackets stands in quotes")?.to_owned()))
        }
    };
    let (attribute, name) = name.strip_prefix('@').map_or((false, name), |name| (true, name));
    let plain = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | ':');
    if name.is_empty() || !name.chars().all(plain) {
        return Err("what stands in brackets is not known");
    }
    let name = local(name).to_owned();
    Ok(if attribute { Test::Attribute(name, value) } else { Test::Child(name, value) })
}

/// A name without its namespace prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_into_steps() {
        let path = XmlPath::parse("/a/ns:b//c[@t=\"x/]\"][2]").unwrap();
        let names: Vec<_> = path.steps.iter().map(|step| (step.deep, step.name.as_deref())).collect();
        assert_eq!(names, [(false, Some("a")), (false, Some("b")), (true, Some("c"))]);
        assert_eq!(path.steps[2].tests, [Test::Attribute("t".into(), Some("x/]".into())), Test::Position(2)]);
        assert!(XmlPath::parse("/").unwrap().steps.is_empty());
        assert_eq!(XmlPath::parse("/a/b").unwrap().names(), Some(vec!["a", "b"]));
        assert_eq!(XmlPath::parse("//b").unwrap().names(), None);
    }

    #[test]
    fn what_cannot_be_followed_in_a_stream_is_refused() {
        for text in ["/a/@id", "//a[last()]", "/a[b='1']/c", "/a[", "/a/text()", "//a[@x=y]", "/a[0]", "///"] {
            assert!(XmlPath::parse(text).is_err(), "{text}");
        }
    }
}
