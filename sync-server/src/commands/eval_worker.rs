//! `tombolo eval-worker`: one question of the playground in a process of its own, for `POST /v1/processors/{name}`.
//!
//! Gives up files, the network and other processes before it reads the question, and has as much memory as `tombolo
//! eval` is promised to do with. Whoever asks ends it at a deadline.

use std::io::{self, BufRead};
use std::process::ExitCode;

use anyhow::Context;

use super::cage;
use super::eval::{Args, answer};
use super::scripts::{self, Scripts};
use crate::run_host::Supervisor;

/// The most addresses, used or not.
const MEMORY: u64 = 256 * 1024 * 1024;

/// Answers the line on stdin.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let name = args.known()?;
    // While it still can: the processes of scripts are caged by themselves.
    let asked = (name == scripts::NAME).then(Supervisor::start).transpose();
    let asked = asked.context("the process of scripts cannot be started")?;
    cage::limit(MEMORY).context("the process could not limit itself")?;
    cage::deny_calls().context("the process could not give up system calls")?;
    // A runtime opens what it waits with now or never.
    let mut scripts = match asked {
        Some((supervisor, pipes)) => Scripts::with(supervisor, pipes)?,
        None => Scripts::default(),
    };
    cage::deny_network().context("the process could not give up the network")?;
    cage::deny_all_files().context("the process could not give up files")?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("no question came")?;
    answer(name, &line, &mut scripts, &mut io::stdout().lock()).context("the question is not answered")?;
    Ok(ExitCode::SUCCESS)
}
