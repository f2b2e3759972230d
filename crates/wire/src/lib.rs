//! Messages between devices, workers and the server: what is said, never what is done about it.
//!
//! Decides names, encodings and limits. What a message causes is left to its receiver. Serde only.
//!
//! Invariant: what one release writes, the next one reads.

#![forbid(unsafe_code)]

pub mod eval_worker;
pub mod relay;
pub mod rest;
pub mod run;
pub mod run_worker;
pub mod script_worker;
pub mod store;
pub mod sync;

/// As much of a text as a message quotes, for who knows of the model only what travels.
pub use tombolo_model::excerpt;
