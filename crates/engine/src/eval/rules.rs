//! The evaluations of mappings and transformations.

use serde_json::{Value, json};
use tombolo_model::{Problem, Record, Val, excerpt};

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};
use crate::lookup::{Answers, Question};
use crate::mapper::{Around, MapError, Mapped};
use crate::mapping::Mapping;
use crate::response_mapping::ResponseMapping;
use crate::transform::Transform;

pub(super) const ALL: &[Evaluator] = &[
    ("mapper", mapper),
    ("transform", old_transform),
    ("transformTwoDotZero", transform),
    ("responseMapping", response_mapping),
];

/// `rules` is a list of mappings or `{mappings, lookups, inputContext}`, or `{fields, lists}` of version 1.0; `options` has what stands around them: `lookups`,
/// `inputContext`, `updates`, what templates name, and the answers of caches and endpoints.
fn mapper(request: &EvalRequest) -> EvalOutcome {
    if let Err(error) = shaped(&request.rules, &["mappings", "lookups", "inputContext", "fields", "lists"], true) {
        return EvalOutcome::failed([error]);
    }
    let is_old = request.rules.get("fields").is_some() || request.rules.get("lists").is_some();
    let of_import = |field: &str| request.options.get(field).or_else(|| request.rules.get(field));
    let mut import = json!({"lookups": of_import("lookups"), "inputContext": of_import("inputContext")});
    let mappings = request.rules.get("mappings").unwrap_or(&request.rules);
    import[if is_old { "mapping" } else { "mappings" }] = mappings.clone();
    match Mapping::compile(&import) {
        Ok(None) => EvalOutcome::made(request.input.clone()),
        Ok(Some(mapping)) => mapped(request, &|record, around| mapping.map(record, around)),
        Err(problems) => wrong(problems),
    }
}

/// `rules` is `{mode, mappings, lookups}`, or the transformation of a resource.
fn transform(request: &EvalRequest) -> EvalOutcome {
    let written = ["/expression/rulesTwoDotZero", "/rulesTwoDotZero"];
    let rules = written.iter().find_map(|place| request.rules.pointer(place)).unwrap_or(&request.rules);
    match shaped(rules, &["mode", "mappings", "lookups", "inputContext"], false) {
        Ok(()) => transformed(request, Transform::compile(rules, "")),
        Err(error) => EvalOutcome::failed([error]),
    }
}

/// `rules` is `[[{extract, generate}]]`, one such group, or the transformation of a resource.
fn old_transform(request: &EvalRequest) -> EvalOutcome {
    let written = ["/expression/rules", "/rules"];
    let rules = written.iter().find_map(|place| request.rules.pointer(place)).unwrap_or(&request.rules);
    let is_group = |group: &Value| group.as_array().is_some_and(|rows| rows.iter().all(Value::is_object));
    let rules = match rules {
        Value::Null => return transformed(request, Ok(None)),
        group if is_group(group) => json!([group]),
        Value::Array(groups) if groups.iter().all(is_group) => rules.clone(),
        _ => {
            let message = "These are no rules: write [[{\"extract\": …, \"generate\": …}]].";
            return EvalOutcome::failed([EvalError::at("invalid_rules", message, "/rules")]);
        }
    };
    transformed(request, Transform::compile_old(&rules, ""))
}

/// Rules of another shape would make nothing, which looks as if there were none.
fn shaped(rules: &Value, known: &[&str], list: bool) -> Result<(), EvalError> {
    let wrong = |message: String, path: &str| Err(EvalError::at("invalid_rules", message, path));
    match rules {
        Value::Null => Ok(()),
        Value::Array(_) if list => Ok(()),
        Value::Object(fields) => {
            let has_known = fields.is_empty() || fields.keys().any(|key| known.contains(&key.as_str()));
            if !has_known {
                return wrong(format!("These are no rules: they have none of {}.", known.join(", ")), "/rules");
            }
            let not_a_list = fields.get("mappings").is_some_and(|rows| !rows.is_array() && !rows.is_null());
            if not_a_list { wrong("Enter the mappings: a list.".to_owned(), "/mappings") } else { Ok(()) }
        }
        _ => wrong(format!("Enter the rules: an object with {}.", known.join(", ")), "/rules"),
    }
}

fn transformed(request: &EvalRequest, rules: Result<Option<Transform>, Vec<Problem>>) -> EvalOutcome {
    match rules {
        Ok(None) => EvalOutcome::made(request.input.clone()),
        Ok(Some(transform)) => mapped(request, &|record, around| transform.map(record, around)),
        Err(problems) => wrong(problems),
    }
}

