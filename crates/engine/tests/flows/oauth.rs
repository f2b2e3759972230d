//! Tokens that a client or a person signs in for (OAuth 2.0), and those that are signed here.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};
use tombolo_engine::Bundle;
use tombolo_model::Kind;

use crate::credentials::{CLIENT, TOKENS, export, header, import, renewed, sent_body, signed_in};
use crate::support::{Answer, Memory, go, id, refusals};

fn oauth(bundle: Bundle, client: &Value, secrets: &[(&str, &str)]) -> Bundle {
    let mut made = signed_in(bundle, &json!({"type": "oauth"}), secrets);
    let client = json!({"name": "Client", "provider": "custom_oauth2", "oauth2": client});
    made.resources.insert(id(CLIENT), (Kind::IClient, client));
    let secret = BTreeMap::from([("/oauth2/clientSecret".to_owned(), "cl:ent hush".to_owned())]);
    made.secrets.insert(id(CLIENT), secret);
    made
}

/// A token server at another host, and an endpoint that takes `new-hush`.
fn authority(wants: &'static str) -> Memory {
    Memory::new(move |request| {
        if request.url.to_string() == "https://login.example/token" {
            let body = sent_body(request);
            if body.starts_with(wants) {
                return Some(Answer::json(
                    &json!({"access_token": "new-hush", "expires_in": 3600, "refresh_token": "newer"}),
                ));
            }
            return Some(Answer::new(400, json!({"error": "invalid_grant", "error_description": body}).to_string()));
        }
        let fine = header(request, "Authorization") == "Bearer new-hush";
        Some(if fine { Answer::json(&json!([])) } else { Answer::new(401, "no") })
    })
}

#[test]
fn a_client_signs_in_by_its_own_credentials() {
    let client = json!({"grantType": "clientcredentials", "clientId": "me", "scope": ["read", "write"],
        "token": {"uri": "https://login.example/token"}});
    let host = authority("grant_type=client_credentials");
    let ran = go(&oauth(export(), &client, &[]), &host);
    assert_eq!(ran.error(), "");
    let requests = host.requests.borrow();
    assert_eq!(sent_body(&requests[0]), "grant_type=client_credentials&scope=read%20write");
    // RFC 6749, 2.3.1: encoded, then joined.
    assert_eq!(header(&requests[0], "Authorization"), "Basic bWU6Y2wlM0FlbnQlMjBodXNo");
    let owners: Vec<_> = requests[0].owners().collect();
    assert_eq!(owners, [id(CLIENT)], "the client's secret is bound to the client's hosts");
    assert_eq!(requests[1].owners().collect::<Vec<_>>(), [id(1)]);
    assert!(!format!("{requests:?}").contains("hush"));
}

#[test]
fn a_client_may_be_named_in_the_body_and_write_it_itself() {
    let mut client = json!({"grantType": "clientcredentials", "clientId": "me", "clientCredentialsLocation": "body",
        "token": {"uri": "https://login.example/token"}});
    let host = authority("grant_type");
    go(&oauth(export(), &client, &[]), &host);
    assert_eq!(
        sent_body(&host.requests.borrow()[0]),
        "grant_type=client_credentials&client_id=me&client_secret=cl%3Aent%20hush"
    );
    client["token"]["body"] =
        json!("grant_type=x&id={{{iClient.oauth2.clientId}}}&s={{encodeURI iClient.oauth2.clientSecret}}");
    let host = authority("grant_type");
    go(&oauth(export(), &client, &[]), &host);
    assert_eq!(sent_body(&host.requests.borrow()[0]), "grant_type=x&id=me&s=cl%3Aent%20hush");
}

#[test]
fn what_somebody_signed_in_for_is_renewed_and_kept() {
    let client =
        json!({"grantType": "authorizecode", "clientId": "me", "token": {"uri": "https://login.example/token"}});
    let made = oauth(export(), &client, &TOKENS);
    let host = authority("grant_type=refresh_token&refresh_token=more%20hush");
    let ran = go(&made, &host);
    assert_eq!((ran.error(), host.urls().len()), ("", 3));
    let again = renewed(&made, &authority("grant_type=refresh_token"));
    let want = [("/http/auth/token/token", "new-hush"), ("/http/auth/token/refreshToken", "newer")];
    assert_eq!(again, want.map(|(path, value)| (path.to_owned(), value.to_owned())));
    let nobody = go(&oauth(export(), &client, &[]), &authority("grant_type"));
    assert!(nobody.error().contains("Authorize it"), "{}", nobody.error());
    let refused = go(&made, &authority("nothing"));
    assert!(refused.error().contains("refresh_token=******"), "{}", refused.error());
    assert!(!refused.error().contains("hush"), "{}", refused.error());
}

