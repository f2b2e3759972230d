//! The evaluations of what is sent: a request, and a statement in SQL. Nothing is sent.
//!
//! The secrets of a connection in the context are printed as `******`, whatever a template does to them.

use serde_json::{Value, json};
use tombolo_model::{Kind, Record, Shape, Val, excerpt, shapes};
use tombolo_template::{Env, SqlDialect, Target, Template, secret};

use super::{EvalError, EvalOutcome, EvalRequest, Evaluator};
use crate::compile::body_target;
use crate::http::join_masked;
use crate::lookup::{Answers, Lookups};
use crate::mapper::Around;
use crate::plan::Media;
use crate::secret::Masked;

pub(super) const ALL: &[Evaluator] = &[("httpRequest", http_request), ("sql", sql)];

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// What names of headers consist of (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `rules` is the `http` of an export or import, or what is in it; the method may be one of a list (`options.at`).
/// `input` is the context. An address without a host follows that of `input.connection`.
fn http_request(request: &EvalRequest) -> EvalOutcome {
    match rendered(request) {
        Ok(output) => EvalOutcome::made(output),
        Err(error) => EvalOutcome::failed([error]),
    }
}

fn rendered(request: &EvalRequest) -> Result<Value, EvalError> {
    let rules = request.rules.get("http").unwrap_or(&request.rules);
    let at = request.options.get("at").and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    let one = |name: &str| match rules.get(name) {
        Some(Value::Array(items)) => items.get(at).and_then(Value::as_str),
        other => other.and_then(Value::as_str),
    };
    for name in ["method", "baseURI", "relativeURI", "body"] {
        let is_text = |value: &Value| matches!(value, Value::String(_) | Value::Null);
        let fits = rules
            .get(name)
            .is_none_or(|value| is_text(value) || value.as_array().is_some_and(|all| all.iter().all(is_text)));
        if !fits {
            return Err(EvalError::at("invalid_rules", format!("Enter the {name}: a text."), &format!("/{name}")));
        }
    }
    let method = one("method").unwrap_or("GET");
    if !METHODS.contains(&method) {
        let message =
            format!("There is no method “{method}”: use one of {}.", METHODS.join(", "), method = excerpt(&method));
        return Err(EvalError::at("invalid_rules", message, "/method"));
    }
    let context = context(&request.input)?;
    let lookups = request.options.get("lookups").or_else(|| rules.get("lookups"));
    let render = |source: &str, target: Target, path: &str| parts(source, target, path, &context, lookups, request);
    let shared = request.input.pointer("/connection/http").map(Value::from);
    let connection = |pointer: &str| shared.as_ref()?.pointer(pointer);
    let base = one("baseURI").or_else(|| connection("/baseURI")?.as_str()).unwrap_or_default();
    let url = join_masked(
        render(base, Target::Plain, "/baseURI")?,
        render(one("relativeURI").unwrap_or_default(), Target::Uri, "/relativeURI")?,
    );
    let mut headers: Vec<Value> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let own = rules.get("headers").and_then(Value::as_array).into_iter().flatten();
    let shared = connection("/headers").and_then(Value::as_array).into_iter().flatten();
    for header in own.chain(shared) {
        let text = |field: &str| header.get(field).and_then(Value::as_str).unwrap_or_default();
        let name = text("name");
        // What the export or import says goes before what its connection says.
        if name.is_empty() || names.iter().any(|have| have.eq_ignore_ascii_case(name)) {
            continue;
        }
        names.push(name.to_owned());
        let value = render(text("value"), Target::Plain, "/headers")?;
        let value = value.to_string();
        if !name.bytes().all(is_token) || value.contains(['\r', '\n', '\0']) {
            let name = excerpt(name);
            let message =
                format!("No request can carry the header “{}”: it has characters that end it.", name.escape_debug());
            return Err(EvalError::at("invalid_header", message, "/headers"));
        }
        headers.push(json!({"name": name, "value": value}));
    }
    let media = rules.get("requestMediaType").or_else(|| connection("/mediaType")).and_then(Value::as_str);
    let target = |body: &str| if media == Some("xml") { body_target(Media::Xml, body) } else { Target::Plain };
    let body =
        one("body").filter(|body| !body.is_empty()).map(|body| render(body, target(body), "/body")).transpose()?;
    Ok(json!({
        "method": method,
        "url": url.to_string(),
        "headers": headers,
        "body": body.map(|body| body.to_string()),
    }))
}

