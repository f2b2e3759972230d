//! Runs as they are stored, shown and sent: the engine's own rows, so that nothing is converted on the way.

pub use tombolo_model::run::{RunBegin, RunError, RunFile, RunPlace, RunRow, RunStatus, StepCount, checkpoints};
