//! Where credentials stand in a request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tombolo_template::{hash, uri_component};

use crate::http::{Body, HttpError, Request, with_parameter};
use crate::mapper::date::iso;
use crate::plan::auth::Place;
use crate::secret::{Masked, Secret};

pub(super) fn header(request: &mut Request, name: &str, value: Masked) {
    request.headers.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
    request.headers.push((name.to_owned(), value));
}

/// `value` is encoded.
pub(super) fn parameter(request: &mut Request, name: &str, value: Secret) {
    let url = std::mem::take(&mut request.url);
    request.url = with_parameter(url, name, &Masked::default().and_secret(value));
}

/// `named`: the body says itself where the token goes.
pub(super) fn token(request: &mut Request, place: &Place, token: &Secret, named: bool) -> Result<(), HttpError> {
    match place {
        Place::Header { name, scheme } => header(request, name, Masked::plain(scheme).and_secret(token.clone())),
        Place::Parameter { name } => parameter(request, name, token.map(uri_component)),
        Place::Body { .. } if named => {}
        Place::Body { name } => request.body = Some(body(request.body.as_ref(), name, token)?),
    }
    Ok(())
}

/// A form or a JSON object with one more field.
fn body(body: Option<&Body>, name: &str, token: &Secret) -> Result<Body, HttpError> {
    let whole = body.map(Body::reveal).unwrap_or_default();
    let before = body.and_then(Body::masked).cloned();
    let before = before.unwrap_or_else(|| Masked::plain(String::from_utf8_lossy(&whole).into_owned()));
    let trimmed = whole.trim_ascii();
    if trimmed.first() == Some(&b'{') && std::str::from_utf8(&whole).is_ok() {
        let mut all = Masked::plain(format!("{{{}:", Value::from(name)));
        all = all.and_secret(token.map(|token| Value::from(token).to_string()));
        let empty = trimmed[1..].trim_ascii_start().first() == Some(&b'}');
        return Ok(all.and(if empty { "" } else { "," }).and_all(before.without_first('{')).into());
    }
    let form = !trimmed.iter().any(|byte| b"<>[]{}\" \n".contains(byte));
    if !form {
        let message = "the token goes into the body, which is neither an object nor a form. Put {{{connection.http.auth.token.token}}} where it belongs";
        return Err(HttpError::Refused(message.to_owned()));
    }
    let mark = if trimmed.is_empty() { "" } else { "&" };
    Ok(before.and(format!("{mark}{}=", uri_component(name))).and_secret(token.map(uri_component)).into())
}

/// Beside cookies that the request has already.
pub(super) fn cookies(request: &mut Request, value: Masked) {
    let own = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("cookie")).map(|(_, own)| own.clone());
    let all = own.map_or(value.clone(), |own| own.and("; ").and_all(value));
    header(request, "Cookie", all);
}

/// A `UsernameToken` (the WSSE profile for HTTP): the hash of a nonce, the time and the password.
pub(super) fn wsse(username: &str, password: &Secret, nonce: &str, now_ms: i64) -> Masked {
    let created = iso(now_ms);
    let digest = password.map(|password| {
        let made = hash("sha1", format!("{nonce}{created}{password}").as_bytes());
        STANDARD.encode(made.unwrap_or_default())
    });
    let name = username.replace(['"', '\\'], "");
    Masked::plain(format!("UsernameToken Username=\"{name}\", PasswordDigest=\""))
        .and_secret(digest)
        .and(format!("\", Nonce=\"{}\", Created=\"{created}\"", STANDARD.encode(nonce)))
}

#[cfg(test)]
mod tests {
    use tombolo_model::Id;

    use super::*;

    #[test]
    fn a_token_becomes_a_field_of_the_body() {
        let token = Secret::new(Id::from_parts(1, [0; 8]), "a&\"b");
        for (before, after, shown) in [
            ("{\"a\":1}", "{\"t\":\"a&\\\"b\",\"a\":1}", "{\"t\":******,\"a\":1}"),
            (" { } ", "{\"t\":\"a&\\\"b\" } ", "{\"t\":****** } "),
            ("a=1", "a=1&t=a%26%22b", "a=1&t=******"),
            ("", "t=a%26%22b", "t=******"),
        ] {
            let made = body(Some(&Body::from(before.as_bytes().to_vec())), "t", &token).unwrap();
            assert_eq!(String::from_utf8(made.reveal()).unwrap(), after);
            assert_eq!(made.to_string(), shown);
        }
        for other in ["[1]", "<a/>", "two words"] {
            assert!(body(Some(&Body::from(other.as_bytes().to_vec())), "t", &token).is_err(), "{other}");
        }
    }
}
