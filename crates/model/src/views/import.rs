//! An import: how records are written.

use serde_json::Value;

use super::{first_text, id, items, pairs, text};
use crate::Id;

/// Typed reading of an import.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a>(pub &'a Value);

/// Where an import writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// An HTTP endpoint.
    Http,
    /// A file to download.
    File,
}

impl<'a> Import<'a> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'a str {
        text(self.0, "/name").unwrap_or_default()
    }

    /// Where it writes to.
    #[must_use]
    pub fn destination(self) -> Option<Destination> {
        match text(self.0, "/adaptorType") {
            Some("HTTPImport" | "RESTImport") => Some(Destination::Http),
            Some("SimpleImport") => Some(Destination::File),
            None if self.0.get("http").is_some() => Some(Destination::Http),
            _ => None,
        }
    }

    /// The connection it uses.
    #[must_use]
    pub fn connection(self) -> Option<Id> {
        id(self.0, "/_connectionId")
    }

    /// The HTTP method; POST when none is given.
    #[must_use]
    pub fn http_method(self) -> &'a str {
        first_text(self.0, "/http/method").unwrap_or("POST")
    }

    /// The address below the connection's base.
    #[must_use]
    pub fn relative_uri(self) -> &'a str {
        first_text(self.0, "/http/relativeURI").unwrap_or_default()
    }

    /// The body's template, when there is one.
    #[must_use]
    pub fn body(self) -> Option<&'a str> {
        first_text(self.0, "/http/body")
    }

    /// The headers.
    #[must_use]
    pub fn headers(self) -> Vec<(&'a str, &'a str)> {
        pairs(self.0, "/http/headers")
    }

    /// How many records go into one request.
    #[must_use]
    pub fn batch_size(self) -> usize {
        let size = self.0.pointer("/http/batchSize").and_then(Value::as_u64).unwrap_or(1);
        usize::try_from(size).unwrap_or(1).max(1)
    }

    /// `csv` or `json`.
    #[must_use]
    pub fn file_type(self) -> Option<&'a str> {
        text(self.0, "/file/type")
    }

    /// The name of the file it makes.
    #[must_use]
    pub fn file_name(self) -> Option<&'a str> {
        text(self.0, "/file/fileName")
    }

    /// The rows of its mapping (Mapper 2.0).
    #[must_use]
    pub fn mappings(self) -> &'a [Value] {
        items(self.0, "/mappings")
    }
}
