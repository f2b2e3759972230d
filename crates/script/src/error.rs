//! Why a script did not do what it was asked.

use tombolo_wire::excerpt;

/// A place in a script, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The character in it.
    pub column: u32,
}

/// What a script did wrong, in words for its author.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// The script is no JavaScript.
    #[error("{message}")]
    Syntax {
        /// What was expected.
        message: String,
        /// Where.
        place: Option<Place>,
    },
    /// The script that a resource names was not loaded.
    #[error("There is no script {id}. Choose another script for the hook.")]
    NoScript {
        /// Its id.
        id: String,
    },
    /// The function that a resource names is not in the script.
    #[error(
        "The script has no function “{}”. Add it, or choose another function for the hook.",
        excerpt(.function)
    )]
    NoFunction {
        /// Its name.
        function: String,
    },
    /// The script threw.
    #[error("{message}")]
    Thrown {
        /// The name of the error: `TypeError`, `Error`, or what the author chose; empty when no error object was thrown.
        name: String,
        /// What it says.
        message: String,
        /// Where, in the script.
        place: Option<Place>,
        /// The calls that led there, innermost first, as the interpreter writes them.
        stack: String,
    },
    /// The script reached a limit.
    #[error("The script was stopped: {what}.")]
    Limit {
        /// Which limit.
        what: &'static str,
    },
    /// What the script returned cannot leave it.
    #[error("The function returned {what}, which cannot be passed on.")]
    Result {
        /// What it returned, with its path.
        what: String,
    },
    /// What the function is called with is no JSON, or nested too deeply.
    #[error("The function cannot be called with what it is given: {message}.")]
    Argument {
        /// What is wrong with it.
        message: String,
    },
    /// The function returned a promise that nothing will settle.
    #[error("The function returned a promise that never settles: a script has no timers and no network to wait for.")]
    Pending,
    /// The interpreter itself failed.
    #[error("The interpreter failed: {message}.")]
    Interpreter {
        /// What it says.
        message: String,
    },
}
