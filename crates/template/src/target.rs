//! How `{{ }}` writes a value into each kind of text.

use crate::encode::percent;
use crate::sql::SqlDialect;

/// What the rendered text becomes, which decides how `{{ }}` writes a value. `{{{ }}}` writes it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// A text of no special kind.
    #[default]
    Plain,
    /// Part of a web page: `&`, `<`, `>`, quotes, backquote and `=` are escaped as handlebars.js does.
    Html,
    /// Part of an address: everything but letters, digits and `-_.!~*'()` is percent-encoded.
    Uri,
    /// Part of a query: a text in single quotes, as the dialect writes one.
    Sql(SqlDialect),
}

impl Target {
    /// Appends a value's text.
    pub(crate) fn write(self, text: &str, out: &mut String) {
        match self {
            Self::Plain => out.push_str(text),
            Self::Html => html(text, out),
            // Alone between two slashes they would lead elsewhere, and written so they show that a value brought them.
            Self::Uri if matches!(text, "." | "..") => out.push_str(&text.replace('.', "%2E")),
            Self::Uri => percent(text, b"-_.!~*'()", out),
            Self::Sql(dialect) => dialect.write(text, out),
        }
    }
}

fn html(text: &str, out: &mut String) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#x27;",
            b'`' => "&#x60;",
            b'=' => "&#x3D;",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(escaped);
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_its_escapes() {
        let write = |target: Target| {
            let mut out = String::new();
            target.write("é&<'`=\"> ", &mut out);
            out
        };
        assert_eq!(write(Target::Plain), "é&<'`=\"> ");
        assert_eq!(write(Target::Html), "é&amp;&lt;&#x27;&#x60;&#x3D;&quot;&gt; ");
        assert_eq!(write(Target::Uri), "%C3%A9%26%3C'%60%3D%22%3E%20");
        let written = ["..", ".", "...", "a.b"].map(|text| {
            let mut out = String::new();
            Target::Uri.write(text, &mut out);
            out
        });
        assert_eq!(written, ["%2E%2E", "%2E", "...", "a.b"]);
        assert_eq!(write(Target::Sql(SqlDialect::Standard)), "'é&<''`=\"> '");
    }
}
