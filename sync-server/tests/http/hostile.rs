//! Whatever comes to whichever route, it is answered, with a sentence, and never as if the server were broken.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, ORIGIN};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tombolo_server::{RouteInfo, route_table};

use crate::device::random;
use crate::server::{Person, Server};

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// A body without anything in it.
const JSON: (&str, Vec<u8>) = ("application/json", Vec::new());
/// Random bodies for each route.
const BODIES: usize = 60;

/// Numbers that a seed gives (xorshift).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }

    pub(crate) fn text(&mut self) -> String {
        let pieces =
            ["", "a", "ann@example.com", "owner", "\u{0}", "ü", "😀", "../", "'; --", "{{x}}", "******", "__proto__"];
        (0..self.roll(4)).map(|_| self.pick(&pieces)).collect()
    }

    /// JSON with the fields that bodies have, and others.
    pub(crate) fn value(&mut self, levels: usize) -> Value {
        let keys = [
            "name",
            "email",
            "password",
            "invitation",
            "role",
            "path",
            "value",
            "hosts",
            "user",
            "__proto__",
            "constructor",
            "",
        ];
        match self.roll(if levels == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => json!(self.roll(2) == 0),
            2 => self.pick(&[json!(-1), json!(u64::MAX), json!(1e308), json!(0.1)].each_ref()).clone(),
            3 => json!(self.text()),
            4 => json!("x".repeat(self.roll(70_000))),
            5 => Value::Array((0..self.roll(4)).map(|_| self.value(levels - 1)).collect()),
            _ => {
                let fields: Map<_, _> =
                    (0..self.roll(6)).map(|_| (self.pick(&keys).to_owned(), self.value(levels - 1))).collect();
                Value::Object(fields)
            }
        }
    }

    /// A body and what it is said to be.
    fn body(&mut self) -> (&'static str, Vec<u8>) {
        let types = [
            "application/json",
            "application/json",
            "application/json",
            "text/plain",
            "application/json; charset=utf-16",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
            "nonsense",
        ];
        let mut body = serde_json::to_vec(&self.value(5)).unwrap();
        match self.roll(8) {
            0 => body.truncate(self.roll(body.len() + 1)),
            1 => body = vec![0xff; self.roll(100)],
            2 => body = "[".repeat(100_000).into_bytes(),
            3 => body = "{\"a\":".repeat(30_000).into_bytes(),
            4 => body = vec![b' '; 300 * 1024],
            _ => {}
        }
        (self.pick(&types), body)
    }
}

/// The path with names of nothing that is there, in an account that is.
fn plain_path(route: &RouteInfo, account: &str) -> String {
    let mut path = route.path.replace("{account}", account).replace("{sha256}", &"0".repeat(64));
    for name in ["{user}", "{connection}", "{flow}", "{run}", "{step}"] {
        path = path.replace(name, &"f".repeat(24));
    }
    path
}

/// The path with names that are there, that are not, or that are none.
fn path(route: &RouteInfo, account: &str, dice: &mut Dice) -> String {
    let nobody = "f".repeat(24);
    let names = [nobody.as_str(), "0", "%00", "%ff", "%2e%2e", "ü", "a%20b"];
    let mut path = route.path.to_owned();
    for name in ["{user}", "{connection}", "{flow}", "{run}", "{step}"] {
        path = path.replace(name, dice.pick(&names));
    }
    path = path.replace("{sha256}", dice.pick(&[&"0".repeat(64), "0", "%ff"]));
    path.replace("{account}", dice.pick(&[account, account, account, nobody.as_str(), "%00"]))
}

async fn check(answer: Response, what: &str) {
    let status = answer.status();
    assert!(!status.is_server_error(), "{what}: {status}");
    if status.is_success() {
        return;
    }
    let bytes = answer.bytes().await.unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{what}: {status} {bytes:?}"));
    if what.contains(" /v1/") && status == StatusCode::UNAUTHORIZED {
        // Who is not let in there is told so as clients of the integrator's API expect it.
        return assert_eq!(body, json!({ "message": "Unauthorized" }), "{what}");
    }
    let error = &body["errors"][0];
    let sentence = error["message"].as_str().unwrap_or_default();
    assert!(sentence.ends_with('.') && sentence.contains(' '), "{what}: {status} {body}");
    assert!(error["code"].as_str().is_some_and(|code| !code.is_empty()), "{what}: {status} {body}");
}

