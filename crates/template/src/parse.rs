//! Template source to plan.
//!
//! Invariant: any text is either compiled or refused with a place; none is fatal, however it is cut off or nested.

use tombolo_model::Val;

use crate::TemplateError;
use crate::helpers::Helper;
use crate::plan::{Expr, Part};

/// Calls within calls go no deeper: a person's never do, and parsing and rendering take stack for each.
const DEEPEST: usize = 32;

pub(crate) fn template(source: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = source;
    let mut place = Place { counted: source, at: 1 };
    while let Some(open) = rest.find("{{") {
        let at = place.of(&rest[open..]);
        let before = &rest[..open];
        // A backslash in front makes the braces plain characters.
        if let Some(escaped) = before.strip_suffix('\\') {
            text.push_str(escaped);
            let end = rest[open..].find("}}").map_or(rest.len(), |end| open + end + 2);
            text.push_str(&rest[open..end]);
            rest = &rest[end..];
            continue;
        }
        text.push_str(before);
        let body = &rest[open + 2..];
        let (inner, after, raw) = tag(body).ok_or(TemplateError::Unclosed { at })?;
        rest = after;
        if inner.starts_with('!') {
            continue;
        }
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text).into()));
        }
        parts.push(Part::Print { value: expression(inner, at)?, raw });
    }
    text.push_str(rest);
    if !text.is_empty() {
        parts.push(Part::Text(text.into()));
    }
    Ok(parts)
}

/// The inside of a tag, what follows it, and whether it prints raw.
fn tag(body: &str) -> Option<(&str, &str, bool)> {
    if let Some(comment) = body.strip_prefix("!--") {
        let end = comment.find("--}}")?;
        return Some(("!", &comment[end + 4..], false));
    }
    if let Some(raw) = body.strip_prefix('{') {
        let end = raw.find("}}}")?;
        return Some((raw[..end].trim(), &raw[end + 3..], true));
    }
    let end = body.find("}}")?;
    let inner = body[..end].trim();
    Some(match inner.strip_prefix('&') {
        Some(raw) => (raw.trim(), &body[end + 2..], true),
        None => (inner, &body[end + 2..], false),
    })
}

/// Counts characters from tag to tag, so that none is counted twice.
struct Place<'s> {
    counted: &'s str,
    at: usize,
}

impl<'s> Place<'s> {
    /// The place of what is left of the source, in characters from 1.
    fn of(&mut self, left: &'s str) -> usize {
        self.at += self.counted[..self.counted.len() - left.len()].chars().count();
        self.counted = left;
        self.at
    }
}

fn expression(inner: &str, at: usize) -> Result<Expr, TemplateError> {
    let syntax = || TemplateError::Syntax { at, text: inner.to_owned() };
    if let Some(block) = inner.strip_prefix(['#', '/', '^', '>']) {
        let name = block.split_whitespace().next().unwrap_or_default().to_owned();
        return Err(TemplateError::Block { at, name });
    }
    let mut tokens = Tokens { rest: inner };
    let first = tokens.next().ok_or_else(syntax)?;
    let made = Parser { at, inner }.call(first, &mut tokens, 0)?;
    if tokens.next().is_some() { Err(syntax()) } else { Ok(made) }
}

/// What stands between the braces at a place.
struct Parser<'s> {
    at: usize,
    inner: &'s str,
}

impl Parser<'_> {
    fn syntax(&self) -> TemplateError {
        TemplateError::Syntax { at: self.at, text: self.inner.to_owned() }
    }

    /// A path or literal alone, or a helper with what follows it.
    fn call(&self, first: &str, tokens: &mut Tokens<'_>, depth: usize) -> Result<Expr, TemplateError> {
        let mut arguments = Vec::new();
        while let Some(token) = tokens.peek().filter(|token| *token != ")") {
            tokens.next();
            arguments.push(if token == "(" { self.group(tokens, depth + 1)? } else { self.operand(token)? });
        }
        if arguments.is_empty() {
            return self.operand(first);
        }
        match Helper::named(first) {
            Some(helper) => Ok(Expr::Call(helper, arguments)),
            None => Err(TemplateError::UnknownHelper { at: self.at, name: first.to_owned() }),
        }
    }

    fn group(&self, tokens: &mut Tokens<'_>, depth: usize) -> Result<Expr, TemplateError> {
        if depth > DEEPEST {
            return Err(TemplateError::TooDeep { at: self.at, most: DEEPEST });
        }
        let first = tokens.next().ok_or_else(|| self.syntax())?;
        let made = self.call(first, tokens, depth)?;
        if tokens.next() == Some(")") { Ok(made) } else { Err(self.syntax()) }
    }

    fn operand(&self, token: &str) -> Result<Expr, TemplateError> {
        if let Some(quote) = token.chars().next().filter(|first| matches!(first, '"' | '\'')) {
            let text = token[1..].strip_suffix(quote).ok_or_else(|| self.syntax())?;
            return Ok(Expr::Literal(Val::text(text)));
        }
        Ok(match token {
            "true" => Expr::Literal(Val::Bool(true)),
            "false" => Expr::Literal(Val::Bool(false)),
            "null" | "undefined" => Expr::Literal(Val::Null),
            number if number.parse::<i64>().is_ok() => Expr::Literal(number.parse().map_or(Val::Null, Val::Int)),
            path => Expr::Path(segments(path).ok_or_else(|| self.syntax())?),
        })
    }
}

