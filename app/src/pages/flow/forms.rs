//! The forms of the kinds of step.

mod connection;
mod export;
mod file;
mod import;

pub(in crate::pages) use connection::ConnectionForm;
pub(super) use export::ExportForm;
pub(super) use import::ImportForm;
