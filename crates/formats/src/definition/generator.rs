//! Writes records by a file definition.
//!
//! A row is written when its rule is required, when the record has a value for it, or when rows below it are
//! written. What does not fit is an error of the record and never cut.

use tombolo_model::{Record, Val};

use super::value::Value;
use super::{Element, FileDefinition, Rule};

/// Writes record after record.
#[derive(Debug, Clone)]
pub struct DefinitionWriter {
    definition: FileDefinition,
}

impl DefinitionWriter {
    /// Makes a writer.
    #[must_use]
    pub fn new(definition: FileDefinition) -> Self {
        Self { definition }
    }

    /// Appends the rows of one record.
    ///
    /// # Errors
    ///
    /// Returns a message when something required is missing or a value does not fit; nothing is written then.
    pub fn write(&mut self, record: &Record, out: &mut Vec<u8>) -> Result<(), String> {
        let mut text = String::new();
        for rule in &*self.definition.rules {
            self.rule(rule, record, &mut text)?;
        }
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn rule(&self, rule: &Rule, record: &Record, out: &mut String) -> Result<(), String> {
        if !rule.container {
            refuse_list(rule, record)?;
            return self.rows(rule, record, out);
        }
        let one;
        let items: &[Val] = match record.get(&rule.name) {
            Some(Val::List(items)) => items,
            Some(item @ Val::Map(_)) => {
                one = [item.clone()];
                &one
            }
            Some(Val::Null) | None => &[],
            Some(other) => {
                return Err(format!("“{}” is {} and not a list. Map a list to it.", rule.name, other.kind()));
            }
        };
        if items.is_empty() && rule.required {
            return Err(format!("The list “{}” is missing, and the file definition says it is required.", rule.name));
        }
        let count = items.len() as u64;
        if let Some(most) = rule.most.filter(|most| count > *most) {
            return Err(format!("“{}” has {count} items, and the file definition allows {most}.", rule.name));
        }
        for item in items {
            let Val::Map(item) = item else {
                return Err(format!("An item of “{}” is {} and not an object.", rule.name, item.kind()));
            };
            self.rows(rule, item, out)?;
        }
        Ok(())
    }

    /// The row of a rule, those of its children and the one that closes them.
    fn rows(&self, rule: &Rule, record: &Record, out: &mut String) -> Result<(), String> {
        let mut below = String::new();
        for child in &*rule.children {
            self.rule(child, record, &mut below)?;
        }
        let (row, filled) = if rule.elements.is_empty() { (None, false) } else { self.row(rule, record)? };
        if !(rule.required || filled || rule.container || !below.is_empty()) {
            return Ok(());
        }
        if let Some(row) = row {
            self.line(rule, &row, out);
        }
        out.push_str(&below);
        if let Some(close) = &rule.close {
            let (row, filled) = self.row(close, record)?;
            if let Some(row) = row.filter(|_| close.required || filled) {
                self.line(close, &row, out);
            }
        }
        Ok(())
    }

    fn line(&self, rule: &Rule, row: &str, out: &mut String) {
        out.push_str(row);
        if !rule.skip_suffix {
            out.push_str(&self.definition.layout.row_suffix);
        }
        out.push_str(&self.definition.layout.row_delimiter);
    }

    /// The text of a row, and whether any of it came from the record.
    fn row(&self, rule: &Rule, record: &Record) -> Result<(Option<String>, bool), String> {
        let layout = &self.definition.layout;
        let mut columns = Vec::with_capacity(rule.elements.len());
        let mut filled = false;
        for (at, element) in rule.elements.iter().enumerate() {
            let (text, from_record) = match &element.value {
                Value::Literal(literal) if at == 0 && rule.identifier.is_some() => (literal.clone(), false),
                Value::Components { mark, elements } => self.components(element, mark, elements, record)?,
                value => {
                    let (text, found) = value.text(&element.name, record);
                    (self.fitting(element, &text, &layout.component)?, found)
                }
            };
            filled |= from_record;
            columns.push(if layout.fixed { self.padded(element, text)? } else { text });
        }
        if layout.fixed {
            return Ok((Some(columns.concat()), filled));
        }
        if layout.skip_empty_end {
            while columns.last().is_some_and(String::is_empty) {
                columns.pop();
            }
        }
        Ok((Some(columns.join(&layout.column)), filled))
    }

    fn components(
        &self,
        element: &Element,
        mark: &str,
        elements: &[Element],
        record: &Record,
    ) -> Result<(String, bool), String> {
        let own = match record.get(&element.name) {
            Some(Val::Map(own)) => own.clone(),
            _ => Record::default(),
        };
        let mut parts = Vec::with_capacity(elements.len());
        let mut filled = false;
        for component in elements {
            // A placeholder is a path from the record; a bare name is one of the components.
            let (mut text, mut found) = component.value.text(&component.name, &own);
            if !found && matches!(component.value, Value::Fields(_)) {
                (text, found) = component.value.text("", record);
            }
            filled |= found;
            parts.push(self.fitting(component, &text, mark)?);
        }
        while parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
        Ok((parts.join(mark), filled))
    }

    /// A value as it may stand in a column.
    fn fitting(&self, element: &Element, text: &str, component: &str) -> Result<String, String> {
        let layout = &self.definition.layout;
        let length = text.chars().count();
        if let Some(most) = element.most.filter(|most| length > *most) {
            return Err(format!("“{}” has {length} characters, and the file definition allows {most}.", element.name));
        }
        if element.required && text.is_empty() {
            return Err(format!("“{}” is missing, and the file definition says it is required.", element.name));
        }
        let text = format!("{text}{}", " ".repeat(element.least.saturating_sub(length)));
        if layout.fixed {
            return if text.contains(['\n', '\r']) {
                Err(format!("“{}” holds a line end, which would end the row: replace it in the mapping.", element.name))
            } else {
                Ok(text)
            };
        }
        let written = layout.write(&text, component);
        written.map(std::borrow::Cow::into_owned).map_err(|message| format!("{message}."))
    }

    fn padded(&self, element: &Element, text: String) -> Result<String, String> {
        let length = text.chars().count();
        let Some(room) = element.length.checked_sub(length) else {
            return Err(format!(
                "“{}” has {length} characters, and there is room for {}. Shorten it in the mapping.",
                element.name, element.length
            ));
        };
        Ok(text + &self.definition.layout.padding.to_string().repeat(room))
    }
}

/// A rule that is no container has one row, and a list that is meant for it would be lost.
fn refuse_list(rule: &Rule, record: &Record) -> Result<(), String> {
    let is_list = !rule.name.is_empty() && matches!(record.get(&rule.name), Some(Val::List(_)));
    if !is_list || rule.elements.iter().any(|element| element.name == rule.name) {
        return Ok(());
    }
    Err(format!(
        "“{}” is a list, and its rule writes one row. Set “container” in the rule to write a row for each item.",
        rule.name
    ))
}
