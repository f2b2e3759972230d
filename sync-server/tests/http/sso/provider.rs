//! An OpenID provider that is honest until it is told to lie.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Url;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const CLIENT: &str = "tombolo:1";
pub(crate) const SECRET: &str = "s3cret & more";

/// How a token is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Sign {
    /// ES256 with the key `a`.
    #[default]
    A,
    /// ES256 with the key `b`.
    B,
    /// RS256 with the key `r`.
    Rsa,
    /// HMAC with what everybody knows of the key `r`.
    Hmac,
    /// Not at all.
    Nothing,
}

/// What differs from the truth: these fields instead of the honest ones, null for none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lie {
    pub(crate) description: Value,
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) sign: Sign,
    /// The keys that are published; those of the honest one when it is absent.
    pub(crate) keys: Option<Vec<Value>>,
    /// Keys that are published the first time only.
    pub(crate) keys_at_first: Option<Vec<Value>>,
    pub(crate) user_info: Value,
    /// The code is taken whatever proof comes with it.
    pub(crate) ignores_proof: bool,
    /// The answer with the token sends on to somewhere else.
    pub(crate) redirects: bool,
}

struct Code {
    challenge: String,
    redirect_uri: String,
    nonce: String,
}

struct Inner {
    issuer: String,
    a: EcdsaKeyPair,
    b: EcdsaKeyPair,
    r: RsaKeyPair,
    codes: Mutex<HashMap<String, Code>>,
    lie: Mutex<Lie>,
    person: Mutex<(String, String)>,
    asked_keys: Mutex<u32>,
}

/// A running provider.
#[derive(Clone)]
pub(crate) struct Provider(Arc<Inner>);

