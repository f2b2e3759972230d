//! Whole flows over a host that is made of memory.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail at the line that is wrong")]

mod bad_input;
mod branches;
mod credentials;
mod files;
mod golden;
mod http;
mod limits;
mod many;
mod named_secrets;
mod secrets;
mod support;
