//! Whole flows over a host that is made of memory.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail at the line that is wrong")]

mod again;
mod api;
mod asked_together;
mod asking;
mod async_helpers;
mod bad_input;
mod batches;
mod branches;
mod captured;
mod clock;
mod credentials;
mod delta;
mod errors;
mod file_parts;
mod files;
mod golden;
mod groups;
mod http;
mod ledger;
mod limits;
mod listeners;
mod looked_up;
mod lookups;
mod many;
mod marked;
mod named_secrets;
mod next;
mod oauth;
mod paging;
mod peeked;
mod pings;
mod retries;
mod saved_pages;
mod secrets;
mod sending;
mod support;
mod test_runs;
mod told;
mod usual;
mod verdict;
