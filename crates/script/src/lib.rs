//! The JavaScript of hooks, in an interpreter without ambient objects.
//!
//! A script sees the language, `console` and the modules `integrator-api`, `dayjs` and `sjcl`: no network, file, timer
//! or clock. What it could learn of the outside comes from its caller: the time and the seed of the run, and whatever
//! answers `integrator-api`.
//!
//! Loops, recursion and the size of what is returned have limits. Time and memory have none here: a built-in that is
//! written natively (a sort, a regular expression) cannot be interrupted. An instance therefore lives in a process or a
//! worker that its owner ends at a deadline, and is thrown away with it.

#![forbid(unsafe_code)]

mod api;
mod clock;
mod console;
mod date_text;
mod dates;
mod desk;
mod error;
mod explain;
mod instance;
mod json;
mod limits;
mod locale;
mod math;
mod modules;
mod own;
mod random;
mod reading;
mod sort;

pub use api::{Api, ApiCall, NoApi};
pub use console::{Level, Line};
pub use desk::Desk;
pub use error::{Place, ScriptError};
pub use instance::{Answer, Instance, Moment};
pub use limits::Limits;
