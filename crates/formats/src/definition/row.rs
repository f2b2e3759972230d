//! One row of a file: whether a rule is for it, and what its elements hold.

use tombolo_model::Val;

use super::layout::Layout;
use super::value::Value;
use super::{Element, Rule};

/// A row, cut into columns unless they have fixed widths.
pub(super) struct Row {
    text: String,
    columns: Vec<(usize, usize)>,
}

impl Row {
    pub(super) fn new(text: String, layout: &Layout) -> Self {
        let columns = if layout.fixed {
            Vec::new()
        } else {
            let mut at = 0;
            let split = layout.split(&text, &layout.column);
            let column = |part: &&str| {
                let start = at;
                at += part.len() + layout.column.len();
                (start, start + part.len())
            };
            split.iter().map(column).collect()
        };
        Self { text, columns }
    }

    /// The first characters, for messages.
    pub(super) fn beginning(&self) -> String {
        self.text.chars().take(24).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether the row begins with the rule's literal; a rule without one is for any row.
    pub(super) fn is_for(&self, rule: &Rule, layout: &Layout) -> bool {
        let Some(literal) = &rule.identifier else { return !rule.elements.is_empty() };
        if !layout.fixed {
            return self.column(0).is_some_and(|first| first.trim() == literal.trim());
        }
        let width = rule.elements.first().map_or(0, |first| first.length);
        let first = self.text.char_indices().nth(width).map_or(&*self.text, |(at, _)| &self.text[..at]);
        first.trim_end_matches(layout.padding).trim() == literal.trim()
    }

    /// Whether a row can begin what the rule stands for: itself, or the rows of a container.
    pub(super) fn begins(&self, rule: &Rule, layout: &Layout) -> bool {
        if !rule.elements.is_empty() {
            return self.is_for(rule, layout);
        }
        for child in &*rule.children {
            if self.begins(child, layout) {
                return true;
            }
            if child.required {
                return false;
            }
        }
        false
    }

    /// As [`Row::begins`], by literals only.
    pub(super) fn surely_begins(&self, rule: &Rule, layout: &Layout) -> bool {
        match rule.elements.is_empty() {
            false => rule.identifier.is_some() && self.is_for(rule, layout),
            true => rule.children.first().is_some_and(|first| self.surely_begins(first, layout)),
        }
    }

    fn column(&self, at: usize) -> Option<&str> {
        self.columns.get(at).map(|(start, end)| &self.text[*start..*end])
    }

    /// Calls with each element's field and value; says what is wrong with the row.
    pub(super) fn read(&self, rule: &Rule, layout: &Layout, mut each: impl FnMut(&str, Val)) -> Result<(), String> {
        let mut rest = &*self.text;
        for (at, element) in rule.elements.iter().enumerate() {
            let text = if layout.fixed {
                let end = rest.char_indices().nth(element.length).map_or(rest.len(), |(end, _)| end);
                let (text, behind) = rest.split_at(end);
                let here = !rest.is_empty();
                rest = behind;
                here.then_some(text.trim_end_matches(layout.padding))
            } else {
                self.column(at)
            };
            let named = at > 0 || rule.identifier.is_none();
            if !named || element.ignore || element.name.is_empty() {
                continue;
            }
            let value = text.and_then(|text| value(element, text, layout));
            match value {
                Some(value) => each(&element.name, value),
                None if element.required => {
                    return Err(format!("“{}” is missing, and the file definition says it is required", element.name));
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// The value of a column; nothing when none of its components is there.
fn value(element: &Element, text: &str, layout: &Layout) -> Option<Val> {
    let Value::Components { mark, elements } = &element.value else {
        let text = layout.read(text);
        return if element.required && text.is_empty() { None } else { Some(Val::text(&text)) };
    };
    // The file may say what parts components; the definition says it for all files.
    let found = layout.split(text, mark);
    let found =
        if found.len() == 1 && *mark != layout.component { layout.split(text, &layout.component) } else { found };
    let mut names = Vec::new();
    let mut values = Vec::new();
    for (component, text) in elements.iter().zip(found) {
        if !component.ignore && !component.name.is_empty() && !names.contains(&component.name) {
            names.push(component.name.clone());
            values.push(Val::text(&layout.read(text)));
        }
    }
    let keys = tombolo_model::Keys::new(names.iter().map(String::as_str));
    (!values.is_empty()).then(|| Val::Map(tombolo_model::Record::new(keys.into(), values)))
}
