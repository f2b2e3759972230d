//! How far a device has got, and how the server goes on from there.

use serde::{Deserialize, Serialize};
use tombolo_model::Id;

/// How far a device has got: everything up to here is strictly stored on it.
///
/// A device writes it in the same transaction as what it counts, and sends it back unread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// Changes when the server is restored from a backup: its numbers may then mean other changes.
    pub server_epoch: u64,
    /// Changes when this person may see more or less than before.
    pub visibility_epoch: u64,
    /// The account's sequence up to which the device has everything.
    pub sequence: u64,
    /// An unfinished bootstrap: the last document that came. What comes after it is still missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<Id>,
}

/// How a session goes on after `welcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Course {
    /// With the changes after the device's sequence.
    Resume,
    /// With whole documents, then with the changes since.
    Bootstrap,
    /// With the manifest: the server was restored and may lack what it once acknowledged, so the
    /// device pushes again whatever is not in it.
    Restored,
    /// With the manifest: the rights changed, so the device drops what is not in it.
    Rights,
}
