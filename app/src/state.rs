//! What the screen shows: signals fed by the store worker, and the calls that go to it.

mod account;
mod client;
mod demand;
mod document;
mod drafts;
mod entering;
mod evaluator;
pub(crate) mod feedback;
mod last_known;
mod logs;
mod membership;
mod outages;
mod reading;
pub(crate) mod row_id;
mod runs;
mod saving;
mod signing_out;
mod toasts;
mod values;
mod watch;

pub(crate) use account::{App, is_in_step};
use client::Client;
pub(crate) use demand::Demand;
pub(crate) use document::{Doc, GONE, use_document};
pub(crate) use entering::use_enter;
pub(crate) use evaluator::{Answer, Evaluator};
pub(crate) use last_known::LastKnown;
pub(crate) use membership::is_removed;
pub(crate) use outages::offline_of;
pub(crate) use runs::{Marks, outcomes};
pub(crate) use saving::Saving;
pub(crate) use signing_out::{SigningOut, use_sign_out};
use toasts::Toasts;
pub(crate) use values::{list_rows, text_at, value_at};
