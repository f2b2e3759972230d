//! A plan and a context make a text.

use tombolo_model::Val;

use crate::encode::uri_component;
use crate::plan::{Expr, Part};
use crate::{Target, Template, TemplateError};

/// No request body or address is longer.
const MOST: usize = 16 * 1024 * 1024;

pub(crate) fn render<'c>(
    template: &Template,
    lookup: &dyn Fn(&str) -> Option<&'c Val>,
) -> Result<String, TemplateError> {
    let mut out = String::new();
    for part in &template.parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Print { value, raw } => print(value, *raw, template.target, lookup, &mut out),
        }
        if out.len() > MOST {
            return Err(TemplateError::TooLong { most: MOST });
        }
    }
    Ok(out)
}

fn print<'c>(value: &Expr, raw: bool, target: Target, lookup: &dyn Fn(&str) -> Option<&'c Val>, out: &mut String) {
    let owned;
    let value = match value {
        Expr::Path(path) => match find(path, lookup) {
            Some(value) => value,
            None => return,
        },
        other => {
            owned = evaluate(other, lookup);
            &owned
        }
    };
    let text = value.display();
    match target {
        _ if raw => out.push_str(&text),
        Target::Plain => out.push_str(&text),
        Target::Uri => out.push_str(&uri_component(&text)),
        Target::Html => out.push_str(&escape_html(&text)),
    }
}

fn evaluate<'c>(expr: &Expr, lookup: &dyn Fn(&str) -> Option<&'c Val>) -> Val {
    match expr {
        Expr::Literal(value) => value.clone(),
        Expr::Path(path) => find(path, lookup).cloned().unwrap_or_default(),
        Expr::Call(helper, arguments) => {
            let arguments: Vec<Val> = arguments.iter().map(|argument| evaluate(argument, lookup)).collect();
            helper.call(&arguments)
        }
    }
}

fn find<'c>(path: &[Box<str>], lookup: &dyn Fn(&str) -> Option<&'c Val>) -> Option<&'c Val> {
    let mut at = lookup(path.first()?)?;
    for name in &path[1..] {
        at = match at {
            Val::Map(record) => record.get(name)?,
            Val::List(items) => items.get(name.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(at)
}

fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            '`' => out.push_str("&#x60;"),
            '=' => out.push_str("&#x3D;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use tombolo_model::KeyPool;

    use super::*;

    fn check(source: &str, target: Target, want: Result<&str, &str>) {
        let context = r#"{"record":{"name":"A & B","n":1.5,"list":["x","y"],"odd key":true,"nested":{"deep":"é"}}}"#;
        let Val::Map(context) = Val::parse(context.as_bytes(), &mut KeyPool::default()).unwrap() else {
            panic!("an object")
        };
        let got = Template::compile(source, target).and_then(|template| template.render(&|name| context.get(name)));
        match (got, want) {
            (Ok(got), Ok(want)) => assert_eq!(got, want, "{source}"),
            (Err(got), Err(want)) => assert!(got.to_string().contains(want), "{source}: {got}"),
            (got, want) => panic!("{source}: {got:?} and not {want:?}"),
        }
    }

    #[test]
    fn templates_print_what_handlebars_would() {
        check("{{record.name}}/{{{record.name}}}", Target::Uri, Ok("A%20%26%20B/A & B"));
        check("{{record.name}} {{&record.name}}", Target::Html, Ok("A &amp; B A & B"));
        check("[{{record.missing.deep}}]{{!-- }} --}}{{! note }}", Target::Plain, Ok("[]"));
        check("{{record.list.1}}{{record.[odd key]}}{{record.n}}", Target::Plain, Ok("ytrue1.5"));
        check(
            "{{jsonSerialize record.nested}} {{join \", \" record.list}}",
            Target::Plain,
            Ok("{\"deep\":\"é\"} x, y"),
        );
        check("{{uppercase (trim \" a \")}}", Target::Plain, Ok("A"));
        check(r"\{{not}} {{ 'text' }}", Target::Plain, Ok("{{not}} text"));
    }

    #[test]
    fn what_cannot_be_rendered_says_where() {
        check("ab{{record", Target::Plain, Err("character 3"));
        check("{{nohelper record.n}}", Target::Plain, Err("no helper “nohelper”"));
        check("{{#each record.list}}{{/each}}", Target::Plain, Err("block “each”"));
        check("{{}}", Target::Plain, Err("not an expression"));
    }
}
