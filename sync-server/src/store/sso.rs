//! Single sign-on: an account's client at a provider, and whom the provider's identities belong to.

use async_trait::async_trait;
use tombolo_model::Id;

use super::StoreError;

/// An account's client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoClientRow {
    /// What people enter to sign in; lower case, of no other account.
    pub organization: String,
    /// The provider's issuer.
    pub issuer: String,
    /// As what this server is known there.
    pub client_id: String,
    /// The sealed secret.
    pub sealed: Vec<u8>,
    /// The hosts that it may go to.
    pub hosts: Vec<String>,
    /// Addresses of which the provider says nothing are taken as their owners'.
    pub trusts_addresses: bool,
}

/// What a session was opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proofs {
    /// The person's password.
    pub password: bool,
    /// The single sign-on of this account.
    pub sso: Option<Id>,
}

impl Proofs {
    /// The password alone.
    pub const PASSWORD: Self = Self { password: true, sso: None };

    /// Whether they are enough for an account, before its rules are asked. Who administers an account says who its provider
    /// is: that opens no other one.
    #[must_use]
    pub fn open(self, account: Id) -> bool {
        self.password || self.sso == Some(account)
    }
}

/// What an account asks of a member who is not its owner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Demands {
    /// A second factor.
    pub factor: bool,
    /// A second factor, and there is none.
    pub lacks_factor: bool,
    /// Its single sign-on.
    pub sso: bool,
}

/// What came of keeping a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SsoKept {
    /// It is kept.
    Done,
    /// Another account has this organization id.
    OrganizationTaken,
}

/// What came of linking an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SsoLinked {
    /// It is this person's.
    Done,
    /// The person has another identity of this issuer, the identity is another's, or the person has just become the owner.
    Taken,
}

/// Single sign-on.
#[async_trait]
pub trait Sso {
    /// An account's client.
    async fn sso_client(&self, account: Id) -> Result<Option<SsoClientRow>, StoreError>;

    /// The account and client of an organization id, in lower case.
    async fn sso_organization(&self, organization: &str) -> Result<Option<(Id, SsoClientRow)>, StoreError>;

    /// Puts a client in the place of the one before. Another issuer knows nobody: what the one before had said of people,
    /// and the sessions that it had opened, end.
    async fn keep_sso_client(&self, account: Id, client: &SsoClientRow) -> Result<SsoKept, StoreError>;

    /// Removes the client with everything that it had said. Nothing is removed while a member enters with it only.
    async fn remove_sso_client(&self, account: Id) -> Result<bool, StoreError>;

    /// Whose an identity is.
    async fn sso_person(&self, account: Id, issuer: &str, subject: &str) -> Result<Option<Id>, StoreError>;

    /// Links an identity to a person; to the owner only when they have shown their password.
    async fn link_sso(
        &self,
        account: Id,
        issuer: &str,
        subject: &str,
        user: Id,
        by_password: bool,
        now_ms: i64,
    ) -> Result<SsoLinked, StoreError>;

    /// Notes that the provider has just vouched for an identity.
    async fn vouch_sso(&self, account: Id, issuer: &str, subject: &str, now_ms: i64) -> Result<(), StoreError>;

    /// When the account's provider last vouched for a member; absent when it knows none.
    async fn vouched_ms(&self, account: Id, user: Id) -> Result<Option<i64>, StoreError>;

    /// Forgets a person's identities in an account, and ends what they had opened; says whether there were any.
    async fn unlink_sso(&self, account: Id, user: Id) -> Result<bool, StoreError>;

    /// Members who are linked, and members who enter with single sign-on only.
    async fn sso_counts(&self, account: Id) -> Result<(u32, u32), StoreError>;

    /// What an account asks of a member.
    async fn demands(&self, account: Id, user: Id) -> Result<Demands, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_sign_on_of_one_account_opens_no_other() {
        let [ours, other] = [1, 2].map(|n| Id::from_parts(n, [1; 8]));
        let sso = Proofs { password: false, sso: Some(ours) };
        assert!(sso.open(ours) && !sso.open(other));
        assert!(Proofs::PASSWORD.open(ours) && Proofs::PASSWORD.open(other));
        assert!(Proofs { password: true, sso: Some(ours) }.open(other));
        assert!(!Proofs { password: false, sso: None }.open(ours));
    }
}