/// `rules` is `{query}`, or the query alone; one of a list is named by `options.at`. Values are quoted for the database of
/// `options.dialect`, or for that of the connection in the context, or as the standard has it.
fn sql(request: &EvalRequest) -> EvalOutcome {
    let rules = request.rules.get("rdbms").unwrap_or(&request.rules);
    let at = request.options.get("at").and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    let query = match rules.get("query").or_else(|| rules.get("template")) {
        Some(Value::Array(items)) => items.get(at).and_then(Value::as_str),
        Some(one) => one.as_str(),
        None => rules.as_str(),
    };
    let Some(query) = query else {
        return EvalOutcome::failed([EvalError::at("invalid_rules", "Enter the query: a text.", "/query")]);
    };
    let lookups = request.options.get("lookups").or_else(|| rules.get("lookups"));
    let made = dialect(request).and_then(|dialect| {
        let context = context(&request.input)?;
        parts(query, Target::Sql(dialect), "/query", &context, lookups, request)
    });
    match made {
        Ok(text) => EvalOutcome::made(text.to_string()),
        Err(error) => EvalOutcome::failed([error]),
    }
}

fn dialect(request: &EvalRequest) -> Result<SqlDialect, EvalError> {
    match request.options.get("dialect") {
        // A connection of another kind says nothing of it.
        None | Some(Value::Null) => {
            let of_connection = request.input.pointer("/connection/rdbms/type").and_then(Val::as_str);
            Ok(of_connection.and_then(SqlDialect::named).unwrap_or_default())
        }
        Some(name) => name.as_str().and_then(SqlDialect::named).ok_or_else(|| {
            let known: Vec<_> = SqlDialect::databases().collect();
            let message = format!("There is no dialect {name}: use one of {}.", known.join(", "));
            EvalError::at("invalid_options", message, "/options/dialect")
        }),
    }
}

/// The context, in which nobody can read the secrets of the connection.
pub(super) fn context(input: &Val) -> Result<Record, EvalError> {
    let mut context = match input {
        Val::Map(context) => context.clone(),
        Val::Absent | Val::Null => Record::default(),
        _ => return Err(EvalError::at("invalid_input", "Enter a context: an object.", "/input")),
    };
    if let Some(connection) = context.get_mut("connection") {
        *connection = hide(connection, "");
    }
    Ok(context)
}

fn hide(value: &Val, place: &str) -> Val {
    match value {
        Val::Map(record) => {
            let mut made = Record::default();
            for (name, below) in record.iter() {
                made.set(name, hide(below, &format!("{place}/{name}")));
            }
            Val::Map(made)
        }
        _ if shapes(Kind::Connection).shape(place) == Shape::Secret => secret(place),
        value => value.clone(),
    }
}

