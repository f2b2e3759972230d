//! The frames of `/sync`, the socket between a device and the server, so that other programs can speak it.
//!
//! # Transport
//!
//! A WebSocket at `/sync?account={id}&user={id}`, signed in by cookie; `user`, which may be left out, is who the
//! device believes it is: when the cookie is another person's, the answer is the goodbye
//! `signedOut`. Each binary message is one frame: a CBOR item (RFC 8949) that is a map with one entry,
//! `{ name: body }`, or a text string for a frame without body. Names and fields are camelCase; an absent optional
//! field is null or left out; unknown fields are ignored.
//! Ids are strings of 24 lower hex digits. Hashes are 32 bytes; a list of hashes is ONE byte string, a
//! multiple of 32 long. A change is one raw Automerge change chunk, deflated or not, as a byte string.
//!
//! # Conversation
//!
//! 1. The device sends `hello` with its cursor (see [`Cursor`]); the server answers `welcome`, which says how
//!    it goes on ([`Course`]): *resume* after the cursor, *bootstrap* with whole documents, or *compare* the
//!    manifest first, because the server was restored from a backup or the rights changed.
//! 2. The device pushes changes of one document at a time (`push`); each push is answered once by `accepted`
//!    (it is on the server's disk), `refused` (nothing of it was applied) or `need` (changes it builds on are
//!    missing). Pushing again what the server has is accepted again.
//! 3. The server sends what others did as `changes` in the order of the account's sequence. The device stores
//!    them and then counts them as its own with `received`; at most [`WINDOW`] frames travel ahead of that.
//! 4. `presence`, `person` and `left` say who is where; nobody stores them.
//!
//! # Limits
//!
//! A frame to the server has at most [`MAX_UP_BYTES`], one to a device at most [`MAX_DOWN_BYTES`], nested at
//! most [`MAX_DEPTH`] deep. A frame that breaks this, or that cannot be read, ends the connection with `bye`.

mod bytes;
mod codec;
mod cursor;
mod down;
mod up;

pub use bytes::{Hash, hashes};
pub use codec::{FrameError, decode_down, decode_page, decode_up, encode_down, encode_page, encode_up};
pub use cursor::{Course, Cursor};
pub use down::{Down, Entry, ManifestEntry, RefusedChanges, Snapshot, SnapshotPage, Welcome};
pub use serde_bytes::ByteBuf;
pub use up::{Hello, Place, RunErrorRow, RunRows, Up};

/// The version of this protocol; both ends speak the lower of the two they know.
///
/// 2: what people decided about errors (`runMark`).
pub const VERSION: u16 = 2;

/// The first version that knows what people decided about errors.
pub const MARKS_VERSION: u16 = 2;

/// The largest frame that the server reads.
pub const MAX_UP_BYTES: usize = 1024 * 1024;

/// The largest single change: what fits into a frame beside its envelope.
pub const MAX_CHANGE_BYTES: usize = MAX_UP_BYTES - 1024;

/// What the server fills a frame of whole documents up to, before compression.
pub const BUNDLE_BYTES: usize = 4 * 1024 * 1024;

/// The largest frame that a device reads: one document bigger than [`BUNDLE_BYTES`] travels alone.
pub const MAX_DOWN_BYTES: usize = 16 * 1024 * 1024;

/// How deep a frame may be nested; error records are JSON, the rest is flat.
pub const MAX_DEPTH: usize = 128;

/// How many `changes`, `bundle` and `manifest` frames the server sends ahead of the last `received`.
pub const WINDOW: u32 = 8;
