//! What the requests of a connection share while a run goes on: renewed secrets, cookies, the nonce of a digest.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::lock::{Mutex, MutexGuard};
use tombolo_model::Id;
use tombolo_template::hash;

use super::digest::Challenge;
use crate::http::HttpError;
use crate::secret::{Masked, Secret};

/// Of all connections.
#[derive(Default)]
pub(in crate::run) struct Credentials {
    held: RefCell<BTreeMap<Id, Rc<Held>>>,
    drawn: Cell<u64>,
}

/// Of one.
#[derive(Default)]
pub(super) struct Held {
    turn: Mutex<()>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// Counts renewals.
    generation: u64,
    /// Secrets that came into being, by name.
    values: BTreeMap<String, String>,
    cookies: Vec<(String, String)>,
    obtained_ms: Option<i64>,
    expires_ms: Option<i64>,
    /// Whether an endpoint has taken them.
    proved: bool,
    /// Why there will be no new ones.
    failed: Option<HttpError>,
    /// Why nothing is sent any more.
    offline: Option<String>,
    challenge: Option<Challenge>,
    /// Answers to the challenge.
    answers: u32,
}

/// What was obtained.
#[derive(Default)]
pub(super) struct Obtained {
    /// By name.
    pub(super) values: Vec<(String, String)>,
    pub(super) cookies: Vec<(String, String)>,
    pub(super) expires_ms: Option<i64>,
}

impl Credentials {
    pub(super) fn of(&self, connection: Id) -> Rc<Held> {
        Rc::clone(self.held.borrow_mut().entry(connection).or_default())
    }

    /// Sixteen bytes in hex that come once in a run.
    pub(super) fn nonce(&self, seed: u64) -> String {
        let drawn = self.drawn.get();
        self.drawn.set(drawn.wrapping_add(1));
        let bytes = [b"nonce".as_slice(), &seed.to_le_bytes(), &drawn.to_le_bytes()].concat();
        hex::encode(hash("sha256", &bytes).unwrap_or_default().get(..16).unwrap_or_default())
    }
}

impl Held {
    /// One at a time asks for new credentials.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    pub(super) fn generation(&self) -> u64 {
        self.state.borrow().generation
    }

    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.state.borrow().values.get(name).cloned()
    }

    pub(super) fn has_cookies(&self) -> bool {
        !self.state.borrow().cookies.is_empty()
    }

    /// The value of a `Cookie` header.
    pub(super) fn cookies(&self, connection: Id) -> Masked {
        let state = self.state.borrow();
        let mut all = Masked::default();
        for (at, (name, value)) in state.cookies.iter().enumerate() {
            let mark = if at == 0 { "" } else { "; " };
            all = all.and(format!("{mark}{name}=")).and_secret(Secret::new(connection, value.as_str()));
        }
        all
    }

    pub(super) fn expires_ms(&self) -> Option<i64> {
        self.state.borrow().expires_ms
    }

    /// Credentials with this count were taken.
    pub(super) fn prove(&self, generation: u64) {
        let mut state = self.state.borrow_mut();
        if state.generation == generation {
            state.proved = true;
        }
    }

    pub(super) fn is_proved(&self) -> bool {
        self.state.borrow().proved
    }

    /// Whether they were obtained a short time ago.
    pub(super) fn is_fresh(&self, now_ms: i64, ms: i64) -> bool {
        self.state.borrow().obtained_ms.is_some_and(|then| now_ms.saturating_sub(then) < ms)
    }

    pub(super) fn failed(&self) -> Option<HttpError> {
        self.state.borrow().failed.clone()
    }

    pub(super) fn fail(&self, error: HttpError) {
        self.state.borrow_mut().failed = Some(error);
    }

    pub(super) fn offline(&self) -> Option<String> {
        self.state.borrow().offline.clone()
    }

    /// Nothing is sent any more; whether it was until now.
    pub(super) fn go_offline(&self, why: String) -> bool {
        self.state.borrow_mut().offline.replace(why).is_none()
    }

    pub(super) fn keep(&self, obtained: Obtained, now_ms: i64) {
        let mut state = self.state.borrow_mut();
        state.generation += 1;
        state.values.extend(obtained.values);
        state.cookies = obtained.cookies;
        state.expires_ms = obtained.expires_ms;
        state.obtained_ms = Some(now_ms);
        state.proved = false;
    }

    /// Takes up a challenge, unless it only repeats one that was answered in vain.
    pub(super) fn challenge(&self, challenge: Challenge) -> bool {
        let mut state = self.state.borrow_mut();
        if state.challenge.is_some() && !state.proved && !challenge.stale {
            return false;
        }
        state.challenge = Some(challenge);
        (state.answers, state.proved) = (0, false);
        state.generation += 1;
        true
    }

    /// Answers the challenge that was taken up.
    pub(super) fn answer<T>(&self, make: impl FnOnce(&Challenge, u32) -> T) -> Option<T> {
        let mut state = self.state.borrow_mut();
        state.answers = state.answers.saturating_add(1);
        let count = state.answers;
        state.challenge.as_ref().map(|challenge| make(challenge, count))
    }
}
