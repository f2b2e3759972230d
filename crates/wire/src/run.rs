//! Runs as they are stored, shown and sent: the engine's own rows, so that nothing is converted on the way.

pub use tombolo_model::kept::{Kept, KeptAsk, KeptReply};
pub use tombolo_model::run::{
    Attempt, Decision, ErrorMark, KeyedError, MOST_ERRORS, MOST_MARKED, MOST_OPEN, OpenErrors, OverErrors, RetryOf,
    RunBegin, RunBy, RunError, RunFile, RunOrigin, RunPlace, RunRow, RunStatus, RunType, Said, Standing, StepCount,
    attempts, checkpoints, is_of_step, settled, standings, tag_problem,
};
