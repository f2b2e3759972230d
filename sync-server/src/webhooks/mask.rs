//! Takes the token out of a body that brought one, before the body is kept: who may see what came may not send it.

use std::borrow::Cow;

use axum::http::HeaderMap;
use serde_json::Value;

use super::listener::decoded;
use super::proof::is_form;

/// What stands in place of the token, as with all secrets.
const MASK: &str = "******";

/// A body without the token for which its listener looks in it.
pub(super) fn masked<'b>(webhook: &Value, headers: &HeaderMap, body: &'b [u8]) -> Cow<'b, [u8]> {
    let text = |name: &str| webhook.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("verify") != "token" || matches!(text("tokenLocation"), "header" | "queryParam") {
        return Cow::Borrowed(body);
    }
    let made = if is_form(headers) { in_form(text("path"), body) } else { in_json(text("path"), body) };
    made.map_or(Cow::Borrowed(body), Cow::Owned)
}

fn in_form(name: &str, body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let mut made = String::with_capacity(text.len());
    for pair in text.split_inclusive('&') {
        match pair.split_once('=') {
            Some((have, value)) if decoded(have) == name => {
                made.push_str(have);
                made.push('=');
                made.push_str(MASK);
                made.push_str(if value.ends_with('&') { "&" } else { "" });
            }
            _ => made.push_str(pair),
        }
    }
    Some(made.into_bytes())
}

fn in_json(path: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let token = serde_json::to_string(at(&mut value, path)?).ok()?;
    // The rest stays as it was written: long numbers would not survive being written anew.
    let replaced = std::str::from_utf8(body).ok()?.replace(&token, &format!("\"{MASK}\""));
    if let Ok(mut made) = serde_json::from_str::<Value>(&replaced)
        && at(&mut made, path).is_some_and(|found| found.as_str() == Some(MASK))
    {
        return Some(replaced.into_bytes());
    }
    *at(&mut value, path)? = MASK.into();
    serde_json::to_vec(&value).ok()
}

fn at<'v>(value: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    path.strip_prefix("$.").unwrap_or(path).split('.').try_fold(value, |at, name| at.get_mut(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept(webhook: &Value, media_type: &str, body: &str) -> String {
        let headers = HeaderMap::from_iter([(axum::http::header::CONTENT_TYPE, media_type.parse().unwrap())]);
        String::from_utf8(masked(webhook, &headers, body.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn the_token_of_a_body_is_not_kept_with_it_and_all_else_is_as_it_came() {
        let webhook = json!({ "verify": "token", "path": "meta.token" });
        let json = |body: &str| kept(&webhook, "application/json", body);
        let body = r#"{"meta": {"token": "t0p"}, "n": 12345678901234567890.123456789}"#;
        assert_eq!(json(body), r#"{"meta": {"token": "******"}, "n": 12345678901234567890.123456789}"#);
        assert_eq!(json(r#"{"meta":{"token":"t\u0030p"}}"#), r#"{"meta":{"token":"******"}}"#, "written otherwise");
        assert_eq!(json(r#"{"meta":{"token":"token"}}"#), r#"{"meta":{"token":"******"}}"#, "named like its value");
        let form = json!({ "verify": "token", "path": "token" });
        assert_eq!(kept(&form, "application/x-www-form-urlencoded", "a=1&token=t0p&b"), "a=1&token=******&b");
    }

    #[test]
    fn what_a_listener_does_not_look_for_in_a_body_stays() {
        let header = json!({ "verify": "token", "path": "token", "tokenLocation": "header" });
        for webhook in [header, json!({ "verify": "hmac", "path": "token" })] {
            assert_eq!(kept(&webhook, "application/json", r#"{"token":"t"}"#), r#"{"token":"t"}"#);
        }
    }
}
