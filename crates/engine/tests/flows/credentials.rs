//! Authentication: tokens that are renewed once for all requests, signatures, sign-ins.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::{Value, json};
use tombolo_engine::{Bundle, Request, RunEvent};
use tombolo_model::Kind;
use tombolo_model::run::RunStatus;

use crate::support::{Answer, Memory, bundle, file_export, go, go_until, http_export, http_import, id, refusals};

pub(crate) const CLIENT: u8 = 90;

/// A connection with this authentication and these secrets.
pub(crate) fn signed_in(mut bundle: Bundle, auth: &Value, secrets: &[(&str, &str)]) -> Bundle {
    let value = json!({"name": "App", "type": "http", "http": {"baseURI": "https://app.example/v1", "auth": auth,
        "_iClientId": id(CLIENT).to_string()}});
    bundle.resources.insert(id(1), (Kind::Connection, value));
    let secrets = secrets.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    bundle.secrets.insert(id(1), secrets);
    bundle
}

pub(crate) fn export() -> Bundle {
    bundle(http_export(&json!({"relativeURI": "/x"})), &[])
}

/// Three records, three requests at once.
pub(crate) fn import() -> Bundle {
    bundle(file_export(&json!({"type": "csv"})), &[http_import(&json!({"relativeURI": ["/x"]}))])
}

pub(crate) fn header(request: &Request, name: &str) -> String {
    let found =
        request.headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.reveal());
    found.unwrap_or_default()
}

pub(crate) fn sent_body(request: &Request) -> String {
    request.body.as_ref().map(|body| String::from_utf8(body.reveal()).unwrap()).unwrap_or_default()
}

/// What a run said of renewed secrets: path and value.
pub(crate) fn renewed(bundle: &Bundle, host: &Memory) -> Vec<(String, String)> {
    let said = Rc::new(std::cell::RefCell::new(Vec::new()));
    let kept = Rc::clone(&said);
    go_until(bundle, host, move |event| {
        if let RunEvent::Renewed { owner, path, secret } = event {
            assert_eq!(*owner, id(1));
            assert!(!format!("{event:?}").contains("hush"), "{event:?}");
            let value = tombolo_engine::Masked::default().and_secret(secret.clone()).reveal();
            kept.borrow_mut().push((path.clone(), value));
        }
        false
    });
    said.take()
}

const REFRESH: &str =
    "refresh_token={{{connection.http.auth.token.refreshToken}}}&old={{{connection.http.auth.token.token}}}";

fn refreshing() -> Value {
    json!({"type": "token", "token": {"location": "header", "refreshRelativeURI": "/token", "refreshBody": REFRESH,
        "refreshTokenPath": "data.token", "refreshHeaders": [{"name": "X-Tenant", "value": "t"}]}})
}

pub(crate) const TOKENS: [(&str, &str); 2] =
    [("/http/auth/token/token", "old-hush"), ("/http/auth/token/refreshToken", "more hush")];

/// Takes only the new token; gives it at `/token`.
fn renewing(count: &Rc<Cell<u32>>) -> Memory {
    let count = Rc::clone(count);
    Memory::new(move |request| {
        if request.url.to_string().ends_with("/token") {
            count.set(count.get() + 1);
            return Some(Answer::json(&json!({"data": {"token": "new-hush"}, "refresh_token": "newer hush"})));
        }
        let fine = header(request, "Authorization") == "Bearer new-hush";
        Some(if fine { Answer::json(&json!([])) } else { Answer::new(401, "old-hush is no good") })
    })
}

#[test]
fn a_refused_token_is_renewed_once_for_all_requests_and_reported() {
    let count = Rc::new(Cell::new(0));
    let host = renewing(&count).with_file(b"id\n1\n2\n3\n");
    let made = signed_in(import(), &refreshing(), &TOKENS);
    let ran = go(&made, &host);
    assert_eq!((ran.counts(1), count.get()), ([3, 3, 0, 0], 1), "{:?}", ran.errors);
    let requests = host.requests.borrow();
    let asked = requests.iter().find(|request| request.url.to_string().ends_with("/token")).unwrap();
    assert_eq!(asked.url.to_string(), "https://app.example/v1/token");
    assert_eq!(sent_body(asked), "refresh_token=more hush&old=old-hush");
    assert_eq!(
        (header(asked, "Content-Type").as_str(), header(asked, "X-Tenant").as_str()),
        ("application/x-www-form-urlencoded", "t")
    );
    assert_eq!(header(asked, "Authorization"), "");
    let printed = format!("{requests:?} {:?}", ran.errors);
    assert!(!printed.contains("hush"), "{printed}");
    let want = [("/http/auth/token/token", "new-hush"), ("/http/auth/token/refreshToken", "newer hush")];
    let want = want.map(|(path, value)| (path.to_owned(), value.to_owned()));
    assert_eq!(renewed(&made, &renewing(&count).with_file(b"id\n1\n")), want);
}

