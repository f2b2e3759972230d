//! Runs as they are stored, shown and sent: the engine's own rows, so that nothing is converted on the way.

pub use tombolo_model::kept::{Kept, KeptAsk, KeptReply};
pub use tombolo_model::run::{
    Attempt, Decision, ErrorMark, MOST_MARKED, RetryOf, RunBegin, RunBy, RunError, RunFile, RunOrigin, RunPlace,
    RunRow, RunStatus, RunType, Said, Standing, StepCount, attempts, checkpoints, settled, standings, tag_problem,
};
