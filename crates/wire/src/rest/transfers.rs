//! Integrations that are handed over to another account.

use serde::{Deserialize, Serialize};
use tombolo_model::{Id, Kind};

use super::MailState;

/// `POST /api/accounts/{account}/transfers/preview` → [`TransferContents`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewTransfer {
    /// Which integrations would go; at least one.
    pub integrations: Vec<Id>,
}

/// `POST /api/accounts/{account}/transfers` → [`TransferOffered`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfferTransfer {
    /// Which integrations go; at least one.
    pub integrations: Vec<Id>,
    /// The address of who takes them.
    pub email: String,
    /// What others use too is copied instead of being handed over. Without that it is an obstacle.
    #[serde(default)]
    pub copy_shared: bool,
}

/// The answer to [`OfferTransfer`]: the same whether or not anybody has signed up with the address (decision 27).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferOffered {
    /// Which.
    pub id: Id,
    /// The secret link, from the root of the site: `/transfers?offer=TOKEN`. It is shown once, and good for whoever has
    /// the address.
    pub link: String,
    /// It was sent to the address as well.
    #[serde(default)]
    pub mailed: bool,
}

/// One resource that goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferItem {
    /// Which.
    pub id: Id,
    /// What kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The resources that it refers to.
    pub references: Vec<Id>,
    /// Copied, because others who stay use it too; the sender keeps theirs.
    #[serde(default)]
    pub copied: bool,
}

/// A resource that is used by others who stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedResource {
    /// Which.
    pub id: Id,
    /// What kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Who uses it, by name.
    pub used_by: Vec<String>,
}

/// Everything that goes, and what stands in the way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferContents {
    /// What goes, integrations first.
    pub items: Vec<TransferItem>,
    /// What others who stay use too.
    pub shared: Vec<SharedResource>,
    /// What does not go and is referred to, by name: an agent, a flow of another integration.
    pub left_behind: Vec<String>,
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransferStatus {
    /// Waits for its recipient.
    Offered,
    /// The recipient does not want it.
    Declined,
    /// The sender has taken it back.
    Canceled,
    /// Nobody took it within 14 days.
    Expired,
    /// Taken; runs that go on are waited for.
    Accepted,
    /// Handed over.
    Done,
    /// Not handed over; the sender has everything.
    Failed,
}

impl TransferStatus {
    /// Every status.
    pub const ALL: [Self; 7] =
        [Self::Offered, Self::Declined, Self::Canceled, Self::Expired, Self::Accepted, Self::Done, Self::Failed];

    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Declined => "declined",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::Accepted => "accepted",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// A transfer as both sides see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// Which.
    pub id: Id,
    /// Seen by the account that takes it.
    pub incoming: bool,
    /// The account that hands over, by name.
    pub from: String,
    /// Who offers, by name.
    pub by: String,
    /// To which address.
    pub email: String,
    /// How far it is.
    pub status: TransferStatus,
    /// When it was offered, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// What goes.
    pub contents: TransferContents,
    /// Afterwards: the connections whose credentials must be entered, or why it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub afterwards: Vec<String>,
    /// How the letter of an offer went, for its sender; absent when none was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailState>,
}

/// The answer to `GET /api/accounts/{account}/transfers`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfers {
    /// What the account hands over or takes, and what waits for the caller.
    pub transfers: Vec<Transfer>,
}

/// `POST /api/transfers/look` → [`Transfer`]: what the holder of the secret link is offered. From then on it is in their
/// list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LookAtTransfer {
    /// The token of the link.
    pub offer: String,
}

/// `POST /api/accounts/{account}/transfers/accept`, by who may take something into the account, and
/// `POST /api/transfers/decline`; both → [`Transfer`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerTransfer {
    /// Which; the caller has looked at it.
    pub transfer: Id,
}
