//! JSON files: a list of records, at the top or at a path.

mod reader;
mod writer;

pub use reader::JsonReader;
pub use writer::JsonWriter;
