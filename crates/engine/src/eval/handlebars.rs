//! The evaluation of templates.
//!
//! `rules` is the template, or `{template, partials?, strict?, escape?, lookups?}`: partials by name, `escape` one of
//! `html`, `plain`, `uri` and `sql`, lookups as an import has them. `input` is the context.

use serde_json::Value;
use tombolo_model::{Problem, Record, Val, excerpt};
use tombolo_template::{Options, SqlDialect, Target, Template, TemplateError};

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};
use crate::lookup::{Answers, Lookups};
use crate::mapper::Around;

pub(super) const ALL: &[Evaluator] = &[("handlebars", handlebars)];

fn handlebars(request: &EvalRequest) -> EvalOutcome {
    match rendered(request) {
        Ok(text) => EvalOutcome::made(text),
        Err(error) => EvalOutcome::failed([error]),
    }
}

fn rendered(request: &EvalRequest) -> Result<String, EvalError> {
    let rules = &request.rules;
    let Some(source) = rules.get("template").unwrap_or(rules).as_str() else {
        return Err(EvalError::at("invalid_rules", "Enter a template: a text.", "/template"));
    };
    let named = rules.get("partials").and_then(Value::as_object);
    let partials: Vec<(&str, &str)> =
        named.into_iter().flatten().filter_map(|(name, source)| Some((name.as_str(), source.as_str()?))).collect();
    let strict = rules.get("strict").and_then(Value::as_bool).unwrap_or_default();
    let options = Options { target: target(rules)?, strict, partials: &partials };
    let template = Template::compile_with(source, &options).map_err(|error| said(&error))?;
    let nothing = Record::default();
    let context = match &request.input {
        Val::Map(context) => context,
        Val::Absent | Val::Null => &nothing,
        _ => return Err(EvalError::at("invalid_input", "Enter a context: an object.", "/input")),
    };
    let tables = Lookups::compile(rules.get("lookups"), "/lookups").map_err(first)?;
    let (env, answers) = (request.env(), Answers::default());
    let find = |name: &str| context.get(name);
    let around = Around::new(&find, &env, &answers);
    let lookups = |name: &str, key: &Val| tables.value(name, key, &around);
    env.scoped(&lookups, |env| template.render_in(context, env)).map_err(|error| said(&error))
}

/// The first of what is wrong.
fn first(problems: Vec<Problem>) -> EvalError {
    problems.into_iter().next().map_or_else(|| EvalError::new("invalid_rules", "The rules are wrong."), EvalError::from)
}

fn said(error: &TemplateError) -> EvalError {
    EvalError::in_template(error, "/template")
}

fn target(rules: &Value) -> Result<Target, EvalError> {
    match rules.get("escape").and_then(Value::as_str) {
        Some("html") => Ok(Target::Html),
        Some("uri") => Ok(Target::Uri),
        Some("sql") => Ok(Target::Sql(SqlDialect::default())),
        None | Some("" | "plain") => Ok(Target::Plain),
        Some(other) => {
            let message =
                format!("There is no escape “{other}”: use html, plain, uri or sql.", other = excerpt(&other));
            Err(EvalError::at("invalid_rules", message, "/escape"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::eval::eval;

    fn run(rules: &Value, input: &Value) -> Result<Value, EvalError> {
        let request = EvalRequest { rules: rules.clone(), input: input.into(), ..EvalRequest::default() };
        let mut outcome = eval("handlebars", &request).unwrap();
        outcome.errors.pop().map_or(Ok(Value::from(&outcome.output)), Err)
    }

    #[test]
    fn a_template_is_rendered_for_its_target_with_its_partials() {
        let input = json!({"a": "O'Brien & co", "list": [1, 2]});
        for (rules, want) in [
            (json!("{{a}}!"), "O'Brien & co!"),
            (json!({"template": "{{a}}", "escape": "html"}), "O&#x27;Brien &amp; co"),
            (json!({"template": "{{a}}", "escape": "uri"}), "O'Brien%20%26%20co"),
            (json!({"template": "x = {{a}}", "escape": "sql"}), "x = 'O''Brien & co'"),
            (json!({"template": "{{#each list}}{{> p}}{{/each}}", "partials": {"p": "<{{this}}>"}}), "<1><2>"),
            (json!({"template": "{{{jsonSerialize this}}}"}), r#"{"a":"O'Brien & co","list":[1,2]}"#),
        ] {
            assert_eq!(run(&rules, &input), Ok(json!(want)), "{rules}");
        }
    }

    #[test]
    fn what_is_wrong_has_a_code_and_a_place() {
        let input = json!({"a": 1});
        for (rules, code, message) in [
            (json!({"template": "ab{{nope a}}"}), "unknown_helper", "character 3"),
            (json!({"template": "{{b}}", "strict": true}), "missing_field", "“b”"),
            (json!({"template": "{{a", "strict": true}), "template_syntax", "never closed"),
            (json!({"template": "{{> p}}"}), "unknown_partial", "“p”"),
            (json!({"template": "{{a}}", "escape": "latex"}), "invalid_rules", "latex"),
            (json!({}), "invalid_rules", "template"),
        ] {
            let error = run(&rules, &input).unwrap_err();
            assert!(error.code == code && error.message.contains(message), "{rules}: {error:?}");
        }
        assert_eq!(run(&json!("{{a}}"), &json!([1])).unwrap_err().code, "invalid_input");
    }

    #[test]
    fn static_lookups_are_those_of_an_import() {
        let rules = |template: &str, more: Value| {
            let mut lookup = json!({"name": "states", "map": {"Texas": "TX"}});
            lookup.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"template": template, "lookups": [lookup]})
        };
        let input = json!({"s": "Texas", "o": "Ohio"});
        let template = "{{lookup \"states\" s}} {{lookup \"states\" o}}";
        assert_eq!(run(&rules(template, json!({"default": "?"})), &input), Ok(json!("TX ?")));
        assert_eq!(run(&rules(template, json!({"allowFailures": true})), &input), Ok(json!("TX ")));
        assert!(run(&rules(template, json!({})), &input).unwrap_err().message.contains("“Ohio”"));
    }
}
