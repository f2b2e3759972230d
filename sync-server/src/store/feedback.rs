//! What people write to who runs the server, and what they say of themselves.

use async_trait::async_trait;
use tombolo_model::Id;
use tombolo_wire::rest::{Profile, SendFeedback};
use tombolo_wire::store::UserInfo;

use super::StoreError;

/// Something that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackRow {
    /// Its number: what came later has a higher one.
    pub n: i64,
    /// About what: the name of a kind.
    pub kind: String,
    /// The words.
    pub message: String,
    /// What was sent along, as JSON; empty when nothing was.
    pub diagnostics: String,
    /// Who wrote, by name and address; both empty for somebody who was not signed in.
    pub name: String,
    /// Their address.
    pub email: String,
    /// When it was written, by the writer's clock.
    pub written_ms: i64,
    /// When it came.
    pub received_ms: i64,
}

/// Feedback.
#[async_trait]
pub trait Feedback {
    /// Keeps what somebody wrote, once; says whether there was room below `most` rows. What is oldest of those who were
    /// not signed in gives way.
    async fn keep_feedback(
        &self,
        feedback: &SendFeedback,
        by: Option<&UserInfo>,
        now_ms: i64,
        most: u32,
    ) -> Result<bool, StoreError>;

    /// What was written, the oldest first.
    async fn feedback(&self) -> Result<Vec<FeedbackRow>, StoreError>;

    /// Removes what was written, up to this number.
    async fn forget_feedback(&self, last: i64) -> Result<(), StoreError>;
}

/// What people say of themselves.
#[async_trait]
pub trait Profiles {
    /// What a person says; absent when there is no such person.
    async fn profile(&self, user: Id) -> Result<Option<Profile>, StoreError>;

    /// Keeps it in place of what was.
    async fn keep_profile(&self, user: Id, profile: &Profile) -> Result<(), StoreError>;
}
