//! What a sender shows, held against what the listener asks for.
//!
//! Signatures are made of the bytes as they came, and everything secret is compared in a time that says nothing of it. A secret
//! that was never entered lets nobody in.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::listener::field;
use crate::auth::same::same;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a sender shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) headers: &'a HeaderMap,
    /// What stands behind the question mark.
    pub(super) query: &'a [(String, String)],
    /// The secret part of the address.
    pub(super) token: Option<&'a str>,
    pub(super) body: &'a [u8],
}

/// Whether a sender proves itself to a listener: `webhook` are its settings, `secrets` what was entered, by path.
pub(super) fn proves(webhook: &Value, secrets: &BTreeMap<String, String>, shown: Shown<'_>) -> bool {
    let secret =
        |name: &str| secrets.get(&format!("/webhook/{name}")).map(String::as_str).filter(|one| !one.is_empty());
    let text = |name: &str| webhook.get(name).and_then(Value::as_str).unwrap_or_default();
    let verify = text("verify");
    // Only an address that is secret has a secret part.
    if (verify == "secret_url") != shown.token.is_some() {
        return false;
    }
    match verify {
        "hmac" => {
            let signature = shown.headers.get(text("header")).and_then(|value| value.to_str().ok());
            let (Some(key), Some(signature)) = (secret("key"), signature) else { return false };
            signed(key, text("algorithm"), text("encoding"), signature, shown.body)
        }
        "token" => match (secret("token"), given(webhook, shown)) {
            (Some(token), Some(given)) => same(given.as_bytes(), token.as_bytes()),
            _ => false,
        },
        "basic" => match (secret("password"), basic(shown.headers)) {
            (Some(password), Some((user, given))) => {
                let user = same(user.as_bytes(), text("username").as_bytes());
                same(given.as_bytes(), password.as_bytes()) && user
            }
            _ => false,
        },
        "secret_url" => match (secret("token"), shown.token) {
            (Some(token), Some(given)) => same(given.as_bytes(), token.as_bytes()),
            _ => false,
        },
        _ => false,
    }
}

/// The token that a sender gives, where the listener says that it is.
fn given(webhook: &Value, shown: Shown<'_>) -> Option<String> {
    let text = |name: &str| webhook.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("tokenLocation") {
        "header" => {
            let value = shown.headers.get(text("tokenHeaderName"))?.to_str().ok()?;
            let scheme = match text("tokenHeaderScheme") {
                "none" => return Some(value.to_owned()),
                "custom" => text("customTokenScheme"),
                _ => "Bearer",
            };
            let (begin, rest) = value.split_at_checked(scheme.len())?;
            (begin.eq_ignore_ascii_case(scheme) && rest.starts_with(' ')).then(|| rest.trim_start().to_owned())
        }
        "queryParam" => {
            let name = text("tokenQueryParamName");
            shown.query.iter().find(|(have, _)| have == name).map(|(_, value)| value.clone())
        }
        _ => in_body(text("path"), shown),
    }
}

/// A token in a body of JSON, or in a form.
fn in_body(path: &str, shown: Shown<'_>) -> Option<String> {
    if is_form(shown.headers) {
        return field(std::str::from_utf8(shown.body).ok()?, path);
    }
    let body: Value = serde_json::from_slice(shown.body).ok()?;
    let path = path.strip_prefix("$.").unwrap_or(path);
    let found = path.split('.').try_fold(&body, |at, name| at.get(name))?;
    found.as_str().map(str::to_owned)
}

/// Whether a body is a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media.starts_with("application/x-www-form-urlencoded")
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    let bytes = scheme.eq_ignore_ascii_case("basic").then(|| BASE64.decode(rest.trim()).ok())??;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// So many signatures are looked at: nobody changes more keys at once, and whoever sends thousands only guesses.
const MOST_SIGNATURES: usize = 5;

