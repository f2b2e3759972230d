//! What an export needs before it can read.

use serde_json::Value;

use super::{one_of, positive_number, require_text};
use crate::Problem;
use crate::views::{Export, Source};

pub(super) fn check(value: &Value, problems: &mut Vec<Problem>) {
    positive_number(value, "/pageSize", 50_000, problems);
    match Export(value).source() {
        Some(Source::Http) => {
            require_text(value, "/_connectionId", "the connection", problems);
            one_of(value, "/http/method", &["GET", "POST", "PUT", "PATCH", "DELETE"], problems);
        }
        Some(Source::File) => {
            require_text(value, "/rawData", "the file: choose one from this computer", problems);
            require_text(value, "/file/type", "the file's type", problems);
        }
        Some(Source::Listener) => listener(value, problems),
        None => {}
    }
}

/// What a listener needs to know who sends; its secrets are elsewhere.
fn listener(value: &Value, problems: &mut Vec<Problem>) {
    require_text(value, "/webhook/verify", "how senders prove who they are", problems);
    one_of(value, "/webhook/verify", &["hmac", "token", "basic", "secret_url"], problems);
    let needed = match value.pointer("/webhook/verify").and_then(Value::as_str) {
        Some("hmac") => Some(("/webhook/header", "the header that has the signature")),
        Some("basic") => Some(("/webhook/username", "the user name")),
        Some("token") => match value.pointer("/webhook/tokenLocation").and_then(Value::as_str) {
            Some("header") => Some(("/webhook/tokenHeaderName", "the header that has the token")),
            Some("queryParam") => Some(("/webhook/tokenQueryParamName", "the parameter that has the token")),
            _ => Some(("/webhook/path", "where the body has the token")),
        },
        _ => None,
    };
    if let Some((place, what)) = needed {
        require_text(value, place, what, problems);
    }
    one_of(value, "/webhook/algorithm", &["sha1", "sha256", "sha384", "sha512"], problems);
    one_of(value, "/webhook/encoding", &["hex", "base64"], problems);
    one_of(value, "/webhook/requestMediaType", &["json", "xml", "csv", "urlencoded", "plaintext"], problems);
    for place in ["/webhook/successStatusCode", "/webhook/challengeSuccessStatusCode"] {
        let status = value.pointer(place).filter(|status| !status.is_null());
        if status.is_some_and(|status| !status.as_u64().is_some_and(|status| (200..=299).contains(&status))) {
            problems.push(Problem::new(place, "invalid_value", "Enter a status from 200 to 299."));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(webhook: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        check(&json!({ "adaptorType": "WebhookExport", "type": "webhook", "webhook": webhook }), &mut problems);
        problems.into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn a_listener_needs_what_its_way_of_proof_needs() {
        assert_eq!(paths(&json!({})), ["/webhook/verify"]);
        assert_eq!(paths(&json!({ "verify": "secret_url" })), Vec::<String>::new());
        assert_eq!(paths(&json!({ "verify": "hmac" })), ["/webhook/header"]);
        assert_eq!(paths(&json!({ "verify": "token" })), ["/webhook/path"]);
        assert_eq!(paths(&json!({ "verify": "token", "tokenLocation": "header" })), ["/webhook/tokenHeaderName"]);
        assert_eq!(
            paths(&json!({ "verify": "basic", "username": "u", "successStatusCode": 204 })),
            Vec::<String>::new()
        );
        assert_eq!(paths(&json!({ "verify": "none" })), ["/webhook/verify"]);
        let redirects = json!({ "verify": "secret_url", "successStatusCode": 302 });
        assert_eq!(paths(&redirects), ["/webhook/successStatusCode"]);
    }
}
