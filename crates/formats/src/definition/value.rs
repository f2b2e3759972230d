//! Values of elements: literals, fields of the record, and components.

use tombolo_model::{Record, Val};

use super::Element;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Stands there as it is.
    Literal(String),
    /// Literals and fields in turn.
    Fields(Vec<Part>),
    /// Several values in one column.
    Components { mark: String, elements: Vec<Element> },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Literal(String),
    /// A path into the record.
    Field(Vec<String>),
}

impl Value {
    /// Reads a value with placeholders: `{{name}}`, `{{[Some name].[other]}}`, two or three braces.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if !text.contains("{{") {
            return Ok(Self::Literal(text.to_owned()));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            if at > 0 {
                parts.push(Part::Literal(rest[..at].to_owned()));
            }
            let (open, close) = if rest[at..].starts_with("{{{") { (3, "}}}") } else { (2, "}}") };
            let inner = &rest[at + open..];
            let end = inner.find(close).ok_or_else(|| format!("“{text}” has a brace that does not close"))?;
            let path = path(inner[..end].trim()).ok_or_else(|| {
                format!(
                    "“{text}” is more than the name of a field, and only that is known here; compute it in the mapping"
                )
            })?;
            parts.push(Part::Field(path));
            rest = &inner[end + close.len()..];
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self::Fields(parts))
    }

    /// The text for a record, and whether any of it came from the record.
    pub(super) fn text(&self, name: &str, record: &Record) -> (String, bool) {
        let own = || record.get(name).map(|value| value.display().into_owned()).filter(|text| !text.is_empty());
        match self {
            // A definition made for reading names fields where one for writing has placeholders.
            Self::Literal(literal) => own().map_or_else(|| (literal.clone(), false), |text| (text, true)),
            Self::Components { .. } => (String::new(), false),
            Self::Fields(parts) => {
                let mut made = String::new();
                let mut found = false;
                for part in parts {
                    match part {
                        Part::Literal(literal) => made.push_str(literal),
                        Part::Field(path) => {
                            let value = at(record, path).map(|value| value.display()).unwrap_or_default();
                            found |= !value.is_empty();
                            made.push_str(&value);
                        }
                    }
                }
                match own() {
                    Some(text) if !found => (text, true),
                    _ if !found => (String::new(), false),
                    _ => (made, true),
                }
            }
        }
    }
}

fn at<'r>(record: &'r Record, path: &[String]) -> Option<&'r Val> {
    let (first, rest) = path.split_first()?;
    let mut value = record.get(first)?;
    for name in rest {
        let Val::Map(record) = value else { return None };
        value = record.get(name)?;
    }
    Some(value)
}

/// The names of a path; nothing when it is no path.
fn path(mut text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    loop {
        let rest = match text.strip_prefix('[') {
            Some(inner) => {
                let end = inner.find(']')?;
                names.push(inner[..end].to_owned());
                &inner[end + 1..]
            }
            None => {
                let end = text.find('.').unwrap_or(text.len());
                let name = &text[..end];
                let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@');
                if name.is_empty() || !name.chars().all(plain) {
                    return None;
                }
                names.push(name.to_owned());
                &text[end..]
            }
        };
        if rest.is_empty() {
            return Some(names);
        }
        text = rest.strip_prefix('.')?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_paths_and_nothing_else() {
        let field = |names: &[&str]| Part::Field(names.iter().map(ToString::to_string).collect());
        assert_eq!(Value::read("ISA").unwrap(), Value::Literal("ISA".into()));
        assert_eq!(Value::read("{{{[A b].[c.d]}}}").unwrap(), Value::Fields(vec![field(&["A b", "c.d"])]));
        assert_eq!(
            Value::read("x{{a.b}}y").unwrap(),
            Value::Fields(vec![Part::Literal("x".into()), field(&["a", "b"]), Part::Literal("y".into())])
        );
        for text in ["{{add a 1}}", "{{a", "{{}}", "{{[a}}", "{{../a}}"] {
            assert!(Value::read(text).is_err(), "{text}");
        }
    }
}
