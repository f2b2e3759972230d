//! `tombolo script-worker`: scripts in a process of their own (decision 30).
//!
//! Reads frames as lines of JSON, answers with lines (`tombolo_wire::script_worker`), and ends when nobody asks any
//! more. It gives up files, the network and other processes before it reads the first line: a script that broke out of
//! the interpreter would find nothing here. Whoever asks ends it at a deadline; memory has a limit of its own.

mod supervisor;
mod watch;

use std::cell::RefCell;
use std::io::{self, BufRead, Lines, StdinLock, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context, bail};
use tombolo_script::{Api, ApiCall, Desk};
use tombolo_wire::script_worker::{FromScript, Question, ToScript};

use super::cage;
use crate::job::Held;
use watch::Watch;

/// Options of `tombolo script-worker`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Starts and ends such processes instead of being one
    #[arg(long)]
    supervise: bool,
}

/// The most memory that scripts may have, in bytes: with the program itself 256 MB.
const MEMORY: u64 = 224 * 1024 * 1024;
/// The most addresses, used or not.
const ADDRESSES: u64 = 2 * 1024 * 1024 * 1024;
/// The stack of the thread that scripts run on: the interpreter's parser goes as deep as a script is nested.
const STACK: usize = 64 * 1024 * 1024;

/// Answers what comes on stdin.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.supervise {
        return supervisor::run();
    }
    // What it measures with has to be open before files are given up.
    let watch = Arc::new(Watch::open());
    cage::limit(ADDRESSES).context("the process could not limit itself")?;
    cage::limit_data(MEMORY + STACK as u64).context("the process could not limit its memory")?;
    let calls = cage::deny_calls().context("the process could not give up system calls")?;
    let network = cage::deny_network().context("the process could not give up the network")?;
    let files = cage::deny_all_files().context("the process could not give up files")?;
    let caged = [calls, network, files] == [Held::All; 3];
    watch.guard().context("no thread that watches over scripts")?;
    let answering = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || answer_all(caged, &watch))
        .context("no thread for scripts")?;
    match answering.join() {
        Ok(ended) => ended.map(|()| ExitCode::SUCCESS),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// What is said to this process, a frame a line.
type Said = RefCell<Lines<StdinLock<'static>>>;

fn answer_all(caged: bool, watch: &Watch) -> anyhow::Result<()> {
    let said: Rc<Said> = Rc::new(RefCell::new(io::stdin().lock().lines()));
    let mut desk = Desk::new(Rc::new(Asking(said.clone())));
    say(&FromScript::Ready { caged })?;
    while let Some(frame) = next(&said)? {
        let ToScript::Call { call } = frame else { bail!("an answer came that nobody waits for") };
        let mut said = Ok(());
        let mut tell = |done| {
            watch.rest();
            if said.is_ok() {
                said = say(&FromScript::Done { done });
            }
            watch.begin();
        };
        watch.begin();
        let called = catch_unwind(AssertUnwindSafe(|| desk.call_all(&call, &mut tell)));
        watch.rest();
        match called {
            Ok(()) => said?,
            Err(panic) => {
                let reason = panic.downcast_ref::<String>().map_or("the interpreter panicked", String::as_str);
                say(&FromScript::Broke { reason: reason.to_owned() })?;
                std::panic::resume_unwind(panic);
            }
        }
    }
    Ok(())
}

fn next(said: &Said) -> anyhow::Result<Option<ToScript>> {
    let Some(line) = said.borrow_mut().next() else { return Ok(None) };
    Ok(Some(serde_json::from_str(&line?).context("the frame is not understood")?))
}

fn say(frame: &FromScript) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(frame)?)?;
    Ok(out.flush()?)
}

/// Asks the run by the pipe, and waits at it for the answer (decision 29).
struct Asking(Rc<Said>);

impl Api for Asking {
    fn call(&self, call: ApiCall) -> Result<String, String> {
        let question = Question { object: call.object, function: call.function, arguments: call.arguments };
        let gone = |error: anyhow::Error| error.to_string();
        say(&FromScript::Api { question }).map_err(gone)?;
        match next(&self.0).map_err(gone)? {
            Some(ToScript::Answer { answer }) => answer,
            _ => Err("integrator-api gave no answer.".to_owned()),
        }
    }
}