#[test]
fn a_name_and_password_sign_in_when_the_refresh_token_is_over() {
    let client = json!({"grantType": "password", "clientId": "me", "username": "ann b",
        "token": {"uri": "https://login.example/token"}});
    let mut made = oauth(export(), &client, &TOKENS);
    let password = ("/oauth2/password".to_owned(), "pass hush".to_owned());
    made.secrets.get_mut(&id(CLIENT)).unwrap().extend([password]);
    let host = authority("grant_type=password&username=ann%20b&password=pass%20hush");
    let ran = go(&made, &host);
    assert_eq!(ran.error(), "");
    let bodies: Vec<String> = host.requests.borrow().iter().map(sent_body).collect();
    assert!(
        bodies[1].starts_with("grant_type=refresh_token") && bodies[2].starts_with("grant_type=password"),
        "{bodies:?}"
    );
}

#[test]
fn a_token_server_that_is_down_is_not_taken_for_a_refusal() {
    let client =
        json!({"grantType": "clientcredentials", "clientId": "me", "token": {"uri": "https://login.example/token"}});
    let count = Rc::new(Cell::new(0));
    let asked = Rc::clone(&count);
    let host = Memory::new(move |request| {
        if request.url.to_string() != "https://login.example/token" {
            return Some(Answer::new(204, ""));
        }
        asked.set(asked.get() + 1);
        let down = asked.get() < 3;
        Some(if down { Answer::new(503, "later") } else { Answer::json(&json!({"access_token": "new-hush"})) })
    })
    .with_file(b"id\n1\n");
    let ran = go(&oauth(import(), &client, &[]), &host);
    assert_eq!((ran.counts(1), count.get()), ([1, 1, 0, 0], 3), "{:?}", ran.errors);
    let errors = refusals(&oauth(export(), &json!({"grantType": "clientcredentials"}), &[]));
    assert!(errors.contains("token URL"), "{errors}");
}

#[test]
fn a_token_of_ones_own_is_signed_and_says_when_it_ends() {
    use base64::Engine;
    let decode = |part: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    let auth = json!({"type": "jwtbearer", "jwt": {"signatureMethod": "hmac-sha256", "headers": {"kid": "k1", "alg": "none"},
        "payload": {"iss": "{{connection.name}}", "exp": 600, "aud": ["a"]}}});
    let host = Memory::new(|_| Some(Answer::json(&json!([]))));
    let made = signed_in(export(), &auth, &[("/http/auth/jwt/secret", "hush")]);
    assert!(renewed(&made, &host).is_empty(), "what is made anew each time is not kept");
    let requests = host.requests.borrow();
    let token = header(&requests[0], "Authorization");
    let parts: Vec<&str> = token.strip_prefix("Bearer ").unwrap().split('.').collect();
    let json = |part: &str| serde_json::from_slice::<Value>(&decode(part)).unwrap();
    assert_eq!(json(parts[0]), json!({"alg": "HS256", "typ": "JWT", "kid": "k1"}));
    let now = 1_795_492_800;
    assert_eq!(json(parts[1]), json!({"iss": "App", "exp": now + 600, "aud": ["a"], "iat": now}));
    let signed = format!("{}.{}", parts[0], parts[1]);
    assert_eq!(decode(parts[2]), tombolo_template::hmac("sha256", b"hush", signed.as_bytes()).unwrap());
    assert!(!format!("{requests:?}").contains(parts[1]));
}

#[test]
fn a_secret_cannot_be_put_into_a_token_that_everybody_can_read() {
    let auth = json!({"type": "jwtbearer", "jwt": {"signatureMethod": "hmac-sha256",
        "headers": {"kid": "{{connection.http.auth.jwt.secret}}"}, "payload": {"iss": "a"}}});
    let host = Memory::new(|_| Some(Answer::json(&json!([]))));
    let ran = go(&signed_in(export(), &auth, &[("/http/auth/jwt/secret", "hush")]), &host);
    assert!(ran.error().contains("a secret cannot be part of a token"), "{}", ran.error());
    assert!(host.requests.borrow().is_empty());
}

#[test]
fn a_private_key_that_is_none_is_said_before_the_run() {
    for method in ["rsa-sha256", "es256", "ps256"] {
        let auth = json!({"type": "jwtbearer", "jwt": {"signatureMethod": method, "payload": {"iss": "a"}}});
        let said = refusals(&signed_in(export(), &auth, &[("/http/auth/jwt/privateKey", "hush")]));
        assert!(!said.contains("hush") && (said.contains("private key") || said.contains(method)), "{said}");
    }
}
