//! Files that wait for a moment behind an address that is its own key: clients of the integrator's API fetch what they asked
//! for from such an address, without their token.
//!
//! Invariant: a ticket shows one file for a few minutes, and what waits is never more than [`MOST_BYTES`].

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;

use crate::fresh::{self, NoRandom, token_hash};

/// How long a file waits.
pub(crate) const TICKET_MS: i64 = 5 * 60_000;
/// All files together; beyond that the oldest goes.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// A file.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
    ends_ms: i64,
}

/// The files that wait, by the hashes of their tickets.
#[derive(Debug, Default)]
pub(crate) struct Tickets(Mutex<HashMap<[u8; 32], Waiting>>);

impl Tickets {
    /// Lets a file wait; its ticket.
    ///
    /// # Errors
    ///
    /// Returns that there are no random bytes for one.
    pub(crate) fn put(&self, name: String, bytes: Bytes, now_ms: i64) -> Result<String, NoRandom> {
        let token = fresh::token()?;
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, file| file.ends_ms > now_ms);
        let mut held: usize = waiting.values().map(|file| file.bytes.len()).sum();
        while held.saturating_add(bytes.len()) > MOST_BYTES {
            let Some(oldest) = waiting.iter().min_by_key(|(_, file)| file.ends_ms).map(|(hash, _)| *hash) else {
                break;
            };
            held -= waiting.remove(&oldest).map_or(0, |file| file.bytes.len());
        }
        waiting.insert(token.hash, Waiting { name, bytes, ends_ms: now_ms + TICKET_MS });
        Ok(token.text)
    }

    /// The file of a ticket.
    pub(crate) fn get(&self, ticket: &str, now_ms: i64) -> Option<Waiting> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(&token_hash(ticket)).filter(|file| file.ends_ms > now_ms).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_shows_its_file_for_five_minutes_and_the_oldest_makes_room() {
        let tickets = Tickets::default();
        let put = |size: usize, now_ms| tickets.put("a.zip".to_owned(), vec![0; size].into(), now_ms).unwrap();
        let first = put(1, 0);
        assert_eq!(tickets.get(&first, TICKET_MS - 1).map(|file| file.bytes.len()), Some(1));
        assert!(tickets.get(&first, TICKET_MS).is_none());
        assert!(tickets.get("none", 0).is_none());
        let second = put(MOST_BYTES / 2, 1);
        let third = put(MOST_BYTES / 2, 2);
        assert!(tickets.get(&first, 3).is_none(), "there was no room for three");
        assert!(tickets.get(&second, 3).is_some() && tickets.get(&third, 3).is_some());
    }
}
