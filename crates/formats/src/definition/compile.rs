//! The resource of a file definition to rules.

use std::sync::Arc;

use serde_json::Value as Json;
use tombolo_model::Problem;

use super::layout::{Layout, Standard};
use super::value::Value;
use super::{Element, FileDefinition, Rule};

/// Rules are nested no deeper; standards need about ten levels.
const DEEPEST: usize = 40;

impl FileDefinition {
    /// Reads a file definition, or the object around it that processors are given.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with it, by place.
    pub fn compile(value: &Json) -> Result<Self, Vec<Problem>> {
        let value = value.get("fileDefinition").unwrap_or(value);
        let mut compiler = Compiler { problems: Vec::new() };
        let layout = compiler.layout(value);
        let rules = compiler.rules(value.get("rules"), "/rules", &layout, 0);
        if rules.is_empty() && compiler.problems.is_empty() {
            compiler.bad("/rules", "The file definition has no rules: add one for each kind of row.");
        }
        match compiler.problems.is_empty() {
            true => Ok(Self { layout, rules }),
            false => Err(compiler.problems),
        }
    }
}

struct Compiler {
    problems: Vec<Problem>,
}

impl Compiler {
    fn bad(&mut self, place: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(place, "invalid_definition", message.into()));
    }

    fn layout(&mut self, value: &Json) -> Layout {
        let (fixed, standard) = match value.get("format").and_then(Json::as_str) {
            Some("fixed") => (true, Standard::None),
            // Many definitions of X12 say no more than that; the header tells.
            Some("delimited" | "delimited/x12") => (false, Standard::X12),
            Some("delimited/edifact") => (false, Standard::Edifact),
            other => {
                let message = format!(
                    "The format “{}” is not known: choose fixed, delimited, delimited/x12 or delimited/edifact.",
                    other.unwrap_or_default()
                );
                self.bad("/format", message);
                (false, Standard::None)
            }
        };
        let marks = value.get(if fixed { "fixed" } else { "delimited" }).unwrap_or(&Json::Null);
        let mark = |name: &str, usual: &str| marks.get(name).and_then(Json::as_str).unwrap_or(usual).to_owned();
        let flag = |name: &str| is_true(marks.get(name)) || is_true(value.get(name));
        let edifact = standard == Standard::Edifact;
        let layout = Layout {
            standard,
            fixed,
            row_suffix: mark("rowSuffix", if edifact { "'" } else { "" }),
            row_delimiter: mark("rowDelimiter", "\n"),
            column: mark("colDelimiter", if edifact { "+" } else { "*" }),
            component: mark("compositeDelimiter", ":"),
            release: edifact.then_some('?'),
            escapes: flag("escapeReleaseChar"),
            padding: mark("paddingChar", " ").chars().next().unwrap_or(' '),
            skip_empty_end: flag("skipEmptyEndColDelimiter"),
        };
        if !fixed && layout.column.is_empty() {
            self.bad("/delimited/colDelimiter", "Enter what parts the columns.");
        }
        if layout.row_delimiter.is_empty() && layout.row_suffix.is_empty() {
            let place = if fixed { "/fixed/rowDelimiter" } else { "/delimited/rowDelimiter" };
            self.bad(place, "Enter what ends a row: a row delimiter or a row suffix.");
        }
        layout
    }

    fn rules(&mut self, value: Option<&Json>, place: &str, layout: &Layout, depth: usize) -> Arc<[Rule]> {
        if depth > DEEPEST {
            self.bad(place, format!("The rules are nested more than {DEEPEST} levels deep: use fewer."));
            return Arc::new([]);
        }
        let list = value.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let rule = |(at, value): (usize, &Json)| self.rule(value, &format!("{place}/{at}"), layout, depth);
        list.iter().enumerate().map(rule).collect()
    }

    fn rule(&mut self, value: &Json, place: &str, layout: &Layout, depth: usize) -> Rule {
        let container = is_true(value.get("container"));
        let elements = self.elements(value.get("elements"), &format!("{place}/elements"), layout, 0);
        let children = self.rules(value.get("children"), &format!("{place}/children"), layout, depth + 1);
        let name = text(value, "name");
        if container && name.is_empty() {
            self.bad(&format!("{place}/name"), "A container needs a name: it is the field of the list.");
        }
        if elements.is_empty() && children.is_empty() {
            self.bad(place, "The rule has neither elements nor children: say what its rows are made of.");
        }
        let close = value.get("closeRule").filter(|close| close.is_object());
        let close = close.map(|close| Arc::new(self.rule(close, &format!("{place}/closeRule"), layout, depth + 1)));
        let identifier = match elements.first().map(|first| &first.value) {
            Some(Value::Literal(literal)) if !is_true(value.get("ignoreIdentifier")) && !literal.is_empty() => {
                Some(literal.clone())
            }
            _ => None,
        };
        let most = value.get("maxOccurrence").and_then(Json::as_u64).filter(|most| *most > 0);
        Rule {
            name,
            required: is_true(value.get("required")),
            container,
            most: if container { most } else { Some(most.unwrap_or(1)) },
            skip_suffix: is_true(value.get("skipRowSuffix")),
            identifier,
            elements,
            children,
            close,
        }
    }

    fn elements(&mut self, value: Option<&Json>, place: &str, layout: &Layout, depth: usize) -> Vec<Element> {
        let list = value.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut made = Vec::with_capacity(list.len());
        for (at, element) in list.iter().enumerate() {
            let place = format!("{place}/{at}");
            let name = text(element, "name");
            let value = match element.get("value") {
                Some(Json::Object(inner)) if depth == 0 => {
                    let mark = inner.get("delimiter").and_then(Json::as_str).unwrap_or(&layout.component).to_owned();
                    let place = format!("{place}/value/elements");
                    Value::Components { mark, elements: self.elements(inner.get("elements"), &place, layout, 1) }
                }
                Some(Json::Object(_)) => {
                    self.bad(&place, "Components have no components of their own: list them side by side.");
                    Value::Literal(String::new())
                }
                Some(Json::String(text)) => Value::read(text).unwrap_or_else(|message| {
                    self.bad(&format!("{place}/value"), format!("{message}."));
                    Value::Literal(String::new())
                }),
                Some(other) if !other.is_null() => Value::Literal(other.to_string()),
                _ => Value::Literal(String::new()),
            };
            let length = number(element, "length").unwrap_or_default();
            if layout.fixed && depth == 0 && length == 0 {
                self.bad(&format!("{place}/length"), "Enter how many characters the element has.");
            }
            made.push(Element {
                name,
                value,
                length,
                ignore: is_true(element.get("ignore")),
                required: is_true(element.get("required")),
                least: number(element, "minLength").unwrap_or_default(),
                most: number(element, "maxLength"),
            });
        }
        made
    }
}

fn text(value: &Json, name: &str) -> String {
    value.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

/// Lengths beyond this are mistakes, and would be filled with blanks.
const LONGEST: u64 = 1_000_000;

fn number(value: &Json, name: &str) -> Option<usize> {
    value.get(name).and_then(Json::as_u64).and_then(|number| usize::try_from(number.min(LONGEST)).ok())
}

fn is_true(value: Option<&Json>) -> bool {
    match value {
        Some(Json::Bool(flag)) => *flag,
        Some(Json::String(text)) => text == "true",
        _ => false,
    }
}
