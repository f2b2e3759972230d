//! What a form asks for: the fields of each kind of resource, as data.
//!
//! The screen has one renderer for all of it, so a field is added in one line of one table. A form names no field
//! that neither the engine nor a screen reads, and says nothing of how it looks.
//!
//! Invariant: a field is a secret here exactly where the shape table says so.

mod connection;
mod database;
mod export;
mod file;
mod http;
mod import;
mod listener;
mod other;
mod settings;
mod step;
mod value;

use crate::Kind;
pub use connection::SIGN_INS;
pub use other::FLOW_GROUP;
pub use settings::{SettingsField, SettingsInput, settings_fields};
pub use step::{BRANCH, FLOW, LOOKUP, MAP_ROW, RESPONSE_LIST, ROUTER, STEP, STEP_NOTE};
pub use value::text_of;

/// Keys and words of a choice.
pub type Choices = &'static [(&'static str, &'static str)];

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A line of words.
    Line,
    /// A line that a program reads: an address, a path, a template.
    Code,
    /// Several lines that a program reads.
    Area(u32),
    /// A whole number within bounds.
    Number(i64, i64),
    /// On or off; the value says what counts while nothing is set.
    Switch(bool),
    /// One of a few.
    Choice(Choices),
    /// As a choice, stored as the list of its parts between commas.
    ListChoice(Choices),
    /// Texts, one a line.
    Lines,
    /// Whole numbers or texts between commas, stored as a list.
    Words,
    /// One text of a list that has one for each operation.
    Item(usize),
    /// One choice of such a list.
    ItemChoice(usize, Choices),
    /// Never shown again once it is entered.
    Secret,
    /// Another resource.
    Reference(Kind),
    /// Several of them, in an order.
    References(Kind),
    /// Lists, each with its name and with the fields of its items as pairs.
    Lists,
    /// Rows that each name a flow and one of its sources.
    Sources,
    /// Any JSON.
    Json,
    /// Settings: by the form that the resource has for them, else any JSON.
    Settings,
    /// Rows of two texts, under these keys and with these words.
    Pairs {
        /// The key of the first.
        left: &'static str,
        /// The key of the second.
        right: &'static str,
        /// What the first is called.
        left_label: &'static str,
        /// What the second is called.
        right_label: &'static str,
        /// What one row is called.
        one: &'static str,
    },
    /// A table: the names of an object and their texts.
    Table {
        /// What a name is called.
        left_label: &'static str,
        /// What its text is called.
        right_label: &'static str,
        /// What one row is called.
        one: &'static str,
    },
    /// A file of this computer.
    File,
    /// A script and one of its functions.
    Hook,
    /// The connection, with a way to make one.
    Connection,
}

