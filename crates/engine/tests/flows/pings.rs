//! Whether a connection works.

use futures::executor::block_on;
use serde_json::{Value, json};
use tombolo_engine::{Bundle, PingError, SignIn, ping, sign_in_address, signed_in};
use tombolo_model::Kind;

use crate::support::{Answer, Memory, id};

fn connection(http: &Value, secrets: &[(&str, &str)]) -> Bundle {
    let mut bundle = Bundle::default();
    let mut value = json!({"name": "App", "type": "http", "http": {"baseURI": "https://app.example/v1"}});
    value["http"].as_object_mut().unwrap().extend(http.as_object().unwrap().clone());
    bundle.resources.insert(id(1), (Kind::Connection, value));
    let secrets = secrets.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    bundle.secrets.insert(id(1), secrets);
    bundle
}

fn pinged(bundle: &Bundle, host: &Memory) -> (Result<u16, PingError>, Vec<String>) {
    let mut renewed = Vec::new();
    let came =
        block_on(ping(bundle, id(1), host, &mut |_, path, secret| renewed.push(format!("{path} {}", secret.value()))));
    (came, renewed)
}

fn token() -> Value {
    json!({"type": "token", "token": {"location": "header", "refreshRelativeURI": "/token", "refreshTokenPath": "t"}})
}

#[test]
fn a_ping_is_sent_as_the_connection_describes_it() {
    let http = json!({"auth": {"type": "basic", "basic": {"username": "ann"}}, "ping": {"relativeURI": "/me?u={{connection.name}}",
        "method": "post", "body": "{\"q\":1}", "successPath": "state", "successValues": ["up"], "failPath": "error", "errorPath": "why"}});
    let made = connection(&http, &[("/http/auth/basic/password", "hush")]);
    for (answer, want) in [
        (json!({"state": "up"}), Ok(())),
        (json!({"state": "down", "why": "hush!"}), Err("without the sign of success: ******!")),
        (json!({"state": "up", "error": "bad", "why": "so"}), Err("answered with a failure: so")),
    ] {
        let host = Memory::new(move |_| Some(Answer::json(&answer)));
        let came = pinged(&made, &host).0;
        match want {
            Ok(()) => assert_eq!(came, Ok(200)),
            Err(part) => assert!(came.as_ref().is_err_and(|error| error.to_string().contains(part)), "{came:?}"),
        }
        let requests = host.requests.borrow();
        assert_eq!((requests[0].method.as_str(), requests.len()), ("POST", 1));
        assert_eq!(requests[0].url.to_string(), "https://app.example/v1/me?u=App");
        assert_eq!(host.bodies(), ["{\"q\":1}"]);
        assert!(requests[0].headers.iter().any(|(_, value)| value.reveal() == "Basic YW5uOmh1c2g="));
    }
}

#[test]
fn a_ping_renews_a_token_and_tells_of_it() {
    let host = Memory::new(|request| {
        if request.url.to_string().ends_with("/token") {
            return Some(Answer::json(&json!({"t": "new"})));
        }
        let fine = request.headers.iter().any(|(_, value)| value.reveal() == "Bearer new");
        Some(Answer::new(if fine { 204 } else { 401 }, ""))
    });
    let made =
        connection(&json!({"auth": token(), "ping": {"relativeURI": "/me"}}), &[("/http/auth/token/token", "old")]);
    let (came, renewed) = pinged(&made, &host);
    assert_eq!((came, renewed), (Ok(204), vec!["/http/auth/token/token new".to_owned()]));
}

#[test]
fn without_a_ping_an_answer_that_takes_the_credentials_is_enough() {
    for (status, fine) in [(200, true), (404, true), (401, false), (403, false), (500, false)] {
        let host = Memory::new(move |_| Some(Answer::new(status, "")));
        let came = pinged(&connection(&json!({}), &[]), &host).0;
        assert_eq!(came.is_ok(), fine, "{came:?}");
        assert_eq!(host.urls(), ["https://app.example/v1"]);
    }
}

#[test]
fn a_connection_that_is_not_complete_is_not_pinged() {
    let host = Memory::offline();
    let made = connection(&json!({"auth": {"type": "basic"}}), &[]);
    let error = pinged(&made, &host).0.unwrap_err();
    assert!(error.to_string().contains("password") && host.requests.borrow().is_empty(), "{error}");
    let nothing = pinged(&Bundle::default(), &host).0.unwrap_err();
    assert!(nothing.to_string().contains("is not here"), "{nothing}");
}

/// RFC 7636, appendix B.
#[test]
fn somebody_signs_in_once_and_the_code_becomes_tokens() {
    let sign_in = SignIn {
        redirect_uri: "https://tombolo.example/back?x=1",
        state: "s t",
        verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    };
    let oauth = json!({"type": "oauth", "oauth": {"grantType": "authorizecode", "clientId": "me", "scope": ["a", "b"],
        "authURI": "https://login.example/go?tenant=1", "tokenURI": "https://login.example/token"}});
    let made = connection(&json!({"auth": oauth}), &[]);
    assert_eq!(
        sign_in_address(&made, id(1), &sign_in).unwrap(),
        "https://login.example/go?tenant=1&response_type=code&client_id=me&redirect_uri=https%3A%2F%2Ftombolo.example%2Fback%3Fx%3D1\
         &state=s%20t&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&scope=a%20b"
    );
    let mut said = Vec::new();
    let host = Memory::new(|_| Some(Answer::json(&json!({"access_token": "hush 1", "refresh_token": "hush 2"}))));
    block_on(signed_in(&made, id(1), "c0de", &sign_in, &host, &mut |_, path, secret| {
        said.push((path, secret.value().to_owned()))
    }))
    .unwrap();
    let want = [("/http/auth/token/token", "hush 1"), ("/http/auth/token/refreshToken", "hush 2")];
    assert_eq!(said, want.map(|(path, value)| (path.to_owned(), value.to_owned())));
    assert_eq!(
        host.bodies(),
        ["grant_type=authorization_code&code=c0de&redirect_uri=https%3A%2F%2Ftombolo.example%2Fback%3Fx%3D1\
          &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&client_id=me"]
    );
    let host = Memory::new(|request| Some(Answer::new(400, request.body.as_ref().unwrap().reveal())));
    let refused =
        block_on(signed_in(&made, id(1), "c0de", &sign_in, &host, &mut |_, _, _| {})).unwrap_err().to_string();
    assert!(refused.contains("400") && !refused.contains("c0de") && !refused.contains("dBjft"), "{refused}");
    let basic = connection(&json!({"auth": {"type": "none"}}), &[]);
    assert!(sign_in_address(&basic, id(1), &sign_in).unwrap_err().to_string().contains("not OAuth 2.0"));
}
