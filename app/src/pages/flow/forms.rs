//! The forms of the kinds of step.

mod connection;
mod export;
mod file;
mod import;

pub(super) use export::ExportForm;
pub(super) use import::ImportForm;
