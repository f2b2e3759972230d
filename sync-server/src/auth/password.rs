//! Passwords: argon2id, away from the threads that answer requests, and never more than a few at a time.
//!
//! One hash takes 19 MiB and some 30 ms. Without the semaphore a burst of sign-ins would take all memory and
//! all threads.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use thiserror::Error;
use tokio::sync::{AcquireError, Semaphore};
use tokio::task::JoinError;

/// The shortest password, in characters.
pub(crate) const SHORTEST: usize = 10;
/// The longest, in bytes: hashing reads all of it.
pub(crate) const LONGEST: usize = 1_024;

/// Why a password could not be hashed or compared.
#[derive(Debug, Error)]
pub(crate) enum PasswordError {
    /// There is no memory for it.
    #[error("a password cannot be hashed")]
    Hash(#[source] argon2::password_hash::Error),
    /// The hash in the database cannot be read.
    #[error("the hash of a password cannot be read")]
    Kept(#[source] argon2::password_hash::phc::Error),
    /// The thread has gone.
    #[error("the thread that hashes has ended")]
    Ended(#[source] JoinError),
    /// The server goes down.
    #[error("no more passwords are hashed")]
    Closed(#[source] AcquireError),
}

/// Hashes and compares.
#[derive(Debug)]
pub(crate) struct Passwords {
    places: Semaphore,
    /// Compared with when nobody has the address, so that the answer takes as long.
    nobody: String,
}

impl Passwords {
    /// Prepares the hash that belongs to nobody.
    ///
    /// # Errors
    ///
    /// Returns when hashing fails.
    pub(crate) fn new() -> Result<Self, PasswordError> {
        Ok(Self { places: Semaphore::new(2), nobody: hash("nobody has this password")? })
    }

    /// The string to keep for a password.
    pub(crate) async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let _place = self.places.acquire().await.map_err(PasswordError::Closed)?;
        tokio::task::spawn_blocking(move || hash(&password)).await.map_err(PasswordError::Ended)?
    }

    /// Compares a password with what was kept; with no string, takes as long and says no.
    pub(crate) async fn matches(&self, password: String, kept: Option<String>) -> Result<bool, PasswordError> {
        let known = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.nobody.clone());
        let _place = self.places.acquire().await.map_err(PasswordError::Closed)?;
        tokio::task::spawn_blocking(move || {
            let kept = PasswordHash::new(&kept).map_err(PasswordError::Kept)?;
            let same = Argon2::default().verify_password(password.as_bytes(), &kept).is_ok();
            Ok(same && known)
        })
        .await
        .map_err(PasswordError::Ended)?
    }
}

fn hash(password: &str) -> Result<String, PasswordError> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(PasswordError::Hash)
}
