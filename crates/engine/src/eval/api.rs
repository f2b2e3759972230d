//! The evaluation of APIs that are built of rules: what one answers to a request.
//!
//! `rules` is an API or its `builder`: `{request, responses}`. `input` is `{request: {method, path, headers, body}, record?,
//! success?}`: the request that came (without one, the request's `mockRequest`), the record that the steps left (without
//! one, what the request became), and whether they went well. No step runs: what they do is tried in a flow. The output is
//! `{statusCode, headers, body, response}`.

use serde_json::{Map, Value, json};
use tombolo_model::{Record, Val};
use tombolo_template::{Target, Template};

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};
use crate::filter::Filter;
use crate::lookup::{Answers, Lookups};
use crate::mapper::{Around, Mapped, Mapper};
use crate::transform::Transform;

pub(super) const ALL: &[Evaluator] = &[("api", api)];

fn api(request: &EvalRequest) -> EvalOutcome {
    match answered(request) {
        Ok(answer) => EvalOutcome::made(answer),
        Err(error) => EvalOutcome::failed([error]),
    }
}

fn answered(asked: &EvalRequest) -> Result<Val, EvalError> {
    let (builder, place) = match asked.rules.get("builder") {
        Some(builder) => (builder, "/builder"),
        None => (&asked.rules, ""),
    };
    if asked.rules.get("type").and_then(Value::as_str) == Some("script") {
        let message = "This API is a script: call its function by the evaluation javascript.";
        return Err(EvalError::at("unsupported", message, "/type"));
    }
    let (Some(rules), Some(responses)) = (builder.get("request"), builder.get("responses").and_then(Value::as_array))
    else {
        let message = "Enter what is asked and what is answered: {\"request\": {…}, \"responses\": [{…}]}.";
        return Err(EvalError::at("invalid_rules", message, place));
    };
    let came = came(asked, rules, &format!("{place}/request"))?;
    let record = match asked.input.get("record") {
        Some(record) => record.clone(),
        None => transformed(asked, rules, &came, &format!("{place}/request/transform"))?,
    };
    let success = asked.input.get("success") != Some(&Val::Bool(false));
    let (at, response) = chosen(responses, &record, success, &format!("{place}/responses"))?;
    let here = format!("{place}/responses/{at}");
    let made = Made { asked, came: &came, record: &record, response, here: &here };
    let name = response.get("name").or(response.get("id")).or(response.get("type"));
    Ok(object([
        ("statusCode", Val::Int(status(response, success, &here)?)),
        ("headers", made.headers()?.into()),
        ("body", made.body()?),
        ("response", name.map_or(Val::Null, Val::from)),
    ]))
}

fn object<const N: usize>(fields: [(&str, Val); N]) -> Val {
    let mut made = Record::default();
    for (name, value) in fields {
        made.set(name, value);
    }
    made.into()
}

/// The request as steps see it: `{method, pathParams, queryParams, headers, body}`.
fn came(asked: &EvalRequest, rules: &Value, place: &str) -> Result<Val, EvalError> {
    let text = |name: &str| rules.get(name).and_then(Value::as_str);
    let Some(wanted) = text("relativeURI").filter(|uri| uri.starts_with('/')) else {
        let message = "Enter the path of the API: it begins with a slash, such as /customers/:id.";
        return Err(EvalError::at("invalid_rules", message, &format!("{place}/relativeURI")));
    };
    let method = text("method").unwrap_or("GET");
    let Some(request) = asked.input.get("request") else {
        let mut came = json!({"method": method, "pathParams": {}, "queryParams": {}, "headers": {}, "body": null});
        for (name, value) in rules.get("mockRequest").and_then(Value::as_object).into_iter().flatten() {
            came[name] = value.clone();
        }
        return Ok(came.into());
    };
    let sent = request.get("method").and_then(Val::as_str).unwrap_or(method);
    if sent != method {
        let message = format!("The request is {sent} and the API takes {method}: it would be answered with 405.");
        return Err(EvalError::at("method_not_allowed", message, "/input/request/method"));
    }
    let path = request.get("path").and_then(Val::as_str).unwrap_or(wanted);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let Some(path_params) = params(wanted, path) else {
        let message = format!("The path {path} is not of the form {wanted}: it would be answered with 404.");
        return Err(EvalError::at("not_found", message, "/input/request/path"));
    };
    let query: Map<String, Value> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), Value::String(decoded(value)))
        })
        .collect();
    let rest = |name: &str, usual: Val| request.get(name).cloned().unwrap_or(usual);
    Ok(object([
        ("method", Val::text(method)),
        ("pathParams", Value::Object(path_params).into()),
        ("queryParams", rest("queryParams", Value::Object(query).into())),
        ("headers", rest("headers", Record::default().into())),
        ("body", rest("body", Val::Null)),
    ]))
}

