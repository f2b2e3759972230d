//! Accounts, their members and the invitations that are not accepted yet.

use async_trait::async_trait;
use tombolo_model::{Id, Rights, Role};

use super::StoreError;

/// An account as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which.
    pub account: Id,
    /// Its name.
    pub name: String,
    /// What the person may do there.
    pub rights: Rights,
    /// Counts up whenever the person's rights there change.
    pub visibility_epoch: u64,
}

/// A member, or somebody who was invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// The person; absent while the invitation is not accepted.
    pub user: Option<Id>,
    /// Their name; empty while it is not known.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they may do.
    pub rights: Rights,
    /// Not switched off.
    pub enabled: bool,
    /// When they last signed in; absent when they have not since this is kept.
    pub signed_in_ms: Option<i64>,
    /// Enters with a second factor only.
    pub require_factor: bool,
    /// Has one.
    pub has_factor: bool,
    /// Enters with single sign-on only.
    pub require_sso: bool,
    /// Has an identity at the account's provider.
    pub sso_linked: bool,
    /// Was invited, and does not want to come.
    pub dismissed: bool,
    /// Was invited, and the account's rules let them in no more: they are for another address, or who invites may not.
    pub held: bool,
    /// Until when the invitation lets somebody in; absent for a member.
    pub expires_ms: Option<i64>,
    /// When they became a member first, or were invited.
    pub created_ms: i64,
    /// When that was changed last.
    pub modified_ms: i64,
}

/// An invitation.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// To which account.
    pub account: Id,
    /// Lower case.
    pub email: String,
    /// What the person will be able to do; never the owner.
    pub rights: Rights,
    /// Who invites.
    pub by: Id,
    /// The SHA-256 of the token in the link.
    pub token: [u8; 32],
    /// Now.
    pub now_ms: i64,
    /// Until when it lets somebody in.
    pub expires_ms: i64,
    /// They are to enter with a second factor only.
    pub require_factor: bool,
    /// The link goes to the address alone: who has it reads letters to the address.
    pub mailed: bool,
}

/// What whoever holds the link of an invitation may know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The name of the account.
    pub account: String,
    /// The name of the person who invites.
    pub by: String,
    /// What one will be able to do.
    pub role: Role,
    /// When it lets nobody in any more.
    pub expires_ms: i64,
}

/// What came of inviting somebody. Nothing in it says whether an address that is no member's belongs to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invited {
    /// The link waits for whoever has or will have the address. An older link for it has ended.
    Pending,
    /// They are a member already; nothing was changed.
    AlreadyMember(Id),
}

/// What came of following an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// The person is a member of this account now, and the invitation is used up.
    Joined(Id),
    /// There is no such invitation, or not any more.
    Unknown,
    /// It is too old; it stays where members see it.
    Expired,
    /// It is for another address than the person's; it stays.
    OtherAddress,
    /// The account's rules do not let it in as they are now; it stays.
    Held,
}

/// What is to change about a member; what is absent stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemberChange<'a> {
    /// What they may do.
    pub rights: Option<&'a Rights>,
    /// Not switched off.
    pub enabled: Option<bool>,
    /// Enters with a second factor only.
    pub require_factor: Option<bool>,
    /// Enters with single sign-on only.
    pub require_sso: Option<bool>,
}

/// What came of changing or removing a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleChange {
    /// Done.
    Done,
    /// There is no such member.
    Absent,
    /// The owner's role is not changed and the owner is not removed; or who gives the account away is not the owner.
    Owner,
    /// The account has no single sign-on that a member could be asked for.
    NoSso,
}

/// Accounts and members.
#[async_trait]
pub trait Accounts {
    /// The accounts a person may open, their own first.
    async fn accounts_of(&self, user: Id) -> Result<Vec<Membership>, StoreError>;

    /// The accounts that a person was taken out of, or is switched off in. For [`super::BRINGS_BACK_MS`] after a restore only
    /// those where that was done since: the backup may be older than that they were let in again.
    async fn ended_for(&self, user: Id) -> Result<Vec<Id>, StoreError>;

    /// When a person was taken out of an account; absent for who is a member, also one who is switched off, for who never was,
    /// and where it was not written down yet.
    async fn left_ms(&self, account: Id, user: Id) -> Result<Option<i64>, StoreError>;

    /// What a person may do in an account; absent when they are no member or there is no such account.
    async fn membership(&self, account: Id, user: Id) -> Result<Option<Membership>, StoreError>;

    /// The owner's id; absent when there is no such account.
    async fn owner(&self, account: Id) -> Result<Option<Id>, StoreError>;

    /// All accounts.
    async fn accounts(&self) -> Result<Vec<Id>, StoreError>;

    /// Members by name, then open invitations by address.
    async fn members(&self, account: Id) -> Result<Vec<MemberRow>, StoreError>;

    /// Keeps an invitation in place of an older one for the same address.
    async fn invite(&self, invitation: &NewInvitation) -> Result<Invited, StoreError>;

    /// Accepts an invitation for a person who has signed up already, with the address they have.
    async fn accept(&self, token: &[u8; 32], user: Id, now_ms: i64) -> Result<Accepted, StoreError>;

    /// What an invitation is about, also when it has expired; absent when there is none.
    async fn invitation(&self, token: &[u8; 32]) -> Result<Option<Invitation>, StoreError>;

    /// Who was invited does not want to come; says of which account, when there is such an invitation.
    async fn dismiss(&self, token: &[u8; 32], now_ms: i64) -> Result<Option<Id>, StoreError>;

    /// Takes an open invitation back; says whether there was one.
    async fn withdraw(&self, account: Id, email: &str) -> Result<bool, StoreError>;

    /// A member's rights; absent for somebody who is none now, or is switched off.
    async fn rights(&self, account: Id, user: Id) -> Result<Option<Rights>, StoreError>;

    /// Changes a member, all of it or nothing. What they have invited is withdrawn when they may not invite any more or are
    /// switched off.
    async fn change_member(&self, account: Id, user: Id, wanted: MemberChange<'_>) -> Result<RoleChange, StoreError>;

    /// Makes a member the owner and the owner an administrator, in one step: there is always one. What single sign-on has
    /// opened for the new owner ends, and their personal tokens, which may have been made in it.
    async fn give_account(&self, account: Id, from: Id, to: Id) -> Result<RoleChange, StoreError>;

    /// Removes a member, and withdraws what they have invited.
    async fn remove_member(&self, account: Id, user: Id) -> Result<RoleChange, StoreError>;
}