#[test]
fn a_renewal_may_bring_several_tokens() {
    for (xml, path, brought) in [
        (false, "data", json!({"data": {"session": "s-hush", "csrf": "c-hush"}}).to_string()),
        (true, "r.data", "<r><data><session>s-hush</session><csrf>c-hush</csrf></data></r>".to_owned()),
    ] {
        let endpoint = move |request: &Request| {
            if request.url.to_string().ends_with("/token") {
                return Some(Answer::new(200, brought.clone()));
            }
            let fine = header(request, "Authorization") == "Bearer s-hush" && header(request, "X-Csrf") == "c-hush";
            Some(if fine { Answer::json(&json!([])) } else { Answer::new(401, "") })
        };
        let auth = json!({"type": "token", "token": {"location": "header", "refreshRelativeURI": "/token",
            "refreshResponseMediaType": if xml { "xml" } else { "json" },
            "tokenPaths": [format!("{path}.session"), format!("{path}.csrf")]}});
        let mut made = signed_in(export(), &auth, &[]);
        let csrf = json!([{"name": "X-Csrf", "value": "{{{connection.http.encrypted.csrf}}}"}]);
        made.resources.get_mut(&id(1)).unwrap().1["http"]["headers"] = csrf;
        let host = Memory::new(endpoint);
        let said = renewed(&made, &host);
        assert_eq!(said, [("/http/auth/token/token".to_owned(), "s-hush".to_owned())]);
        assert_eq!(host.urls().len(), 2, "{:?}", host.urls());
        let printed = format!("{:?}", host.requests.borrow());
        assert!(!printed.contains("hush"), "{printed}");
    }
}

#[test]
fn without_a_token_one_is_asked_for_before_the_first_request() {
    let count = Rc::new(Cell::new(0));
    let host = renewing(&count);
    let ran = go(&signed_in(export(), &refreshing(), &TOKENS[1..]), &host);
    // The old token is not there, and the template that wants it says so.
    assert!(ran.error().contains("/http/auth/token/token"), "{}", ran.error());
    let mut auth = refreshing();
    auth["token"]["refreshBody"] = json!("r={{{connection.http.auth.token.refreshToken}}}");
    let ran = go(&signed_in(export(), &auth, &TOKENS[1..]), &host);
    assert_eq!((ran.outcome.status, count.get()), (RunStatus::Completed, 1), "{}", ran.error());
}

#[test]
fn a_token_that_cannot_be_renewed_fails_every_request_and_asks_once() {
    let count = Rc::new(Cell::new(0));
    let asked = Rc::clone(&count);
    let host = Memory::new(move |request| {
        if request.url.to_string().ends_with("/token") {
            asked.set(asked.get() + 1);
            return Some(Answer::new(400, format!("{{\"error\":\"{} is over\"}}", sent_body(request))));
        }
        Some(Answer::new(401, ""))
    })
    .with_file(b"id\n1\n2\n3\n");
    let ran = go(&signed_in(import(), &refreshing(), &TOKENS), &host);
    assert_eq!((ran.counts(1), count.get()), ([3, 0, 0, 3], 1));
    for error in &ran.errors {
        assert!(error.message.contains("credentials") && error.message.contains("is over"), "{}", error.message);
        assert!(!error.message.contains("hush"), "{}", error.message);
    }
}

#[test]
fn a_new_token_that_is_refused_too_is_not_renewed_again() {
    let count = Rc::new(Cell::new(0));
    let asked = Rc::clone(&count);
    let host = Memory::new(move |request| {
        if request.url.to_string().ends_with("/token") {
            asked.set(asked.get() + 1);
            return Some(Answer::json(&json!({"data": {"token": "new-hush"}})));
        }
        Some(Answer::new(403, format!("not with {}", header(request, "Authorization"))))
    });
    let ran = go(&signed_in(export(), &refreshing(), &TOKENS), &host);
    assert_eq!(count.get(), 1);
    assert!(ran.error().contains("403") && ran.error().contains("not with Bearer ******"), "{}", ran.error());
}

