//! What a run says to the process or worker that calls its scripts, and what that answers.
//!
//! A frame is a line of JSON. Arguments and results are JSON text inside of it: neither side builds a tree of what it
//! only passes on. One question is open at a time: after [`ToScript::Call`] come any number of [`FromScript::Api`], each
//! answered by [`ToScript::Answer`], and then one [`FromScript::Done`]; the same again for each of [`Call::more`].
//!
//! Invariant: whoever asks may end the process or worker at any time, and then knows that everything that scripts
//! remembered in it is gone.

use serde::{Deserialize, Serialize};

/// No answer of `integrator-api` is longer than this, in bytes, and no sentence in its place.
pub const ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// What a frame with an answer takes at most: in JSON that is put into JSON, a character becomes two at most.
pub const MAILBOX_BYTES: usize = 2 * ANSWER_BYTES + 1024;
/// What stands before such a frame in memory that a browser's workers share: two numbers of 32 bits.
pub const MAILBOX_HEADER_BYTES: usize = 8;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToScript {
    /// Call a function.
    Call {
        /// Which, and with what; boxed because the other message is small.
        call: Box<Call>,
    },
    /// The answer to a question of the script: JSON, or the sentence that it gets as an error.
    Answer {
        /// The answer.
        answer: Result<String, String>,
    },
}

/// One call of a function of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// The id of the script.
    pub script: String,
    /// Whose globals these are: they are kept for the next call by the same step. Without it nothing is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    /// The text of the script; left out when this step of this script was called before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The function.
    pub function: String,
    /// Its argument, as JSON.
    pub argument: String,
    /// The time that `Date` has during the call, in milliseconds since 1970.
    pub now_ms: i64,
    /// Where `Math.random` begins.
    pub seed: u64,
    /// The function is called again with each of these: the records of a page cost one way to here and back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<More>,
}

/// What is different in a further call of the same function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct More {
    /// Its argument, as JSON.
    pub argument: String,
    /// Where `Math.random` begins.
    pub seed: u64,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FromScript {
    /// It listens; a message sent before may be lost.
    Ready {
        /// Whether the machine holds it to all that it gave up.
        caged: bool,
    },
    /// The call has ended.
    Done {
        /// How.
        done: Done,
    },
    /// The script asks `integrator-api`, and waits.
    Api {
        /// What.
        question: Question,
    },
    /// The call was ended in its middle, and the process with it; nothing else will come.
    Stopped {
        /// Why, for whoever wrote the script.
        message: String,
    },
    /// The interpreter itself failed; nothing else will come.
    Broke {
        /// What it said.
        reason: String,
    },
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// What the function returned, as JSON; nothing for `undefined`.
    pub result: Result<Option<String>, Failure>,
    /// What it wrote meanwhile.
    pub console: Vec<ConsoleLine>,
    /// Whether this step has the script now: its text need not be sent again.
    pub loaded: bool,
}

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Stable, for programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// Line and column, from 1.
    pub place: Option<(u32, u32)>,
}

/// A line that a script wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsoleLine {
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// What it wrote.
    pub text: String,
}

/// A call of `integrator-api`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// `exports`, `state` and so on; empty for `request`.
    pub object: String,
    /// The function of it.
    pub function: String,
    /// Its arguments, as a JSON array; those that are undefined are null.
    pub arguments: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_a_script_is_one_line_whatever_is_in_it() {
        let call = Call {
            script: "s".to_owned(),
            step: Some(3),
            content: Some("function f() {\n}".to_owned()),
            function: "f".to_owned(),
            argument: "{\n \"a\": \"\\n\"\n}".to_owned(),
            now_ms: -1,
            seed: u64::MAX,
            more: vec![More { argument: "1".to_owned(), seed: 0 }],
        };
        let frame = ToScript::Call { call: Box::new(call) };
        let text = serde_json::to_string(&frame).unwrap();
        assert!(!text.contains('\n'), "{text}");
        assert_eq!(serde_json::from_str::<ToScript>(&text).unwrap(), frame);
    }
}
