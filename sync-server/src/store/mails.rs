//! Letters as the store sees them: sealed while they wait, and how each went.

use async_trait::async_trait;
use tombolo_model::Id;

use super::StoreError;

/// A letter that is to be sent.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// Which.
    pub id: Id,
    /// The account whose pages show how it went.
    pub account: Option<Id>,
    /// What it is about.
    pub about: String,
    /// The address.
    pub recipient: String,
    /// The line above it.
    pub subject: String,
    /// Its text, sealed.
    pub sealed: Vec<u8>,
    /// Now.
    pub now_ms: i64,
}

/// A letter whose time has come.
#[derive(Debug, Clone)]
pub struct DueMail {
    /// Which.
    pub id: Id,
    /// What it is about.
    pub about: String,
    /// The address.
    pub recipient: String,
    /// The line above it.
    pub subject: String,
    /// Its text, sealed.
    pub sealed: Vec<u8>,
    /// How often it was tried.
    pub tries: u32,
}

/// How a letter went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow {
    /// The address.
    pub recipient: String,
    /// Whether the mail server has taken it; says nothing before it ended.
    pub sent: bool,
    /// What kept it, or keeps it.
    pub problem: String,
    /// When it was asked for.
    pub created_ms: i64,
    /// When it was sent or given up.
    pub ended_ms: Option<i64>,
}

/// Letters.
#[async_trait]
pub trait Mails {
    /// Keeps a letter, in place of all about the same to the same address.
    async fn add_mail(&self, mail: &NewMail) -> Result<(), StoreError>;

    /// Letters whose time has come, oldest first.
    async fn due_mails(&self, now_ms: i64, most: u32) -> Result<Vec<DueMail>, StoreError>;

    /// When the next letter is due; absent when none waits.
    async fn next_mail(&self) -> Result<Option<i64>, StoreError>;

    /// A letter is tried again at this time.
    async fn mail_waits(&self, id: Id, at_ms: i64, problem: &str) -> Result<(), StoreError>;

    /// A letter was sent or given up; its text goes.
    async fn mail_ended(&self, id: Id, sent: bool, problem: &str, now_ms: i64) -> Result<(), StoreError>;

    /// How the letters of an account about something went.
    async fn mails_of(&self, account: Id, about: &str) -> Result<Vec<MailRow>, StoreError>;

    /// Takes back what still waits and tells of what is gone no more.
    async fn forget_mail(&self, account: Id, about: &str, recipient: &str) -> Result<(), StoreError>;

    /// Removes letters that ended before this; says how many.
    async fn remove_mails(&self, before_ms: i64, most: u32) -> Result<u64, StoreError>;
}
