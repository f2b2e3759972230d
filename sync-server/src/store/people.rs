//! People, their sessions and the browsers they are known in.

use async_trait::async_trait;
use tombolo_model::Id;

use super::{Proofs, StoreError};

/// Somebody who signs up.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Made by the server.
    pub id: Id,
    /// Lower case; unique.
    pub email: String,
    /// Their name.
    pub name: String,
    /// The argon2id string of their password.
    pub password: String,
    /// The account they get of their own.
    pub account: Id,
    /// Its name.
    pub account_name: String,
    /// The SHA-256 of the token of an invitation that they accept by this.
    pub invitation: Option<[u8; 32]>,
    /// Now.
    pub now_ms: i64,
}

#[cfg(test)]
impl NewUser {
    /// Somebody with this account, for tests that need no more than that it is there.
    pub(crate) fn of(account: Id) -> Self {
        let text = account.to_string();
        let (id, email) = (account, format!("{text}@example.com"));
        Self {
            id,
            email,
            name: text.clone(),
            password: String::new(),
            account,
            account_name: text,
            invitation: None,
            now_ms: 1,
        }
    }
}

/// How signing up ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUp {
    /// The person and their account are there.
    Created {
        /// The account that the invitation has let them into.
        joined: Option<Id>,
    },
    /// The address is taken.
    EmailTaken,
    /// The invitation is not known, or is used up.
    InvitationUnknown,
    /// The invitation is too old.
    InvitationExpired,
    /// The invitation is for another address.
    OtherAddress,
    /// The rules of the account hold the invitation back.
    InvitationHeld,
}

/// A person.
#[derive(Debug, Clone)]
pub struct UserRow {
    /// Their id.
    pub id: Id,
    /// Their address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// The argon2id string of their password.
    pub password: String,
}

/// A session that is still good.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Whose.
    pub user: Id,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// When it ends.
    pub expires_ms: i64,
    /// What it was opened with.
    pub proofs: Proofs,
}

/// People, sessions and known browsers.
#[async_trait]
pub trait People {
    /// Adds a person with an account of their own.
    async fn sign_up(&self, user: &NewUser) -> Result<SignUp, StoreError>;

    /// Finds a person by their address, in lower case.
    async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>, StoreError>;

    /// Opens a session named by the SHA-256 of its token; says whether it did: not for single sign-on of an account in which
    /// the person is not linked, or not any more.
    async fn open_session(
        &self,
        token: &[u8; 32],
        user: Id,
        proofs: Proofs,
        now_ms: i64,
        expires_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Finds a session that has not expired.
    async fn session(&self, token: &[u8; 32], now_ms: i64) -> Result<Option<SessionRow>, StoreError>;

    /// Remembers when somebody signed in.
    async fn signed_in(&self, user: Id, now_ms: i64) -> Result<(), StoreError>;

    /// Ends a session; says whether there was one.
    async fn end_session(&self, token: &[u8; 32]) -> Result<bool, StoreError>;

    /// Remembers that a person signed in with the browser that holds this token.
    async fn know_browser(&self, token: &[u8; 32], user: Id, now_ms: i64) -> Result<(), StoreError>;

    /// Whether this person has signed in before with the browser that holds this token.
    async fn knows_browser(&self, token: &[u8; 32], user: Id) -> Result<bool, StoreError>;
}