/// `record.a.[b c].0`, `this.a`, `a/b`. A step up (`../a`) leads nowhere without blocks, and nor does an empty name.
fn segments(path: &str) -> Option<Vec<Box<str>>> {
    let mut made: Vec<Box<str>> = Vec::new();
    let mut rest = path.strip_prefix("this.").unwrap_or(path);
    while !rest.is_empty() {
        let (segment, after) = match rest.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once(']')?,
            None => {
                let end = rest.find(['.', '/', '[']).unwrap_or(rest.len());
                rest.split_at_checked(end).filter(|(segment, _)| !segment.is_empty())?
            }
        };
        if segment.contains(['{', '}', '"', '\'', '=', '|', '(', ')']) {
            return None;
        }
        made.push(segment.into());
        rest = after.strip_prefix(['.', '/']).unwrap_or(after);
    }
    (!made.is_empty()).then_some(made)
}

#[derive(Clone, Copy)]
struct Tokens<'s> {
    rest: &'s str,
}

impl<'s> Tokens<'s> {
    fn peek(&self) -> Option<&'s str> {
        let mut copy = *self;
        copy.next()
    }
}

impl<'s> Iterator for Tokens<'s> {
    type Item = &'s str;

    fn next(&mut self) -> Option<&'s str> {
        let rest = self.rest.trim_start();
        let first = rest.chars().next()?;
        let end = match first {
            '(' | ')' => 1,
            '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            _ => {
                let mut bracket = false;
                let stop = |character: char| {
                    bracket = (bracket || character == '[') && character != ']';
                    !bracket && (character.is_whitespace() || matches!(character, '(' | ')'))
                };
                rest.find(stop).unwrap_or(rest.len())
            }
        };
        let (token, after) = rest.split_at(end);
        self.rest = after;
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Target, Template};

    #[test]
    fn a_quote_that_does_not_end_is_refused_with_its_place() {
        for source in ["{{\"é}}", "{{\"}}", "{{'}}", "{{\"abc}}", "{{trim 'abc}}", "{{join \"a' b}}", "{{'é\"}}"] {
            let error = template(source).unwrap_err();
            assert!(matches!(error, TemplateError::Syntax { at: 1, .. }), "{source}: {error}");
        }
        assert!(template("{{trim ''}}{{'é'}}").is_ok());
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        for source in ["{{../a}}", "{{./a}}", "{{a..b}}", "{{.}}", "{{a.[b}}"] {
            assert!(matches!(template(source), Err(TemplateError::Syntax { .. })), "{source}");
        }
    }

    #[test]
    fn calls_within_calls_have_an_end() {
        let nested = |levels| format!("é{{{{trim {}a{}}}}}", "(trim ".repeat(levels), ")".repeat(levels));
        assert!(template(&nested(DEEPEST)).is_ok());
        for source in [nested(DEEPEST + 1), format!("é{{{{{}}}}}", "(".repeat(1_000_000))] {
            assert_eq!(template(&source).unwrap_err(), TemplateError::TooDeep { at: 2, most: DEEPEST });
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_rendered_or_refused(
            pieces in prop::collection::vec(
                prop_oneof![
                    3 => "[{}()\\[\\]\"'.!&#/ -]{1,3}",
                    1 => prop::sample::select(vec!["{{", "}}", "{{{", "}}}", "{{!--", "--}}", "\\{{", "join ", "trim "]).prop_map(str::to_owned),
                    1 => "\\PC{0,3}",
                ],
                0..24,
            ),
            wrapped: bool,
        ) {
            let text = pieces.concat();
            let source = if wrapped { format!("é{{{{{text}}}}}") } else { text };
            let context = Val::text("é");
            match Template::compile(&source, Target::Uri) {
                Ok(template) => {
                    let rendered = template.render(&|_| Some(&context));
                    prop_assert!(rendered.is_ok());
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}
