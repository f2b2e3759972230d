//! The endpoints of a golden flow, over HTTP.

use crate::golden::{Endpoints, Golden, text};
use crate::sink::open_to_all;
use anyhow::Result;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware;
use axum::response::Response;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::task::JoinHandle;

/// A running server with the answers of one golden flow.
pub struct Served {
    port: u16,
    endpoints: Arc<Mutex<Endpoints>>,
    task: JoinHandle<()>,
}

impl Served {
    /// Starts it, without an answer yet.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        let endpoints = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let routes =
            Router::new().fallback(answer).layer(middleware::from_fn(open_to_all)).with_state(Arc::clone(&endpoints));
        let task = tokio::spawn(async move {
            // It serves until the test ends and this task is aborted.
            drop(axum::serve(listener, routes).await);
        });
        Ok(Self { port, endpoints, task })
    }

    /// The address, without a slash at its end.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers as this flow wants it, from the first answer on.
    pub fn begin(&self, golden: &Golden) {
        *self.now() = Endpoints::new(golden);
    }

    /// What was asked so far.
    pub fn now(&self) -> MutexGuard<'_, Endpoints> {
        self.endpoints.lock().expect("nobody panics while holding this")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(endpoints): State<Arc<Mutex<Endpoints>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 * 1024 * 1024).await.unwrap_or_default();
    let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let body = String::from_utf8_lossy(&body);
    let answer = endpoints.lock().expect("as above").answer(head.method.as_str(), &path, &body);
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(text(&answer.body))).expect("the file's headers are headers")
}
