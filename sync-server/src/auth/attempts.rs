//! How often somebody may try to sign in.
//!
//! Failures are counted for an address of the network together with an e-mail address, and for an address of the
//! network alone. They are never counted for an e-mail address alone: whoever tries a person's account from
//! elsewhere must not lock that person out. A browser that is known from an earlier sign-in has a count of
//! its own, so the owner gets in even when the attacker sits behind the same address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

const WINDOW_MS: i64 = 15 * 60_000;
const PER_PERSON: usize = 10;
const PER_ADDRESS: usize = 100;
/// Beyond this many counters, old ones are thrown out.
const MOST: usize = 50_000;

/// Whose failures are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// A network address trying one e-mail address.
    Person(IpAddr, String),
    /// A network address.
    Address(IpAddr),
    /// A browser from which the person has signed in before, by the hash of its token.
    Browser([u8; 32]),
}

impl Source {
    const fn most(&self) -> usize {
        match self {
            Self::Person(..) | Self::Browser(_) => PER_PERSON,
            Self::Address(_) => PER_ADDRESS,
        }
    }
}

/// The failures of the last quarter of an hour.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<Source, Vec<i64>>>);

impl Attempts {
    /// Seconds to wait before these may try again; `None` when they may now.
    pub(crate) fn wait_s(&self, sources: &[Source], now_ms: i64) -> Option<u64> {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sources
            .iter()
            .filter_map(|source| {
                let times = failures.get(source)?;
                let recent = times.iter().filter(|time| **time > now_ms - WINDOW_MS);
                let oldest = *recent.clone().min()?;
                (recent.count() >= source.most()).then_some(oldest + WINDOW_MS - now_ms)
            })
            .max()
            .map(|ms| u64::try_from(ms / 1_000 + 1).unwrap_or(1))
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, sources: &[Source], now_ms: i64) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() > MOST {
            failures.retain(|_, times| times.iter().any(|time| *time > now_ms - WINDOW_MS));
        }
        for source in sources {
            let times = failures.entry(source.clone()).or_default();
            times.retain(|time| *time > now_ms - WINDOW_MS);
            if times.len() < source.most() {
                times.push(now_ms);
            }
        }
    }

    /// Forgets the failures of somebody who got in.
    pub(crate) fn succeeded(&self, sources: &[Source]) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for source in sources {
            if !matches!(source, Source::Address(_)) {
                failures.remove(source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attacker() -> IpAddr {
        "203.0.113.9".parse().unwrap()
    }

    #[test]
    fn after_ten_failures_the_same_source_waits() {
        let attempts = Attempts::default();
        let source = [Source::Person(attacker(), "a@example.com".to_owned())];
        for time in 0..10 {
            assert_eq!(attempts.wait_s(&source, time), None);
            attempts.failed(&source, time);
        }
        assert!(attempts.wait_s(&source, 10).is_some_and(|s| s > 800));
        assert_eq!(attempts.wait_s(&source, WINDOW_MS + 10), None);
    }

    #[test]
    fn an_attacker_does_not_lock_the_owner_out() {
        let attempts = Attempts::default();
        let theirs = [Source::Person(attacker(), "a@example.com".to_owned()), Source::Address(attacker())];
        for time in 0..1_000 {
            attempts.failed(&theirs, time);
        }
        let elsewhere: IpAddr = "198.51.100.1".parse().unwrap();
        let owner = [Source::Person(elsewhere, "a@example.com".to_owned()), Source::Address(elsewhere)];
        assert_eq!(attempts.wait_s(&owner, 1_000), None);
        assert_eq!(attempts.wait_s(&[Source::Browser([1; 32])], 1_000), None);
    }
}