#[test]
fn an_answer_may_say_in_its_body_that_the_token_is_refused() {
    let mut auth = refreshing();
    auth["failPath"] = json!("error.code");
    auth["failValues"] = json!(["expired"]);
    for (code, asked) in [("expired", 1), ("other", 0)] {
        let count = Rc::new(Cell::new(0));
        let renewals = Rc::clone(&count);
        let host = Memory::new(move |request| {
            if request.url.to_string().ends_with("/token") {
                renewals.set(renewals.get() + 1);
                return Some(Answer::json(&json!({"data": {"token": "new-hush"}})));
            }
            let fine = header(request, "Authorization") == "Bearer new-hush";
            Some(Answer::json(&if fine { json!({"id": 1}) } else { json!({"id": 2, "error": {"code": code}}) }))
        });
        let ran = go(&signed_in(export(), &auth, &TOKENS), &host);
        assert_eq!((ran.counts(0), count.get()), ([1, 1, 0, 0], asked), "the body is read whole afterwards");
    }
}

#[test]
fn a_token_may_go_into_the_body_or_where_the_body_names_it() {
    let auth = json!({"type": "token", "token": {"location": "body", "paramName": "auth"}});
    for (template, want) in [
        (json!(null), "{\"auth\":\"old-hush\",\"id\":\"1\"}"),
        (json!(["a={{record.id}}"]), "a=1&auth=old-hush"),
        (json!(["{{{connection.http.auth.token.token}}}/{{record.id}}"]), "old-hush/1"),
    ] {
        let host = Memory::new(|_| Some(Answer::new(204, ""))).with_file(b"id\n1\n");
        let mut import = http_import(&json!({"relativeURI": ["/x"]}));
        import["http"]["body"] = template;
        let flow = bundle(file_export(&json!({"type": "csv"})), &[import]);
        let ran = go(&signed_in(flow, &auth, &TOKENS), &host);
        assert_eq!(ran.counts(1), [1, 1, 0, 0], "{:?}", ran.errors);
        let requests = host.requests.borrow();
        assert_eq!(sent_body(&requests[0]), want);
        assert!(!format!("{requests:?}").contains("hush"));
    }
}

#[test]
fn a_digest_is_answered_and_kept_for_later_requests() {
    let auth = json!({"type": "digest", "basic": {"username": "ann"}});
    let host = Memory::new(|request| {
        let answer = header(request, "Authorization");
        Some(if answer.contains("nonce=\"n1\"") {
            Answer::new(204, "")
        } else {
            Answer::new(401, "")
                .header("www-authenticate", "Digest realm=\"r\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256")
        })
    })
    .with_file(b"id\n1\n");
    let import = http_import(&json!({"relativeURI": ["/x?a=b"]}));
    let next = http_import(&json!({"relativeURI": ["/y"]}));
    let flow = bundle(file_export(&json!({"type": "csv"})), &[import, next]);
    let ran = go(&signed_in(flow, &auth, &[("/http/auth/basic/password", "hush")]), &host);
    assert_eq!((ran.counts(2), host.requests.borrow().len()), ([1, 1, 0, 0], 3), "{:?}", ran.errors);
    let answers: Vec<String> = host.requests.borrow().iter().map(|request| header(request, "Authorization")).collect();
    assert!(
        answers[0].is_empty() && answers[1].contains("uri=\"/v1/x?a=b\"") && answers[1].contains("nc=00000001"),
        "{answers:?}"
    );
    assert!(answers[2].contains("nc=00000002") && !answers.concat().contains("hush"), "{answers:?}");
}

#[test]
fn a_digest_with_the_wrong_password_is_refused_once() {
    let auth = json!({"type": "digest", "basic": {"username": "ann"}});
    let host =
        Memory::new(|_| Some(Answer::new(401, "").header("www-authenticate", "Digest realm=\"r\", nonce=\"n1\"")));
    let ran = go(&signed_in(export(), &auth, &[("/http/auth/basic/password", "hush")]), &host);
    assert!(ran.error().contains("401"), "{}", ran.error());
    assert_eq!(host.requests.borrow().len(), 2);
}

