//! The resources of the integration platform: kinds, ids, shapes, rights and validation.
//!
//! Decides what a resource looks like and who may touch what. Knows nothing of documents, storage,
//! sockets or running: every other crate stands on this one, so it depends on serde alone.

#![forbid(unsafe_code)]

pub mod alias;
pub mod catalogue;
pub mod difference;
mod edit;
pub mod forms;
mod id;
pub mod kept;
mod kind;
pub mod merge;
pub mod package;
pub mod path;
pub mod presets;
mod problem;
mod quote;
pub mod record;
mod rights;
pub mod run;
mod shape;
mod shapes;
pub mod test_case;
mod types;
mod validate;
pub mod views;

pub use edit::{Candidate, Clash, Conflict, Intent, RowId, View};
pub use id::{Id, IdError};
pub use kind::{Kind, UnknownKind};
pub use problem::Problem;
pub use quote::excerpt;
pub use record::{KeyPool, Keys, MASK, NoRoom, Record, Val, ValSeed, stopped_at, to_js_json, write_js_json};
pub use rights::{Action, Grants, Home, Level, Permission, Rights, Role, Standing, Subject, UnknownRole, permission};
pub use shape::{Rule, Shape, Shapes};
pub use shapes::shapes;
pub use types::wrong_types;
pub use validate::{LONGEST_NAME, validate};
