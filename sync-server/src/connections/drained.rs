//! A stream that is closed only when the other end has said what it was saying.
//!
//! A connection that is closed over bytes which nobody has read is reset, and with it goes an answer that has not been read
//! yet: somebody whose session has ended would be told of a broken line. So the answer goes out at once, and behind it the
//! end of what is said here; what still comes is read and thrown away for a while (RFC 9112, section 9.6).
//!
//! Nobody is waited for whose requests were all read to their ends.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// What is thrown away at a time.
const PIECE_BYTES: usize = 16 * 1024;

/// Whether something has come since a request was last read to its end.
#[derive(Debug, Clone, Default)]
pub(super) struct Unread(Arc<AtomicBool>);

impl Unread {
    fn set(&self, unread: bool) {
        self.0.store(unread, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The stream.
pub(super) struct Drained<T> {
    stream: T,
    unread: Unread,
    patience: Duration,
    /// Runs once all is said here.
    closing: Option<Pin<Box<Sleep>>>,
}

impl<T: AsyncRead + Unpin> Drained<T> {
    /// Throws away what comes after the last word here, for so long at most.
    pub(super) const fn new(stream: T, unread: Unread, patience: Duration) -> Self {
        Self { stream, unread, patience, closing: None }
    }

    /// Ready when the other end has hung up.
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut piece = [0; PIECE_BYTES];
        loop {
            let mut buffer = ReadBuf::new(&mut piece);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Drained<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.unread.set(true);
        }
        read
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Drained<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closing.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            if !self.unread.get() {
                return Poll::Ready(Ok(()));
            }
        }
        let patience = self.patience;
        let out_of_patience = self.closing.get_or_insert_with(|| Box::pin(sleep(patience))).as_mut().poll(context);
        if out_of_patience.is_pending() {
            ready!(self.poll_drain(context));
        }
        Poll::Ready(Ok(()))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }
}

/// A request's body that says when it was read to its end.
pub(super) struct Heeded {
    body: Incoming,
    unread: Unread,
}

impl Heeded {
    pub(super) const fn new(body: Incoming, unread: Unread) -> Self {
        Self { body, unread }
    }
}

impl Body for Heeded {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() {
            self.unread.set(false);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Heeded {
    fn drop(&mut self) {
        // Whoever knows how long it is, or that there is none, does not ask for more at its end.
        if self.body.is_end_stream() {
            self.unread.set(false);
        }
    }
}