fn wrong(problems: Vec<Problem>) -> EvalOutcome {
    EvalOutcome::failed(problems.into_iter().map(EvalError::from))
}

/// `input` is `{record, response}`: the record that goes on, and the answer. Without them it is the answer, for an empty
/// record.
fn response_mapping(request: &EvalRequest) -> EvalOutcome {
    if let Err(error) = shaped(&request.rules, &["fields", "lists"], false) {
        return EvalOutcome::failed([error]);
    }
    let (record, response) = match (request.input.get("record"), request.input.get("response")) {
        (None, None) => (Val::Map(Record::default()), &request.input),
        (record, response) => (record.cloned().unwrap_or_default(), response.unwrap_or(&Val::Absent)),
    };
    let mapping = match ResponseMapping::compile(&request.rules, "") {
        Ok(mapping) => mapping,
        Err(problems) => return wrong(problems),
    };
    let mut made = record;
    match mapping.map_or(Ok(()), |mapping| mapping.apply(&mut made, response)) {
        Ok(()) => EvalOutcome::made(made),
        Err(error) => EvalOutcome::failed([at_rule("response_mapping", &error, request)]),
    }
}

/// What templates may name beside the record.
const AROUND: [&str; 7] = ["settings", "connection", "import", "export", "job", "iClient", "testMode"];

/// What rules make of the input. A list is a group of rows.
fn mapped(request: &EvalRequest, map: &dyn Fn(&Val, &Around<'_, '_>) -> Result<Mapped, MapError>) -> EvalOutcome {
    let record = &request.input;
    let options = Val::from(&request.options);
    let is_group = matches!(record, Val::List(_));
    let find = |name: &str| match (name, &options) {
        ("record", _) => (!is_group).then_some(record),
        ("rows", _) => is_group.then_some(record),
        (name, Val::Map(options)) if AROUND.contains(&name) => options.get(name),
        _ => None,
    };
    let (env, answers) = (request.env(), answers(&request.options));
    let mut around = Around::new(&find, &env, &answers);
    around.updates = request.options.get("updates").and_then(Value::as_bool) == Some(true);
    match map(record, &around) {
        Ok(Mapped::Made(made)) => EvalOutcome::made(made),
        Ok(Mapped::Discarded) => EvalOutcome::failed([EvalError::new("discarded", "The record is discarded.")]),
        Ok(Mapped::Asks(questions)) => EvalOutcome::failed(questions.iter().map(asked)),
        Err(error) => EvalOutcome::failed([at_rule("mapping", &error, request)]),
    }
}

/// An error of a record, at the rule of its field.
fn at_rule(code: &str, error: &MapError, request: &EvalRequest) -> EvalError {
    let path = rule_of(&request.rules, &error.field, "", "").or_else(|| last_named(&request.rules, &error.field, ""));
    EvalError { path, ..EvalError::new(code, error.to_string()) }
}

/// The pointer of the rule that makes a field, whose name has the objects around it in front.
fn rule_of(rules: &Value, field: &str, outer: &str, here: &str) -> Option<String> {
    let below = |rules: &Value, outer: &str| match rules {
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(at, item)| rule_of(item, field, outer, &format!("{here}/{at}")))
        }
        Value::Object(fields) => {
            fields.iter().find_map(|(name, item)| rule_of(item, field, outer, &format!("{here}/{name}")))
        }
        _ => None,
    };
    let Some(name) = rules.get("generate").and_then(Value::as_str).filter(|name| !name.is_empty()) else {
        return below(rules, outer);
    };
    let whole = if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") };
    if whole == field {
        return Some(here.to_owned());
    }
    field.strip_prefix(&whole).filter(|rest| rest.starts_with('.')).and_then(|_| below(rules, &whole))
}

/// The pointer of a rule with just this name, wherever it is.
fn last_named(rules: &Value, field: &str, here: &str) -> Option<String> {
    if rules.get("generate").and_then(Value::as_str) == Some(field) {
        return Some(here.to_owned());
    }
    match rules {
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(at, item)| last_named(item, field, &format!("{here}/{at}")))
        }
        Value::Object(fields) => {
            fields.iter().find_map(|(name, item)| last_named(item, field, &format!("{here}/{name}")))
        }
        _ => None,
    }
}

