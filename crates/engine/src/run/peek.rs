//! The beginning of an answer, looked at before it is used and put back as it came.

use futures::stream::{self, StreamExt};
use tombolo_model::{KeyPool, Val};

use super::request::patiently;
use crate::host::Host;
use crate::http::Response;

/// What was seen of a body.
pub(super) struct Seen {
    pub(super) bytes: Vec<u8>,
    /// Whether that is all of it, and it ended well.
    pub(super) whole: bool,
}

impl Seen {
    /// The body as JSON; nothing where more follows, or it is none.
    pub(super) fn json(&self) -> Option<Val> {
        self.whole.then(|| Val::parse(&self.bytes, &mut KeyPool::default()).ok()).flatten()
    }
}

/// Looks at a body until it has seen `most` bytes. Whoever reads the body then finds every piece of it in its place, and
/// breaks off where it broke off here.
pub(super) async fn peek(host: &dyn Host, response: &mut Response, most: usize) -> Seen {
    let mut pieces = Vec::new();
    let mut seen = Seen { bytes: Vec::new(), whole: false };
    while seen.bytes.len() < most {
        match patiently(host, response.body.next()).await {
            Ok(Some(Ok(piece))) => {
                seen.bytes.extend_from_slice(&piece);
                pieces.push(Ok(piece));
            }
            Ok(None) => {
                seen.whole = true;
                break;
            }
            Ok(Some(Err(error))) | Err(error) => {
                pieces.push(Err(error));
                break;
            }
        }
    }
    let rest = std::mem::replace(&mut response.body, stream::empty().boxed_local());
    response.body = stream::iter(pieces).chain(rest).boxed_local();
    seen
}
