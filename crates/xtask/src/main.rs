//! Builds, starts and tests Tombolo, behind `cargo xtask`.
//!
//! Decides in which order the tools run and what they are given; what is built and tested is the other crates'
//! business. Needs only rustup, a C compiler and Node: whatever exists as a library is linked, not installed.
//!
//! Invariant: every command ends with an exit code that says whether all of it worked.

#![forbid(unsafe_code)]

mod bench;
mod check;
mod command;
mod data;
mod dist;
mod needs;
mod places;
mod runner;
mod say;
mod screenshots;
mod site;
mod start;
mod test;
mod torture;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, starts and tests Tombolo")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds everything and serves it; prints the address.
    Start {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:7070")]
        listen: String,
        /// Where the server keeps its data; its own default when not given.
        #[arg(long)]
        data: Option<std::path::PathBuf>,
        /// Builds the wasm modules small and the server fast, as `dist` does.
        #[arg(long)]
        release: bool,
    },
    /// Builds the page: four wasm modules, the code editor, the icons and the static files.
    Build {
        /// `dev` builds fast, `small` builds what is shipped.
        #[arg(long, value_enum, default_value = "dev")]
        profile: site::Profile,
    },
    /// Formatting, lints for both targets, and the tests that need no browser.
    Check,
    /// Everything that continuous integration runs.
    Test {
        /// Runs only the steps whose title contains this.
        #[arg(long)]
        only: Option<String>,
    },
    /// Builds what the end-to-end tests need, so that `cargo test -p tombolo-tests` can run by itself.
    Prepare,
    /// Measures, and prints one table.
    Bench {
        /// Measures only the lines whose name contains this.
        filter: Option<String>,
    },
    /// Takes the pictures that the README shows, of the product as it is.
    Screenshots,
    /// Runs one of the long tests in full; without a name it lists them.
    Torture {
        /// Which.
        name: Option<String>,
        /// In how many rounds, when not in all of them.
        rounds: Option<u32>,
    },
    /// Builds the optimised page into one `tombolo` binary in `dist/`.
    Dist,
    /// Runs a wasm test file in a browser; cargo calls this.
    #[command(hide = true)]
    WasmTestRunner {
        /// What cargo passes.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Start { listen, data, release } => start::start(&listen, data.as_deref(), release),
        Task::Build { profile } => site::build(profile).map(|_| true),
        Task::Check => check::check(),
        Task::Test { only } => test::test(only.as_deref()),
        Task::Prepare => test::prepare().map(|()| true),
        Task::Bench { filter } => bench::bench(filter.as_deref()),
        Task::Screenshots => screenshots::screenshots(),
        Task::Torture { name, rounds } => torture::torture(name.as_deref(), rounds),
        Task::Dist => dist::dist().map(|_| true),
        Task::WasmTestRunner { arguments } => runner::run(arguments).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say::problem(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
