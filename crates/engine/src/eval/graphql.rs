//! The evaluation of GraphQL queries: the body of a request. Nothing is sent.
//!
//! `rules` is `{query, variables?, operationName?}`: templates, of which that of the variables has to make an object;
//! variables may also be one. `input` is the context. Brackets, texts and the names of operations are looked at; whether
//! an application knows the fields is its own business.

use serde_json::{Map, Value, json};
use tombolo_model::excerpt;
use tombolo_template::Target;

use super::request::{context, parts};
use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};

pub(super) const ALL: &[Evaluator] = &[("graphql", graphql)];

fn graphql(request: &EvalRequest) -> EvalOutcome {
    match body(request) {
        Ok(body) => EvalOutcome::made(body),
        Err(error) => EvalOutcome::failed([error]),
    }
}

fn body(request: &EvalRequest) -> Result<Value, EvalError> {
    let rules = &request.rules;
    let Some(source) = rules.get("query").unwrap_or(rules).as_str() else {
        return Err(EvalError::at("invalid_rules", "Enter the query: a text.", "/query"));
    };
    let context = context(&request.input)?;
    let render = |source: &str, path: &str| parts(source, Target::Plain, path, &context, rules.get("lookups"), request);
    let query = render(source, "/query")?.to_string();
    let operations = operations(&blanked(source))?;
    let name = match rules.get("operationName").and_then(Value::as_str).filter(|name| !name.is_empty()) {
        Some(name) => Some(render(name, "/operationName")?.to_string()),
        None => None,
    };
    chosen(&operations, name.as_deref())?;
    let mut body = Map::new();
    body.insert("query".to_owned(), query.into());
    match rules.get("variables") {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) if text.trim().is_empty() => {}
        Some(Value::String(text)) => {
            let made = render(text, "/variables")?.to_string();
            let variables = serde_json::from_str::<Map<String, Value>>(&made).map_err(|error| {
                let message = format!("The variables are no object of JSON: {error}. They were: {}", excerpt(&made));
                EvalError::at("invalid_variables", message, "/variables")
            })?;
            body.insert("variables".to_owned(), variables.into());
        }
        Some(Value::Object(variables)) => {
            body.insert("variables".to_owned(), variables.clone().into());
        }
        Some(_) => return Err(EvalError::at("invalid_variables", "Enter the variables: an object.", "/variables")),
    }
    body.extend(name.map(|name| ("operationName".to_owned(), json!(name))));
    Ok(Value::Object(body))
}

/// The query with blanks in the place of what templates make, so that places stay.
fn blanked(source: &str) -> Vec<char> {
    let letters: Vec<char> = source.chars().collect();
    let mut made = letters.clone();
    let mut at = 0;
    while at + 1 < letters.len() {
        if letters[at] != '{' || letters[at + 1] != '{' {
            at += 1;
            continue;
        }
        let closes = |at: &usize| letters[*at] == '}' && letters.get(*at + 1) == Some(&'}');
        let Some(close) = (at + 2..letters.len()).find(closes) else { break };
        let braces = if letters.get(at + 2) == Some(&'{') { 3 } else { 2 };
        let end = (close + braces - 1).min(letters.len() - 1);
        for letter in &mut made[at..=end] {
            if *letter != '\n' {
                *letter = ' ';
            }
        }
        at = end + 1;
    }
    made
}

/// The operations of a query: their names, and the character at which each begins.
struct Operations {
    named: Vec<(String, usize)>,
    unnamed: Vec<usize>,
}

fn wrong(message: String, at: usize) -> EvalError {
    EvalError { at: Some(at + 1), ..EvalError::at("invalid_query", message, "/query") }
}

