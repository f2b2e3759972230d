//! What a screen says about a resource and what it is shown: intents in, a view out.
//!
//! Lives here so that the screen needs no Automerge: `tombolo-docs` applies intents and makes views.
//!
//! Paths are JSON Pointers in which a row is addressed by its row id instead of its index:
//! `/pageProcessors/r4k2/name`. Row ids never appear in the resource itself; [`View::rows`] lists them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Problem;

/// The name of a row inside one document; short, random, never shown and never exported.
pub type RowId = String;

/// One thing a person wants changed, addressed by field, row or position and never by whole value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum Intent {
    /// Sets the value at a path; an object is written field by field.
    Set {
        /// Where.
        path: String,
        /// The new value.
        value: Value,
    },
    /// Removes the value at a path and everything below it.
    Remove {
        /// Where.
        path: String,
    },
    /// Adds a row to a list.
    InsertRow {
        /// The list, for example `/pageProcessors`.
        list: String,
        /// The new row's id, made by the caller so that it can be addressed at once.
        row: RowId,
        /// The row it comes after; first when absent.
        after: Option<RowId>,
        /// The row's value.
        value: Value,
    },
    /// Moves a row; an edit of the same row by somebody else is kept.
    MoveRow {
        /// The list.
        list: String,
        /// Which row.
        row: RowId,
        /// The row it shall come after; first when absent.
        after: Option<RowId>,
    },
    /// Marks a row deleted. The row stays in the document, so that an edit made meanwhile is a conflict that is shown.
    DeleteRow {
        /// The list.
        list: String,
        /// Which row.
        row: RowId,
    },
    /// Takes the deletion mark of a row away.
    RestoreRow {
        /// The list.
        list: String,
        /// Which row.
        row: RowId,
    },
    /// Replaces a stretch of a text. Positions count UTF-16 code units, as browsers do.
    Splice {
        /// The text's path.
        path: String,
        /// Where the stretch begins, as the screen saw the text at `heads`.
        at: usize,
        /// How many units are removed.
        delete: usize,
        /// What is put there.
        insert: String,
        /// The heads of the text the screen saw (hex); empty means the present ones.
        #[serde(default)]
        heads: Vec<String>,
    },
    /// Puts the resource into the recycle bin.
    Bin,
    /// Takes the resource out of the recycle bin.
    Unbin,
}

/// A resource as a screen shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// The resource as JSON, without `_id` and without anything secret or derived.
    pub value: Value,
    /// For each list (by row-id path) the ids of its rows, in the order of the array in `value`.
    pub rows: BTreeMap<String, Vec<RowId>>,
    /// What is wrong with the resource; blocks runs, never edits.
    pub problems: Vec<Problem>,
    /// Where two people wrote different things and nobody chose yet.
    pub conflicts: Vec<Conflict>,
    /// In the recycle bin.
    pub binned: bool,
    /// The document's heads (hex), to be sent with a [`Intent::Splice`].
    pub heads: Vec<String>,
}

/// Two or more values for one field, or an edit inside a deleted row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// The field, or the deleted row.
    pub path: String,
    /// What kind of clash it is.
    pub clash: Clash,
    /// The candidates; the first is the one shown at present.
    pub values: Vec<Candidate>,
}

/// The kinds of clash a person is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Clash {
    /// One field was given different values.
    Values,
    /// A row was deleted by one and edited by another.
    DeletedRowEdited,
    /// The whole resource was put in the bin by one and edited by another.
    BinnedEdited,
}

/// One candidate of a conflict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The value; absent for "deleted".
    pub value: Option<Value>,
    /// The actor that wrote it (hex), to be resolved to a person by whoever knows the members.
    pub actor: String,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
}
