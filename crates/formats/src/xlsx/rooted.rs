//! Whether a part is whole: its outermost element was closed.

use crate::error::FormatError;
use crate::xml::scan::{Handler, Scanner, Token, Wrong};

/// Reads a part, and knows whether it came to its end.
pub(super) struct Rooted<H> {
    pub(super) handler: H,
    scanner: Scanner,
    ends: Ends,
}

#[derive(Default)]
struct Ends {
    depth: usize,
    closed: bool,
}

/// The handler, watched.
struct Watched<'h, H> {
    handler: &'h mut H,
    ends: &'h mut Ends,
}

impl<H: Handler> Rooted<H> {
    pub(super) fn new(handler: H) -> Self {
        Self { handler, scanner: Scanner::new(), ends: Ends::default() }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        self.scanner.push(bytes, &mut Watched { handler: &mut self.handler, ends: &mut self.ends })
    }

    /// Whether nothing was cut off.
    pub(super) fn is_complete(&self) -> bool {
        self.ends.closed && self.scanner.is_complete()
    }
}

impl<H: Handler> Handler for Watched<'_, H> {
    fn token(&mut self, token: Token<'_>) -> Result<(), Wrong> {
        match &token {
            Token::Open { empty: false, .. } => self.ends.depth += 1,
            Token::Open { .. } => self.ends.closed |= self.ends.depth == 0,
            Token::Close { .. } => {
                self.ends.depth = self.ends.depth.saturating_sub(1);
                self.ends.closed |= self.ends.depth == 0;
            }
            Token::Text(_) | Token::Data(_) => {}
        }
        self.handler.token(token)
    }

    fn record(&self) -> u64 {
        self.handler.record()
    }
}
