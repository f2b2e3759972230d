//! Which requests are sent again, and when.
//!
//! Sent again are requests that met one of the [passing troubles](is_passing) or an application that says it has too many
//! of them, for about five minutes. A request that changes something in a way that must not happen twice (POST, PATCH) is
//! sent again only where the answer says that nothing was done: too many requests (429), unavailable (503), too slow
//! (408), or no connection came about. `PUT` and `DELETE` are the same however often they arrive (RFC 9110, 9.2.2), and so
//! is what names itself by an `Idempotency-Key`.
//!
//! An application that has not been reached once in this run is given up after a few seconds: a wrong address is more
//! likely than an application that is just away. And once a request was given up after all patience, the others are sent
//! once each until one goes well, or a run of many records against an application that is down would never end.

use chrono::DateTime;

use super::queue::Queue;
use crate::http::{HttpError, Request};
use crate::units::{LONGEST_WAIT_MS, PATIENCE_MS, SILENCE_MS};

/// Tries of an address that never answered.
const FIRST_TRIES: u32 = 3;

/// How long the troubles of one request have lasted.
#[derive(Debug)]
pub(super) struct Patience {
    /// Where its random part begins.
    seed: u64,
    /// How often it was sent.
    pub(super) tries: u32,
    waited_ms: u32,
}

impl Patience {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, tries: 0, waited_ms: 0 }
    }

    /// How long to wait before the next try; nothing when it is enough.
    ///
    /// `asked_ms` is what the application asks for. Without it the waits double, with a random part so that many
    /// requests that failed together do not come back together.
    pub(super) fn next(&mut self, asked_ms: Option<u32>) -> Option<u32> {
        let wait_ms = asked_ms.unwrap_or_else(|| self.usual_ms());
        let all = self.waited_ms.checked_add(wait_ms).filter(|all| *all <= PATIENCE_MS)?;
        self.waited_ms = all;
        Some(wait_ms)
    }

    /// A try ended without a word.
    pub(super) fn was_silent(&mut self) {
        self.waited_ms = self.waited_ms.saturating_add(SILENCE_MS);
    }

    fn usual_ms(&self) -> u32 {
        let doubled = 1000_u32.checked_shl(self.tries.saturating_sub(1)).unwrap_or(LONGEST_WAIT_MS);
        let most = doubled.clamp(1000, LONGEST_WAIT_MS);
        // Between half of it and all of it.
        let part = u32::try_from(mixed(self.seed ^ u64::from(self.tries)) % 1001).unwrap_or(0);
        most / 2 + most / 2 * part / 1000
    }
}

/// One number from another that looks like nothing of it (splitmix64).
pub(super) fn mixed(seed: u64) -> u64 {
    let mut mix = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mix = (mix ^ (mix >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mix = (mix ^ (mix >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mix ^ (mix >> 31)
}

/// Whether the same request may be answered otherwise a little later.
pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// Whether a passing status says that nothing was done.
pub(super) fn did_nothing(status: u16) -> bool {
    matches!(status, 408 | 429 | 503)
}

/// Whether a failure may be tried again. `repeatable` requests do no harm twice.
pub(super) fn may_try_again(error: &HttpError, repeatable: bool, queue: &Queue, tries: u32) -> bool {
    let patient = queue.has_answered() || tries < FIRST_TRIES;
    match error {
        HttpError::NotConnected(_) => patient,
        HttpError::Unreachable(_) | HttpError::Silent { .. } => patient && repeatable,
        HttpError::Credentials(_) | HttpError::Offline(_) | HttpError::Refused(_) => false,
    }
}

/// Whether a request does no harm when it arrives twice.
pub(super) fn is_repeatable(request: &Request) -> bool {
    let named = |(name, _): &(String, _)| name.eq_ignore_ascii_case("idempotency-key");
    !matches!(&*request.method, "POST" | "PATCH") || request.headers.iter().any(named)
}

/// How long an answer asks to wait: seconds, a date (RFC 9110, 10.2.3), or the time of the next try as many applications
/// write it, in seconds or milliseconds since 1970.
pub(super) fn asked_ms(header: &str, now_ms: i64) -> Option<u32> {
    let header = header.trim();
    let until = |time_ms: i64| u32::try_from((time_ms - now_ms).max(0)).unwrap_or(u32::MAX);
    if let Ok(date) = DateTime::parse_from_rfc2822(header) {
        return Some(until(date.timestamp_millis()));
    }
    let number = header.parse::<f64>().ok().filter(|number| *number >= 0.0)?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast from a float stops at the ends of the whole numbers")]
    let whole = |number: f64| number as i64;
    Some(match number {
        ..1e9 => u32::try_from(whole(number * 1000.0)).unwrap_or(u32::MAX),
        1e9..1e12 => until(whole(number * 1000.0)),
        _ => until(whole(number)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end_after_five_minutes() {
        let mut patience = Patience::new(7);
        let mut waits = Vec::new();
        loop {
            patience.tries += 1;
            let Some(wait) = patience.next(None) else { break };
            waits.push(wait);
        }
        assert!((8..=16).contains(&waits.len()), "{waits:?}");
        assert!(waits.iter().take(5).zip([1, 2, 4, 8, 16]).all(|(wait, s)| (s * 500..=s * 1000).contains(wait)));
        let all: u32 = waits.iter().sum();
        assert!((PATIENCE_MS - LONGEST_WAIT_MS..=PATIENCE_MS).contains(&all), "{waits:?}");
        assert_ne!(
            Patience { tries: 1, ..Patience::new(1) }.next(None),
            Patience { tries: 1, ..Patience::new(2) }.next(None)
        );
    }

    #[test]
    fn an_application_may_ask_for_its_own_wait_but_not_for_all_day() {
        let mut patience = Patience::new(7);
        assert_eq!(patience.next(Some(120_000)), Some(120_000));
        assert_eq!(patience.next(Some(200_000)), None);
        assert_eq!(patience.next(Some(180_000)), Some(180_000));
        assert_eq!(Patience::new(7).next(Some(u32::MAX)), None);
    }

    #[test]
    fn a_wait_is_seconds_a_date_or_a_time() {
        let now_ms = 1_795_492_800_000;
        for (header, want) in [
            ("30", Some(30_000)),
            (" 1.5 ", Some(1500)),
            ("0", Some(0)),
            ("Tue, 24 Nov 2026 04:00:30 GMT", Some(30_000)),
            ("Tue, 24 Nov 2026 03:00:00 GMT", Some(0)),
            ("1795492830", Some(30_000)),
            ("1795492800500", Some(500)),
            ("999999999", Some(u32::MAX)),
            ("-1", None),
            ("NaN", None),
            ("soon", None),
        ] {
            assert_eq!(asked_ms(header, now_ms), want, "{header}");
        }
    }
}
