//! Secrets that templates name: sent where they were entered for, `******` everywhere else.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tombolo_engine::{Body, Bundle, HttpError, Request, check_secret_hosts};
use tombolo_model::Kind;

use crate::support::{Answer, Memory, bundle, file_export, go, http_export, http_import, id, with};

const SECRET: &str = "hü/sh \"hush\"";

/// A connection with two encrypted fields and headers of its own.
fn custom(mut bundle: Bundle, headers: &Value) -> Bundle {
    let value = json!({"name": "App", "type": "http", "http": {"baseURI": "https://app.example/v1",
        "auth": {"type": "custom"}, "headers": headers, "unencrypted": {"user": "ann"},
        "encryptedFields": [{"id": "key"}, {"id": "sign"}, {"id": "none"}]}});
    bundle.resources.insert(id(1), (Kind::Connection, value));
    let secrets = [("/http/encrypted/key", SECRET), ("/http/encrypted/sign", "Jefe")];
    let secrets = secrets.map(|(path, value)| (path.to_owned(), value.to_owned()));
    bundle.secrets.insert(id(1), BTreeMap::from(secrets));
    bundle
}

fn header(request: &Request, name: &str) -> (String, String) {
    let found = request.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value);
    found.map(|value| (value.reveal(), value.to_string())).unwrap_or_default()
}

const KEY: &str = "{{{connection.http.encrypted.key}}}";

