//! The headers that every answer carries.
//!
//! `style-src` allows inline styles because the code editor makes `<style>` elements and the app sets custom
//! properties in `style` attributes; styles run no code. Scripts are files of this origin, and WebAssembly.
//! The page talks to its own origin only. The run worker alone may talk to any: that is its job, and it holds
//! no document and no session (cookies of this origin do not travel elsewhere). The script worker may talk to nobody and
//! start nothing: it gets its compiled module from the run worker.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const RUN_WORKER_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src *; worker-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const SCRIPT_WORKER_POLICY: &str =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 6] = [
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// The policy of a file whose own response has one: the workers that run flows and call scripts (decision 29).
pub(super) fn own_policy(name: &str) -> Option<HeaderValue> {
    match name {
        "workers/run.js" => Some(HeaderValue::from_static(RUN_WORKER_POLICY)),
        "workers/script.js" => Some(HeaderValue::from_static(SCRIPT_WORKER_POLICY)),
        _ => None,
    }
}

/// Adds the headers to every answer.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGE_POLICY));
    if is_api {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}
