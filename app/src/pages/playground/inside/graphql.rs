//! The body of a request in GraphQL: a template that makes an object of a query, its variables and the name of an
//! operation. It is kept as one text; the editor shows its parts.
//!
//! What stands between the braces of a template is no JSON and stays as it is, in texts too.

use serde_json::Value;

/// A longer text is not read: nobody writes one by hand.
const LONGEST: usize = 100_000;

/// The parts of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::pages::playground) struct Body {
    pub(in crate::pages::playground) query: String,
    /// As they are written: they may be made by a template.
    pub(in crate::pages::playground) variables: String,
    pub(in crate::pages::playground) operation: String,
}

impl Body {
    /// The parts of a text; nothing where it is something else.
    pub(in crate::pages::playground) fn read(text: &str) -> Option<Self> {
        let mut body = Self::default();
        let mut rest = text.trim();
        if rest.is_empty() {
            return Some(body);
        }
        let closing = closing(rest);
        if rest.len() > LONGEST {
            return None;
        }
        rest = rest.strip_prefix('{')?.trim_start();
        loop {
            let (name, after) = string(rest, closing)?;
            rest = after.trim_start().strip_prefix(':')?.trim_start();
            if name == "variables" {
                let end = value_end(rest, closing)?;
                let written = rest.get(..end)?.trim();
                body.variables = if written == "null" { String::new() } else { written.to_owned() };
                rest = rest.get(end..)?;
            } else {
                let field = match name.as_str() {
                    "query" => &mut body.query,
                    "operationName" => &mut body.operation,
                    _ => return None,
                };
                match rest.strip_prefix("null") {
                    Some(after) => rest = after,
                    None => (*field, rest) = string(rest, closing)?,
                }
            }
            rest = rest.trim_start();
            match rest.strip_prefix(',') {
                Some(after) => rest = after.trim_start(),
                None => return (rest.strip_prefix('}')?.trim().is_empty()).then_some(body),
            }
        }
    }

    /// Whether the query is one: other applications have queries of their own in a field of this name.
    pub(in crate::pages::playground) fn is_query(&self) -> bool {
        let query = self.query.trim_start();
        let begins =
            ["query", "mutation", "subscription", "fragment", "{", "#"].iter().any(|word| query.starts_with(word));
        begins && query.contains('{')
    }

    /// The text; empty where there is nothing in it.
    pub(in crate::pages::playground) fn written(&self) -> String {
        let mut fields = vec![format!("  \"query\": {}", quoted(&self.query))];
        if !self.variables.trim().is_empty() {
            fields.push(format!("  \"variables\": {}", self.variables.trim()));
        }
        if !self.operation.is_empty() {
            fields.push(format!("  \"operationName\": {}", quoted(&self.operation)));
        }
        if fields.len() == 1 && self.query.is_empty() {
            return String::new();
        }
        format!("{{\n{}\n}}", fields.join(",\n"))
    }
}

/// How long the end of a text is that has its last closing braces in it: in what is left of the text and is shorter,
/// nobody needs to look for them.
fn closing(text: &str) -> usize {
    text.rfind("}}").map_or(usize::MAX, |at| text.len() - at)
}

/// Where what begins with braces of a template ends. Of a text to its end, whose last closing braces are in the last
/// `closing` bytes.
fn template_end(text: &str, closing: usize) -> Option<usize> {
    if text.len() < closing || !text.starts_with("{{") {
        return None;
    }
    let close = text.find("}}")? + 2;
    // Three braces close three.
    Some(close + usize::from(text.starts_with("{{{") && text.get(close..)?.starts_with('}')))
}

/// A text in quotation marks at the beginning, and what is behind it.
fn string(text: &str, closing: usize) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let (mut made, mut plain) = (String::new(), String::new());
    let take = |plain: &mut String, made: &mut String| {
        made.push_str(&serde_json::from_str::<String>(&format!("\"{plain}\"")).ok()?);
        plain.clear();
        Some(())
    };
    loop {
        if let Some(end) = template_end(rest, closing) {
            take(&mut plain, &mut made)?;
            made.push_str(rest.get(..end)?);
            rest = rest.get(end..)?;
            continue;
        }
        let letter = rest.chars().next()?;
        rest = rest.get(letter.len_utf8()..)?;
        match letter {
            '"' => {
                take(&mut plain, &mut made)?;
                return Some((made, rest));
            }
            '\\' => {
                let next = rest.chars().next()?;
                rest = rest.get(next.len_utf8()..)?;
                plain.push('\\');
                plain.push(next);
            }
            letter => plain.push(letter),
        }
    }
}

