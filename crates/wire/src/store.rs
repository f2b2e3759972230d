//! What the screen and the store worker say to each other, and the rows they show.
//!
//! A frame is a JSON string. When files travel with it, the message is a JavaScript array whose first item
//! is the string and whose other items are the `Blob`s, in the order the call names them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_model::{Id, Intent, Kind, Role, View};

/// A call from the screen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// Counts up; the reply carries it.
    pub id: u64,
    /// What is wanted.
    pub call: Call,
}

/// What the store worker sends.
#[cfg_attr(
    not(target_arch = "wasm32"),
    expect(clippy::large_enum_variant, reason = "made once a message and written as JSON at once")
)]
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Outgoing {
    /// The database is open; calls sent before this would be lost.
    Ready,
    /// The answer to a [`Request`].
    Reply {
        /// The request's id.
        id: u64,
        /// What came of it: the JSON of the call's reply type.
        result: Result<Value, CallError>,
    },
    /// Something changed.
    Event {
        /// What.
        event: Event,
    },
}

/// Why a call failed, in words for the person at the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallError {
    /// Stable, for programs: `quota`, `not_found`, `damaged`, `offline`, `refused`, `invalid`, `internal`.
    pub code: String,
    /// What happened, then what to do.
    pub message: String,
}

/// Every call, with the type of its reply in its comment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "camelCase")]
pub enum Call {
    /// → [`Overview`]. Also subscribes the tab to all events.
    Hello,
    /// → [`OpenReply`]. Subscribes to [`Event::Document`] of this document.
    Open {
        /// Which.
        id: Id,
    },
    /// → null.
    Close {
        /// Which.
        id: Id,
    },
    /// → [`Created`].
    Create {
        /// What kind.
        kind: Kind,
        /// The resource without `_id`.
        value: Value,
    },
    /// → [`Edited`]. One call is one step of undo.
    Edit {
        /// Which.
        id: Id,
        /// All applied in one change, or none.
        intents: Vec<Intent>,
    },
    /// → [`Edited`]. Takes back this tab's last edit of the document.
    Undo {
        /// Which.
        id: Id,
    },
    /// → [`Edited`].
    Redo {
        /// Which.
        id: Id,
    },
    /// → `Vec<HistoryEntry>`, newest first.
    History {
        /// Which.
        id: Id,
    },
    /// → [`BlobInfo`]. One attachment: the file.
    PutFile {
        /// Its name on this computer.
        name: String,
    },
    /// → [`Created`] with the run's id. Progress comes as [`Event::Run`].
    StartRun {
        /// Which flow.
        flow: Id,
        /// Runs on the server instead of here.
        #[serde(default)]
        on_server: bool,
    },
    /// → null.
    CancelRun {
        /// Which run.
        run: Id,
    },
    /// → `Vec<RunRow>`, newest first; of one flow or of all.
    Runs {
        /// Which flow.
        flow: Option<Id>,
        /// At most so many.
        limit: usize,
    },
    /// → `Vec<RunError>`.
    RunErrors {
        /// Which run.
        run: Id,
    },
    /// → [`BlobInfo`], with one attachment: the file. Names a file that a run made.
    RunFile {
        /// Which run.
        run: Id,
        /// Which step.
        step: String,
    },
    /// → null. Keeps a secret of a connection on this device and, when signed in, in the server's vault, for the host of
    /// the connection's base URI as it is now. Without such a host it is `invalid`.
    SetSecret {
        /// Which connection.
        connection: Id,
        /// Which field, for example `/http/auth/token/token`.
        path: String,
        /// The secret; empty removes it.
        value: String,
    },
    /// → `Vec<String>`: the paths of the secrets that are kept for a connection, never their values.
    Secrets {
        /// Which connection.
        connection: Id,
    },
    /// → [`Overview`].
    SignUp {
        /// The person.
        name: String,
        /// Their address.
        email: String,
        /// Their password.
        password: String,
        /// The secret of an invitation that brought them here: its account is opened.
        #[serde(default)]
        invitation: Option<String>,
    },
    /// → [`Overview`].
    SignIn {
        /// Their address.
        email: String,
        /// Their password.
        password: String,
        /// Whether what was made on this device goes along to the account.
        bring_local: bool,
        /// The secret of an invitation that brought them here: its account is opened.
        #[serde(default)]
        invitation: Option<String>,
    },
    /// → [`Overview`] of the account that invites. For somebody who is signed in already.
    AcceptInvitation {
        /// The secret of the invitation's link.
        token: String,
    },
    /// → [`Overview`] of the local account.
    SignOut,
    /// → [`Overview`] of the account switched to.
    SwitchAccount {
        /// Which.
        account: Id,
    },
    /// → null. Says where this person is; sent on to everybody who looks at the same document.
    Presence {
        /// The open document, or nothing.
        document: Option<Id>,
        /// The field they are in.
        field: Option<String>,
        /// Where their cursor is in a text, UTF-16: anchor and head.
        cursor: Option<(usize, usize)>,
    },
    /// → `Vec<Parked>`.
    ParkedList,
    /// → null. Writes the difference anew.
    ParkedRetry {
        /// Which.
        parked: String,
    },
    /// → null.
    ParkedDiscard {
        /// Which.
        parked: String,
    },
    /// → [`BlobInfo`] with one attachment: a JSON file of every resource on this device.
    ExportAll,
    /// → null. Says whether the page can be seen: a hidden tab gives the socket to a visible one. Also tries a
    /// lost link at once.
    Visible {
        /// Now.
        visible: bool,
    },
}

