//! How often somebody may try to sign in or up.
//!
//! Failures are counted for a network together with an e-mail address, and for a network alone. They are never
//! counted for an e-mail address alone: whoever tries a person's account from elsewhere must not lock that person
//! out. A browser that is known from an earlier sign-in has a count of its own, so the owner gets in even when the
//! attacker sits behind the same address. Signing up is counted also when it works: accounts cost the server room.
//!
//! Invariant: an attempt is counted before it is made and given back when it succeeds, so that many at the same time
//! are no more than many one after the other.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use tombolo_model::Id;

const WINDOW_MS: i64 = 15 * 60_000;
const PER_PERSON: usize = 10;
const PER_NETWORK: usize = 100;
/// Codes are six digits: fewer guesses, and the password was right already.
const CODES: usize = 5;
/// A class that signs up together sits behind one address.
const SIGN_UPS: usize = 100;
/// A whole department that is invited at once.
const LETTERS: usize = 120;
/// Enough to send one again that was lost, too few to be a nuisance.
const LETTERS_TO: usize = 5;
/// Everybody of an office may have something to say on the same day.
const FEEDBACK: usize = 40;
/// A whole department that comes in the morning, and goes back and forth.
const SSO: usize = 300;
/// More than anybody was refused in a quarter of an hour; each leaves a row for weeks, and entries of the audit log.
const OFFERS: usize = 100;
/// Entries of refused sign-ins of one person, or of nobody known in one account.
const TOLD: usize = 20;
/// Beyond this many counters, old ones are thrown out.
const MOST: usize = 50_000;

/// Where somebody comes from, as far as they cannot choose it: an IPv4 address, or the half of an IPv6 address that is
/// given to a whole household (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr);

impl Network {
    /// The network of an address.
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let prefix = address.to_bits() & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from_bits(prefix))
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// Whose attempts are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// A network trying one e-mail address.
    Person(Network, String),
    /// A network.
    Network(Network),
    /// A browser from which the person has signed in before, by the hash of its token.
    Browser([u8; 32]),
    /// A network trying codes of one person's second factor.
    Codes(Network, String),
    /// A browser from which the person has signed in before, trying codes.
    BrowserCodes([u8; 32]),
    /// People of a network who sign up.
    SignUps(Network),
    /// Refused sign-ins of a person, or of nobody known in an account, that the audit log tells: who guesses does not fill it.
    Told(Id),
    /// Letters that a person has sent to others.
    Letters(Id),
    /// Letters to one address, whoever causes them.
    LettersTo(String),
    /// People of a network who write to the operator.
    Feedback(Network),
    /// People of a network who go to their organization's provider: each time, that is asked.
    Sso(Network),
    /// Refused changes that a member offers the administrators of an account.
    Offers(Id, Id),
}

impl Source {
    const fn most(&self) -> usize {
        match self {
            Self::Person(..) | Self::Browser(_) => PER_PERSON,
            Self::Told(_) => TOLD,
            Self::Codes(..) | Self::BrowserCodes(_) => CODES,
            Self::Network(_) => PER_NETWORK,
            Self::SignUps(_) => SIGN_UPS,
            Self::Letters(_) => LETTERS,
            Self::LettersTo(_) => LETTERS_TO,
            Self::Feedback(_) => FEEDBACK,
            Self::Sso(_) => SSO,
            Self::Offers(..) => OFFERS,
        }
    }
}

/// An attempt that has been counted.
#[derive(Debug)]
#[must_use = "an attempt that succeeds is given back"]
pub(crate) struct Attempt {
    sources: Vec<Source>,
    at_ms: i64,
}

/// The attempts of the last quarter of an hour.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<Source, Vec<i64>>>);

