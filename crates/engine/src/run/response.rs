//! What a destination said to one record, as hooks and response mappings have it.

use tombolo_model::{Record, Val, excerpt};

use super::shaped::errors_val;
use super::write::{Answered, Failure, Headers};

/// What was said to one record.
#[derive(Debug, Clone, Default)]
pub(super) struct Response {
    status_code: Val,
    /// It was not sent, and that is no error.
    pub(super) ignored: bool,
    /// Code and message.
    pub(super) errors: Vec<(String, String)>,
    id: Option<Val>,
    /// The body, or this record's part of it.
    pub(super) json: Option<Val>,
    headers: Option<Headers>,
    /// Whatever else a hook put in.
    more: Record,
}

/// The usual code of a record that the application took, and of one that it refused.
const TAKEN: i64 = 200;
const REFUSED: i64 = 422;

impl Response {
    /// `whole`: somebody reads more of it than whether it went well.
    pub(super) fn of(result: Result<Answered, Failure>, whole: bool) -> Self {
        let response = match result {
            Ok(answered) => Self {
                status_code: Val::Int(match answered.status_code {
                    0 => TAKEN,
                    status => i64::from(status),
                }),
                ignored: answered.ignored,
                id: answered.id,
                json: answered.json,
                headers: answered.headers,
                ..Self::default()
            },
            Err(failure) => Self {
                status_code: Val::Int(failure.status_code.map_or(REFUSED, i64::from)),
                errors: vec![(failure.code.to_owned(), failure.message)],
                json: failure.json,
                ..Self::default()
            },
        };
        if whole { response } else { Self { json: None, headers: None, ..response } }
    }

    /// As of a record that never came to the destination.
    pub(super) fn refused(errors: Vec<(String, String)>) -> Self {
        Self { status_code: Val::Int(REFUSED), errors, ..Self::default() }
    }

    /// As of a record that was left out.
    pub(super) fn ignored() -> Self {
        Self { status_code: Val::Int(TAKEN), ignored: true, ..Self::default() }
    }

    /// `{statusCode, ignored, errors, id, _json, headers}`.
    pub(super) fn into_val(self) -> Val {
        let mut record = self.more;
        record.set("statusCode", self.status_code);
        record.set("ignored", Val::Bool(self.ignored));
        record.set("errors", errors_val(&self.errors));
        if let Some(id) = self.id {
            record.set("id", id);
        }
        if let Some(json) = self.json {
            record.set("_json", json);
        }
        if let Some(headers) = self.headers {
            let mut fields = Record::default();
            for (name, value) in headers.iter() {
                fields.set(name, Val::text(value));
            }
            record.set("headers", Val::Map(fields));
        }
        Val::Map(record)
    }

    /// Takes what a hook made of it. `read` reads one error.
    pub(super) fn replace(&mut self, left: Val, read: impl Fn(&Val) -> (String, String)) {
        let Val::Map(mut fields) = left else {
            let kind = left.kind();
            self.errors.push((
                "script_result".to_owned(),
                format!("postSubmit returned {kind} for this record; return what it was given, changed as you like."),
            ));
            return;
        };
        let mut take = |name: &str| {
            let value = fields.get(name).cloned();
            fields.set(name, Val::Absent);
            value
        };
        self.status_code = take("statusCode").filter(|status| *status != Val::Null).unwrap_or(Val::Int(TAKEN));
        self.ignored = take("ignored") == Some(Val::Bool(true));
        self.errors = match take("errors") {
            Some(Val::List(errors)) => errors.iter().map(&read).collect(),
            Some(Val::Null | Val::Absent) | None => Vec::new(),
            Some(one) => vec![read(&one)],
        };
        (self.id, self.json, self.headers) = (take("id"), take("_json"), None);
        // A refusal without a reason is still one, and so is what is no status.
        let status = match &self.status_code {
            Val::Str(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        if self.errors.is_empty() && status.is_none_or(|status: f64| status >= 400.0) {
            let said = self.status_code.display().into_owned();
            self.errors.push(match status {
                Some(_) => ("post_submit_hook".to_owned(), format!("postSubmit gave this record the status {said}.")),
                None => {
                    let message = format!(
                        "postSubmit gave this record the status “{said}”; return a number such as 200 or 422.",
                        said = excerpt(&said)
                    );
                    ("script_result".to_owned(), message)
                }
            });
        }
        self.more = fields;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_that_post_submit_gives_counts_however_it_is_written() {
        for (status, want) in [
            (json!(200), None),
            (json!("204"), None),
            (json!(null), None),
            (json!(422), Some("post_submit_hook")),
            (json!("500"), Some("post_submit_hook")),
            (json!(500.5), Some("post_submit_hook")),
            (json!("no"), Some("script_result")),
            (json!(true), Some("script_result")),
        ] {
            let mut response = Response::default();
            response.replace(Val::from(&json!({"statusCode": status})), |_| unreachable!("no errors"));
            assert_eq!(response.errors.first().map(|(code, _)| code.as_str()), want, "{status}");
        }
    }
}