/// Whether a signature is that of a body. Several may be given, as while a key is changed.
///
/// The body is gone through once, and only for what may be a signature of it: nobody has proved anything yet.
fn signed(key: &str, algorithm: &str, encoding: &str, given: &str, body: &[u8]) -> bool {
    let decode = |text: &str| match encoding {
        "base64" => BASE64.decode(text).ok(),
        _ => hex::decode(text).ok(),
    };
    let size = match algorithm {
        "sha1" => 20,
        "sha384" => 48,
        "sha512" => 64,
        _ => 32,
    };
    let all = given.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
    let all = all.filter_map(|part| decode(without_prefix(part))).filter(|signature| signature.len() == size);
    let all: Vec<Vec<u8>> = all.take(MOST_SIGNATURES).collect();
    if all.is_empty() {
        return false;
    }
    let Some(made) = signature(key.as_bytes(), algorithm, body) else { return false };
    // Each is looked at, so that the time taken says nothing of which one fits.
    all.iter().fold(false, |found, given| same(given, &made) | found)
}

/// A signature without what senders write before it: `sha256=`, `v1=`. What `=` ends in base64 stands behind it.
fn without_prefix(text: &str) -> &str {
    match text.split_once('=') {
        Some((name, rest)) if !rest.trim_matches('=').is_empty() && name.len() <= 10 => rest,
        _ => text,
    }
}

