//! JSON files: a list of records, at the top or at a path, or one record after the other (JSON Lines).

mod element;
mod lines;
mod list;
mod maker;
#[cfg(test)]
mod places;
mod reader;
mod writer;

pub use reader::JsonReader;
pub use writer::{JsonLinesWriter, JsonWriter};
