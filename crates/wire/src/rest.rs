//! Bodies of the server's own HTTP routes.
//!
//! Invariant: a body of a request refuses fields that it does not know, so that nobody sets what a route
//! did not mean to take; answers may grow.

mod account;
mod audit;
mod bell;
mod help;
mod mail;
mod outages;
mod profile;
mod received;
mod refused;
mod retention;
mod security;
mod sso;
mod stubs;
mod subscription;
mod transfers;

use serde::{Deserialize, Serialize};
use tombolo_model::{Grants, Id, Rights, Role};

use crate::store::UserInfo;

pub use account::{
    AccountOwner, AccountSettings, ChangeEmail, CloseAccount, ConfirmEmail, EmailChanged, EmailChanging, LeaveAccount,
    Policy, PolicyKept,
};
pub use audit::{AuditAction, AuditEntry, AuditPage, AuditQuery, AuditSource, FieldChange};
pub use bell::{AnswerInvitation, Bell, ReadBell, WaitingInvitation, WaitingReview, WaitingTransfer};
pub use help::{Diagnostics, FeedbackKind, Links, SendFeedback};
pub use mail::{MailState, MailStatus};
pub use outages::{Outage, OutageList, PutOutage};
pub use profile::Profile;
pub use received::LastPayload;
pub use refused::{AdoptRefused, OfferRefused, RefusedLine, RefusedList, RefusedReview, RefusedStatus};
pub use retention::{KeepRetention, MOST_RETENTION_DAYS, PreviewRetention, RETENTION_DAYS, RetentionPreview};
pub use security::{
    BeginFactor, ChangePassword, ConfirmFactor, EndSession, FactorBegun, FactorConfirmed, QrCode, RemoveFactor,
    Security, SessionLine,
};
pub use sso::{BeginSso, FinishSso, PutSsoClient, SsoBegun, SsoClient, SsoSettings};
pub use stubs::Stubs;
pub use subscription::{Amounts, KeepLimits, Metered, Subscription};
pub use transfers::{
    AnswerTransfer, LookAtTransfer, OfferTransfer, PreviewTransfer, SharedResource, Transfer, TransferContents,
    TransferItem, TransferOffered, TransferStatus, Transfers,
};

/// `POST /api/signup`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignUp {
    /// The person.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// The token of the invitation that they follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
}

/// `POST /api/signin`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignIn {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// The code of their second factor, once the server has asked for it (`code_needed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// This browser is not asked for a code again, for as long as the person's accounts allow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trust: bool,
    /// The token of the invitation that they follow. One that is used up, withdrawn or for another address refuses
    /// the whole sign-in with the field `invitation`; without it the person gets in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
}

/// The answer to signing up, signing in, accepting an invitation and `GET /api/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The person.
    pub user: UserInfo,
    /// The accounts they may open, their own first.
    pub accounts: Vec<AccountSummary>,
    /// The account that the invitation of this request has let them into; it is one of [`Self::accounts`]. Absent
    /// when the request had no invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Id>,
}

/// An account in [`Me`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountSummary {
    /// Which.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// What the person may do there.
    pub role: Role,
    /// In single integrations, beside that.
    #[serde(default, skip_serializing_if = "Grants::is_empty")]
    pub grants: Grants,
}

/// The answer to `GET /api/accounts/{account}/members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Members {
    /// Members by name, then those who are invited.
    pub members: Vec<Member>,
    /// Whether the server sends invitations by mail; otherwise their links are shown to who invites.
    #[serde(default)]
    pub mail: bool,
    /// Whether the account lets managers invite.
    #[serde(default)]
    pub managers_invite: bool,
    /// Whether the account has single sign-on.
    #[serde(default)]
    pub sso: bool,
    /// The addresses whose invitations the account's rules hold back: they let nobody in until the rules are changed back.
    #[serde(default)]
    pub held: Vec<String>,
}