/// Under which circumstances something is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// The text at the path is one of these; an absent one is empty.
    Is(&'static str, &'static [&'static str]),
    /// It is none of these.
    Not(&'static str, &'static [&'static str]),
    /// All of these hold.
    All(&'static [Self]),
}

impl When {
    /// Whether it holds, asking `text` for the text at a path.
    #[must_use]
    pub fn holds(&self, text: &dyn Fn(&str) -> String) -> bool {
        match self {
            Self::Always => true,
            Self::Is(path, keys) => keys.contains(&text(path).as_str()),
            Self::Not(path, keys) => !keys.contains(&text(path).as_str()),
            Self::All(all) => all.iter().all(|one| one.holds(text)),
        }
    }
}

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Where its value is.
    pub path: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What it is for, in a sentence or two.
    pub help: &'static str,
    /// What stands in it, pale, while it is empty.
    pub placeholder: &'static str,
    /// How it is filled in.
    pub input: Input,
    /// When it is asked for.
    pub when: When,
    /// Whether it may stay empty where that is not plain.
    pub optional: bool,
    /// The key that counts while nothing is chosen.
    pub usual: &'static str,
}

/// A field with its place, its name and how it is filled in.
#[must_use]
pub const fn field(path: &'static str, label: &'static str, input: Input) -> Field {
    Field { path, label, help: "", placeholder: "", input, when: When::Always, optional: false, usual: "" }
}

impl Field {
    /// With an explanation.
    #[must_use]
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// With an example.
    #[must_use]
    pub const fn placeholder(self, placeholder: &'static str) -> Self {
        Self { placeholder, ..self }
    }

    /// Asked for under circumstances.
    #[must_use]
    pub const fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    /// May stay empty.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// What counts while nothing is chosen.
    #[must_use]
    pub const fn usual(self, usual: &'static str) -> Self {
        Self { usual, ..self }
    }
}

/// Fields that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// What they are about; empty for the first ones of a form.
    pub title: &'static str,
    /// An explanation of all of them.
    pub help: &'static str,
    /// The fields.
    pub fields: &'static [Field],
    /// When they are asked for.
    pub when: When,
    /// Seldom needed: closed until somebody opens it, or something in it is set.
    pub folded: bool,
}

/// A section that is always open.
#[must_use]
pub const fn section(title: &'static str, fields: &'static [Field]) -> Section {
    Section { title, help: "", fields, when: When::Always, folded: false }
}

impl Section {
    /// With an explanation.
    #[must_use]
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// Asked for under circumstances.
    #[must_use]
    pub const fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    /// Closed at first.
    #[must_use]
    pub const fn folded(self) -> Self {
        Self { folded: true, ..self }
    }
}

/// The form of a resource: by its kind and, where there are several, its application.
#[must_use]
pub fn form(kind: Kind, adaptor: &str) -> &'static [Section] {
    match (kind, adaptor) {
        (Kind::Connection, "http" | "rest" | "") => connection::HTTP,
        (Kind::Connection, _) => connection::UNKNOWN,
        (Kind::Export, "SimpleExport" | "simple") => export::SIMPLE,
        (Kind::Export, "WebhookExport" | "webhook") => listener::LISTENER,
        (Kind::Export, "HTTPExport" | "RESTExport" | "") => export::HTTP,
        (Kind::Export, "RDBMSExport") => database::RDBMS_EXPORT,
        (Kind::Export, "JDBCExport") => database::JDBC_EXPORT,
        (Kind::Import, "RDBMSImport") => database::RDBMS_IMPORT,
        (Kind::Import, "JDBCImport") => database::JDBC_IMPORT,
        (Kind::Import, "SimpleImport") => import::SIMPLE,
        (Kind::Import, "HTTPImport" | "RESTImport" | "") => import::HTTP,
        (Kind::Integration, _) => other::INTEGRATION,
        (Kind::LookupCache, _) => other::LOOKUP_CACHE,
        (Kind::IClient, _) => other::ICLIENT,
        (Kind::AsyncHelper, _) => other::ASYNC_HELPER,
        (Kind::FileDefinition, _) => other::FILE_DEFINITION,
        (Kind::Stack, _) => other::STACK,
        (Kind::Api, _) => other::API,
        (Kind::Agent, _) => other::AGENT,
        _ => other::PLAIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, shapes};

    fn all() -> Vec<(Kind, &'static [Section])> {
        let adaptors = [
            "",
            "http",
            "HTTPExport",
            "SimpleExport",
            "WebhookExport",
            "HTTPImport",
            "SimpleImport",
            "RDBMSExport",
            "JDBCExport",
            "RDBMSImport",
            "JDBCImport",
            "ftp",
        ];
        let of = |kind: Kind| adaptors.iter().map(move |adaptor| (kind, form(kind, adaptor)));
        Kind::ALL.into_iter().flat_map(of).collect()
    }

    #[test]
    fn a_field_is_a_secret_exactly_where_the_shapes_say_so() {
        for (kind, sections) in all() {
            for field in sections.iter().flat_map(|section| section.fields) {
                let secret = shapes(kind).shape(field.path) == Shape::Secret;
                assert_eq!(field.input == Input::Secret, secret, "{kind} {}", field.path);
                assert!(!matches!(shapes(kind).shape(field.path), Shape::Derived), "{kind} {}", field.path);
            }
        }
    }

    #[test]
    fn a_field_for_a_resource_asks_for_the_kind_that_the_shapes_name() {
        for (kind, sections) in all() {
            for field in sections.iter().flat_map(|section| section.fields) {
                if let Input::Reference(target) = field.input {
                    assert_eq!(shapes(kind).shape(field.path), Shape::Reference(target), "{kind} {}", field.path);
                }
                if matches!(field.input, Input::Pairs { .. } | Input::Lists | Input::Sources) {
                    assert_eq!(shapes(kind).shape(field.path), Shape::Rows, "{kind} {}", field.path);
                }
            }
        }
    }

    #[test]
    fn every_field_of_a_form_has_a_name_of_its_own_while_it_is_shown() {
        for (kind, sections) in all() {
            let fields: Vec<&Field> = sections.iter().flat_map(|section| section.fields).collect();
            for (at, one) in fields.iter().enumerate() {
                assert!(!one.label.is_empty(), "{kind} {}", one.path);
                let twice = fields[..at]
                    .iter()
                    .any(|other| other.path == one.path && other.when == one.when && other.input == one.input);
                assert!(!twice, "{kind} {}", one.path);
            }
        }
    }

    #[test]
    fn what_is_asked_for_depends_on_what_is_chosen() {
        let when = When::All(&[When::Is("/a", &["x", ""]), When::Not("/b", &["y"])]);
        let of =
            |a: &'static str, b: &'static str| move |path: &str| if path == "/a" { a.to_owned() } else { b.to_owned() };
        assert!(when.holds(&of("x", "")) && when.holds(&of("", "z")));
        assert!(!when.holds(&of("z", "")) && !when.holds(&of("x", "y")));
    }
}