/// The tab's first picture of the account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The current account.
    pub account: AccountInfo,
    /// All accounts that this device knows.
    pub accounts: Vec<AccountInfo>,
    /// All rows of the catalogue.
    pub catalogue: Vec<CatalogueRow>,
    /// Where the changes are.
    pub sync: SyncStatus,
    /// What a person should know: damaged documents, storage that may be evicted.
    pub notices: Vec<Notice>,
}

/// An account as a device knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountInfo {
    /// Made on the device for a local account, by the server otherwise.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Never signed in: everything is on this device alone.
    pub local: bool,
    /// The person, when signed in.
    pub user: Option<UserInfo>,
    /// What the person may do, as last known.
    pub role: Role,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserInfo {
    /// Their id.
    pub id: Id,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// One resource in lists, search and used-by; derived from its document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueRow {
    /// Which.
    pub id: Id,
    /// What kind.
    pub kind: Kind,
    /// Its name; empty when it has none.
    pub name: String,
    /// The integration it belongs to.
    pub integration: Option<Id>,
    /// Switched off.
    pub disabled: bool,
    /// In the recycle bin.
    pub binned: bool,
    /// The resources it refers to.
    pub references: Vec<Id>,
    /// `adaptorType` or `type`, for the icon.
    pub adaptor: Option<String>,
    /// Conflicts nobody settled yet.
    pub conflicts: usize,
    /// When it was last changed, in milliseconds since 1970.
    pub modified_ms: i64,
    /// Not all of its changes are on the server.
    pub pending: bool,
    /// Opens only at its last good state: a stored piece is damaged.
    pub damaged: bool,
}

/// Where the changes of this device are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncStatus {
    /// Whether the socket is up.
    pub link: Link,
    /// Changes written here (strictly) that the server has not yet.
    pub waiting: usize,
    /// Changes that are not yet safe even on this device.
    pub unsaved: usize,
    /// Changes that the server refused.
    pub not_accepted: usize,
    /// When the link is down: what is wrong, in words.
    pub reason: Option<String>,
    /// The other people here.
    pub people: Vec<Person>,
}

