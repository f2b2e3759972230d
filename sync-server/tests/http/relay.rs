//! Requests that the server sends for runs in browsers.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{any, get};
use reqwest::header::ORIGIN;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tombolo_model::{Id, Kind};
use tombolo_wire::relay::{Owned, RelayAnswer, RelayRequest, framed, parted};

use crate::device::Device;
use crate::runs::make;
use crate::server::{Person, Server, code};

type Seen = Arc<Mutex<Vec<(String, HeaderMap)>>>;

/// An application that lets no web page call it: `/echo` gives back what came, `/away` sends on to `to`.
async fn application(to: String) -> (String, Seen) {
    let seen = Seen::default();
    let noted = Arc::clone(&seen);
    let echo = move |request: Request| async move {
        let (head, body) = request.into_parts();
        noted.lock().unwrap().push((head.uri.to_string(), head.headers.clone()));
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        ([("link", "<https://next.example>; rel=next"), ("set-cookie", "own=1; Path=/")], body).into_response()
    };
    let router = Router::new()
        .route("/echo", any(echo))
        .route("/away", get(move || async move { Redirect::temporary(&to) }))
        .route("/wide", get(async || vec![7_u8; 3_000_000]));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, seen)
}

/// A flow that reads from an application.
async fn flow(person: &Person, base: &str) -> (Id, Id) {
    let mut device = Device::join(&person.browser, person.account, None).await;
    let connection = json!({ "name": "c", "type": "http", "http": { "baseURI": base } });
    let connection = make(&mut device, Kind::Connection, &connection).await;
    let export = json!({ "name": "e", "_connectionId": connection, "adaptorType": "HTTPExport", "http": { "method": "GET", "relativeURI": "/echo" } });
    let export = make(&mut device, Kind::Export, &export).await;
    let flow = json!({ "name": "f", "pageGenerators": [{ "_exportId": export }] });
    (make(&mut device, Kind::Flow, &flow).await, connection)
}

fn plain(text: &str) -> Owned {
    Owned { text: text.to_owned(), owners: Vec::new() }
}

fn request(method: &str, url: &str, headers: &[(&str, Owned)]) -> RelayRequest {
    RelayRequest {
        method: method.to_owned(),
        url: plain(url),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        body: Some(Vec::new()),
    }
}

/// What came: the status, and the answer or the code of the error.
async fn send(person: &Person, account: Id, of: &str, message: Vec<u8>) -> (StatusCode, reqwest::Response) {
    let path = format!("/api/accounts/{account}/{of}/relay");
    let sent = person.browser.request(Method::POST, &path).header(ORIGIN, person.browser.origin()).body(message);
    let answer = sent.send().await.unwrap();
    (answer.status(), answer)
}

async fn answered(person: &Person, of: &str, head: &RelayRequest, body: &[u8]) -> (RelayAnswer, Vec<u8>) {
    let (status, answer) = send(person, person.account, of, framed(head, body).unwrap()).await;
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    assert!(answer.headers().get("set-cookie").is_none(), "an application's cookie is none of ours");
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&bytes));
    let (head, rest) = parted::<RelayAnswer>(&bytes).unwrap();
    (head, rest.to_vec())
}

async fn refused(person: &Person, of: &str, head: &RelayRequest) -> String {
    let (status, answer) = send(person, person.account, of, framed(head, b"").unwrap()).await;
    assert!(!status.is_success());
    code(answer).await
}

#[tokio::test]
async fn a_request_that_a_browser_may_not_send_comes_back_as_the_application_answered_it() {
    let (base, seen) = application("/echo".to_owned()).await;
    let server = Server::start_with(&["--allow-private-network"]);
    let ann = server.person("ann").await;
    let (flow, connection) = flow(&ann, &base).await;
    let url = format!("{base}/echo?a=1");
    let body: Vec<u8> = (0..=255).collect();
    for of in [format!("flows/{flow}"), format!("connections/{connection}")] {
        let (head, echoed) = answered(&ann, &of, &request("POST", &url, &[("x-own", plain("1"))]), &body).await;
        assert_eq!((head.status, &echoed), (200, &body));
        let header = |name: &str| head.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str());
        assert_eq!(header("link"), Some("<https://next.example>; rel=next"));
        assert_eq!(header("set-cookie"), Some("own=1; Path=/"));
    }
    let (uri, headers) = seen.lock().unwrap().pop().unwrap();
    assert_eq!((uri.as_str(), headers["x-own"].to_str().unwrap()), ("/echo?a=1", "1"));
    assert!(headers.get("cookie").is_none() && headers.get("origin").is_none(), "{headers:?}");
    let (head, wide) =
        answered(&ann, &format!("flows/{flow}"), &request("GET", &format!("{base}/wide"), &[]), b"").await;
    assert!(head.status == 200 && wide == vec![7; 3_000_000]);
}