/// Sends it as somebody who may do everything; leaving would be the end of that.
async fn send(
    ann: &Person,
    (method, path): (&Method, &str),
    (kind, body): (&str, Vec<u8>),
    headers: &[(String, String)],
) -> Response {
    let mut browser = ann.browser.clone();
    if path == "/api/signout" {
        browser.cookies.clear();
    }
    let mut request = browser.request(method.clone(), path).header(ORIGIN, browser.origin()).header(CONTENT_TYPE, kind);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = tokio::time::timeout(PATIENCE, request.body(body).send()).await;
    answer.unwrap_or_else(|_| panic!("{method} {path}: nothing happens")).unwrap()
}

#[tokio::test]
async fn random_bodies_are_refused_with_a_sentence_or_taken() {
    let seed = u64::from_le_bytes(random()) | 1;
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let server = Server::start();
    let ann = server.person("ann").await;
    // Those behind a token are called with one in `v1/hostile.rs`.
    for route in route_table().into_iter().filter(|route| !route.path.starts_with("/v1/")) {
        for n in 0..BODIES {
            let path = path(&route, &ann.account.to_string(), &mut dice);
            let (kind, body) = dice.body();
            let what = format!("seed {seed}, body {n} to {} {path} as {kind}", route.method);
            let answer = send(&ann, (&route.method, &path), (kind, body), &[]).await;
            check(answer, &what).await;
        }
    }
    let me = ann.browser.request(Method::GET, "/api/me").send().await.unwrap();
    assert_eq!(me.status(), StatusCode::OK, "seed {seed}");
}

#[tokio::test]
async fn a_method_that_a_route_does_not_take_is_refused_with_a_sentence() {
    let server = Server::start();
    let ann = server.person("ann").await;
    let taken = |method: &Method, path: &str| {
        route_table().iter().any(|route| {
            let also = *method == Method::HEAD && route.method == Method::GET;
            route.path == path && (route.method == *method || also)
        })
    };
    let odd = Method::from_bytes(b"FROBNICATE").unwrap();
    for route in route_table() {
        let path = plain_path(&route, &ann.account.to_string());
        for method in
            [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, odd.clone()]
        {
            if taken(&method, &route.path) {
                continue;
            }
            let answer = send(&ann, (&method, &path), JSON, &[]).await;
            assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert!(answer.headers().contains_key("allow"), "{method} {path}");
            check(answer, &format!("{method} {path}")).await;
        }
    }
}

#[tokio::test]
async fn giant_and_many_headers_are_answered_and_the_server_goes_on() {
    let server = Server::start();
    let ann = server.person("ann").await;
    let one = |bytes: usize| vec![("x-long".to_owned(), "x".repeat(bytes))];
    let many = |count: usize| (0..count).map(|n| (format!("x-{n}"), "x".to_owned())).collect::<Vec<_>>();
    for (headers, fits) in [(one(10_000), true), (many(60), true), (one(1_000_000), false), (many(500), false)] {
        for route in route_table() {
            let path = plain_path(&route, &ann.account.to_string());
            let what = format!("{} {path}", route.method);
            let answer = send(&ann, (&route.method, &path), JSON, &headers).await;
            if fits {
                check(answer, &what).await;
            } else {
                // Below the routes, where nobody speaks JSON.
                assert_eq!(answer.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "{what}");
            }
        }
    }
}

/// Browsers read the answer when they have sent everything.
#[tokio::test]
async fn an_upload_that_is_refused_at_its_head_is_answered_however_long_it_is() {
    const PIECES: usize = 1_000;
    let server = Server::start();
    let piece = vec![b'x'; 64 * 1024];
    let head = format!(
        "PUT /api/accounts/{}/blobs/{} HTTP/1.1\r\nhost: {}\r\norigin: http://{}\r\ncontent-length: {}\r\n\r\n",
        "f".repeat(24),
        "0".repeat(64),
        server.address,
        server.address,
        PIECES * piece.len()
    );
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..PIECES {
        stream.write_all(&piece).await.unwrap();
    }
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 401 "), "{said}");
    let errors: Value = serde_json::from_str(body).unwrap();
    assert_eq!(errors["errors"][0]["code"], "signed_out");
}