fn asked(question: &Question) -> EvalError {
    let message = match question {
        Question::Cache { id, key } => {
            format!("The cache {id} is asked for “{key}”: enter its content in lookupCaches.", key = excerpt(&key))
        }
        Question::Request { method, uri, .. } => format!("{method} {uri} is asked: enter its answer in responses."),
    };
    EvalError::new("lookup_unanswered", message)
}

/// `lookupCaches` is `{id: {key: value}}`, `responses` a list of `{method, relativeURI, body, response}`.
fn answers(options: &Value) -> Answers {
    let mut answers = Answers::default();
    let caches = options.get("lookupCaches").and_then(Value::as_object);
    for (id, entries) in caches.into_iter().flatten() {
        answers.complete(id);
        for (key, value) in entries.as_object().into_iter().flatten() {
            let question = Question::Cache { id: id.as_str().into(), key: key.as_str().into() };
            answers.put(question, Ok(Val::from(value)));
        }
    }
    for response in options.get("responses").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| response.get(field).and_then(Value::as_str);
        let question = Question::Request {
            method: text("method").unwrap_or("GET").into(),
            uri: text("relativeURI").unwrap_or_default().into(),
            body: text("body").map(Into::into),
        };
        let answer = response.get("response").map_or_else(
            || Err(text("error").unwrap_or("there is no answer").to_owned()),
            |response| Ok(Val::from(response)),
        );
        answers.put(question, answer);
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::eval;

    #[test]
    fn filters_and_mappings_are_functions_of_their_rules_and_input() {
        let run = |name, rules: Value, input: Value| {
            eval(name, &EvalRequest { rules, input: input.into(), ..EvalRequest::default() }).unwrap()
        };
        let rule = json!(["equals", ["extract", "a"], 1]);
        assert_eq!(run("filter", rule, json!({"a": 1})).output, json!(true));
        let rules = json!([{"generate": "b", "dataType": "string", "extract": "$.a"}]);
        assert_eq!(run("mapper", rules, json!({"a": 1})).output, json!({"b": "1"}));
        let old = json!({"fields": [{"generate": "b.c", "extract": "a"}]});
        assert_eq!(run("mapper", old, json!({"a": 1})).output, json!({"b": {"c": 1}}));
        let rules = json!([{"extract": "a", "generate": "b"}]);
        assert_eq!(run("transform", rules, json!({"a": 1})).output, json!({"b": 1}));
        let fields = json!({"fields": [{"extract": "data[0].x", "generate": "b"}]});
        let input = json!({"record": {"a": 1}, "response": {"data": [{"x": 2}]}});
        assert_eq!(run("responseMapping", fields, input).output, json!({"a": 1, "b": 2}));
    }

    #[test]
    fn a_record_that_cannot_be_mapped_points_at_the_rule_of_its_field() {
        let path = |name: &str, rules: Value, input: Value| {
            let request = EvalRequest { rules, input: input.into(), ..EvalRequest::default() };
            eval(name, &request).unwrap().errors.remove(0).path
        };
        let row = |name: &str, kind: &str, more: Value| {
            let mut row = json!({"generate": name, "dataType": kind, "status": "Active"});
            row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            row
        };
        let number = || row("qty", "number", json!({"extract": "$.name"}));
        let deep =
            row("ship", "object", json!({"mappings": [row("x", "string", json!({"extract": "$.name"})), number()]}));
        let rules = json!([row("x", "string", json!({"extract": "$.name"})), deep]);
        assert_eq!(path("mapper", rules.clone(), json!({"name": "Ann"})).as_deref(), Some("/1/mappings/1"));
        let rules = json!({"mode": "create", "mappings": rules});
        assert_eq!(
            path("transformTwoDotZero", rules, json!({"name": "Ann"})).as_deref(),
            Some("/mappings/1/mappings/1")
        );
        let list =
            row("l", "objectarray", json!({"buildArrayHelper": [{"extract": "$.items[*]", "mappings": [number()]}]}));
        let input = json!({"name": "Ann", "items": [{}]});
        let found = path("mapper", json!([list]), input);
        assert_eq!(found.as_deref(), Some("/0/buildArrayHelper/0/mappings/0"));
        let old = json!({"fields": [{"generate": "a", "extract": "name", "dataType": "number"}]});
        assert_eq!(path("mapper", old, json!({"name": "Ann"})).as_deref(), Some("/fields/0"));
    }

    #[test]
    fn what_lookups_ask_is_answered_by_the_options() {
        let rules = json!([{"generate": "p", "dataType": "number", "extract": "$.sku", "lookupName": "l"}]);
        let ask = |caches: Value, lookups: Value| {
            let options = json!({"lookups": lookups, "lookupCaches": caches, "responses": [{"relativeURI": "/x", "response": {"v": 3}}]});
            let request = EvalRequest {
                rules: rules.clone(),
                input: json!({"sku": "x"}).into(),
                options,
                ..EvalRequest::default()
            };
            eval("mapper", &request).unwrap()
        };
        let cache = json!([{"name": "l", "_lookupCacheId": "c"}]);
        assert_eq!(ask(json!({"c": {"x": "2"}}), cache.clone()).output, json!({"p": 2}));
        assert_eq!(ask(json!({"c": {}}), cache.clone()).errors[0].code, "mapping");
        assert_eq!(ask(json!({}), cache).errors[0].code, "lookup_unanswered");
        let live = json!([{"name": "l", "relativeURI": "/{{record.sku}}", "extract": "v"}]);
        assert_eq!(ask(json!({}), live).output, json!({"p": 3}));
    }

    #[test]
    fn a_transformation_makes_a_record_anew_or_changes_it() {
        let run = |rules: Value| {
            let input = json!({"a": 1, "deep": {"x": 1, "y": [2]}, "b": "z"});
            eval("transformTwoDotZero", &EvalRequest { rules, input: input.into(), ..EvalRequest::default() }).unwrap()
        };
        let mappings = json!([{"generate": "deep", "dataType": "object", "mappings": [
                {"generate": "x", "dataType": "string", "extract": "$.b", "lookupName": "l"}]},
            {"generate": "b", "dataType": "stringarray", "buildArrayHelper": [{"extract": "{{record.a}}"}]}]);
        let lookups = json!([{"name": "l", "map": {"z": "Z"}}]);
        let rules = |mode: &str| json!({"mode": mode, "mappings": mappings, "lookups": lookups});
        assert_eq!(run(rules("create")).output, json!({"deep": {"x": "Z"}, "b": ["1"]}));
        assert_eq!(run(rules("modify")).output, json!({"a": 1, "deep": {"x": "Z", "y": [2]}, "b": ["1"]}));
        assert_eq!(*run(json!({"mode": "modify"})).output.get("a").unwrap(), json!(1));
        assert_eq!(run(rules("mix")).errors[0].path.as_deref(), Some("/mode"));
    }

    #[test]
    fn a_text_that_each_of_many_items_would_get_does_not_multiply_a_record() {
        let items: Vec<Value> = (0..2_000).map(|n| json!({"n": n})).collect();
        let record = json!({"big": "x".repeat(500_000), "o": {"big": "x".repeat(500_000)}, "items": items});
        let answered = json!({"record": {"lines": record["items"]}, "response": {"_json": record}});
        let in_items = |inner: Value| {
            json!([{"generate": "l", "dataType": "objectarray", "buildArrayHelper":
                [{"extract": "$.items[*]", "mappings": [inner]}]}])
        };
        let old = |extract: &str, generate: &str| json!({"extract": extract, "generate": generate});
        let response = |fields: Value, lists: Value| json!({"fields": fields, "lists": lists});
        for (name, rules, input) in [
            ("mapper", in_items(json!({"generate": "b", "dataType": "string", "extract": "$.big"})), &record),
            ("mapper", in_items(json!({"generate": "b", "dataType": "string", "extract": "{{record.big}}"})), &record),
            (
                "mapper",
                in_items(json!({"generate": "b", "dataType": "object", "extract": "$.o", "mappings":
                    [{"generate": "n", "dataType": "number", "extract": "$.items.n"}]})),
                &record,
            ),
            (
                "mapper",
                json!({"lists": [{"generate": "l", "fields": [old("items[*].n", "n"), old("big", "b")]}]}),
                &record,
            ),
            ("mapper", json!({"fields": [old("items", "l"), old("big", "l[*].b")]}), &record),
            ("transform", json!([old("items", "l"), old("big", "l[*].b")]), &record),
            ("responseMapping", response(json!([old("_json.big", "lines[*].b")]), json!([])), &answered),
            (
                "responseMapping",
                response(
                    json!([]),
                    json!([{"generate": "l", "fields": [old("_json.items[*].n", "n"), old("_json.big", "b")]}]),
                ),
                &answered,
            ),
        ] {
            let shown = rules.to_string();
            let made = eval(name, &EvalRequest { rules, input: input.into(), ..EvalRequest::default() }).unwrap();
            let said = made.errors.first().map_or("", |error| &*error.message);
            assert!(said.contains("more than 64 MB together"), "{name} {shown}: {said:.200}");
        }
    }
}