/// A text in quotation marks.
fn quoted(text: &str) -> String {
    let escape = |plain: &str| {
        let made = Value::from(plain).to_string();
        made.get(1..made.len() - 1).unwrap_or_default().to_owned()
    };
    let (mut made, mut rest, closing) = ("\"".to_owned(), text, closing(text));
    while let Some(start) = rest.find("{{") {
        let Some(end) = rest.get(start..).and_then(|text| template_end(text, closing)) else { break };
        made.push_str(&escape(rest.get(..start).unwrap_or_default()));
        made.push_str(rest.get(start..start + end).unwrap_or_default());
        rest = rest.get(start + end..).unwrap_or_default();
    }
    made.push_str(&escape(rest));
    made.push('"');
    made
}

/// Where a value ends: at the comma or brace behind it.
fn value_end(text: &str, closing: usize) -> Option<usize> {
    let (mut at, mut open) = (0, 0_usize);
    loop {
        let rest = text.get(at..)?;
        let letter = rest.chars().next()?;
        match letter {
            '"' => {
                let (_, after) = string(rest, closing)?;
                at += rest.len() - after.len();
                continue;
            }
            '{' | '[' => open += 1,
            '}' | ']' if open == 0 => return Some(at),
            '}' | ']' => open -= 1,
            ',' if open == 0 => return Some(at),
            _ => {}
        }
        at += letter.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(query: &str, variables: &str, operation: &str) -> Body {
        Body { query: query.to_owned(), variables: variables.to_owned(), operation: operation.to_owned() }
    }

    #[test]
    fn a_body_of_graphql_is_read_as_it_was_written() {
        for one in [
            body("", "", ""),
            body("query A($id: ID!) {\n  a(id: $id, n: \"é\\n\") { b }\n}", "{\n  \"id\": \"{{record.id}}\"\n}", "A"),
            body(
                "{ a(in: {{lookup \"t\" record.x}}) { b {c} } }",
                "{\"n\": {{record.n}}, \"l\": [1, {\"x\": \"}\"}]}",
                "",
            ),
            body("{ a }", "{{{jsonSerialize record}}}", "{{#if record.isNew}}Create{{else}}Find{{/if}}"),
            body("{ a {{", "", ""),
            body("{ a(b: {{record.b}}) {{", "", ""),
        ] {
            assert_eq!(Body::read(&one.written()), Some(one.clone()), "{}", one.written());
        }
        assert_eq!(body("", "", "").written(), "");
    }

    #[test]
    fn braces_are_looked_for_as_long_as_there_are_any() {
        assert_eq!((closing("a}} b"), closing("{{{{")), (4, usize::MAX));
        let text = "{{ a }} {{ b";
        assert_eq!((template_end(text, closing(text)), template_end(&text[8..], closing(text))), (Some(7), None));
        let long = format!("{{\"query\": \"{{ a {}\"}}", "{{".repeat(LONGEST));
        assert_eq!(Body::read(&long), None);
    }

    #[test]
    fn a_body_that_somebody_else_wrote_is_read_and_another_is_none() {
        let theirs = r#"{"operationName":null,"variables":null,"query":"{ viewer { id } }"}"#;
        assert_eq!(Body::read(theirs), Some(body("{ viewer { id } }", "", "")));
        assert!(Body::read(theirs).unwrap().is_query());
        let soql = r#"{"query": "SELECT Id FROM Account"}"#;
        assert!(!Body::read(soql).unwrap().is_query());
        for none in
            ["[1]", "{\"ids\": [1]}", "{\"query\": 5}", "<a/>", "{\"query\": \"{ a }", "{", "{\"variables\": {", "{}"]
        {
            assert_eq!(Body::read(none), None, "{none}");
        }
    }
}
