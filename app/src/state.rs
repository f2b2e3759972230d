//! What the screen shows: signals fed by the store worker, and the calls that go to it.

mod account;
mod client;
mod document;
pub(crate) mod row_id;
mod saving;
mod toasts;
mod watch;

pub(crate) use account::{App, use_enter};
use client::Client;
pub(crate) use document::{Doc, list_rows, text_at, use_document};
pub(crate) use saving::Saving;
use toasts::Toasts;
