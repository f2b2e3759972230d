//! `tombolo eval javascript`, and what all commands that call scripts do the same way.

use std::io::{self, Write};

use anyhow::Context;
use tokio::runtime::Runtime;
use tombolo_engine::{EvalOutcome, EvalRequest};
use tombolo_script_host::Pool;

use crate::run_host::{Pipes, Processes, Supervisor};

/// The name of the evaluation.
pub(super) const NAME: &str = "javascript";
const LOOSE: &str = "Warning: this machine does not keep scripts from all files, the network and other processes. Linux 6.12 or later does.";

/// What calls the scripts of a run.
pub(super) fn pool(pipes: Pipes) -> anyhow::Result<Pool<Processes>> {
    let say = || {
        if writeln!(io::stderr(), "{LOOSE}").is_err() {
            // Nobody reads it.
        }
    };
    Ok(Pool::new(Processes::new(pipes, Box::new(say)).context("the process of scripts cannot be asked")?))
}

/// Calls scripts that belong to no flow; their processes are started when they are needed.
#[derive(Default)]
pub(super) struct Scripts {
    asked: Option<Asked>,
}

/// In the order in which they have to end.
struct Asked {
    pool: Pool<Processes>,
    runtime: Runtime,
    _supervisor: Supervisor,
}

impl Scripts {
    /// With the process that starts those of scripts, for who can start none any more.
    pub(super) fn with(supervisor: Supervisor, pipes: Pipes) -> anyhow::Result<Self> {
        Ok(Self { asked: Some(Asked::of(supervisor, pipes)?) })
    }

    /// Calls the function `rules.function` of the text `rules.code` (or `rules.script`) with the input.
    pub(super) fn eval(&mut self, request: &EvalRequest) -> anyhow::Result<EvalOutcome> {
        let asked = match &mut self.asked {
            Some(asked) => asked,
            none => none.insert(Asked::start()?),
        };
        Ok(asked.runtime.block_on(tombolo_script_host::eval(&asked.pool, request)))
    }
}

impl Asked {
    fn start() -> anyhow::Result<Self> {
        let (supervisor, pipes) = Supervisor::start().context("the process of scripts cannot be started")?;
        Self::of(supervisor, pipes)
    }

    fn of(supervisor: Supervisor, pipes: Pipes) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let pool = {
            let _inside = runtime.enter();
            pool(pipes)?
        };
        Ok(Self { pool, runtime, _supervisor: supervisor })
    }
}
