//! The app's files and the headers of every answer.

use reqwest::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap,
    IF_NONE_MATCH,
};
use reqwest::{Method, StatusCode};

use crate::server::Server;

fn with_site() -> (Server, tempfile::TempDir) {
    let site = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = site.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("index.html", "<!doctype html><title>Tombolo</title>");
    write("sw.js", "self");
    write("assets/app.js", "app");
    write("assets/app_bg.wasm", "\0asm");
    write("assets/app-0123abcd.js", "hashed");
    write("assets/app-0123abcd.js.br", "squeezed");
    write("workers/run.js", "run");
    write("workers/script.js", "script");
    let folder = site.path().to_str().unwrap().to_owned();
    (Server::start_with(&["--assets", &folder]), site)
}

fn text(headers: &HeaderMap, name: impl reqwest::header::AsHeaderName) -> &str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_page_is_the_app_and_a_missing_file_is_not() {
    let (server, _site) = with_site();
    let mut browser = server.browser();
    for path in ["/", "/integrations/0123/flows", "/sign-up?invitation=abc"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert!(text(answer.headers(), CONTENT_TYPE).starts_with("text/html"));
        assert!(answer.text().await.unwrap().contains("<title>Tombolo"));
    }
    for path in ["/assets/gone.js", "/../secrets.key", "/%2e%2e/secrets.key", "/.git/config"] {
        let answer = browser.get(path).await;
        assert!(!answer.text().await.unwrap().contains("key"), "{path}");
    }
    let api = browser.get("/api/nothing").await;
    assert_eq!(api.status(), StatusCode::NOT_FOUND);
    assert_eq!(crate::server::code(api).await, "not_found");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let (server, _site) = with_site();
    let mut browser = server.browser();
    for path in [
        "/",
        "/assets/app.js",
        "/api/me",
        "/api/nothing",
        "/healthz",
        "/assets/gone.js",
        "/workers/run.js",
        "/workers/script.js",
    ] {
        let answer = browser.get(path).await;
        let headers = answer.headers();
        assert_eq!(text(headers, "cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(text(headers, "cross-origin-embedder-policy"), "require-corp", "{path}");
        assert_eq!(text(headers, "cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(text(headers, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(text(headers, "referrer-policy"), "no-referrer", "{path}");
        let policy = text(headers, CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"), "{path}");
        let wide = path == "/workers/run.js";
        assert_eq!(policy.contains("connect-src *"), wide, "{path}");
        // The one that calls scripts talks to nobody.
        let none = path == "/workers/script.js";
        assert_eq!(policy.contains("connect-src 'self'"), !wide && !none, "{path}");
        assert_eq!(policy.contains("worker-src"), !none, "{path}");
    }
}

#[tokio::test]
async fn files_are_typed_cached_and_squeezed() {
    let (server, _site) = with_site();
    let mut browser = server.browser();
    let wasm = browser.get("/assets/app_bg.wasm").await;
    assert_eq!(text(wasm.headers(), CONTENT_TYPE), "application/wasm");
    assert_eq!(text(wasm.headers(), CACHE_CONTROL), "no-cache");
    assert_eq!(text(browser.get("/sw.js").await.headers(), CACHE_CONTROL), "no-store");
    let hashed = browser.request(Method::GET, "/assets/app-0123abcd.js").header(ACCEPT_ENCODING, "identity");
    let hashed = hashed.send().await.unwrap();
    assert!(text(hashed.headers(), CACHE_CONTROL).contains("immutable"));
    assert_eq!(hashed.text().await.unwrap(), "hashed");
    let squeezed = browser.request(Method::GET, "/assets/app-0123abcd.js").header(ACCEPT_ENCODING, "gzip, br");
    let squeezed = squeezed.send().await.unwrap();
    assert_eq!(text(squeezed.headers(), CONTENT_ENCODING), "br");
    assert!(text(squeezed.headers(), CONTENT_TYPE).starts_with("text/javascript"));
    let tag = text(wasm.headers(), ETAG).to_owned();
    let again = browser.request(Method::GET, "/assets/app_bg.wasm").header(IF_NONE_MATCH, tag);
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(again.bytes().await.unwrap().is_empty());
}
