//! Ids and tokens that nobody can guess.

use sha2::{Digest, Sha256};
use thiserror::Error;
use tombolo_model::Id;

use crate::clock;

/// The machine gives no random bytes.
#[derive(Debug, Error)]
#[error("the machine gives no random bytes")]
pub(crate) struct NoRandom(#[source] getrandom::Error);

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], NoRandom> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(NoRandom)?;
    Ok(bytes)
}

/// A new id.
pub(crate) fn id() -> Result<Id, NoRandom> {
    let seconds = u32::try_from(clock::now_ms() / 1_000).unwrap_or(u32::MAX);
    Ok(Id::from_parts(seconds, bytes()?))
}

/// A secret that is given away once; the server keeps only its hash.
#[derive(Debug)]
pub(crate) struct Token {
    /// 64 hex digits: 256 bits.
    pub(crate) text: String,
    /// What is kept.
    pub(crate) hash: [u8; 32],
}

/// A new token.
pub(crate) fn token() -> Result<Token, NoRandom> {
    let text = hex::encode(bytes::<32>()?);
    let hash = token_hash(&text);
    Ok(Token { text, hash })
}

/// What is kept of a token.
pub(crate) fn token_hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