impl Provider {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let random = SystemRandom::new();
        let ecdsa = || {
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap()
        };
        let pem = include_str!("../../../../crates/engine/tests/keys/rsa-pkcs8.pem");
        let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let provider = Self(Arc::new(Inner {
            issuer: format!("http://{address}"),
            a: ecdsa(),
            b: ecdsa(),
            r: RsaKeyPair::from_pkcs8(&STANDARD.decode(lines).unwrap()).unwrap(),
            codes: Mutex::default(),
            lie: Mutex::default(),
            person: Mutex::default(),
            asked_keys: Mutex::default(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/token", post(token))
            .route("/elsewhere", post(token))
            .route("/keys", get(keys))
            .route("/user", get(user_info))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Who signs in from now on.
    pub(crate) fn person(&self, subject: &str, email: &str) {
        *self.0.person.lock().unwrap() = (subject.to_owned(), email.to_owned());
    }

    pub(crate) fn lies(&self, lie: Lie) {
        *self.0.asked_keys.lock().unwrap() = 0;
        *self.0.lie.lock().unwrap() = lie;
    }

    /// The person allows what the browser was sent for: the code that it takes back.
    pub(crate) fn allow(&self, url: &str) -> String {
        let asked: HashMap<String, String> = Url::parse(url).unwrap().query_pairs().into_owned().collect();
        assert!(url.starts_with(&self.0.issuer), "{url}");
        assert_eq!((&*asked["client_id"], &*asked["response_type"]), (CLIENT, "code"));
        assert_eq!((&*asked["code_challenge_method"], &*asked["scope"]), ("S256", "openid email"));
        let mut codes = self.0.codes.lock().unwrap();
        let code = format!("code-{}-{}", codes.len(), asked["nonce"]);
        let kept = |name: &str| asked[name].clone();
        codes.insert(
            code.clone(),
            Code { challenge: kept("code_challenge"), redirect_uri: kept("redirect_uri"), nonce: kept("nonce") },
        );
        code
    }

    /// The keys as they are published: `a` and `r`, or those with these names.
    pub(crate) fn published(&self, names: &[&str]) -> Vec<Value> {
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let ec = |kid: &str, key: &EcdsaKeyPair| {
            let point = key.public_key().as_ref();
            json!({ "kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "x": part(&point[1..33]), "y": part(&point[33..]) })
        };
        let one = |name: &&str| match *name {
            "a" => ec("a", &self.0.a),
            "b" => ec("b", &self.0.b),
            _ => {
                let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(self.0.r.public());
                json!({ "kty": "RSA", "kid": "r", "alg": "RS256", "n": part(&n), "e": part(&e) })
            }
        };
        names.iter().map(one).collect()
    }

    fn signed(&self, lie: &Lie, claims: &Value) -> String {
        let (alg, kid) = match lie.sign {
            Sign::A => ("ES256", "a"),
            Sign::B => ("ES256", "b"),
            Sign::Rsa => ("RS256", "r"),
            Sign::Hmac => ("HS256", "r"),
            Sign::Nothing => ("none", "a"),
        };
        let header = patched(json!({ "alg": alg, "kid": kid, "typ": "JWT" }), &lie.header);
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let (random, bytes) = (SystemRandom::new(), message.as_bytes());
        let signature = match lie.sign {
            Sign::A => self.0.a.sign(&random, bytes).unwrap().as_ref().to_vec(),
            Sign::B => self.0.b.sign(&random, bytes).unwrap().as_ref().to_vec(),
            Sign::Rsa => {
                let mut signature = vec![0; self.0.r.public().modulus_len()];
                self.0.r.sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature).unwrap();
                signature
            }
            Sign::Hmac => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(self.0.r.public()).n;
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &public), bytes).as_ref().to_vec()
            }
            Sign::Nothing => Vec::new(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The honest value with some fields replaced; null removes one.
fn patched(mut value: Value, lie: &Value) -> Value {
    for (name, other) in lie.as_object().into_iter().flatten() {
        if other.is_null() {
            value.as_object_mut().unwrap().remove(name);
        } else {
            value[name] = other.clone();
        }
    }
    value
}

async fn describe(State(provider): State<Provider>) -> Json<Value> {
    let issuer = provider.issuer();
    let honest = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/user"),
        "response_types_supported": ["code", "id_token"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
    });
    Json(patched(honest, &provider.0.lie.lock().unwrap().description))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let lie = provider.0.lie.lock().unwrap().clone();
    let mut asked = provider.0.asked_keys.lock().unwrap();
    *asked += 1;
    let honest = || provider.published(&["a", "r"]);
    let keys = lie.keys_at_first.filter(|_| *asked == 1).or(lie.keys).unwrap_or_else(honest);
    Json(json!({ "keys": keys }))
}

async fn user_info(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    if headers.get("authorization").is_none_or(|value| value != "Bearer access") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (sub, email) = provider.0.person.lock().unwrap().clone();
    let honest = json!({ "sub": sub, "email": email, "email_verified": true });
    Json(patched(honest, &provider.0.lie.lock().unwrap().user_info)).into_response()
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let lie = provider.0.lie.lock().unwrap().clone();
    if lie.redirects {
        return (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")]).into_response();
    }
    let no = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Encoded as in a form, then joined (RFC 6749, section 2.3.1).
    if given != format!("Basic {}", STANDARD.encode("tombolo%3A1:s3cret+%26+more")) {
        return no("invalid_client");
    }
    // Good once.
    let Some(code) = form.get("code").and_then(|code| provider.0.codes.lock().unwrap().remove(code)) else {
        return no("invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form.get("code_verifier").map_or("", |text| text)));
    let proved = challenge == code.challenge || lie.ignores_proof;
    if !proved || form.get("redirect_uri") != Some(&code.redirect_uri) {
        return no("invalid_grant");
    }
    let (sub, email) = provider.0.person.lock().unwrap().clone();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let honest = json!({
        "iss": provider.issuer(), "sub": sub, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": code.nonce,
        "email": email, "email_verified": true,
    });
    let id_token = provider.signed(&lie, &patched(honest, &lie.claims));
    Json(json!({ "id_token": id_token, "access_token": "access", "token_type": "Bearer" })).into_response()
}
