//! The chain of an audit log: each row's seal covers the row before it, and the head has one of its own.
//!
//! Seals are made with the server's key. Who can write to the database and has no key can neither change a row nor cut
//! the log off: an older head has another number, and its seal is not kept.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tombolo_model::Id;

use super::Values;
use crate::store::AuditKey;

/// What the first row is chained to.
pub(super) const BEGINNING: [u8; 32] = [0; 32];

/// The seal of a row.
pub(super) fn row(key: &AuditKey, last: &[u8; 32], account: Id, values: &Values) -> [u8; 32] {
    let mut bytes = Vec::new();
    write(b"tombolo audit 2", last, account, values, Some(&values.token), &mut bytes);
    sealed(key, &bytes)
}

/// What rows had before there was a key.
pub(super) fn unsealed(last: &[u8; 32], account: Id, values: &Values) -> [u8; 32] {
    let mut bytes = Vec::new();
    write(b"tombolo audit 1", last, account, values, None, &mut bytes);
    Sha256::digest(&bytes).into()
}

/// The seal of the head: of how many rows there are, and of the last.
pub(super) fn head(key: &AuditKey, account: Id, n: u64, last: &[u8; 32]) -> [u8; 32] {
    let mut bytes = b"tombolo audit head 2".to_vec();
    bytes.extend(account.to_string().as_bytes());
    bytes.extend(n.to_be_bytes());
    bytes.extend(last);
    sealed(key, &bytes)
}

fn sealed(key: &AuditKey, bytes: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.bytes()) else {
        return BEGINNING;
    };
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// Lengths come before texts, so that no two rows have the same bytes.
fn write(begin: &[u8], last: &[u8; 32], account: Id, values: &Values, token: Option<&String>, bytes: &mut Vec<u8>) {
    bytes.extend(begin);
    bytes.extend(last);
    bytes.extend(values.n.to_be_bytes());
    bytes.extend(values.time_ms.to_be_bytes());
    let account = account.to_string();
    let mut texts = vec![
        Some(account.as_str()),
        values.user.as_deref(),
        Some(&values.user_name),
        Some(&values.source),
        Some(&values.kind),
        values.resource.as_deref(),
        Some(&values.name),
        Some(&values.action),
        Some(&values.fields),
    ];
    texts.extend(token.map(|token| Some(token.as_str())));
    for text in texts {
        let length = text.map_or(u64::MAX, |text| u64::try_from(text.len()).unwrap_or(u64::MAX - 1));
        bytes.extend(length.to_be_bytes());
        bytes.extend(text.unwrap_or_default().as_bytes());
    }
}
