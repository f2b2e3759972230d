//! Which tokens were used today: the audit log tells the first use of a day, and not each request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tombolo_model::Id;

const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// Beyond so many, what is not of today is forgotten.
const MOST: usize = 10_000;

/// The day on which each token was last used. A server that starts anew tells the first use once more.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<HashMap<Id, i64>>);

impl Uses {
    /// Whether a token has not been used on this day (UTC) before.
    pub(crate) fn is_first(&self, token: Id, now_ms: i64) -> bool {
        let today = now_ms.div_euclid(DAY_MS);
        let mut days = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if days.len() > MOST {
            days.retain(|_, day| *day == today);
        }
        days.insert(token, today) != Some(today)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_for_the_first_time_once_a_day() {
        let uses = Uses::default();
        let id = |n| Id::from_parts(1, [n; 8]);
        let first: Vec<_> = [0, 1, DAY_MS - 1, DAY_MS, DAY_MS + 1].map(|ms| uses.is_first(id(1), ms)).into();
        assert_eq!(first, [true, false, false, true, false]);
        assert!(uses.is_first(id(2), DAY_MS + 2));
    }
}
