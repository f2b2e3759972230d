//! Passwords, second factors and the list of a person's sessions.

use async_trait::async_trait;
use tombolo_model::Id;

use super::StoreError;

/// A session as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// The SHA-256 of its token.
    pub token: [u8; 32],
    /// The browser, as it names itself.
    pub agent: String,
    /// Where it was opened from.
    pub network: String,
    /// When.
    pub created_ms: i64,
}

/// A second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// The sealed secret.
    pub sealed: Vec<u8>,
    /// Whether it counts: its person has shown a code of it.
    pub confirmed: bool,
    /// The last step of its clock that was used.
    pub last_step: i64,
    /// Recovery codes that are left.
    pub codes_left: u32,
}

/// So many passwords of a person, the present one among them, are not taken again.
pub const LAST_PASSWORDS: u32 = 20;

/// What keeps a person's account theirs.
#[async_trait]
pub trait Security {
    /// Notes by which browser and from where a session was opened.
    async fn note_session(&self, token: &[u8; 32], agent: &str, network: &str) -> Result<(), StoreError>;

    /// A person's sessions that are still good, newest first.
    async fn sessions_of(&self, user: Id, now_ms: i64) -> Result<Vec<OpenSession>, StoreError>;

    /// The hash of a person's password.
    async fn password_of(&self, user: Id) -> Result<Option<String>, StoreError>;

    /// The hashes of a person's last passwords, the present one first, at most [`LAST_PASSWORDS`].
    async fn last_passwords(&self, user: Id) -> Result<Vec<String>, StoreError>;

    /// Puts another password in the place of the present one, which counts among the last ones from now on; says whether
    /// `present` still was the present one. Of two who change it at once only the first does.
    async fn change_password(&self, user: Id, present: &str, new: &str) -> Result<bool, StoreError>;

    /// A person's second factor, also one that does not count yet.
    async fn factor(&self, user: Id) -> Result<Option<Factor>, StoreError>;

    /// Begins one, in place of one that does not count yet; says whether there is none that counts.
    async fn begin_factor(&self, user: Id, sealed: &[u8], now_ms: i64) -> Result<bool, StoreError>;

    /// Lets it count from now on, with these hashes of recovery codes.
    async fn confirm_factor(&self, user: Id, step: i64, codes: &[[u8; 32]]) -> Result<bool, StoreError>;

    /// Uses a step of its clock; says whether it was not used before.
    async fn use_step(&self, user: Id, step: i64) -> Result<bool, StoreError>;

    /// Uses a recovery code; says whether there was one.
    async fn use_recovery_code(&self, user: Id, code: &[u8; 32]) -> Result<bool, StoreError>;

    /// Trusts a browser of a person from now on.
    async fn trust_browser(&self, browser: &[u8; 32], user: Id, now_ms: i64) -> Result<(), StoreError>;

    /// Since when a browser of a person is trusted.
    async fn trusted_since(&self, browser: &[u8; 32], user: Id) -> Result<Option<i64>, StoreError>;

    /// How many browsers of a person have been trusted since then.
    async fn trusted_browsers(&self, user: Id, since_ms: i64) -> Result<u32, StoreError>;

    /// Trusts no browser of a person any more.
    async fn distrust(&self, user: Id) -> Result<(), StoreError>;

    /// Takes the second factor away, with its codes.
    async fn remove_factor(&self, user: Id) -> Result<(), StoreError>;
}
