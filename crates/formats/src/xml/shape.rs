//! Which elements of a record are lists, and which are left out: the options that name elements by their paths.
//!
//! A path is meant from the document (`/orders/order/line`), from the record (`/order/line`, `/line`), or from
//! anywhere (`//line`); people write all of them.

use super::XmlOptions;
use super::path::local;

#[derive(Debug)]
pub(super) struct Shape {
    lists: Vec<Place>,
    only: Vec<Place>,
    without: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    anywhere: bool,
    names: Vec<String>,
}

impl Place {
    fn new(text: &str) -> Self {
        let text = text.trim();
        let names = text.split('/').filter(|part| !part.is_empty()).map(|part| local(part).to_owned()).collect();
        Self { anywhere: text.starts_with("//"), names }
    }

    /// Whether an element of a path is meant; `record` elements of the path stand around the record.
    fn is(&self, path: &[Box<str>], record: usize) -> bool {
        let same = |from: usize| {
            path.len() == from + self.names.len()
                && path[from..].iter().zip(&self.names).all(|(have, want)| local(have) == want)
        };
        if self.anywhere {
            return path.len().checked_sub(self.names.len()).is_some_and(same);
        }
        same(0) || same(record) || same(record + 1)
    }

    /// Whether an element stands around or in the one that is meant.
    fn touches(&self, path: &[Box<str>], record: usize) -> bool {
        if (1..=path.len()).any(|length| self.is(&path[..length], record)) {
            return true;
        }
        let leads = |from: usize| {
            path.get(from..).is_some_and(|rest| {
                rest.len() < self.names.len() && rest.iter().zip(&self.names).all(|(have, want)| local(have) == want)
            })
        };
        self.anywhere || leads(0) || leads(record) || leads(record + 1)
    }
}

impl Shape {
    pub(super) fn new(options: &XmlOptions) -> Self {
        let places = |texts: &[String]| -> Vec<Place> {
            let written = texts.iter().filter(|text| !options.automatic && !text.trim().is_empty());
            written.map(|text| Place::new(text)).collect()
        };
        Self {
            lists: places(&options.list_nodes),
            only: places(&options.include_nodes),
            without: places(&options.exclude_nodes),
        }
    }

    /// Whether anything needs the path of an element.
    pub(super) fn is_plain(&self) -> bool {
        self.lists.is_empty() && self.only.is_empty() && self.without.is_empty()
    }

    pub(super) fn is_list(&self, path: &[Box<str>], record: usize) -> bool {
        self.lists.iter().any(|place| place.is(path, record))
    }

    pub(super) fn leaves_out(&self, path: &[Box<str>], record: usize) -> bool {
        self.without.iter().any(|place| place.is(path, record))
            || !(self.only.is_empty() || self.only.iter().any(|place| place.touches(path, record)))
    }
}