#[test]
fn cookies_of_a_sign_in_go_along_and_are_renewed_when_they_end() {
    let auth = json!({"type": "cookie", "cookie": {"uri": "/login", "method": "POST",
        "body": "{\"p\":{{{jsonSerialize connection.http.encrypted.password}}} }"}});
    let count = Rc::new(Cell::new(0));
    let logins = Rc::clone(&count);
    let host = Memory::new(move |request| {
        if request.url.to_string().ends_with("/login") {
            logins.set(logins.get() + 1);
            let session = format!("sid=hush{}; Path=/; HttpOnly", logins.get());
            return Some(Answer::new(200, "welcome").header("set-cookie", &session).header("set-cookie", "lang=en"));
        }
        let fine = header(request, "Cookie") == "sid=hush2; lang=en";
        Some(if fine { Answer::json(&json!([])) } else { Answer::new(401, header(request, "Cookie")) })
    });
    let made = signed_in(export(), &auth, &[("/http/encrypted/password", "pw-hush")]);
    let ran = go(&made, &host);
    // The session that was just given is refused: a second sign-in would be the same.
    assert!(ran.error().contains("401") && !ran.error().contains("hush"), "{}", ran.error());
    let requests = host.requests.borrow();
    assert_eq!(sent_body(&requests[0]), "{\"p\":\"pw-hush\" }");
    assert_eq!((header(&requests[1], "Cookie").as_str(), count.get()), ("sid=hush1; lang=en", 1));
    assert!(!format!("{requests:?}").contains("hush"));
}

#[test]
fn a_sign_in_without_a_cookie_says_so() {
    let auth = json!({"type": "cookie", "cookie": {"uri": "https://app.example/login"}});
    for (hidden, want) in [(false, "without a cookie"), (true, "Run the flow on the server")] {
        let host = Memory::new(move |_| {
            let mut answer = Answer::new(200, "");
            answer.hidden = hidden;
            Some(answer)
        });
        let ran = go(&signed_in(export(), &auth, &[]), &host);
        assert!(ran.error().contains(want), "{}", ran.error());
    }
}

#[test]
fn a_user_name_token_is_good_for_one_request() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let auth = json!({"type": "wsse", "basic": {"username": "ann"}});
    let host = Memory::new(|_| Some(Answer::new(204, ""))).with_file(b"id\n1\n2\n");
    go(&signed_in(import(), &auth, &[("/http/auth/basic/password", "hush")]), &host);
    let requests = host.requests.borrow();
    let tokens: Vec<String> = requests.iter().map(|request| header(request, "X-WSSE")).collect();
    assert_ne!(tokens[0], tokens[1]);
    let part = |name: &str| {
        let (_, rest) = tokens[0].split_once(&format!("{name}=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let nonce = String::from_utf8(STANDARD.decode(part("Nonce")).unwrap()).unwrap();
    let want = tombolo_template::hash("sha1", format!("{nonce}{}hush", part("Created")).as_bytes()).unwrap();
    assert_eq!((part("PasswordDigest"), part("Username")), (STANDARD.encode(want), "ann".to_owned()));
}

#[test]
fn requests_are_signed_by_oauth_1() {
    let auth = json!({"type": "oauth1", "oauth": {"oauth1": {"consumerKey": "ck", "signatureMethod": "hmac-sha256", "realm": "R"}}});
    let below = "/http/auth/oauth/oauth1";
    let secrets = ["consumerSecret", "accessToken", "tokenSecret"]
        .map(|name| (format!("{below}/{name}"), format!("hush-{name}")));
    let secrets: Vec<(&str, &str)> = secrets.iter().map(|(path, value)| (path.as_str(), value.as_str())).collect();
    let host = Memory::new(|_| Some(Answer::json(&json!([]))));
    let ran = go(&signed_in(export(), &auth, &secrets), &host);
    assert_eq!(ran.error(), "");
    let requests = host.requests.borrow();
    let value = header(&requests[0], "Authorization");
    assert!(
        value.starts_with("OAuth realm=\"R\", oauth_consumer_key=\"ck\"") && value.contains("HMAC-SHA256"),
        "{value}"
    );
    assert!(value.contains("oauth_token=\"hush-accessToken\"") && !value.contains("hush-tokenSecret"), "{value}");
    assert!(!format!("{requests:?}").contains("hush"));
    assert!(refusals(&signed_in(export(), &auth, &secrets[..2])).contains("token secret"));
}

#[test]
fn a_refused_authentication_is_quoted_by_its_beginning_however_long_it_is() {
    let long = "x".repeat(100_000);
    for auth in [json!({"type": long}), json!({"type": "token", "token": {"location": long}})] {
        let said = refusals(&signed_in(export(), &auth, &[("/http/auth/token/token", "hush")]));
        assert!(said.contains("xx…") && said.len() < 1_000, "{} {said:.300}", said.len());
    }
}
