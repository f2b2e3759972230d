//! What the server's end of a socket wants done.

use tombolo_model::Id;
use tombolo_wire::store::Person;
use tombolo_wire::sync::RunRows;

use crate::gate::Incoming;

/// Names a question to the storage; its answer carries the same number.
pub type Request = u64;

/// Something for the caller to do, in this order.
#[derive(Debug)]
pub enum Effect {
    /// Send this frame.
    Send(Vec<u8>),
    /// Look up where the account stands → [`Event::Begun`](super::Event::Begun).
    Begin {
        /// The question's number.
        request: Request,
    },
    /// In ONE transaction: look up [`gate::wanted`](crate::gate::wanted) for the session's user with their role of this moment, call
    /// [`gate::judge`](crate::gate::judge), and if it accepts, append the fresh changes, bind new actors, number the changes in the
    /// account's sequence → [`Event::Judged`](super::Event::Judged), after fsync.
    Commit {
        /// The question's number.
        request: Request,
        /// The document.
        document: Id,
        /// The changes, scanned and inspected.
        changes: Vec<Incoming>,
        /// To be passed on as [`Context::recovering`](crate::gate::Context::recovering).
        recovering: bool,
    },
    /// Keep runs and errors, each (run, n) once → [`Event::RunsKept`](super::Event::RunsKept), after fsync.
    KeepRuns {
        /// The question's number.
        request: Request,
        /// What.
        rows: RunRows,
    },
    /// Read the account's sequence → [`Event::Read`](super::Event::Read).
    Read {
        /// The question's number.
        request: Request,
        /// Only what has a higher number.
        after: u64,
        /// Stop once so much is collected; at least one entry, if there is any.
        most_bytes: usize,
    },
    /// Read whole documents in the order of their ids → [`Event::Documents`](super::Event::Documents).
    Documents {
        /// The question's number.
        request: Request,
        /// Only those behind this one.
        after: Option<Id>,
        /// Stop once so much is collected; at least one document, if there is any.
        most_bytes: usize,
    },
    /// Read these whole documents, those that the user may see → [`Event::Documents`](super::Event::Documents), with `complete` when all
    /// that exist are in it; the others are asked for again.
    Fetch {
        /// The question's number.
        request: Request,
        /// Which.
        documents: Vec<Id>,
        /// Stop once so much is collected; at least one document, if there is any.
        most_bytes: usize,
    },
    /// Read the newest runs with their errors, as many as a new device is given → [`Event::Documents`](super::Event::Documents) with runs
    /// only, `complete`.
    Runs {
        /// The question's number.
        request: Request,
    },
    /// Read ids and heads of all documents that the user may see → [`Event::Manifest`](super::Event::Manifest).
    Manifest {
        /// The question's number.
        request: Request,
        /// Only those behind this one.
        after: Option<Id>,
        /// At most so many.
        limit: usize,
    },
    /// Tell the account's other sockets where this person is.
    Announce(Person),
    /// Tell the account's other sockets that this tab has gone.
    Leave {
        /// The session of the tab.
        session: String,
    },
    /// Call with [`Event::Wake`](super::Event::Wake) at this time, instead of any time wished before.
    WakeAt(u64),
    /// Close the socket, after what was sent.
    Close,
}
