//! The other side: an HTTP server that serves records in pages, takes what flows send, and misbehaves on request.
//!
//! | path | answers |
//! |---|---|
//! | `GET /numbered?page=1&size=100` | an array; empty after the last page |
//! | `GET /forever?page=1&size=100` | the first page, whatever page is asked for: there is always more |
//! | `GET /linked?page=1&size=100` | the same, with a `Link: <…>; rel="next"` header while there is more |
//! | `POST /take` | 201 and keeps the body |
//! | `POST /pick` | as `/take`, but 422 for a record whose `refuse` is true |
//! | `POST /spite` | 422, with the record's `spite` as code, message and field of the error |
//! | `GET /spite` | 403, with markup that would run in the body and in headers |
//! | `GET /broken/{how}` | `501`, `html`, `nothing`, `object`, `cut` (ends half way), `endless` |
//!
//! Everything carries the headers that let a page of another origin read it, unless it is started closed.

use anyhow::Result;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Path and query.
    pub path: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the flow sends JSON")
    }
}

/// The running server.
pub struct Sink {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    records: Vec<Value>,
    received: Mutex<Vec<Received>>,
    asked: Mutex<Vec<String>>,
}

#[derive(Deserialize)]
struct Paging {
    #[serde(default = "one")]
    page: usize,
    #[serde(default = "hundred")]
    size: usize,
}

fn one() -> usize {
    1
}

fn hundred() -> usize {
    100
}

impl Sink {
    /// Starts it with the records that it serves.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start(records: Vec<Value>) -> Result<Self> {
        Self::serve(records, |routes| routes.layer(middleware::from_fn(open_to_all))).await
    }

    /// The same without the headers that let a page of another origin read it.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start_closed(records: Vec<Value>) -> Result<Self> {
        Self::serve(records, |routes| routes).await
    }

    async fn serve(records: Vec<Value>, dress: impl FnOnce(Router) -> Router) -> Result<Self> {
        let shared = Arc::new(Shared { records, received: Mutex::default(), asked: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let routes = Router::new()
            .route("/numbered", get(numbered))
            .route("/forever", get(forever))
            .route("/linked", get(linked))
            .route("/take", post(take))
            .route("/pick", post(pick))
            .route("/spite", get(spiteful).post(spite))
            .route("/broken/{how}", get(broken))
            .with_state(Arc::clone(&shared));
        let routes = dress(routes);
        let task = tokio::spawn(async move {
            // It serves until the test ends and this task is aborted.
            drop(axum::serve(listener, routes).await);
        });
        Ok(Self { port, shared, task })
    }

    /// The address, without a slash at its end.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What came to `/take` and `/pick` so far, in order.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().expect("no test panics while it holds this").clone()
    }

    /// The records that came, whether a request carried one or an array of them.
    pub fn records(&self) -> Vec<Value> {
        let bodies = self.received();
        bodies
            .iter()
            .flat_map(|request| match request.json() {
                Value::Array(many) => many,
                one => vec![one],
            })
            .collect()
    }

    /// The pages that were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().expect("no test panics while it holds this").clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) async fn open_to_all(request: Request<Body>, next: Next) -> Response {
    let asks_first = request.method() == Method::OPTIONS;
    let mut response = if asks_first { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let all = HeaderValue::from_static("*");
    for name in [
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        header::ACCESS_CONTROL_ALLOW_METHODS,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
    ] {
        response.headers_mut().insert(name, all.clone());
    }
    // A wildcard does not cover `Authorization`.
    let headers = HeaderValue::from_static("*, authorization, content-type");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
    let private = HeaderName::from_static("access-control-allow-private-network");
    response.headers_mut().insert(private, HeaderValue::from_static("true"));
    response
}

impl Shared {
    fn page(&self, paging: &Paging, path: &str) -> &[Value] {
        self.asked.lock().expect("not poisoned").push(format!("{path}?page={}&size={}", paging.page, paging.size));
        let start = paging.page.saturating_sub(1).saturating_mul(paging.size).min(self.records.len());
        let end = (start + paging.size).min(self.records.len());
        &self.records[start..end]
    }
}

async fn numbered(State(shared): State<Arc<Shared>>, Query(paging): Query<Paging>) -> Response {
    Json(shared.page(&paging, "/numbered")).into_response()
}

async fn forever(State(shared): State<Arc<Shared>>, Query(paging): Query<Paging>) -> Response {
    // Each page differs, or the run would end at an endpoint that always answers the same.
    let mut page = shared.page(&Paging { page: 1, ..paging }, "/forever").to_vec();
    page.push(json!({ "page": paging.page }));
    Json(page).into_response()
}

async fn linked(State(shared): State<Arc<Shared>>, Query(paging): Query<Paging>, headers: HeaderMap) -> Response {
    let mut response = Json(shared.page(&paging, "/linked")).into_response();
    if paging.page * paging.size < shared.records.len() {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let next = format!("<http://{host}/linked?page={}&size={}>; rel=\"next\"", paging.page + 1, paging.size);
        response.headers_mut().insert(header::LINK, next.parse().expect("an address is a header value"));
    }
    response
}

async fn take(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    keep(&shared, request).await;
    let count = shared.received.lock().expect("not poisoned").len();
    (StatusCode::CREATED, Json(json!({ "id": count }))).into_response()
}

async fn pick(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let body = keep(&shared, request).await;
    let record: Value = serde_json::from_slice(&body).unwrap_or_default();
    if record["refuse"] == true || record["refuse"] == "true" {
        let reason = json!({ "errors": [{ "code": "refused", "message": "This record is not wanted" }] });
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(reason)).into_response();
    }
    (StatusCode::CREATED, Json(json!({ "id": 1 }))).into_response()
}

async fn spite(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let body = keep(&shared, request).await;
    let record: Value = serde_json::from_slice(&body).unwrap_or_default();
    let said = record["spite"].as_str().unwrap_or("<b>spite</b>");
    let error = json!({ "code": said, "message": said, "field": said, "source": said });
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "errors": [error], "message": said }))).into_response()
}

async fn spiteful() -> Response {
    let said = "<img src=x onerror=\"window.hit=2\"><script>window.hit=1</script>";
    let headers = [("content-type", "text/html"), ("x-spite", said), ("content-disposition", said)];
    (StatusCode::FORBIDDEN, headers, format!("<!doctype html><title>{said}</title>{said}")).into_response()
}

async fn keep(shared: &Shared, request: Request<Body>) -> Bytes {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 * 1024 * 1024).await.unwrap_or_default();
    let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let received = Received { path, headers: head.headers, body: body.to_vec() };
    shared.received.lock().expect("not poisoned").push(received);
    body
}

async fn broken(Path(how): Path<String>) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    match how.as_str() {
        "501" => (StatusCode::NOT_IMPLEMENTED, Json(json!({ "message": "out of order" }))).into_response(),
        "html" => ([(header::CONTENT_TYPE, "text/html")], "<!doctype html><title>Sign in</title>").into_response(),
        "nothing" => (json, "").into_response(),
        "object" => Json(json!({ "result": "none" })).into_response(),
        "cut" => (json, r#"[{"a":1},{"a":"#).into_response(),
        "endless" => (json, Body::from_stream(endless())).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// One record of 1 GiB: what no client may take in whole.
fn endless() -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    let block = Bytes::from(vec![b'a'; 1024 * 1024]);
    let head = std::iter::once(Bytes::from_static(b"[{\"a\":\""));
    futures_util::stream::iter(head.chain(std::iter::repeat_n(block, 1024)).map(Ok))
}
