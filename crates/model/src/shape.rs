//! The shape table: what each place of a resource is, for everything that must treat places differently.
//!
//! Documents, forms, masking, catalogue, audit, zip and REST read this table; nobody hard-codes a path.
//! A place the table does not name is a [`Shape::Leaf`] when it holds a scalar or an array and a plain
//! object otherwise, so a field this version has never heard of is kept as it came.

use crate::{Kind, path};

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// One value, replaced as a whole.
    Leaf,
    /// An ordered list that people rearrange: each item is a row with an id of its own.
    Rows,
    /// A text that several people may type in at once.
    Text,
    /// Never in a document; kept in a vault.
    Secret,
    /// The id of another resource, or an array of such ids.
    Reference(Kind),
    /// Set by the server or the device, never by an edit.
    Derived,
    /// The content hash of bytes that are kept beside the documents.
    Blob,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// A JSON Pointer in which `*` stands for one key or row and `**` for any number, also none.
    pub pattern: &'static str,
    /// What is there.
    pub shape: Shape,
    /// For rows: the fields that tell one row from another when the whole array is written at once.
    pub natural_key: &'static [&'static str],
}

impl Rule {
    /// A line without a natural key.
    #[must_use]
    pub const fn new(pattern: &'static str, shape: Shape) -> Self {
        Self { pattern, shape, natural_key: &[] }
    }

    /// A list of rows.
    #[must_use]
    pub const fn rows(pattern: &'static str, natural_key: &'static [&'static str]) -> Self {
        Self { pattern, shape: Shape::Rows, natural_key }
    }

    fn matches(&self, place: &str) -> bool {
        matches(self.pattern, place)
    }
}

/// The table of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Shapes {
    own: &'static [Rule],
    family: &'static [Rule],
    common: &'static [Rule],
}

impl Shapes {
    pub(crate) const fn new(own: &'static [Rule], common: &'static [Rule]) -> Self {
        Self { own, family: &[], common }
    }

    /// The same with lines that several kinds share.
    pub(crate) const fn with(self, family: &'static [Rule]) -> Self {
        Self { family, ..self }
    }

    /// Every line, the kind's own first; the first that matches decides.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        self.own.iter().chain(self.family).chain(self.common)
    }

    /// The line for a place; rows may be addressed by id, by index or by `*`.
    #[must_use]
    pub fn rule(&self, place: &str) -> Option<&'static Rule> {
        self.rules().find(|rule| rule.matches(place))
    }

    /// What a place is.
    #[must_use]
    pub fn shape(&self, place: &str) -> Shape {
        self.rule(place).map_or(Shape::Leaf, |rule| rule.shape)
    }

    /// The texts that every document of the kind has from its first change on.
    pub fn texts(&self) -> impl Iterator<Item = &'static str> {
        self.rules().filter(|rule| rule.shape == Shape::Text && !rule.pattern.contains('*')).map(|rule| rule.pattern)
    }

    /// The texts that a row of a list has from its first change on, by the names of their fields.
    pub fn texts_of_row(&self, list: &str) -> impl Iterator<Item = &'static str> {
        let row = path::join(list, "*");
        self.rules().filter(|rule| rule.shape == Shape::Text).filter_map(move |rule| {
            let name = path::segments(rule.pattern).last().filter(|name| !name.starts_with('*'))?;
            // By the line that decides, so that two lines for one field do not make its text twice.
            let decides = self.rule(&path::join(&row, name))?;
            (decides.pattern == rule.pattern).then_some(name)
        })
    }

    /// Whether a place, or anything it lies in, must never be in a document.
    #[must_use]
    pub fn protected(&self, place: &str) -> bool {
        let mut at = Some(place);
        while let Some(here) = at.filter(|here| !here.is_empty()) {
            if matches!(self.shape(here), Shape::Secret | Shape::Derived) {
                return true;
            }
            at = path::parent(here);
        }
        false
    }
}

fn matches(pattern: &str, place: &str) -> bool {
    fn go<'a>(
        mut pattern: impl Iterator<Item = &'a str> + Clone,
        mut place: impl Iterator<Item = &'a str> + Clone,
    ) -> bool {
        loop {
            match pattern.next() {
                None => return place.next().is_none(),
                Some("**") => {
                    let mut rest = place.clone();
                    loop {
                        if go(pattern.clone(), rest.clone()) {
                            return true;
                        }
                        if rest.next().is_none() {
                            return false;
                        }
                    }
                }
                Some(want) => match place.next() {
                    Some(have) if want == "*" || want == have => {}
                    _ => return false,
                },
            }
        }
    }
    go(path::segments(pattern), path::segments(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_rows_and_double_stars_for_any_depth() {
        assert!(matches("/pageProcessors/*/_importId", "/pageProcessors/r1/_importId"));
        assert!(!matches("/pageProcessors/*/_importId", "/pageProcessors/_importId"));
        assert!(matches("/mappings/**/mappings", "/mappings/a/mappings/b/mappings"));
        assert!(matches("/mappings/**/mappings", "/mappings/mappings"));
        assert!(matches("/**/_scriptId", "/a/b/_scriptId") && matches("/**/_scriptId", "/_scriptId"));
        assert!(!matches("/a", "/a/b"));
    }

    #[test]
    fn a_row_has_the_texts_that_stand_right_in_it() {
        let texts = |kind, list: &str| crate::shapes(kind).texts_of_row(list).collect::<Vec<_>>();
        assert_eq!(texts(Kind::Import, "/mappings"), ["generate", "extract"]);
        assert_eq!(texts(Kind::Import, "/mappings/r1/buildArrayHelper/r2/mappings"), ["generate", "extract"]);
        assert_eq!(texts(Kind::Export, "/http/headers"), ["name", "value"]);
        assert_eq!(texts(Kind::Flow, "/pageProcessors"), [""; 0]);
        assert_eq!(texts(Kind::Tool, "/routers/r1/responseMapping/mappings"), ["generate", "extract"]);
        assert_eq!(texts(Kind::Flow, "/pageProcessors/r1/responseMapping/fields"), ["generate", "extract"]);
    }

    #[test]
    fn what_lies_below_a_secret_is_protected_too() {
        let table = crate::shapes(Kind::Connection);
        assert!(table.protected("/http/auth/token/token"));
        assert!(table.protected("/http/auth/token/token/x"));
        assert!(!table.protected("/http/auth/token/location"));
    }
}