pub(super) fn parts(
    source: &str,
    target: Target,
    path: &str,
    context: &Record,
    lookups: Option<&Value>,
    request: &EvalRequest,
) -> Result<Masked, EvalError> {
    let template = Template::compile(source, target);
    let template = template.map_err(|error| EvalError::in_template(&error, path))?;
    let tables = Lookups::compile(lookups, "/lookups").map_err(|problems| {
        let first = problems.into_iter().next();
        first.map_or_else(|| EvalError::new("invalid_rules", "The lookups are wrong."), EvalError::from)
    })?;
    let (env, answers) = (request.env(), Answers::default());
    let find = |name: &str| context.get(name);
    let around = Around::new(&find, &env, &answers);
    let lookups = |name: &str, key: &Val| tables.value(name, key, &around);
    let made = env.scoped(&lookups, |env: &Env<'_>| template.render_parts(context, env));
    made.map(Masked::from).map_err(|error| EvalError::in_template(&error, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::eval;

    #[test]
    fn a_request_is_rendered_and_its_secrets_are_not_read() {
        let rules = json!({"method": "POST", "relativeURI": "/orders?q={{record.name}}&k={{connection.http.encrypted.key}}",
            "headers": [{"name": "X-Sign", "value": "{{base64Encode connection.http.encrypted.key}}"},
                {"name": "accept", "value": "text/plain"}],
            "body": "{\"n\":\"{{record.name}}\"}"});
        let connection = json!({"http": {"baseURI": "https://api.example.com/v1/", "encrypted": {"key": "hush"},
            "headers": [{"name": "Accept", "value": "x"}, {"name": "X-Shop", "value": "{{connection.name}}"}]}, "name": "shop"});
        let input = json!({"record": {"name": "a & b"}, "connection": connection});
        let made = eval("httpRequest", &EvalRequest { rules, input: input.into(), ..EvalRequest::default() }).unwrap();
        let want = json!({"method": "POST", "url": "https://api.example.com/v1/orders?q=a%20%26%20b&k=******",
            "headers": [{"name": "X-Sign", "value": "******"}, {"name": "accept", "value": "text/plain"}, {"name": "X-Shop", "value": "shop"}],
            "body": "{\"n\":\"a & b\"}"});
        assert_eq!(made.output, want);
        assert_eq!(made.errors, vec![]);
    }

    #[test]
    fn an_import_has_a_request_for_each_of_its_operations() {
        let rules =
            json!({"http": {"method": ["POST", "PUT"], "relativeURI": ["/a", "/a/{{record.id}}"], "body": ["", "x"]}});
        let ask = |at: u32| {
            let options = json!({ "at": at });
            let request = EvalRequest {
                rules: rules.clone(),
                input: json!({"record": {"id": 7}}).into(),
                options,
                ..EvalRequest::default()
            };
            eval("httpRequest", &request).unwrap().output
        };
        assert_eq!(ask(0), json!({"method": "POST", "url": "/a", "headers": [], "body": null}));
        assert_eq!(ask(1), json!({"method": "PUT", "url": "/a/7", "headers": [], "body": "x"}));
        let wrong =
            eval("httpRequest", &EvalRequest { rules: json!({"relativeURI": "{{nope x}}"}), ..EvalRequest::default() });
        assert_eq!(wrong.unwrap().errors[0].path.as_deref(), Some("/relativeURI"));
    }

    #[test]
    fn a_statement_quotes_what_is_put_into_it() {
        let rules = json!({"query": ["select 1", "insert into t values ({{record.name}}, {{{record.n}}})"]});
        let request = EvalRequest {
            rules,
            input: json!({"record": {"name": "O'Brien", "n": 5}}).into(),
            options: json!({"at": 1}),
            ..EvalRequest::default()
        };
        let made = eval("sql", &request).unwrap();
        assert_eq!(made.output, json!("insert into t values ('O''Brien', 5)"));
        assert_eq!(eval("sql", &EvalRequest::default()).unwrap().errors[0].path.as_deref(), Some("/query"));
    }

    #[test]
    fn a_statement_is_quoted_for_the_database_that_is_chosen_or_connected() {
        let made = |options: Value, connection: Value| {
            let input = json!({"record": {"name": "O'Brien\\"}, "connection": connection});
            let rules = json!({"query": "x = {{record.name}}"});
            let mut made =
                eval("sql", &EvalRequest { rules, input: input.into(), options, ..EvalRequest::default() }).unwrap();
            made.errors.pop().map_or(Ok(Value::from(&made.output)), |error| Err((error.path, error.message)))
        };
        let mysql = json!({"rdbms": {"type": "mysql"}});
        assert_eq!(made(Value::Null, Value::Null), Ok(json!("x = 'O''Brien\\'")));
        assert_eq!(made(Value::Null, mysql.clone()), Ok(json!("x = 'O''Brien\\\\'")));
        assert_eq!(made(json!({"dialect": "mssql"}), mysql), Ok(json!("x = 'O''Brien\\'")));
        assert_eq!(made(json!({"dialect": "bigquery"}), Value::Null), Ok(json!("x = 'O\\'Brien\\\\'")));
        let (path, message) = made(json!({"dialect": "dbase"}), Value::Null).unwrap_err();
        assert!(path.as_deref() == Some("/options/dialect") && message.contains("postgresql, mysql"), "{message}");
    }
}
