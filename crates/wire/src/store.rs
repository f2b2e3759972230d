//! What the screen and the store worker say to each other, and the rows they show.
//!
//! A frame is a JSON string. When files travel with it, the message is a JavaScript array whose first item
//! is the string and whose other items are the `Blob`s, in the order the call names them.
//!
//! A message without fields is its name, any other an object whose one member has that name. A tag among the fields
//! would have to be looked for before they can be read, and the code for that travels on every first visit.

mod call;
mod event;
mod reply;
mod rows;

pub use crate::run::{RunError, RunRow};
pub use call::{Call, PackageSource, Request, WithUnsent};
pub use event::{Event, Outgoing, TextSplice};
pub use reply::{
    BlobInfo, CachePage, CallError, Created, Difference, Edited, FlowErrors, HistoryEntry, OpenReply, Overview, Packed,
    Parked, TestReport, Tested, UndoState, Unsent,
};
pub use rows::{Access, AccountInfo, CatalogueRow, Link, Notice, Person, SyncStatus, UserInfo};