/// Goes through a query once: brackets have to close each other, and what stands outside of them begins operations.
fn operations(letters: &[char]) -> Result<Operations, EvalError> {
    let mut found = Operations { named: Vec::new(), unnamed: Vec::new() };
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut words: Vec<(String, usize)> = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        match letter {
            '#' => at += letters[at..].iter().take_while(|letter| **letter != '\n').count(),
            '"' => at = behind_text(letters, at)?,
            '{' | '(' | '[' => {
                if letter == '{' && open.is_empty() {
                    found.begin(&words, at);
                    words.clear();
                }
                open.push((letter, at));
                at += 1;
            }
            '}' | ')' | ']' => {
                close(&mut open, letter, at)?;
                at += 1;
            }
            _ if letter.is_alphanumeric() || letter == '_' => {
                let length = letters[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
                if open.is_empty() {
                    words.push((letters[at..at + length].iter().collect(), at));
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    match open.pop() {
        Some((bracket, at)) => Err(wrong(format!("The {bracket} here is never closed: write its end."), at)),
        None if found.named.is_empty() && found.unnamed.is_empty() => {
            Err(wrong("There is no operation: write one, such as query { viewer { id } }.".to_owned(), 0))
        }
        None => Ok(found),
    }
}

fn close(open: &mut Vec<(char, usize)>, letter: char, at: usize) -> Result<(), EvalError> {
    let wanted = match letter {
        '}' => '{',
        ')' => '(',
        _ => '[',
    };
    match open.pop() {
        Some((bracket, _)) if bracket == wanted => Ok(()),
        Some((bracket, _)) => Err(wrong(format!("The {letter} here closes a {bracket}: one of them is wrong."), at)),
        None => Err(wrong(format!("The {letter} here closes nothing: delete it."), at)),
    }
}

/// The place behind a text in quotation marks, of one line or of several.
fn behind_text(letters: &[char], start: usize) -> Result<usize, EvalError> {
    let open = || wrong("The text that begins here is never closed: write its quotation mark.".to_owned(), start);
    if letters[start..].starts_with(&['"', '"', '"']) {
        let end = letters[start + 3..].windows(3).position(|three| three == ['"', '"', '"']);
        return end.map(|end| start + 3 + end + 3).ok_or_else(open);
    }
    let mut at = start + 1;
    loop {
        match letters.get(at) {
            Some('"') => return Ok(at + 1),
            Some('\\') => at += 2,
            Some('\n') | None => return Err(open()),
            Some(_) => at += 1,
        }
    }
}

impl Operations {
    /// Notes what the words in front of a bracket begin.
    fn begin(&mut self, words: &[(String, usize)], at: usize) {
        match words {
            [(kind, at), (name, _), ..] if is_operation(kind) => self.named.push((name.clone(), *at)),
            [(kind, at)] if is_operation(kind) => self.unnamed.push(*at),
            [] => self.unnamed.push(at),
            // A fragment, or what only the application knows.
            _ => {}
        }
    }
}

fn is_operation(word: &str) -> bool {
    matches!(word, "query" | "mutation" | "subscription")
}

/// Of several operations one has to be named, and it has to be there.
fn chosen(operations: &Operations, name: Option<&str>) -> Result<(), EvalError> {
    let names = || {
        operations
            .named
            .iter()
            .map(|(name, _)| format!("“{name}”", name = excerpt(&name)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match name {
        Some(name) if operations.named.iter().any(|(have, _)| have == name) => Ok(()),
        Some(name) => {
            let there = if operations.named.is_empty() { "none has a name".to_owned() } else { names() };
            let message = format!("There is no operation “{name}”. There are: {there}.", name = excerpt(&name));
            Err(EvalError::at("unknown_operation", message, "/operationName"))
        }
        None if operations.named.len() + operations.unnamed.len() < 2 => Ok(()),
        None => {
            let second = operations.named.iter().map(|(_, at)| *at).chain(operations.unnamed.iter().copied());
            let mut places: Vec<usize> = second.collect();
            places.sort_unstable();
            let message = format!("The query has several operations: name the one to be done ({}).", names());
            Err(wrong(message, places.get(1).copied().unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::eval;

    fn made(rules: Value) -> EvalOutcome {
        let input = json!({"record": {"id": 7, "name": "O\"Brien"}});
        eval("graphql", &EvalRequest { rules, input: input.into(), ..EvalRequest::default() }).unwrap()
    }

    #[test]
    fn a_query_becomes_the_body_of_a_request() {
        let query = "query Order($id: ID!) { order(id: $id) { id note(in: \"{\") } } # }";
        let rules = json!({"query": query, "variables": "{\"id\": {{record.id}}, \"n\": \"{{jsonEncode record.name}}\"}", "operationName": "Order"});
        let want = json!({"query": query, "variables": {"id": 7, "n": "O\"Brien"}, "operationName": "Order"});
        assert_eq!(made(rules).output, want);
        assert_eq!(made(json!("{ a(id: {{record.id}}) }")).output, json!({"query": "{ a(id: 7) }"}));
    }

    #[test]
    fn a_query_that_cannot_be_one_says_where() {
        for (query, at, said) in [
            ("{ a { b }", 1, "never closed"),
            ("{ a }}", 6, "closes nothing"),
            ("{ a(b: 1 }", 10, "one of them is wrong"),
            ("{ a(b: \"x) }", 8, "quotation mark"),
            ("", 1, "There is no operation"),
            ("query A { a }\nquery B { b }", 15, "several operations"),
            ("{ é(id: {{record.id}}) ) }", 24, "one of them"),
        ] {
            let error = made(json!({ "query": query })).errors.remove(0);
            assert!(error.at == Some(at) && error.message.contains(said), "{query}: {error:?}");
        }
        let named = made(json!({"query": "query A { a }", "operationName": "B"})).errors.remove(0);
        assert_eq!((named.path.as_deref(), named.code.as_str()), (Some("/operationName"), "unknown_operation"));
        let none = made(json!({"query": "{a}", "variables": "[1]"})).errors.remove(0);
        assert_eq!(none.path.as_deref(), Some("/variables"));
    }
}
