//! Tokens that are signed here (RFC 7515, RFC 7519).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use tombolo_template::TemplateError;

use crate::plan::auth::{Claims, Jwt};
use crate::sign::SignError;

/// How long a token is good when its author does not say.
const USUAL_SECONDS: i64 = 3_600;
/// A moment that is less than this is a duration from now: no token ends in 1973.
const LEAST_MOMENT: i64 = 100_000_000;

#[derive(Debug, thiserror::Error)]
pub(super) enum JwtError {
    #[error("{0}")]
    Template(#[from] TemplateError),
    #[error("{0}")]
    Sign(#[from] SignError),
    #[error("a secret cannot be part of a token, which everybody can read: take it out of the payload")]
    Secret,
}

/// The token, and when it ends in seconds since 1970.
///
/// `render` renders a template, and gives nothing when a secret is in it: a token is signed, not hidden.
pub(super) fn make(
    jwt: &Jwt,
    now_s: i64,
    render: &dyn Fn(&tombolo_template::Template) -> Result<Option<String>, TemplateError>,
) -> Result<(String, i64), JwtError> {
    let mut header = Map::from_iter([("alg".to_owned(), json!(jwt.algorithm)), ("typ".to_owned(), json!("JWT"))]);
    if let Value::Object(more) = value(&jwt.headers, render)? {
        header.extend(more.into_iter().filter(|(name, _)| name != "alg"));
    }
    let Value::Object(mut payload) = value(&jwt.payload, render)? else { return Err(JwtError::Secret) };
    for name in ["iat", "nbf", "exp"] {
        if let Some(moment) = payload.get(name).and_then(seconds) {
            let absolute = if moment < LEAST_MOMENT { now_s.saturating_add(moment) } else { moment };
            payload.insert(name.to_owned(), json!(absolute));
        }
    }
    payload.entry("iat").or_insert(json!(now_s));
    let ends = payload.entry("exp").or_insert(json!(now_s.saturating_add(USUAL_SECONDS)));
    let ends = seconds(ends).unwrap_or(now_s);
    let part = |value: Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(value).to_string());
    let signed = format!("{}.{}", part(header), part(payload));
    let signature = URL_SAFE_NO_PAD.encode(jwt.signing.sign(signed.as_bytes())?);
    Ok((format!("{signed}.{signature}"), ends))
}

/// A moment or duration, also one that a template wrote as a text.
fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn value(
    claims: &Claims,
    render: &dyn Fn(&tombolo_template::Template) -> Result<Option<String>, TemplateError>,
) -> Result<Value, JwtError> {
    Ok(match claims {
        Claims::Plain(value) => value.clone(),
        Claims::Text(template) => Value::String(render(template)?.ok_or(JwtError::Secret)?),
        Claims::List(items) => Value::Array(items.iter().map(|item| value(item, render)).collect::<Result<_, _>>()?),
        Claims::Map(fields) => {
            let pairs = fields.iter().map(|(name, claims)| Ok((name.clone(), value(claims, render)?)));
            Value::Object(pairs.collect::<Result<_, JwtError>>()?)
        }
    })
}
