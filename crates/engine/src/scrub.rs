//! Takes a connection's secrets out of what its endpoint says.
//!
//! Endpoints repeat what they were sent: in a refusal, in the address of the next page. What they say goes into
//! messages that are stored, shown to all who may see the run, and passed on; a secret must not go with it.
//! Records are data and stay as they are.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use tombolo_model::MASK;
use tombolo_template::uri_component;

/// The secrets of a connection in every form in which they are sent or usually repeated. Copies share what they learn.
#[derive(Clone, Default)]
pub(crate) struct Scrub(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// The longest first.
    forms: Vec<String>,
    /// Those that the run began with.
    fixed: Vec<String>,
    /// Those that came into being since and may be valid as long as the run goes on.
    renewed: Vec<String>,
    /// Those that were made for one request, such as one encoded with a record; the newest last.
    made: VecDeque<String>,
}

/// Secrets made for one request that are remembered: an answer repeats what it was asked with, and nothing older.
const MOST_MADE: usize = 100;

impl Scrub {
    pub(crate) fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut known = Known { fixed: secrets.into_iter().map(ToOwned::to_owned).collect(), ..Known::default() };
        known.sort();
        Self(Arc::new(Mutex::new(known)))
    }

    /// A secret came into being: a renewed token, a code. It is never forgotten.
    pub(crate) fn learn(&self, secret: &str) {
        let mut known = self.known();
        if known.fixed.iter().chain(&known.renewed).all(|have| have != secret) {
            known.renewed.push(secret.to_owned());
            known.sort();
        }
    }

    /// A secret was made for a request.
    pub(crate) fn learn_made(&self, secret: &str) {
        let mut known = self.known();
        if known.forms.iter().any(|form| form == secret) {
            return;
        }
        known.made.push_back(secret.to_owned());
        if known.made.len() > MOST_MADE {
            known.made.pop_front();
        }
        known.sort();
    }

    /// The text with `******` in the place of every secret.
    pub(crate) fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut clean = Cow::Borrowed(text);
        for form in &self.known().forms {
            if clean.contains(form) {
                clean = Cow::Owned(clean.replace(form, MASK));
            }
        }
        clean
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn sort(&mut self) {
        let secrets = self.fixed.iter().chain(&self.renewed).chain(&self.made).map(String::as_str);
        let whole = secrets.flat_map(|secret| [secret, secret.trim()]);
        let mut forms: Vec<String> = whole.filter(|secret| !secret.trim().is_empty()).flat_map(forms).collect();
        // A form may be part of another, whose rest must not stay.
        forms.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        forms.dedup();
        self.forms = forms;
    }
}

/// Base64 comes without its padding, which may then be there or not.
fn forms(secret: &str) -> [String; 8] {
    let encoded = uri_component(secret);
    let quoted = serde_json::Value::from(secret).to_string();
    [
        secret.to_owned(),
        // A form writes a blank as a plus.
        encoded.replace("%20", "+"),
        lower_hex(&encoded).replace("%20", "+"),
        lower_hex(&encoded),
        encoded,
        quoted[1..quoted.len() - 1].to_owned(),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ]
}

/// `%C3` as `%c3`.
fn lower_hex(encoded: &str) -> String {
    let mut hex = 0_u8;
    let lower = |character: char| {
        hex = if character == '%' { 3 } else { hex.saturating_sub(1) };
        if hex > 0 { character.to_ascii_lowercase() } else { character }
    };
    encoded.chars().map(lower).collect()
}

impl fmt::Debug for Scrub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} forms of secrets", self.known().forms.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_out_in_every_form() {
        let scrub = Scrub::new(["p\"ä/s S", "p\"ä", " "]);
        for said in [
            "p\"ä/s S",
            "p%22%C3%A4%2Fs%20S",
            "p%22%c3%a4%2fs%20S",
            "p%22%C3%A4%2Fs+S",
            "p%22%c3%a4%2fs+S",
            "p\\\"ä/s S",
            "cCLDpC9zIFM=",
            "cCLDpC9zIFM",
            "cCLDpC9zIFM%3D",
            "p\"ä",
        ] {
            let clean = scrub.clean(said).into_owned();
            assert!(clean.starts_with("******") && clean.len() <= 9, "{said}: {clean}");
        }
        assert_eq!(scrub.clean("nothing of it"), "nothing of it");
        assert!(!format!("{scrub:?}").contains('ä'));
    }

    #[test]
    fn a_secret_that_came_later_is_taken_out_too_and_the_first_ones_are_never_forgotten() {
        let scrub = Scrub::new(["first"]);
        let copy = scrub.clone();
        for number in 0..200 {
            scrub.learn_made(&format!("made-{number:03}"));
            scrub.learn(&format!("token-{number:03}"));
        }
        assert_eq!(copy.clean("first token-199 token-000 made-199"), "****** ****** ****** ******");
        assert_eq!(copy.clean("made-000"), "made-000", "what was made for an early request is not repeated any more");
    }
}
