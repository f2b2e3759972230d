//! Reads what a handler has left of a request's body before its answer goes out.
//!
//! A connection is closed over a body that nobody reads, and the client then loses the answer: somebody whose session has
//! ended would be told of a broken line.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;
use hyper::body::{Frame, SizeHint};
use tokio::sync::oneshot;

/// What is read at most; whoever sends more has to live with it.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body that comes back when it is dropped.
struct Lent {
    body: Body,
    home: Option<oneshot::Sender<Body>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let body = std::mem::take(&mut self.body);
        if self.home.take().is_some_and(|home| home.send(body).is_err()) {
            tracing::trace!("a body outlived its request");
        }
    }
}

/// Lets the request through and reads the rest of its body.
pub(super) async fn read_the_rest(request: Request, next: Next) -> Response {
    let (home, mut back) = oneshot::channel();
    let response = next.run(request.map(|body| Body::new(Lent { body, home: Some(home) }))).await;
    if let Ok(body) = back.try_recv()
        && !body.is_end_stream()
        && tokio::time::timeout(PATIENCE, read(body)).await.is_err()
    {
        tracing::debug!("the rest of a body takes too long");
    }
    response
}

async fn read(body: Body) {
    let mut left = MOST_BYTES;
    let mut chunks = body.into_data_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        match left.checked_sub(chunk.len()) {
            Some(less) => left = less,
            None => return,
        }
    }
}
