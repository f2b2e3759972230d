//! What a run asks of whoever keeps state and lookup caches and starts other flows, and what it is answered.
//!
//! The same words between the process of a run and the server, between the workers of a browser, and from a device to
//! its server. Who may ask is judged by the one who answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Id, Kind};

/// A value, or nothing: JSON's null is a value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Value>", into = "Vec<Value>")]
pub struct Kept(pub Option<Value>);

impl From<Vec<Value>> for Kept {
    fn from(values: Vec<Value>) -> Self {
        Self(values.into_iter().next())
    }
}

impl From<Kept> for Vec<Value> {
    fn from(kept: Kept) -> Self {
        kept.0.into_iter().collect()
    }
}

/// What is asked. An owner is a resource, or nothing for state of the account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum KeptAsk {
    /// The value of a key of state: [`KeptReply::State`].
    State {
        /// Whose.
        owner: Option<(Kind, Id)>,
        /// Which.
        key: String,
    },
    /// Writes a key of state, or with no value takes it away: [`KeptReply::Done`].
    PutState {
        /// Whose.
        owner: Option<(Kind, Id)>,
        /// Which.
        key: String,
        /// What it is now.
        value: Kept,
    },
    /// The keys of state: [`KeptReply::Keys`].
    StateKeys {
        /// Whose.
        owner: Option<(Kind, Id)>,
    },
    /// Values of a lookup cache: [`KeptReply::Values`].
    CacheValues {
        /// Which cache.
        cache: Id,
        /// Of which keys.
        keys: Vec<String>,
    },
    /// Entries of a lookup cache, sorted by key: [`KeptReply::Entries`].
    CacheEntries {
        /// Which cache.
        cache: Id,
        /// What the keys begin with.
        start: String,
        /// How many at most.
        most: u32,
    },
    /// Writes entries of a lookup cache, all or none; those without a value are taken away: [`KeptReply::Done`].
    PutCache {
        /// Which cache.
        cache: Id,
        /// Keys and values.
        entries: Vec<(String, Kept)>,
    },
    /// Starts a flow: [`KeptReply::Started`].
    Start {
        /// Which.
        flow: Id,
        /// Which of its exports are read; all of them where none is named.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<Id>,
    },
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeptReply {
    /// A value of state.
    State(Kept),
    /// It is written.
    Done,
    /// The keys, sorted.
    Keys(Vec<String>),
    /// Values, in the order of the keys.
    Values(Vec<Kept>),
    /// Entries, sorted by key.
    Entries(Vec<(String, Value)>),
    /// The run of a flow that was started.
    Started(Id),
    /// There is no such lookup cache.
    NoCache(Id),
    /// It would be too large; nothing was written.
    CacheFull {
        /// Which.
        cache: Id,
        /// The most that it may have.
        most_mb: usize,
    },
    /// It was not done; why, and what to do, as sentences.
    No(String),
}

/// The most bytes of a key of state.
pub const STATE_KEY_BYTES: usize = 256;
/// The most bytes of a value of state, as text.
pub const STATE_VALUE_BYTES: usize = 1024 * 1024;
/// The most keys of state of an account.
pub const STATE_KEYS: u32 = 10_000;
/// The most bytes of a key of a lookup cache.
pub const CACHE_KEY_BYTES: usize = 1024;
/// The most entries of a lookup cache that are read or written at once.
pub const CACHE_ENTRIES: usize = 1_000;
/// The most bytes that a lookup cache holds.
pub const CACHE_BYTES: usize = 50 * 1024 * 1024;

/// Why a key or a value is none that is kept as state.
///
/// # Errors
///
/// Returns a sentence that says what is too long.
pub fn check_state(key: &str, value: &Kept) -> Result<(), String> {
    if key.is_empty() || key.len() > STATE_KEY_BYTES {
        return Err(format!("A key of state has 1 to {STATE_KEY_BYTES} bytes: choose a shorter one."));
    }
    match &value.0 {
        Some(value) if value.to_string().len() > STATE_VALUE_BYTES => {
            Err("A value of state has 1 MB at most: keep less under this key.".to_owned())
        }
        _ => Ok(()),
    }
}

/// Why entries are none of a lookup cache.
///
/// # Errors
///
/// Returns a sentence that says what is wrong.
pub fn check_entries<'k>(keys: impl ExactSizeIterator<Item = &'k str>) -> Result<(), String> {
    if keys.len() > CACHE_ENTRIES {
        return Err(format!("A lookup cache reads and writes {CACHE_ENTRIES} entries at once: ask for fewer."));
    }
    for key in keys {
        if key.is_empty() || key.len() > CACHE_KEY_BYTES {
            return Err(format!("A key of a lookup cache has 1 to {CACHE_KEY_BYTES} bytes: choose a shorter one."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn null_is_a_value_and_nothing_is_none_on_the_way_too() {
        for kept in [Kept(None), Kept(Some(Value::Null)), Kept(Some(json!([1])))] {
            let text = serde_json::to_string(&KeptReply::State(kept.clone())).unwrap();
            assert_eq!(serde_json::from_str::<KeptReply>(&text).unwrap(), KeptReply::State(kept), "{text}");
        }
    }

    #[test]
    fn what_is_too_long_to_be_kept_is_named() {
        assert!(check_state(&"k".repeat(STATE_KEY_BYTES), &Kept(None)).is_ok());
        assert!(check_state(&"k".repeat(STATE_KEY_BYTES + 1), &Kept(None)).unwrap_err().contains("key"));
        let wide = Kept(Some("x".repeat(STATE_VALUE_BYTES).into()));
        assert!(check_state("k", &wide).unwrap_err().contains("value"));
        assert!(check_state("", &Kept(None)).is_err());
        assert!(check_entries(["a"].into_iter()).is_ok());
        assert!(check_entries([""].into_iter()).is_err());
        assert!(check_entries(vec!["a"; CACHE_ENTRIES + 1].into_iter()).is_err());
    }
}
