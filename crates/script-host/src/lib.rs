//! Asks the processes and workers that call scripts, and ends them at a deadline.
//!
//! Decides who of them is asked, how long a call may take, and what becomes of a call whose worker ended. How one is
//! started and how frames reach it is left to [`Workers`]: a child process on a machine, a worker in a browser. What a
//! call means is the interpreter's business, and what `integrator-api` answers the run's.
//!
//! Invariant: a call is answered. Nothing that a script does, and no end of its worker, leaves a run waiting.

#![forbid(unsafe_code)]

mod call;
mod eval;
mod pool;
mod workers;

pub use eval::eval;
pub use pool::{CALL_MS, Pool};
pub use workers::{Worker, Workers};