impl Attempts {
    /// Counts an attempt that is about to be made.
    ///
    /// # Errors
    ///
    /// Returns the seconds to wait when these sources have none left; nothing is counted then.
    pub(crate) fn begin(&self, sources: Vec<Source>, now_ms: i64) -> Result<Attempt, u64> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() > MOST {
            counted.retain(|_, times| times.iter().any(|time| *time > now_ms - WINDOW_MS));
        }
        let wait_ms = sources
            .iter()
            .filter_map(|source| {
                let times = counted.get_mut(source)?;
                times.retain(|time| *time > now_ms - WINDOW_MS);
                let oldest = *times.iter().min()?;
                (times.len() >= source.most()).then_some(oldest + WINDOW_MS - now_ms)
            })
            .max();
        if let Some(ms) = wait_ms {
            return Err(u64::try_from(ms / 1_000 + 1).unwrap_or(1));
        }
        for source in &sources {
            counted.entry(source.clone()).or_default().push(now_ms);
        }
        Ok(Attempt { sources, at_ms: now_ms })
    }

    /// Gives an attempt back, and forgets what the same person or browser failed at before.
    pub(crate) fn succeeded(&self, attempt: Attempt) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for source in attempt.sources {
            match source {
                Source::Person(..) | Source::Browser(_) | Source::Codes(..) | Source::BrowserCodes(_) => {
                    counted.remove(&source);
                }
                // Others of the same network may be guessing meanwhile: only this attempt was none.
                Source::Network(_) => {
                    if let Some(times) = counted.get_mut(&source)
                        && let Some(index) = times.iter().position(|time| *time == attempt.at_ms)
                    {
                        times.swap_remove(index);
                    }
                }
                Source::SignUps(_)
                | Source::Told(_)
                | Source::Letters(_)
                | Source::LettersTo(_)
                | Source::Feedback(_)
                | Source::Sso(_)
                | Source::Offers(..) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    fn sign_in(address: &str) -> Vec<Source> {
        vec![Source::Person(network(address), "a@example.com".to_owned()), Source::Network(network(address))]
    }

    #[test]
    fn after_ten_failures_the_same_source_waits() {
        let attempts = Attempts::default();
        for time in 0..10 {
            drop(attempts.begin(sign_in("203.0.113.9"), time).unwrap());
        }
        assert!(attempts.begin(sign_in("203.0.113.9"), 10).unwrap_err() > 800);
        assert!(attempts.begin(sign_in("203.0.113.9"), WINDOW_MS + 10).is_ok());
    }

    #[test]
    fn attempts_that_are_still_being_looked_at_count() {
        let attempts = Attempts::default();
        let open: Vec<_> = (0..10).map(|_| attempts.begin(sign_in("203.0.113.9"), 0).unwrap()).collect();
        assert!(attempts.begin(sign_in("203.0.113.9"), 0).is_err());
        drop(open);
    }

    #[test]
    fn success_is_not_counted_and_forgets_the_persons_failures_but_not_the_networks() {
        let attempts = Attempts::default();
        for time in 0..1_000 {
            let attempt = attempts.begin(sign_in("203.0.113.9"), time).unwrap();
            attempts.succeeded(attempt);
        }
        for n in 0..99 {
            let other = vec![Source::Network(network("203.0.113.9"))];
            drop(attempts.begin(other, n).unwrap());
        }
        let attempt = attempts.begin(sign_in("203.0.113.9"), 1_000).unwrap();
        attempts.succeeded(attempt);
        drop(attempts.begin(sign_in("203.0.113.9"), 1_001).unwrap());
        assert!(attempts.begin(sign_in("203.0.113.9"), 1_002).is_err());
    }

    #[test]
    fn an_attacker_does_not_lock_the_owner_out() {
        let attempts = Attempts::default();
        for time in 0..1_000 {
            drop(attempts.begin(sign_in("203.0.113.9"), time));
        }
        assert!(attempts.begin(sign_in("198.51.100.1"), 1_000).is_ok());
        assert!(attempts.begin(vec![Source::Browser([1; 32])], 1_000).is_ok());
    }

    #[test]
    fn an_attacker_does_not_get_more_attempts_by_changing_the_half_of_an_address_that_is_theirs() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:2::"), network("2001:db8:1:3::"));
        assert_eq!(network("::ffff:203.0.113.9"), network("203.0.113.9"));
        assert_ne!(network("203.0.113.9"), network("203.0.113.8"));
    }

    #[test]
    fn signing_up_is_counted_also_when_it_works() {
        let attempts = Attempts::default();
        let sources = || vec![Source::SignUps(network("203.0.113.9"))];
        for time in 0..100 {
            let attempt = attempts.begin(sources(), time).unwrap();
            attempts.succeeded(attempt);
        }
        assert!(attempts.begin(sources(), 100).is_err());
    }
}