/// What stands in a path where the API has a name.
fn params(wanted: &str, path: &str) -> Option<Map<String, Value>> {
    let (wanted, path): (Vec<_>, Vec<_>) =
        (wanted.trim_end_matches('/').split('/').collect(), path.trim_end_matches('/').split('/').collect());
    if wanted.len() != path.len() {
        return None;
    }
    let mut found = Map::new();
    for (wanted, part) in wanted.iter().zip(path) {
        match wanted.strip_prefix(':') {
            Some(name) if !part.is_empty() => {
                found.insert(name.to_owned(), decoded(part).into());
            }
            Some(_) => return None,
            None if *wanted == part || *wanted == "*" => {}
            None => return None,
        }
    }
    Some(found)
}

/// What `%20` and `+` stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = behind.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let byte = code.filter(|_| *first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(byte.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn transformed(asked: &EvalRequest, rules: &Value, came: &Val, place: &str) -> Result<Val, EvalError> {
    let written = rules.get("transform").unwrap_or(&Value::Null);
    let new = written.pointer("/expression/rulesTwoDotZero").or_else(|| written.get("rulesTwoDotZero"));
    let compiled = match new {
        Some(new) => Transform::compile(new, &format!("{place}/expression/rulesTwoDotZero")),
        None => Transform::compile_old(
            written.pointer("/expression/rules").unwrap_or(&Value::Null),
            &format!("{place}/expression/rules"),
        ),
    };
    let Some(transform) = compiled.map_err(first)? else { return Ok(came.clone()) };
    let (env, answers) = (asked.env(), Answers::default());
    let find = |name: &str| (name == "record").then_some(came);
    let made = transform.map(came, &Around::new(&find, &env, &answers));
    taken(made.map_err(|error| error.to_string()), place)
}

/// The first of what is wrong.
fn first(problems: Vec<tombolo_model::Problem>) -> EvalError {
    problems.into_iter().next().map_or_else(|| EvalError::new("invalid_rules", "The rules are wrong."), EvalError::from)
}

fn taken(made: Result<Mapped, String>, place: &str) -> Result<Val, EvalError> {
    let wrong = |message: String| Err(EvalError::at("mapping", message, place));
    match made {
        Ok(Mapped::Made(made)) => Ok(made),
        Ok(Mapped::Discarded) => wrong("The record is discarded: there is nothing to answer with.".to_owned()),
        Ok(Mapped::Asks(_)) => wrong("A lookup asks a cache or an application, which is not asked here.".to_owned()),
        Err(message) => wrong(message),
    }
}

/// The first response that takes the record; else that of success, or that of failure.
fn chosen<'r>(
    responses: &'r [Value],
    record: &Val,
    success: bool,
    place: &str,
) -> Result<(usize, &'r Value), EvalError> {
    let context = Val::from(&json!({ "success": success }));
    for (at, response) in responses.iter().enumerate() {
        let here = format!("{place}/{at}");
        let rules = Filter::compile(response, "/inputFilter", &Value::Null);
        let problem = |problem: tombolo_model::Problem| {
            EvalError::at(&problem.code, problem.message, &format!("{here}{}", problem.path))
        };
        let Some(filter) = rules.map_err(problem)? else { continue };
        let passes = filter.passes_in(record, &context);
        if passes.map_err(|message| EvalError::at("filter", message, &format!("{here}/inputFilter")))? {
            return Ok((at, response));
        }
    }
    let wanted = if success { "success" } else { "fail" };
    let usual =
        responses.iter().enumerate().find(|(_, response)| response.get("type").and_then(Value::as_str) == Some(wanted));
    usual.ok_or_else(|| {
        let message = format!("No response takes the record, and none has the type {wanted}: add one.");
        EvalError::at("no_response", message, place)
    })
}

fn status(response: &Value, success: bool, here: &str) -> Result<i64, EvalError> {
    match response.get("statusCode") {
        None | Some(Value::Null) => Ok(if success { 200 } else { 500 }),
        Some(code) => code.as_i64().filter(|code| (100..=599).contains(code)).ok_or_else(|| {
            let message = format!("{code} is no status: write a number from 100 to 599.");
            EvalError::at("invalid_rules", message, &format!("{here}/statusCode"))
        }),
    }
}

