//! The link's own life: when to connect, when to give up on a silent peer, when to try again.

use crate::backoff::Backoff;
use crate::random::Random;

/// A connection that does not open and greet within this time is given up.
const GREET_MS: u64 = 20_000;

/// A silent connection is tried with a ping after this time.
const PING_MS: u64 = 25_000;

/// A connection on which nothing came for this long is dead.
const DEAD_MS: u64 = 60_000;

/// A connection that stood this long makes the next failure the first.
const STOOD_MS: u64 = 10_000;

/// How the link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Not wanted, or there is no use in trying.
    Stopped,
    /// Down until then.
    Waiting { until_ms: u64 },
    /// The socket opens.
    Opening { since_ms: u64 },
    /// `hello` was sent.
    Greeting { since_ms: u64 },
    /// Welcomed.
    Up { since_ms: u64 },
}

/// What the passing of time calls for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Connect,
    Ping,
    Dead,
}

/// The link.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) state: State,
    pub(super) reason: Option<String>,
    backoff: Backoff,
    heard_ms: u64,
    sent_ms: u64,
}

impl Link {
    pub(super) const fn new() -> Self {
        Self { state: State::Stopped, reason: None, backoff: Backoff::new(), heard_ms: 0, sent_ms: 0 }
    }

    pub(super) const fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Up { .. } | State::Greeting { .. })
    }

    pub(super) const fn opening(&mut self, now_ms: u64) {
        self.state = State::Opening { since_ms: now_ms };
        self.heard_ms = now_ms;
        self.sent_ms = now_ms;
    }

    pub(super) const fn greeting(&mut self, now_ms: u64) {
        self.state = State::Greeting { since_ms: now_ms };
        self.heard_ms = now_ms;
    }

    pub(super) fn up(&mut self, now_ms: u64) {
        self.state = State::Up { since_ms: now_ms };
        self.reason = None;
    }

    pub(super) const fn heard(&mut self, now_ms: u64) {
        self.heard_ms = now_ms;
    }

    pub(super) const fn sent(&mut self, now_ms: u64) {
        self.sent_ms = now_ms;
    }

    /// The connection is gone; tries again later.
    pub(super) fn lost(&mut self, now_ms: u64, reason: Option<String>, random: &mut Random) {
        if let State::Up { since_ms } = self.state
            && now_ms.saturating_sub(since_ms) >= STOOD_MS
        {
            self.backoff.reset();
        }
        self.state = State::Waiting { until_ms: now_ms + self.backoff.next_ms(random) };
        self.reason = reason;
    }

    /// A time for the next try of something that failed.
    pub(super) fn later(&mut self, now_ms: u64, random: &mut Random) -> u64 {
        now_ms + self.backoff.next_ms(random)
    }

    /// The connection is gone and trying again would not help.
    pub(super) fn stop(&mut self, reason: Option<String>) {
        self.state = State::Stopped;
        self.reason = reason;
        self.backoff.reset();
    }

    /// What is to be done at this time.
    pub(super) fn due(&self, now_ms: u64) -> Due {
        match self.state {
            State::Stopped => Due::Nothing,
            State::Waiting { until_ms } if now_ms >= until_ms => Due::Connect,
            State::Waiting { .. } => Due::Nothing,
            State::Opening { since_ms } | State::Greeting { since_ms } => {
                if now_ms >= since_ms + GREET_MS {
                    Due::Dead
                } else {
                    Due::Nothing
                }
            }
            State::Up { .. } if now_ms >= self.heard_ms + DEAD_MS => Due::Dead,
            State::Up { .. } if now_ms >= self.ping_ms() => Due::Ping,
            State::Up { .. } => Due::Nothing,
        }
    }

    /// When [`Link::due`] may say something else.
    pub(super) fn wake_ms(&self) -> Option<u64> {
        match self.state {
            State::Stopped => None,
            State::Waiting { until_ms } => Some(until_ms),
            State::Opening { since_ms } | State::Greeting { since_ms } => Some(since_ms + GREET_MS),
            State::Up { .. } => Some(self.ping_ms().min(self.heard_ms + DEAD_MS)),
        }
    }

    /// A ping goes when nothing was heard for a while, and again as long as nothing is.
    fn ping_ms(&self) -> u64 {
        let silent = self.heard_ms + PING_MS;
        if self.sent_ms >= silent { self.sent_ms + PING_MS } else { silent }
    }
}