/// The state of the link to the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Link {
    /// A local account: there is nothing to connect to.
    #[default]
    Local,
    /// Trying.
    Connecting,
    /// Up, and everything that came is stored.
    Online,
    /// Down; tried again by itself.
    Offline,
    /// Down until somebody acts: signed out, removed, or too old a page. The status says which.
    Stopped,
}

/// Somebody else who is here now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their session, unique a tab.
    pub session: String,
    /// Who.
    pub user: UserInfo,
    /// What they have open.
    pub document: Option<Id>,
    /// The field they are in.
    pub field: Option<String>,
    /// Their cursor in a text.
    pub cursor: Option<(usize, usize)>,
}

/// Something a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// `quota`, `damaged`, `not_persistent`, `old_version`, `lost_link`.
    pub code: String,
    /// What happened, then what to do.
    pub message: String,
    /// The document it is about.
    pub document: Option<Id>,
}

/// The reply to [`Call::Open`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenReply {
    /// What kind it is.
    pub kind: Kind,
    /// What it shows.
    pub view: View,
    /// Whether this person may change it, as last known.
    pub writable: bool,
}

/// The reply to [`Call::Create`] and [`Call::StartRun`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Created {
    /// The new id.
    pub id: Id,
}

/// The reply to [`Call::Edit`]: sent after the strict commit.
///
/// While the disk takes nothing the reply waits, and the worker tries again; the document in memory has the edit. An
/// error means that the edit was not made, so only then may it be sent again; `closed` means that the page must be
/// loaded anew first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edited {
    /// The document's heads now (hex).
    pub heads: Vec<String>,
    /// What undo or redo left alone, because somebody else changed it since.
    pub skipped: Vec<String>,
}

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlobInfo {
    /// SHA-256 of its bytes, hex.
    pub hash: String,
    /// Its name.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
}

/// One change in a resource's history.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// The change's hash (hex).
    pub hash: String,
    /// Who, when known.
    pub user: Option<UserInfo>,
    /// The actor (hex).
    pub actor: String,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// The fields it wrote.
    pub paths: Vec<String>,
}

/// A change that the server refused; taken out of the document and kept beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parked {
    /// Its own id.
    pub id: String,
    /// The document.
    pub document: Id,
    /// What kind it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Why, in words.
    pub reason: String,
    /// When it was refused.
    pub time_ms: i64,
    /// Field by field: what was there and what was wanted.
    pub differences: Vec<Difference>,
}

/// One field's difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The field.
    pub path: String,
    /// The accepted value.
    pub accepted: Option<Value>,
    /// The refused value.
    pub refused: Option<Value>,
}

/// What the store worker tells a tab without being asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum Event {
    /// An open document changed, by whomever.
    Document {
        /// Which.
        id: Id,
        /// What it shows now.
        view: View,
        /// The changed stretches of its texts since the view sent before; for editors that hold a cursor.
        splices: Vec<TextSplice>,
        /// Made by this tab.
        own: bool,
    },
    /// Rows of the catalogue changed or came.
    Catalogue {
        /// The rows.
        rows: Vec<CatalogueRow>,
        /// Gone for good, or no longer visible.
        removed: Vec<Id>,
    },
    /// The state of synchronising changed.
    Sync {
        /// Now.
        status: SyncStatus,
    },
    /// A run moved on.
    Run {
        /// Its row now.
        row: RunRow,
    },
    /// Something a person should know.
    Notice {
        /// What.
        notice: Notice,
    },
    /// What is known of the present account changed: the role, the name.
    Account {
        /// Now.
        account: AccountInfo,
    },
    /// Another tab switched account, or this page is older than the database: reload.
    Reload {
        /// Why.
        reason: String,
    },
}

/// A stretch of a text that somebody else replaced; UTF-16.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextSplice {
    /// The text's path.
    pub path: String,
    /// Where.
    pub at: usize,
    /// How many units went.
    pub delete: usize,
    /// What came.
    pub insert: String,
}

pub use crate::run::{RunError, RunRow};
