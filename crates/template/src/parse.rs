//! Template source to plan.

use tombolo_model::Val;

use crate::TemplateError;
use crate::helpers::Helper;
use crate::plan::{Expr, Part};

pub(crate) fn template(source: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = source;
    while let Some(open) = rest.find("{{") {
        let at = position(source, rest, open);
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

fn position(source: &str, rest: &str, offset: usize) -> usize {
    let bytes = source.len() - rest.len() + offset;
    source[..bytes].chars().count() + 1
}

fn expression(inner: &str, at: usize) -> Result<Expr, TemplateError> {
    let syntax = || TemplateError::Syntax { at, text: inner.to_owned() };
    if let Some(block) = inner.strip_prefix(['#', '/', '^', '>']) {
        let name = block.split_whitespace().next().unwrap_or_default().to_owned();
        return Err(TemplateError::Block { at, name });
    }
    let mut tokens = Tokens { rest: inner };
    let first = tokens.next().ok_or_else(syntax)?;
    let made = call(first, &mut tokens, at, inner)?;
    if tokens.next().is_some() { Err(syntax()) } else { Ok(made) }
}

/// A path or literal alone, or a helper with what follows it.
fn call(first: &str, tokens: &mut Tokens<'_>, at: usize, inner: &str) -> Result<Expr, TemplateError> {
    let mut arguments = Vec::new();
    while let Some(token) = tokens.peek().filter(|token| *token != ")") {
        tokens.next();
        arguments.push(if token == "(" { group(tokens, at, inner)? } else { operand(token, at, inner)? });
    }
    if arguments.is_empty() {
        return operand(first, at, inner);
    }
    match Helper::named(first) {
        Some(helper) => Ok(Expr::Call(helper, arguments)),
        None => Err(TemplateError::UnknownHelper { at, name: first.to_owned() }),
    }
}

fn group(tokens: &mut Tokens<'_>, at: usize, inner: &str) -> Result<Expr, TemplateError> {
    let syntax = || TemplateError::Syntax { at, text: inner.to_owned() };
    let first = tokens.next().ok_or_else(syntax)?;
    let made = call(first, tokens, at, inner)?;
    if tokens.next() == Some(")") { Ok(made) } else { Err(syntax()) }
}

fn operand(token: &str, at: usize, inner: &str) -> Result<Expr, TemplateError> {
    let quoted = token.strip_prefix(['"', '\'']).map(|rest| &rest[..rest.len().saturating_sub(1)]);
    Ok(match (quoted, token) {
        (Some(text), _) => Expr::Literal(Val::text(text)),
        (None, "true") => Expr::Literal(Val::Bool(true)),
        (None, "false") => Expr::Literal(Val::Bool(false)),
        (None, "null" | "undefined") => Expr::Literal(Val::Null),
        (None, number) if number.parse::<i64>().is_ok() => Expr::Literal(number.parse().map_or(Val::Null, Val::Int)),
        (None, path) => Expr::Path(segments(path).ok_or_else(|| TemplateError::Syntax { at, text: inner.to_owned() })?),
    })
}

/// `record.a.[b c].0`, `this.a`, `a/b`.
fn segments(path: &str) -> Option<Vec<Box<str>>> {
    let mut made: Vec<Box<str>> = Vec::new();
    let mut rest = path.strip_prefix("this.").unwrap_or(path);
    while !rest.is_empty() {
        let (segment, after) = match rest.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once(']')?,
            None => {
                let end = rest.find(['.', '/', '[']).unwrap_or(rest.len());
                rest.split_at(end)
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