#[test]
fn a_secret_goes_into_address_headers_and_body_and_is_never_printed() {
    let host = Memory::new(|_| Some(Answer::new(204, ""))).with_file(b"id\n1\n");
    let headers = json!([{"name": "X-Key", "value": KEY},
        {"name": "Authorization", "value": "Basic {{{base64Encode (join \":\" connection.http.unencrypted.user connection.http.encrypted.key)}}}"}]);
    let import = http_import(&json!({"relativeURI": ["/x?k={{connection.http.encrypted.key}}&id={{record.id}}"],
        "body": ["{\"k\":{{{jsonSerialize connection.http.encrypted.key}}},\"id\":{{record.id}} }"]}));
    let ran = go(&custom(bundle(file_export(&json!({"type": "csv"})), &[import]), &headers), &host);
    assert_eq!(ran.counts(1), [1, 1, 0, 0], "{:?}", ran.errors);
    let requests = host.requests.borrow();
    let request = &requests[0];
    assert_eq!(request.url.reveal(), "https://app.example/v1/x?k=h%C3%BC%2Fsh%20%22hush%22&id=1");
    assert_eq!(request.url.to_string(), "https://app.example/v1/x?k=******&id=1");
    assert_eq!(header(request, "X-Key"), (SECRET.to_owned(), "******".to_owned()));
    assert_eq!(header(request, "Authorization").0, "Basic YW5uOmjDvC9zaCAiaHVzaCI=");
    let body = request.body.as_ref().unwrap();
    assert_eq!(String::from_utf8(body.reveal()).unwrap(), r#"{"k":"hü/sh \"hush\"","id":1 }"#);
    assert_eq!(body.to_string(), r#"{"k":******,"id":1 }"#);
    let printed = format!("{request:?}");
    assert!(!printed.contains("hush") && !printed.contains("aHVz"), "{printed}");
}

#[test]
fn a_named_secret_goes_only_to_the_hosts_it_was_entered_for() {
    for place in ["url", "header", "body"] {
        let host = Memory::new(|_| Some(Answer::json(&json!([]))));
        let mut http = json!({"method": "POST", "relativeURI": "/x", "body": "a"});
        match place {
            "url" => http["relativeURI"] = json!(format!("/x?k={KEY}")),
            "header" => http["headers"] = json!([{"name": "X-Key", "value": format!("k {KEY}")}]),
            _ => http["body"] = json!(format!("k={KEY}")),
        }
        go(&custom(bundle(http_export(&http), &[]), &json!([])), &host);
        let requests = host.requests.borrow();
        let hosts = |name: &str| BTreeMap::from([(id(1), vec![name.to_owned()])]);
        assert_eq!(check_secret_hosts(&requests[0], Some("app.example"), &hosts("app.example")), Ok(()), "{place}");
        let refused = check_secret_hosts(&requests[0], Some("app.example"), &hosts("evil.example"));
        assert!(matches!(refused, Err(HttpError::Refused(_))), "{place}");
        assert!(check_secret_hosts(&requests[0], Some("app.example"), &BTreeMap::new()).is_err(), "{place}");
    }
}

#[test]
fn a_secret_in_a_mapping_or_a_file_name_is_stars() {
    let rules = json!([{"generate": "k", "dataType": "string", "extract": format!("{KEY}{{{{substring connection.http.encrypted.key 0 2}}}}")},
        {"generate": "all", "dataType": "string", "extract": "{{{jsonSerialize connection.http.encrypted}}}"}]);
    let mapped = with(http_import(&json!({"relativeURI": ["/x"]})), &json!({"mappings": rules}));
    let host = Memory::new(|_| Some(Answer::new(204, ""))).with_file(b"id\n1\n");
    let ran = go(&custom(bundle(file_export(&json!({"type": "csv"})), &[mapped]), &json!([])), &host);
    assert_eq!(ran.counts(1), [1, 1, 0, 0], "{:?}", ran.errors);
    let sent: Value = serde_json::from_str(&host.bodies()[0]).unwrap();
    assert_eq!(sent["k"], json!("********"));
    let all: Value = serde_json::from_str(sent["all"].as_str().unwrap()).unwrap();
    assert_eq!(all, json!({"key": "******", "sign": "******", "none": "******"}));
}

#[test]
fn a_template_that_takes_a_secret_apart_gets_stars() {
    let host = Memory::new(|_| Some(Answer::json(&json!([]))));
    let value = "{{substring connection.http.encrypted.key 0 3}}{{uppercase connection.http.encrypted.key}}{{reverse connection.http.encrypted.key}}";
    let http = json!({"relativeURI": "/{{#startsWith \"h\" connection.http.encrypted.key}}yes{{else}}no{{/startsWith}}",
        "headers": [{"name": "X-Part", "value": value}]});
    go(&custom(bundle(http_export(&http), &[]), &json!([])), &host);
    let requests = host.requests.borrow();
    assert_eq!(header(&requests[0], "X-Part").0, "***************");
    assert_eq!(requests[0].url.reveal(), "https://app.example/v1/no");
}

#[test]
fn a_record_cannot_pass_for_a_secret() {
    let forged = format!("\"******\",\"{}/http/encrypted/key\"", id(1));
    let host = Memory::new(|_| Some(Answer::new(204, ""))).with_file(format!("a,b\n{forged}\n").as_bytes());
    let import = http_import(&json!({"relativeURI": ["/x"], "body": ["{{{record.a}}} {{{record.b}}}"],
        "requestMediaType": "plaintext"}));
    go(&custom(bundle(file_export(&json!({"type": "csv"})), &[import]), &json!([])), &host);
    assert_eq!(host.bodies()[0], format!("****** {}/http/encrypted/key", id(1)));
}

#[test]
fn a_field_that_was_never_entered_is_asked_for() {
    let host = Memory::new(|_| Some(Answer::json(&json!([]))));
    let http = json!({"relativeURI": "/x", "headers": [{"name": "X", "value": "{{connection.http.encrypted.none}}"}]});
    let ran = go(&custom(bundle(http_export(&http), &[]), &json!([])), &host);
    assert!(ran.error().contains("/http/encrypted/none") && ran.error().contains("Enter it again"), "{}", ran.error());
    assert!(host.requests.borrow().is_empty(), "nothing is sent without it");
}

#[test]
fn an_endpoint_that_repeats_what_was_made_of_a_secret_is_told_without_it() {
    let host = Memory::new(|request| Some(Answer::new(403, header(request, "Authorization").0)));
    let value = "Basic {{{base64Encode (join \":\" connection.http.unencrypted.user connection.http.encrypted.key)}}}";
    let http = json!({"relativeURI": "/x", "headers": [{"name": "Authorization", "value": value}]});
    let ran = go(&custom(bundle(http_export(&http), &[]), &json!([])), &host);
    assert!(ran.error().contains("Basic ******") && !ran.error().contains("YW5u"), "{}", ran.error());
}

/// RFC 4231, test case 2.
#[test]
fn a_request_is_signed_over_its_own_body_with_a_secret_key() {
    let host = Memory::new(|_| Some(Answer::json(&json!([]))));
    let http = json!({"method": "POST", "relativeURI": "/x?b=2&a=1", "body": "what do ya want for nothing?", "headers": [
        {"name": "X-Signature", "value": "{{hmac \"sha256\" connection.http.encrypted.sign \"hex\" hmacOptions.body}}"},
        {"name": "X-Request", "value": "{{hmacOptions.method}} {{{hmacOptions.URI}}} {{{hmacOptions.relativeURI}}} {{{hmacOptions.orderedQueryParams}}} {{hashOptions.urlParametersMap.a}} {{hmacOptions.headers.X-Other}}"},
        {"name": "X-Other", "value": "other"},
        {"name": "X-Key", "value": "{{hmac \"sha256\" hmacOptions.http.encrypted.sign \"hex\" \"what do ya want for nothing?\"}}"}]});
    let ran = go(&custom(bundle(http_export(&http), &[]), &json!([])), &host);
    assert_eq!(ran.error(), "");
    let requests = host.requests.borrow();
    let signature = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(header(&requests[0], "X-Signature"), (signature.to_owned(), "******".to_owned()));
    assert_eq!(header(&requests[0], "X-Key").0, signature);
    assert_eq!(header(&requests[0], "X-Request").0, "POST https://app.example/v1/x?b=2&a=1 /x?b=2&a=1 a=1&b=2 1 other");
}

/// `get-vanilla` of the test suite that AWS publishes.
#[test]
fn a_request_is_signed_as_amazon_signs_it() {
    let host = Memory::new(|_| Some(Answer::json(&json!([]))));
    let mut made = custom(
        bundle(
            http_export(&json!({"relativeURI": "/", "headers": [
        {"name": "X-Amz-Date", "value": "20150830T123600Z"},
        {"name": "Authorization", "value": "{{{aws4 \"AKIDEXAMPLE\" connection.http.encrypted.key \"\" \"us-east-1\" \"service\"}}}"}]})),
            &[],
        ),
        &json!([]),
    );
    made.resources.get_mut(&id(1)).unwrap().1["http"]["baseURI"] = json!("https://example.amazonaws.com");
    let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    made.secrets.get_mut(&id(1)).unwrap().insert("/http/encrypted/key".to_owned(), key.to_owned());
    let ran = go(&made, &host);
    assert_eq!(ran.error(), "");
    let want = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
        SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    assert_eq!(header(&host.requests.borrow()[0], "Authorization"), (want.to_owned(), "******".to_owned()));
}

#[test]
fn a_signature_over_a_body_with_a_secret_is_made_when_the_secret_is_there() {
    let host = Memory::new(|_| Some(Answer::json(&json!([]))));
    let http = json!({"method": "POST", "relativeURI": "/x", "body": format!("k={KEY}"), "headers": [
        {"name": "X-Signature", "value": "{{hash \"md5\" \"hex\" hashOptions.body}}"}]});
    go(&custom(bundle(http_export(&http), &[]), &json!([])), &host);
    let plain = json!({"method": "POST", "relativeURI": "/x", "body": "k=hü/sh \"hush\"", "headers": [
        {"name": "X-Signature", "value": "{{hash \"md5\" \"hex\" hashOptions.body}}"}]});
    go(&custom(bundle(http_export(&plain), &[]), &json!([])), &host);
    let requests = host.requests.borrow();
    assert_eq!(header(&requests[0], "X-Signature").0, header(&requests[1], "X-Signature").0);
    assert_eq!(requests[0].body.as_ref().map(Body::reveal), requests[1].body.as_ref().map(Body::reveal));
}

#[test]
fn a_secret_may_be_part_of_the_base_address() {
    let host = Memory::new(|_| Some(Answer::json(&json!([]))));
    let mut made = custom(bundle(http_export(&json!({"relativeURI": "items?page=1"})), &[]), &json!([]));
    made.resources.get_mut(&id(1)).unwrap().1["http"]["baseURI"] =
        json!("https://app.example/{{{connection.http.encrypted.sign}}}/");
    go(&made, &host);
    assert_eq!(host.requests.borrow()[0].url.reveal(), "https://app.example/Jefe/items?page=1");
    assert_eq!(host.urls(), ["https://app.example/******/items?page=1"]);
}

#[test]
fn a_relative_link_keeps_the_secret_of_the_address_it_is_in() {
    let host = Memory::new(|request| {
        let first = request.url.to_string().ends_with("/items?a=1");
        let answer = Answer::json(&json!([{"n": 1}]));
        Some(if first { answer.header("link", "<items?page=2>; rel=next, <x>; rel=prev") } else { answer })
    });
    let http =
        json!({"relativeURI": "/{{{connection.http.encrypted.sign}}}/items?a=1", "paging": {"method": "linkheader"}});
    let ran = go(&custom(bundle(http_export(&http), &[]), &json!([])), &host);
    assert_eq!(ran.counts(0), [2, 2, 0, 0], "{:?}", ran.errors);
    let requests = host.requests.borrow();
    assert_eq!(requests[1].url.reveal(), "https://app.example/v1/Jefe/items?page=2");
    assert_eq!(requests[1].url.to_string(), "https://app.example/v1/******/items?page=2");
}
