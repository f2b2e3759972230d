//! The command line (decision 38).

mod admin;
mod cage;
mod eval;
mod eval_worker;
mod ping_worker;
mod run;
mod run_worker;
mod script_worker;
mod scripts;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use eval::is_known as is_evaluation;

/// A browser-first integration platform.
#[derive(Debug, Parser)]
#[command(name = "tombolo", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the app and joins devices and people
    Serve(serve::Args),
    /// Runs a flow from a file, without a server
    Run(run::Args),
    /// Tries an editor of the playground: JSON lines in, JSON lines out
    Eval(eval::Args),
    /// Runs one job from stdin
    #[command(name = "run-worker", hide = true)]
    RunWorker(run_worker::Args),
    /// Answers one question of the playground from stdin
    #[command(name = "eval-worker", hide = true)]
    EvalWorker(eval::Args),
    /// Tests one connection from stdin
    #[command(name = "ping-worker", hide = true)]
    PingWorker(ping_worker::Args),
    /// Calls scripts from stdin
    #[command(name = "script-worker", hide = true)]
    ScriptWorker(script_worker::Args),
    /// Backs up, restores and checks a server's data, and lets the first person in
    #[command(subcommand)]
    Admin(admin::Command),
}

impl Cli {
    /// Runs the chosen command.
    ///
    /// # Errors
    ///
    /// Returns what stopped it, in words for the person at the terminal.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(args) => serve::run(args),
            Command::Run(args) => run::run(&args),
            Command::Eval(args) => eval::run(&args),
            Command::EvalWorker(args) => eval_worker::run(&args),
            Command::PingWorker(args) => ping_worker::run(&args),
            Command::RunWorker(args) => run_worker::run(&args),
            Command::ScriptWorker(args) => script_worker::run(&args),
            Command::Admin(command) => admin::run(&command),
        }
    }
}
