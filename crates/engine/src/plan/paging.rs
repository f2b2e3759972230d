//! How an endpoint hands out its pages.

use tombolo_model::Val;
use tombolo_template::Template;

use super::{Endpoint, Format};
use crate::path::Path;

#[derive(Debug, Clone)]
pub(crate) struct Paging {
    pub(crate) next: Next,
    pub(crate) stop: Stop,
    /// How the second page and later ones are asked for and read, where that is not as the first.
    pub(crate) later: Later,
    /// Whether a template reads the answer before, which is kept for it then.
    pub(crate) previous: Previous,
}

/// What leads to the next page.
#[derive(Debug, Clone)]
pub(crate) enum Next {
    /// A number that counts pages.
    Page { first: i64 },
    /// A number that counts records.
    Skip { first: i64 },
    /// A token that the answer before gave.
    Token { initial: Val, place: TokenPlace, later_place: Option<TokenPlace> },
    /// The address that the answer names.
    Url { path: Path },
    /// The address that the `Link` header names.
    LinkHeader { relation: String },
    /// An address that a template makes of the answer before.
    RelativeUri,
    /// A body that a template makes of the answer before.
    Body,
}

#[derive(Debug, Clone)]
pub(crate) enum TokenPlace {
    Body(Path),
    /// In lower case.
    Header(String),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Later {
    pub(crate) endpoint: Option<Box<Endpoint>>,
    pub(crate) body: Option<Template>,
    pub(crate) format: Option<Format>,
}

/// What templates read of the answer before.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Previous {
    pub(crate) response: bool,
    pub(crate) record: bool,
    pub(crate) headers: bool,
}

impl Previous {
    pub(crate) fn any(self) -> bool {
        self.response || self.record || self.headers
    }
}

/// When paging ends, beside what its method says.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    /// The status behind the last page; without one it is 404, and an error where there was no page before and none are
    /// counted.
    pub(crate) last_page_status: Option<u16>,
    pub(crate) max_page: Option<Path>,
    pub(crate) max_count: Option<Path>,
    pub(crate) last_page: Option<(Path, Vec<String>)>,
}

impl Paging {
    /// Whether pages or records are counted: an endpoint may say with 404 that there is none of this number.
    pub(crate) fn counts(&self) -> bool {
        matches!(self.next, Next::Page { .. } | Next::Skip { .. })
    }

    /// Whether a template makes the addresses, one that makes none ends paging.
    pub(crate) fn makes_addresses(&self) -> bool {
        matches!(self.next, Next::RelativeUri)
    }

    /// Whether it reads anything in the answer beside its records.
    pub(crate) fn reads_answer(&self) -> bool {
        let stop = &self.stop;
        let next = matches!(
            &self.next,
            Next::Url { .. }
                | Next::Token { place: TokenPlace::Body(_), .. }
                | Next::Token { later_place: Some(TokenPlace::Body(_)), .. }
        );
        next || self.previous.response
            || stop.max_page.is_some()
            || stop.max_count.is_some()
            || stop.last_page.is_some()
    }
}
