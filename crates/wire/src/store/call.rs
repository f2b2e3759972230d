//! What the screen asks of the store worker: one variant a call, and what it takes.
//!
//! The replies are in `reply.rs`; each call names its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_model::package::PackageChoices;
use tombolo_model::{Id, Intent, Kind};

use crate::rest::FinishSso;
use crate::run::Decision;
use crate::run_worker::RunOptions;

/// A call from the screen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// Counts up; the reply carries it.
    pub id: u64,
    /// What is wanted.
    pub call: Call,
}

/// Every call, with the type of its reply in its comment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Call {
    /// → [`Overview`](super::Overview). Also subscribes the tab to all events.
    Hello,
    /// → [`OpenReply`](super::OpenReply). Subscribes to [`Event::Document`](super::Event::Document) of this document.
    Open {
        /// Which.
        id: Id,
    },
    /// → null.
    Close {
        /// Which.
        id: Id,
    },
    /// → [`Created`](super::Created).
    Create {
        /// What kind.
        kind: Kind,
        /// The resource without `_id`.
        value: Value,
    },
    /// → [`Edited`](super::Edited). One call is one step of undo.
    Edit {
        /// Which.
        id: Id,
        /// All applied in one change, or none.
        intents: Vec<Intent>,
    },
    /// → [`Edited`](super::Edited). Takes back this tab's last edit of the document.
    Undo {
        /// Which.
        id: Id,
    },
    /// → [`Edited`](super::Edited).
    Redo {
        /// Which.
        id: Id,
    },
    /// → `Vec<HistoryEntry>`, newest first.
    History {
        /// Which.
        id: Id,
    },
    /// → the resource as JSON, as it was after some of its changes and all that these had seen.
    Version {
        /// Which.
        id: Id,
        /// The changes' hashes (hex).
        hashes: Vec<String>,
    },
    /// → [`BlobInfo`](super::BlobInfo). One attachment: the file.
    PutFile {
        /// Its name on this computer.
        name: String,
    },
    /// → [`Created`](super::Created) with the run's id. Progress comes as [`Event::Run`](super::Event::Run).
    StartRun {
        /// Which flow.
        flow: Id,
        /// Runs on the server instead of here.
        #[serde(default)]
        on_server: bool,
        /// What is special about it. A run on the server has nothing special.
        #[serde(default)]
        options: RunOptions,
    },
    /// → [`TestReport`](super::TestReport). Tries a flow out here: the first page of each source, nothing written, every
    /// stage told. Nothing of it is kept.
    TestRun {
        /// Which flow.
        flow: Id,
        /// What is special about it.
        #[serde(default)]
        options: RunOptions,
        /// Only the sources are tried, whatever comes behind them.
        #[serde(default)]
        reads_only: bool,
    },
    /// → [`Tested`](super::Tested). Sends the test of a connection from here.
    TestConnection {
        /// Which.
        connection: Id,
        /// Secrets that are typed and not kept, by path: tested in place of those that are kept.
        #[serde(default)]
        secrets: BTreeMap<String, String>,
    },
    /// → the accounts of this person that are known here, as a list of [`AccountInfo`](super::AccountInfo), after what the server
    /// has said of them.
    Accounts {
        /// They are open to the person.
        open: Vec<Id>,
        /// The person was taken out of these: nothing of them stays on the device but what they had not sent.
        ended: Vec<Id>,
    },
    /// → null. The connections that are offline come as [`Event::Outages`](super::Event::Outages): what this device knows of
    /// them at once, and what the server says when it has said it.
    Outages,
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
    /// → [`RunError`](super::RunError) or null: the last error of a step in a run that has its record.
    LastError {
        /// Which run.
        run: Id,
        /// Which step, wherever the flow uses it.
        step: Id,
    },
    /// → [`FlowErrors`](super::FlowErrors): the errors of all runs of a flow, those of the newest run first.
    FlowErrors {
        /// Which flow.
        flow: Id,
        /// At most so many.
        limit: usize,
    },
    /// → `Vec<ErrorMark>`: what people decided about errors, of all runs on this device.
    Marks,
    /// → null. Decides something about errors of a run; kept on this device at once and sent when the server is there.
    Decide {
        /// Which run.
        run: Id,
        /// The numbers of its errors.
        errors: Vec<u64>,
        /// What.
        decision: Decision,
    },
    /// → [`BlobInfo`](super::BlobInfo), with one attachment: the file. Names a file that a run made.
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
    /// → `String`: the address at which the person lets an application be used in their name (OAuth 2.0). The browser goes there
    /// and comes back to `/oauth/callback` of this origin.
    SignInTo {
        /// Which connection.
        connection: Id,
    },
    /// → [`Created`](super::Created) with the connection's id. What the browser brought back from [`Call::SignInTo`]; good once.
    SignedInTo {
        /// The state that went along.
        state: String,
        /// The code; nothing where the application said no.
        code: Option<String>,
        /// What the application said then.
        problem: String,
        /// Who says so, where the application tells (RFC 9207).
        #[serde(default)]
        iss: Option<String>,
    },
    /// → `Vec<String>`: the paths of the secrets that are kept for a connection, never their values.
    Secrets {
        /// Which connection.
        connection: Id,
    },
    /// → [`CachePage`](super::CachePage): entries of a lookup cache, sorted by key. Of a joined account they are on the
    /// server, so without it this is `offline`.
    CacheRead {
        /// Which cache.
        cache: Id,
        /// What the keys begin with.
        #[serde(default)]
        start: String,
        /// The key behind which the page begins.
        #[serde(default)]
        after: Option<String>,
    },
    /// → null. Writes entries of a lookup cache in place of those with the same keys and takes others away, all or
    /// nothing here; at most 1,000 and 5 MB.
    CacheWrite {
        /// Which cache.
        cache: Id,
        /// What is written.
        #[serde(default)]
        put: Vec<(String, Value)>,
        /// The keys that go.
        #[serde(default)]
        delete: Vec<String>,
    },
    /// → null. Takes all entries of a lookup cache away.
    CachePurge {
        /// Which cache.
        cache: Id,
    },
    /// → [`Overview`](super::Overview).
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
    /// → [`Overview`](super::Overview).
    SignIn {
        /// Their address.
        email: String,
        /// Their password.
        password: String,
        /// The code of their second factor, once the server has asked for it (`code_needed`).
        #[serde(default)]
        code: Option<String>,
        /// This browser is not asked for a code again for a while.
        #[serde(default)]
        trust: bool,
        /// Whether what was made on this device goes along to the account.
        bring_local: bool,
        /// The secret of an invitation that brought them here: its account is opened.
        #[serde(default)]
        invitation: Option<String>,
    },
    /// → [`Overview`](super::Overview) of the organization's account. What was made on this device stays on it.
    FinishSso {
        /// What the organization has sent back with the browser.
        back: FinishSso,
    },
    /// → [`Overview`](super::Overview) of the account that invites. For somebody who is signed in already.
    AcceptInvitation {
        /// The secret of the invitation's link.
        token: String,
    },
    /// → [`Overview`](super::Overview) of the account that invites, for an invitation that the bell shows.
    AcceptWaiting {
        /// Which account.
        account: Id,
    },
    /// → null. The person has another name now; the server knows it already.
    Renamed {
        /// Their name.
        name: String,
    },
    /// → [`Overview`](super::Overview) of the local account. Everything of the person leaves this device, in all of their
    /// accounts. As long as the server has not all of it and nothing is said of that, this is `unsent` and nothing happens.
    SignOut {
        /// What becomes of what the server has not.
        #[serde(default)]
        unsent: WithUnsent,
    },
    /// → `Vec<`[`Unsent`](super::Unsent)`>`: the accounts of the person of which the server has not everything.
    Unsent,
    /// → [`BlobInfo`](super::BlobInfo) with one attachment: a JSON file of the resources, in all accounts of the person, that
    /// have changes which the server has not.
    ExportUnsent,
    /// → [`Overview`](super::Overview) of the account switched to.
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
    /// → [`OfferRefused`](crate::rest::OfferRefused): what an administrator needs to take it over.
    ParkedOffer {
        /// Which.
        parked: String,
    },
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
    /// → [`BlobInfo`](super::BlobInfo) with one attachment: a JSON file of every resource on this device.
    ExportAll,
    /// → null. Deletes resources in the recycle bin of a local account for good; of any other account the server does that.
    Purge {
        /// Which.
        ids: Vec<Id>,
    },
    /// → [`Packed`](super::Packed) with one attachment: a zip of an integration, a flow or a single resource and all that it
    /// needs, without secrets.
    Pack {
        /// Which.
        id: Id,
    },
    /// → [`Packed`](super::Packed) with one attachment: the same as a bundle that this device signs.
    Bundle {
        /// Which.
        id: Id,
        /// Closes it; empty for none.
        #[serde(default)]
        password: String,
    },
    /// → [`PackagePreview`](tombolo_model::package::PackagePreview). Says what would be made; makes nothing.
    LookAtPackage {
        /// Of what.
        of: PackageSource,
    },
    /// → [`PackageInstalled`](tombolo_model::package::PackageInstalled). Makes all of it in one transaction, or nothing.
    Install {
        /// Of what.
        of: PackageSource,
        /// What was chosen for it.
        choices: PackageChoices,
    },
    /// → null. Says whether the page can be seen: a hidden tab gives the socket to a visible one. Also tries a
    /// lost link at once.
    Visible {
        /// Now.
        visible: bool,
    },
}

/// What becomes of what the server has not when its person signs out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WithUnsent {
    /// The person is asked first.
    #[default]
    Ask,
    /// The accounts that have some of it stay on this device, for when the same person signs in again.
    Keep,
    /// It is deleted with everything else.
    Delete,
}

/// What resources are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PackageSource {
    /// One attachment: a zip or a bundle.
    File {
        /// Opens a bundle that is closed; empty for none. Without it such a bundle is `locked`.
        #[serde(default)]
        password: String,
    },
    /// A resource of this account, which is copied.
    Copy(Id),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_named_by_its_one_member() {
        let json = |call: Call| serde_json::to_string(&Request { id: 1, call }).unwrap();
        assert_eq!(json(Call::Hello), r#"{"id":1,"call":"hello"}"#);
        assert_eq!(json(Call::Visible { visible: true }), r#"{"id":1,"call":{"visible":{"visible":true}}}"#);
    }
}
