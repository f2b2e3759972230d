//! What an editor is: data, which one frame renders.
//!
//! Decides the vocabulary that descriptions are written in. Which editors there are is a table of the playground; what an
//! evaluation does with rules and input is the engine's.

/// One editor.
pub(crate) struct Editor {
    /// Its part of the address.
    pub slug: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Where it is listed.
    pub group: Group,
    /// Its icon.
    pub icon: &'static str,
    /// One sentence about it.
    pub about: &'static str,
    /// The evaluation that it asks.
    pub eval: &'static str,
    /// What is written; some editors have options alone.
    pub rules: Option<Rules>,
    /// What goes in; some editors need nothing.
    pub input: Option<Input>,
    /// Fields beside the rules.
    pub options: &'static [OptionField],
    /// What can be put into the rules.
    pub stubs: &'static [Stub],
    /// At least two; the first one is what somebody sees who was never here.
    pub examples: &'static [Example],
}

impl Editor {
    /// Whether its output is a form that can be filled in.
    pub(crate) fn draws_form(&self) -> bool {
        self.eval == "form"
    }

    /// Whether its rules are a script.
    pub(crate) fn is_script(&self) -> bool {
        self.rules.as_ref().is_some_and(|rules| rules.language == Language::Script)
    }
}

/// The groups of the list, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Handlebars and what is made of it.
    Templates,
    /// What is done with records.
    Records,
    /// Formats of files.
    Files,
    /// Scripts and schedules.
    Code,
}

impl Group {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Templates, Self::Records, Self::Files, Self::Code];

    /// Its heading.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Templates => "Templates",
            Self::Records => "Records",
            Self::Files => "Files",
            Self::Code => "Code and schedules",
        }
    }
}

/// The rules panel.
pub(crate) struct Rules {
    /// Its name.
    pub title: &'static str,
    /// What is written in it.
    pub language: Language,
    /// How the evaluation gets it.
    pub given: RulesAs,
    /// Other fields of the rules that are always the same: an object of JSON, or nothing.
    pub fixed: &'static str,
}

/// How the evaluation gets the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RulesAs {
    /// The text is JSON.
    Json,
    /// The text is one field of an object, whose others are options.
    Field(&'static str),
}

/// The input panel.
pub(crate) struct Input {
    /// Its name.
    pub title: &'static str,
    /// What stands in it.
    pub language: Language,
    /// How the evaluation gets it.
    pub given: InputAs,
}

/// How the evaluation gets the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputAs {
    /// The text is JSON.
    Json,
    /// The text itself.
    Text,
    /// A file of this computer, in base64.
    File,
}

/// What an editor colours and completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// JSON.
    Json,
    /// JavaScript.
    Script,
    /// Handlebars in a text.
    Template,
    /// Handlebars in JSON.
    JsonTemplate,
    /// Handlebars in XML, and XML alone.
    Xml,
    /// Handlebars in SQL, in which double quotes are around names.
    Sql,
    /// The same where names stand in backquotes, and double quotes are around texts.
    SqlBackquotes,
    /// The same where names stand in brackets too.
    SqlBrackets,
    /// Handlebars in GraphQL.
    GraphQl,
    /// Anything else.
    Text,
}

impl Language {
    /// As a dialect has it, where the options name one: the name that a connection has for its database.
    pub(crate) fn in_dialect(self, dialect: Option<&str>) -> Self {
        match (self, dialect) {
            (Self::Sql, Some("mysql" | "mariadb" | "bigquery")) => Self::SqlBackquotes,
            (Self::Sql, Some("mssql" | "azuresynapse")) => Self::SqlBrackets,
            (language, _) => language,
        }
    }

    /// Whether its braces call helpers.
    pub(crate) fn is_template(self) -> bool {
        !matches!(self, Self::Json | Self::Script | Self::Text)
    }

    /// Its name in the code editor.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Script => "javascript",
            Self::Template => "template",
            Self::JsonTemplate => "jsonTemplate",
            Self::Xml => "xml",
            Self::Sql => "sql",
            Self::SqlBackquotes => "sqlBackquotes",
            Self::SqlBrackets => "sqlBrackets",
            Self::GraphQl => "graphql",
            Self::Text => "text",
        }
    }

    /// Its name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Script => "JavaScript",
            Self::Template => "Handlebars",
            Self::JsonTemplate => "Handlebars, JSON",
            Self::Xml => "XML",
            Self::Sql | Self::SqlBackquotes | Self::SqlBrackets => "SQL",
            Self::GraphQl => "GraphQL",
            Self::Text => "Text",
        }
    }

    /// How its files end.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Json | Self::JsonTemplate => "json",
            Self::Script => "js",
            Self::Template => "hbs",
            Self::Xml => "xml",
            Self::Sql | Self::SqlBackquotes | Self::SqlBrackets => "sql",
            Self::GraphQl => "graphql",
            Self::Text => "txt",
        }
    }
}

/// A field beside the rules.
pub(crate) struct OptionField {
    /// The field of the rules or options.
    pub name: &'static str,
    /// Its label.
    pub label: &'static str,
    /// What it holds.
    pub kind: OptionKind,
    /// Where it goes.
    pub of: Of,
}

/// Where an option goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// Into the rules, beside their text.
    Rules,
    /// Into the options.
    Options,
}

/// What an option holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptionKind {
    /// A text, with what an empty one means.
    Text(&'static str),
    /// A whole number, with what an empty one means.
    Number(&'static str),
    /// Yes or no, and which of them it is without a word.
    Check(bool),
    /// One of several values with their names; the first is meant without a word.
    Choice(&'static [(&'static str, &'static str)]),
    /// The same, or whatever somebody types.
    ChoiceOrOwn(&'static [(&'static str, &'static str)]),
    /// Texts with commas between them.
    List(&'static str),
    /// Lines of `Name: value`.
    Headers(&'static str),
    /// A text of several lines.
    Lines(&'static str),
    /// A function of the script in the rules.
    Function,
}

/// A piece that can be put into the rules, with an input that fits.
pub(crate) struct Stub {
    /// Its name.
    pub name: &'static str,
    /// What is put at the end of the rules.
    pub code: &'static str,
    /// The input it is called with.
    pub input: &'static str,
}

/// A worked example.
pub(crate) struct Example {
    /// Its name.
    pub name: &'static str,
    /// The rules.
    pub rules: &'static str,
    /// The input.
    pub input: &'static str,
    /// The options: an object of JSON, or nothing.
    pub options: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_coloured_as_its_dialect_has_it() {
        let spoken = |dialect| Language::Sql.in_dialect(dialect).key();
        assert_eq!((spoken(None), spoken(Some("oracle"))), ("sql", "sql"));
        assert_eq!((spoken(Some("mariadb")), spoken(Some("mssql"))), ("sqlBackquotes", "sqlBrackets"));
        assert_eq!(Language::Json.in_dialect(Some("mysql")), Language::Json);
    }
}