/// The signature of a body; absent when nobody knows the algorithm.
fn signature(key: &[u8], algorithm: &str, body: &[u8]) -> Option<Vec<u8>> {
    fn made<M: Mac + KeyInit>(key: &[u8], body: &[u8]) -> Option<Vec<u8>> {
        let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
        mac.update(body);
        Some(mac.finalize().into_bytes().to_vec())
    }
    match algorithm {
        "sha1" => made::<Hmac<Sha1>>(key, body),
        "sha384" => made::<Hmac<Sha384>>(key, body),
        "sha512" => made::<Hmac<Sha512>>(key, body),
        "" | "sha256" => made::<Hmac<Sha256>>(key, body),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Case {
        webhook: Value,
        secrets: BTreeMap<String, String>,
        headers: HeaderMap,
        query: Vec<(String, String)>,
        token: Option<&'static str>,
        body: Vec<u8>,
    }

    impl Case {
        fn new(webhook: Value, secret: (&str, &str)) -> Self {
            let secrets = BTreeMap::from([(format!("/webhook/{}", secret.0), secret.1.to_owned())]);
            Self { webhook, secrets, headers: HeaderMap::new(), query: Vec::new(), token: None, body: Vec::new() }
        }

        fn with(mut self, name: &'static str, value: &str) -> Self {
            self.headers.insert(name, value.parse().unwrap());
            self
        }

        fn body(self, body: &str) -> Self {
            Self { body: body.as_bytes().to_vec(), ..self }
        }

        fn proves(&self) -> bool {
            let Self { headers, query, token, body, .. } = self;
            proves(&self.webhook, &self.secrets, Shown { headers, query, token: *token, body })
        }
    }

    /// The example of GitHub's documentation, "Validating webhook deliveries".
    #[test]
    fn the_published_example_of_a_signature_is_taken_and_one_that_differs_in_a_byte_is_not() {
        const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let case = |signature: &str, body: &str| {
            let webhook =
                json!({ "verify": "hmac", "header": "X-Hub-Signature-256", "algorithm": "sha256", "encoding": "hex" });
            Case::new(webhook, ("key", "It's a Secret to Everybody"))
                .with("x-hub-signature-256", signature)
                .body(body)
                .proves()
        };
        assert!(case(SIGNATURE, "Hello, World!"));
        assert!(case(&SIGNATURE["sha256=".len()..], "Hello, World!"), "without a prefix");
        assert!(case(&format!("v1=00,{SIGNATURE}"), "Hello, World!"), "while a key is changed");
        assert!(!case(SIGNATURE, "Hello, World?"));
        assert!(!case(&SIGNATURE.replace('7', "8"), "Hello, World!"));
        for wrong in ["", "sha256=", "sha256=zz", "=", "sha256=75"] {
            assert!(!case(wrong, "Hello, World!"), "{wrong}");
        }
    }

    /// Each that is looked at would cost another pass over a body that nobody has signed.
    #[test]
    fn of_many_signatures_only_the_first_few_that_could_be_one_are_looked_at() {
        const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let proves = |before: &str, times: usize| {
            let webhook = json!({ "verify": "hmac", "header": "s", "algorithm": "sha256", "encoding": "hex" });
            let before = format!("{before},").repeat(times);
            Case::new(webhook, ("key", "It's a Secret to Everybody"))
                .with("s", &format!("{before}{SIGNATURE}"))
                .body("Hello, World!")
                .proves()
        };
        let wrong = "00".repeat(32);
        assert!(proves(&wrong, MOST_SIGNATURES - 1));
        assert!(!proves(&wrong, MOST_SIGNATURES));
        assert!(proves("aa", 1_000), "what is too short to be one is none of them");
    }

    /// RFC 2202 and RFC 4231, test case 2.
    #[test]
    fn each_algorithm_gives_the_signature_of_its_standard_in_hex_and_in_base64() {
        for (algorithm, hex) in [
            ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                "sha384",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                "sha512",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            let bytes = hex::decode(hex).unwrap();
            for (encoding, signature) in [("hex", hex.to_owned()), ("base64", BASE64.encode(&bytes))] {
                let webhook = json!({ "verify": "hmac", "header": "S", "algorithm": algorithm, "encoding": encoding });
                let case = |given: &str| {
                    Case::new(webhook.clone(), ("key", "Jefe"))
                        .with("s", given)
                        .body("what do ya want for nothing?")
                        .proves()
                };
                assert!(case(&signature), "{algorithm} {encoding}");
                assert!(case(&format!("{algorithm}={signature}")), "{algorithm} {encoding} with a prefix");
            }
        }
    }

    #[test]
    fn a_token_is_found_in_the_body_a_header_or_the_query_and_nowhere_else() {
        let body = json!({ "verify": "token", "path": "meta.token" });
        let case = || Case::new(body.clone(), ("token", "t0p"));
        assert!(case().body(r#"{"meta":{"token":"t0p"}}"#).proves());
        assert!(!case().body(r#"{"meta":{"token":"t0p "}}"#).proves() && !case().body("").proves());
        assert!(!case().with("authorization", "Bearer t0p").proves());
        let form = json!({ "verify": "token", "path": "token" });
        let form = Case::new(form, ("token", "t 0")).with("content-type", "application/x-www-form-urlencoded");
        assert!(form.body("a=1&token=t+0").proves());
        let header = |scheme: Value| {
            let mut webhook = json!({ "verify": "token", "tokenLocation": "header", "tokenHeaderName": "X-T", "customTokenScheme": "Key" });
            webhook["tokenHeaderScheme"] = scheme;
            move |given: &str| Case::new(webhook.clone(), ("token", "t0p")).with("x-t", given).proves()
        };
        assert!(header(Value::Null)("bearer t0p") && !header(Value::Null)("t0p") && !header(Value::Null)("Bearert0p"));
        assert!(header(json!("custom"))("Key t0p") && header(json!("none"))("t0p"));
        let mut query = Case::new(
            json!({ "verify": "token", "tokenLocation": "queryParam", "tokenQueryParamName": "t" }),
            ("token", "t0p"),
        );
        assert!(!query.proves());
        query.query.push(("t".to_owned(), "t0p".to_owned()));
        assert!(query.proves());
    }

    #[test]
    fn a_name_with_a_password_and_a_secret_address_let_in_by_all_of_it() {
        let basic = |given: &str| {
            let webhook = json!({ "verify": "basic", "username": "ann" });
            let given = format!("Basic {}", BASE64.encode(given));
            Case::new(webhook, ("password", "a:b")).with("authorization", &given).proves()
        };
        assert!(basic("ann:a:b") && !basic("bob:a:b") && !basic("ann:a") && !basic("ann"));
        let mut secret = Case::new(json!({ "verify": "secret_url" }), ("token", "abc"));
        assert!(!secret.proves());
        secret.token = Some("abc");
        assert!(secret.proves());
        secret.token = Some("abd");
        assert!(!secret.proves());
    }

    #[test]
    fn what_was_never_entered_lets_nobody_in() {
        for webhook in [
            json!({ "verify": "token", "path": "token" }),
            json!({ "verify": "hmac", "header": "s" }),
            json!({ "verify": "basic", "username": "" }),
            json!({ "verify": "none" }),
            json!({}),
        ] {
            let case = Case::new(webhook, ("nothing", "")).with("s", "").with("authorization", "Basic Og==");
            assert!(!case.body(r#"{"token":""}"#).proves());
        }
        let mut address = Case::new(json!({ "verify": "secret_url" }), ("token", ""));
        address.token = Some("");
        assert!(!address.proves());
    }
}
