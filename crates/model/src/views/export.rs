//! An export: how records are read.

use serde_json::Value;

use super::{first_text, id, pairs, text};
use crate::Id;

/// Typed reading of an export.
#[derive(Debug, Clone, Copy)]
pub struct Export<'a>(pub &'a Value);

/// Where an export reads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An HTTP endpoint.
    Http,
    /// A file that a person chose on their computer.
    File,
    /// What is sent to an address of the server.
    Listener,
}

/// How an HTTP endpoint hands out its pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging<'a> {
    /// One answer is all.
    None,
    /// A number that counts pages, in `{{export.http.paging.page}}`.
    Page,
    /// A number that counts records, in `{{export.http.paging.skip}}`.
    Skip,
    /// A token of the answer before, in `{{export.http.paging.token}}`.
    Token,
    /// The answer names the address of the next page.
    Url,
    /// The `Link` header names the next page.
    LinkHeader,
    /// A template makes the next address of the answer before.
    RelativeUri,
    /// A template makes the next body of the answer before.
    Body,
    /// A method this version does not know.
    Other(&'a str),
}

impl<'a> Export<'a> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'a str {
        text(self.0, "/name").unwrap_or_default()
    }

    /// Where it reads from.
    #[must_use]
    pub fn source(self) -> Option<Source> {
        match (text(self.0, "/adaptorType"), text(self.0, "/type")) {
            (Some("HTTPExport" | "RESTExport"), _) => Some(Source::Http),
            (Some("SimpleExport"), _) | (None, Some("simple")) => Some(Source::File),
            (Some("WebhookExport"), _) | (None, Some("webhook")) => Some(Source::Listener),
            (None, _) if self.0.get("http").is_some() => Some(Source::Http),
            _ => None,
        }
    }

    /// The connection it uses.
    #[must_use]
    pub fn connection(self) -> Option<Id> {
        id(self.0, "/_connectionId")
    }

    /// The content hash of its file.
    #[must_use]
    pub fn file_hash(self) -> Option<&'a str> {
        text(self.0, "/rawData")
    }

    /// `csv` or `json`.
    #[must_use]
    pub fn file_type(self) -> Option<&'a str> {
        text(self.0, "/file/type")
    }

    /// How many records make a page; absent or not positive means the usual number.
    #[must_use]
    pub fn page_size(self) -> Option<usize> {
        let size = self.0.get("pageSize")?.as_u64()?;
        usize::try_from(size).ok().filter(|size| *size > 0)
    }

    /// The HTTP method; GET when none is given.
    #[must_use]
    pub fn http_method(self) -> &'a str {
        first_text(self.0, "/http/method").unwrap_or("GET")
    }

    /// The address below the connection's base.
    #[must_use]
    pub fn relative_uri(self) -> &'a str {
        first_text(self.0, "/http/relativeURI").unwrap_or_default()
    }

    /// The headers.
    #[must_use]
    pub fn headers(self) -> Vec<(&'a str, &'a str)> {
        pairs(self.0, "/http/headers")
    }

    /// How pages are fetched.
    #[must_use]
    pub fn paging(self) -> Paging<'a> {
        match text(self.0, "/http/paging/method") {
            None | Some("none") => Paging::None,
            Some("page") => Paging::Page,
            Some("skip") => Paging::Skip,
            Some("token") => Paging::Token,
            Some("url") => Paging::Url,
            Some("linkheader") => Paging::LinkHeader,
            Some("relativeuri") => Paging::RelativeUri,
            Some("body") => Paging::Body,
            Some(other) => Paging::Other(other),
        }
    }
}
