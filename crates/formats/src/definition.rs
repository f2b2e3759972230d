//! Files described by a file definition: fixed width, delimited, X12 and EDIFACT.
//!
//! A definition is a tree of rules. A rule stands for a row, which begins with the literal of its first element; a
//! container stands for a list, each item of which is made of the rows of its children. What is not in a container
//! becomes fields of the record around it. The same definition reads and writes.

mod compile;
mod cutter;
mod generator;
mod layout;
mod parser;
mod row;
mod value;

use std::sync::Arc;

pub use generator::DefinitionWriter;
pub use parser::DefinitionReader;

use layout::Layout;
use value::Value;

/// A file definition, ready to read and write with.
#[derive(Debug, Clone, PartialEq)]
pub struct FileDefinition {
    layout: Layout,
    rules: Arc<[Rule]>,
}

/// What stands for a row or, as a container, for a list.
#[derive(Debug, Clone, PartialEq)]
struct Rule {
    name: String,
    required: bool,
    container: bool,
    /// How often it may come; nothing when there is no limit.
    most: Option<u64>,
    /// Its rows are written without the suffix.
    skip_suffix: bool,
    /// What its rows begin with; nothing when that tells nothing.
    identifier: Option<String>,
    elements: Vec<Element>,
    children: Arc<[Self]>,
    /// The row behind the children.
    close: Option<Arc<Self>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Element {
    name: String,
    value: Value,
    /// In characters; for fixed width.
    length: usize,
    /// Read over.
    ignore: bool,
    required: bool,
    /// Written values are filled up to this many characters.
    least: usize,
    /// Written values may not be longer.
    most: Option<usize>,
}

impl Rule {
    /// What to call it in messages.
    fn label(&self) -> String {
        match &self.identifier {
            Some(literal) => literal.clone(),
            None if self.name.is_empty() => self.elements.first().map_or_else(String::new, |first| first.name.clone()),
            None => self.name.clone(),
        }
    }
}
