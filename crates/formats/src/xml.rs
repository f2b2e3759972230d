//! XML files: records cut out by a path, and records written as elements.
//!
//! The scanner is our own: quick-xml reads from a source it can wait for, and here pieces are pushed in. Nothing
//! is expanded but the five entities of XML and numbered characters; a document type that declares more is refused.

mod matcher;
mod node;
pub(crate) mod path;
mod reader;
pub(crate) mod scan;
mod shape;
mod start;
pub(crate) mod text;
mod writer;

pub use path::XmlPath;
pub use reader::XmlReader;
pub use writer::XmlWriter;

/// How XML becomes records; the names are those of `parsers[].rules` of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlOptions {
    /// Which elements are records.
    pub resource_path: XmlPath,
    /// The strategy “automatic”: attributes under `$`, text under `_`, every child a list. The other options are
    /// those of the strategy “custom”.
    pub automatic: bool,
    /// Blanks around texts are dropped.
    pub trim_spaces: bool,
    /// Line ends inside of texts are dropped.
    pub strip_new_lines: bool,
    /// Stands before the names of attributes.
    pub attribute_prefix: String,
    /// The field for the text of an element that has attributes or children too.
    pub text_node_name: String,
    /// Elements that are lists even when they come once.
    pub list_nodes: Vec<String>,
    /// Only these elements and what is around and in them; all when empty.
    pub include_nodes: Vec<String>,
    /// Without these elements.
    pub exclude_nodes: Vec<String>,
    /// The text was made UTF-8 already, whatever its first line says.
    pub decoded: bool,
}

impl XmlOptions {
    /// The usual options for a path.
    #[must_use]
    pub fn new(resource_path: XmlPath) -> Self {
        Self {
            resource_path,
            automatic: true,
            trim_spaces: false,
            strip_new_lines: false,
            attribute_prefix: String::new(),
            text_node_name: "&txt".to_owned(),
            list_nodes: Vec::new(),
            include_nodes: Vec::new(),
            exclude_nodes: Vec::new(),
            decoded: false,
        }
    }
}