/// A response while it is made.
struct Made<'a> {
    asked: &'a EvalRequest,
    came: &'a Val,
    record: &'a Val,
    response: &'a Value,
    here: &'a str,
}

impl Made<'_> {
    fn headers(&self) -> Result<Record, EvalError> {
        let (env, answers) = (self.asked.env(), Answers::default());
        let find = |name: &str| match name {
            "record" => Some(self.record),
            "request" => Some(self.came),
            _ => None,
        };
        let around = Around::new(&find, &env, &answers);
        let mut made = Record::default();
        for (at, header) in self.response.get("headers").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let place = format!("{}/headers/{at}/value", self.here);
            let text = |name: &str| header.get(name).and_then(Value::as_str);
            let Some(name) = text("key").or(text("name")).filter(|name| !name.is_empty()) else { continue };
            let template = Template::compile(text("value").unwrap_or_default(), Target::Plain);
            let template = template.map_err(|error| EvalError::in_template(&error, &place))?;
            let value = around.rendered(&template).map_err(|message| EvalError::at("template", message, &place))?;
            made.set(name, Val::text(&value));
        }
        Ok(made)
    }

    /// What the mappings make of the record; without any it is the record.
    fn body(&self) -> Result<Val, EvalError> {
        let place = format!("{}/mappings", self.here);
        let lookups =
            Lookups::compile(self.response.get("lookups"), &format!("{}/lookups", self.here)).map_err(first)?;
        let rows = self.response.get("mappings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let Some(mapper) = Mapper::compile(rows, &place, &lookups).map_err(first)? else {
            return Ok(self.record.clone());
        };
        let (env, answers) = (self.asked.env(), Answers::default());
        let find = |name: &str| (name == "record").then_some(self.record);
        let made = mapper.map(self.record, &Around::new(&find, &env, &answers));
        taken(made.map_err(|error| error.to_string()), &place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::eval;

    fn rules() -> Value {
        let row = |name: &str, extract: &str| json!({"generate": name, "dataType": "string", "status": "Active", "extract": extract});
        json!({
            "request": {"method": "GET", "relativeURI": "/customers/:id", "mockRequest": {"pathParams": {"id": "5"}},
                "transform": {"type": "expression", "expression": {"version": "2", "rulesTwoDotZero": {"mode": "create",
                    "mappings": [row("customer", "$.pathParams.id"), row("page", "$.queryParams.page")]}}}},
            "responses": [
                {"name": "Found", "type": "success", "statusCode": 200, "headers": [{"key": "X-Id", "value": "{{record.customer}}"}],
                    "inputFilter": {"version": "1", "rules": ["equals", ["boolean", ["context", "success"]], true]},
                    "mappings": [row("id", "$.customer")]},
                {"name": "Broken", "type": "fail", "statusCode": 500}
            ]
        })
    }

    fn made(rules: Value, input: Value) -> EvalOutcome {
        eval("api", &EvalRequest { rules, input: input.into(), ..EvalRequest::default() }).unwrap()
    }

    #[test]
    fn a_request_becomes_a_record_and_that_a_response() {
        let want = json!({"statusCode": 200, "headers": {"X-Id": "a b"}, "body": {"id": "a b"}, "response": "Found"});
        assert_eq!(made(rules(), json!({"request": {"path": "/customers/a%20b?page=2"}})).output, want);
        assert_eq!(*made(rules(), json!({})).output.get("body").unwrap(), json!({"id": "5"}));
        let left = made(rules(), json!({"record": {"customer": "x"}, "success": false})).output;
        assert_eq!(left, json!({"statusCode": 500, "headers": {}, "body": {"customer": "x"}, "response": "Broken"}));
    }

    #[test]
    fn a_request_that_the_api_does_not_take_is_an_error_at_its_place() {
        for (input, code, path) in [
            (json!({"request": {"method": "POST"}}), "method_not_allowed", "/input/request/method"),
            (json!({"request": {"path": "/orders/5"}}), "not_found", "/input/request/path"),
        ] {
            let error = made(rules(), input).errors.remove(0);
            assert_eq!((error.code.as_str(), error.path.as_deref()), (code, Some(path)));
        }
        let mut wrong = rules();
        wrong["responses"][0]["statusCode"] = json!("ok");
        assert_eq!(made(wrong, json!({})).errors[0].path.as_deref(), Some("/responses/0/statusCode"));
        assert_eq!(made(json!({}), json!({})).errors[0].code, "invalid_rules");
    }
}