#[tokio::test]
async fn the_relay_is_no_open_proxy() {
    let (base, seen) = application("/echo".to_owned()).await;
    let (other, seen_there) = application("/echo".to_owned()).await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (mut ann, mut bob) = (server.person("ann").await, server.person("bob").await);
    let (flow, connection) = flow(&ann, &base).await;
    let of = format!("flows/{flow}");
    for url in [
        format!("{other}/echo"),
        format!("{}/echo", base.replace("127.0.0.1", "localhost")),
        "http://169.254.169.254/latest".to_owned(),
        "file:///etc/passwd".to_owned(),
        "/echo".to_owned(),
    ] {
        assert_eq!(refused(&ann, &of, &request("GET", &url, &[])).await, "relay_host", "{url}");
    }
    // A secret goes only to the hosts of its own connection.
    let (_, elsewhere) = self::flow(&ann, &other).await;
    let secret = Owned { text: "hush".to_owned(), owners: vec![connection, elsewhere] };
    assert_eq!(
        refused(&ann, &of, &request("GET", &format!("{base}/echo"), &[("x-key", secret)])).await,
        "relay_refused"
    );
    let good = framed(&request("GET", &format!("{base}/echo"), &[]), b"").unwrap();
    let (status, _) = send(&bob, ann.account, &of, good.clone()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    ann.let_in(&mut bob, "bob", "monitor").await;
    let (status, _) = send(&bob, ann.account, &of, good).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "who changes nothing has flows run on the server");
    for broken in [b"".to_vec(), b"{}".to_vec(), vec![255; 8], vec![0, 0, 0, 2, b'{', b'}']] {
        let (status, _) = send(&ann, ann.account, &of, broken).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
    assert!(seen.lock().unwrap().is_empty() && seen_there.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_a_script_calls_by_an_alias_of_the_integration_is_of_its_flow() {
    let (base, _) = application("/echo".to_owned()).await;
    let server = Server::start_with(&["--allow-private-network"]);
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let connection = json!({ "name": "c", "type": "http", "http": { "baseURI": base } });
    let connection = make(&mut device, Kind::Connection, &connection).await;
    let aliases = json!([{ "alias": "shop", "_connectionId": connection }]);
    let integration = make(&mut device, Kind::Integration, &json!({ "name": "i", "aliases": aliases })).await;
    for (content, good) in [("shop", true), ("other", false)] {
        let content = format!("function f() {{ return connections.get({{_id: '{content}'}}); }}");
        let script = make(&mut device, Kind::Script, &json!({ "name": "s", "content": content })).await;
        let export = json!({ "name": "e", "adaptorType": "SimpleExport",
            "hooks": { "preSavePage": { "_scriptId": script, "function": "f" } } });
        let export = make(&mut device, Kind::Export, &export).await;
        let flow = json!({ "name": "f", "_integrationId": integration, "pageGenerators": [{ "_exportId": export }] });
        let of = format!("flows/{}", make(&mut device, Kind::Flow, &flow).await);
        let asked = request("GET", &format!("{base}/echo"), &[]);
        match good {
            true => assert_eq!(answered(&ann, &of, &asked, b"").await.0.status, 200),
            false => assert_eq!(refused(&ann, &of, &asked).await, "relay_host"),
        }
    }
}

#[tokio::test]
async fn a_place_is_taken_before_the_body_of_a_request_is_read() {
    use tokio::io::AsyncWriteExt;
    let (base, _) = application("/echo".to_owned()).await;
    let server = Server::start_with(&["--allow-private-network"]);
    let ann = server.person("ann").await;
    let (flow, _) = flow(&ann, &base).await;
    let of = format!("flows/{flow}");
    let head = format!(
        "POST /api/accounts/{}/{of}/relay HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\nContent-Length: 16000000\r\n\r\n",
        ann.account,
        server.address,
        ann.browser.origin(),
        ann.browser.cookie()
    );
    let upload = async || {
        let mut stream = tokio::net::TcpStream::connect(&server.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    };
    let mut slow = Vec::new();
    for _ in 0..32 {
        slow.push(upload().await);
    }
    let ask = async || {
        send(&ann, ann.account, &of, framed(&request("GET", &format!("{base}/echo"), &[]), b"").unwrap()).await
    };
    let begun = std::time::Instant::now();
    while ask().await.0 != StatusCode::SERVICE_UNAVAILABLE {
        assert!(begun.elapsed().as_secs() < 20, "bodies are read without a place");
        // The question may have had the place of one of them.
        slow.push(upload().await);
    }
    drop(slow);
    while ask().await.0 != StatusCode::OK {
        assert!(begun.elapsed().as_secs() < 40, "places are not given back");
    }
}

#[tokio::test]
async fn a_redirect_takes_no_secret_to_another_host() {
    let (other, seen) = application("/echo".to_owned()).await;
    let (base, _) = application(format!("{other}/echo")).await;
    let server = Server::start_with(&["--allow-private-network"]);
    let ann = server.person("ann").await;
    let (flow, connection) = flow(&ann, &base).await;
    let secret = Owned { text: "hush".to_owned(), owners: vec![connection] };
    let headers = [("x-key", secret), ("x-auth-key", plain("k")), ("x-own", plain("1"))];
    let head = request("GET", &format!("{base}/away"), &headers);
    let (head, _) = answered(&ann, &format!("flows/{flow}"), &head, b"").await;
    assert_eq!(head.status, 200);
    let (_, headers) = seen.lock().unwrap().pop().unwrap();
    assert!(headers.get("x-key").is_none() && headers.get("x-auth-key").is_none(), "{headers:?}");
    assert_eq!(headers["x-own"], "1");
}

#[tokio::test]
async fn the_relay_of_a_server_reaches_no_private_address() {
    let (base, seen) = application("/echo".to_owned()).await;
    let server = Server::start();
    let ann = server.person("ann").await;
    let (flow, _) = flow(&ann, &base).await;
    let said = refused(&ann, &format!("flows/{flow}"), &request("GET", &format!("{base}/echo"), &[])).await;
    assert_eq!(said, "relay_private");
    assert!(seen.lock().unwrap().is_empty());
}