/// A member, or somebody who is invited.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The person; absent while the invitation is not accepted.
    pub user: Option<Id>,
    /// Their name; empty while it is not known.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// In single integrations, beside that.
    #[serde(default, skip_serializing_if = "Grants::is_empty")]
    pub grants: Grants,
    /// How far they are.
    pub status: MemberStatus,
    /// When they last signed in, in milliseconds since 1970; absent when that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_ms: Option<i64>,
    /// They enter with a second factor only.
    #[serde(default)]
    pub require_factor: bool,
    /// They have a second factor.
    #[serde(default)]
    pub second_factor: bool,
    /// They enter with single sign-on only.
    #[serde(default)]
    pub require_sso: bool,
    /// Their identity at the account's provider is known.
    #[serde(default)]
    pub sso_linked: bool,
    /// Until when an invitation lets somebody in; absent for a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    /// How the letter of an invitation went; absent when none was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailState>,
}

/// How far a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberStatus {
    /// Invited.
    Pending,
    /// Was invited, and does not want to come.
    Dismissed,
    /// In.
    Accepted,
    /// In, and switched off: the account is closed to them until they are switched on again.
    Disabled,
}

/// `POST /api/accounts/{account}/members`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invite {
    /// Whom.
    pub email: String,
    /// What they will be able to do; never the owner.
    pub role: Role,
    /// In single integrations, beside that; of no account under a role that manages everything.
    #[serde(default, skip_serializing_if = "Grants::is_empty")]
    pub grants: Grants,
    /// Shows the link instead of sending it. A server that sends no mail always does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub show_link: bool,
}

/// The answer to [`Invite`]: the same whether or not anybody has signed up with the address (decision 27).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invited {
    /// The secret link, from the root of the site: `/sign-up?invitation=TOKEN`. It is shown once and good once, only for
    /// the address that was invited; an older link for that address has ended. Absent when it was sent by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// `PATCH /api/accounts/{account}/members/{user}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeMember {
    /// What they may do from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// In single integrations, beside that, in place of what was; goes with a role.
    #[serde(default, skip_serializing_if = "Grants::is_empty")]
    pub grants: Grants,
    /// Whether the account is open to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether they enter with a second factor only, from the next time that they open the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_factor: Option<bool>,
    /// Whether they enter with single sign-on only; an account without a client cannot ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_sso: Option<bool>,
}

/// `POST /api/accounts/{account}/owner`: the owner gives the account to another member, and administers it from then on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GiveAccount {
    /// To whom.
    pub user: Id,
}

/// `POST /api/accounts/{account}/invitations/withdraw`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Withdraw {
    /// The address whose invitation ends.
    pub email: String,
}

/// `POST /api/invitations/accept`, by somebody who is signed in with the invited address → [`Me`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Accept {
    /// The token of the link.
    pub invitation: String,
}

/// `POST /api/invitations/look` with [`Accept`]: what an invitation is about. Which address it is for stays unsaid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The name of the account.
    pub account_name: String,
    /// The name of the person who invites.
    pub invited_by: String,
    /// As what.
    pub role: Role,
    /// Until when it lets somebody in.
    pub expires_ms: i64,
}

/// `PUT /api/accounts/{account}/connections/{connection}/secrets`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutSecret {
    /// The field, for example `/http/auth/token/token`.
    pub path: String,
    /// The secret.
    pub value: String,
    /// The hosts it may be sent to, as they were when it was entered (decision 24): 1 to 20, such as `api.example.com`
    /// or `http://127.0.0.1:8080`: the port only where it is not the usual one, `http://` only for an address without
    /// encryption.
    pub hosts: Vec<String>,
}

/// `DELETE /api/accounts/{account}/connections/{connection}/secrets`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteSecret {
    /// The field.
    pub path: String,
}

/// The answer to `GET /api/accounts/{account}/connections/{connection}/secrets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secrets {
    /// The fields that have a secret, never its value.
    pub paths: Vec<String>,
}

/// The answer to `PUT /api/accounts/{account}/blobs/{sha256}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlobStored {
    /// The SHA-256 of the bytes, hex.
    pub sha256: String,
    /// Their number.
    pub size_bytes: u64,
}

/// The answer to `POST /api/accounts/{account}/flows/{flow}/run`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStarted {
    /// The run, whose rows come through `/sync`.
    pub run: Id,
}

impl From<&Member> for Rights {
    fn from(member: &Member) -> Self {
        Self { role: member.role, grants: member.grants.clone() }
    }
}

/// What every refused request is answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errors {
    /// At least one.
    pub errors: Vec<ErrorBody>,
}

/// One error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Stable, for programs.
    pub code: String,
    /// What happened, then what to do.
    pub message: String,
    /// The field, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
