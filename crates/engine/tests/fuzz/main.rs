//! Any input into every parser and every kind of rule: an answer or an error in good time, never a panic, and the same
//! answer however the input comes.
//!
//! Each target takes files as they lie in `tests/corpus/fuzz/NAME`: those are tried first, and what they are made of is
//! then mixed and damaged. A short round tries a few hundred inputs; `cargo xtask torture fuzz` goes on for minutes.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail at the line that is wrong")]
#![expect(clippy::print_stdout, reason = "a round says its seed")]

#[path = "../flows/clock.rs"]
mod clock;
mod evals;
mod files;
mod flows;
mod harness;
mod mutate;
mod packed;
mod patterns;
#[expect(dead_code, reason = "the tests of flows need the rest")]
#[path = "../flows/support.rs"]
mod support;
mod written;
