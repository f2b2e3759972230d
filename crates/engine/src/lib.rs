//! Runs flows: sources, filters, mappings, destinations; the same bytes in the browser, on the server and
//! on the command line.
//!
//! Decides what a flow does with its records. Everything outside comes in through [`Host`]: requests, files,
//! time. Knows nothing of documents, accounts, screens or sockets.
//!
//! A flow is compiled once ([`compile`]); nothing is parsed per record. Pages stream through bounded queues, so
//! memory does not grow with the number of records. A bad record costs only itself.
//!
//! Invariant: the same flow on the same input writes the same bytes, whoever runs it.

#![forbid(unsafe_code)]

mod bundle;
mod cancel;
mod classify;
mod compile;
mod contract;
mod data;
mod eval;
mod event;
mod filter;
mod group;
mod host;
mod http;
mod job;
mod json_path;
mod ledger;
mod lookup;
mod mapper;
mod mapping;
mod mapping_1;
mod path;
mod plan;
mod response_mapping;
mod room;
mod rows;
mod run;
mod run_contract;
mod schedule;
mod script;
mod scrub;
mod secret;
mod sign;
mod size;
mod target;
mod transform;
mod transform_1;
mod units;
mod vault;

pub use bundle::{About, Bundle, Retry};
pub use cancel::Cancel;
pub use compile::compile;
pub use contract::OuterHook;
pub use data::{Asked, DataAnswer, DataChange, DataError, DataStore, MemoryData, StateOwner};
pub use eval::{
    EvalError, EvalOutcome, EvalQuestion, EvalRequest, QuestionError, UnknownEval, eval, eval_names, parse_input,
    question_id,
};
pub use event::{Exchange, Outcome, RunEvent, Stage, StageError};
pub use host::{FileError, FileStore, FileWriter, FlowStarter, Host, Pieces};
pub use http::{Body, HttpClient, HttpError, Request, Response, check_secret_hosts, is_credential};
pub use job::{Report, run_job};
pub use ledger::{Ledger, Outages, Standing};
pub use plan::Plan;
pub use run::{PingError, SignIn, ping, run, sign_in_address, signed_in};
pub use run_contract::broken_contract;
pub use schedule::{Schedule, ScheduleError};
pub use script::{ApiQuestion, ConsoleLine, Script, ScriptAnswer, ScriptApi, ScriptCall, ScriptFailure, ScriptHost};
pub use secret::{Masked, Piece, Secret};
