//! `tombolo ping-worker`: tests one connection in a process of its own, for `POST /v1/connections/{id}/ping`.
//!
//! Templates and answers are as hostile as those of a run, so it is caged like one, and dials by the same rules. It has
//! the secrets of this connection and nothing else; no sentence that it says holds one of them.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use anyhow::Context;
use tombolo_engine::{Bundle, Standing, ping};

use super::cage;
use crate::job::{NewSecret, PingAnswer, PingJob};
use crate::run_host::{HostOptions, NativeHost, Place};

/// Options of `tombolo ping-worker`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The most memory, in MiB
    #[arg(long, value_name = "MIB", default_value_t = super::run_worker::MEMORY_MIB)]
    memory: u64,
}

/// Tests the connection on stdin.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    cage::limit(args.memory.saturating_mul(1024 * 1024)).context("the process could not limit itself")?;
    cage::deny_calls().context("the process could not give up system calls")?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("no connection came")?;
    let job: PingJob = serde_json::from_str(&line).context("the connection is not understood")?;
    // A place that is not there: nothing is written, and what TLS and names need may be read.
    cage::deny_files(std::iter::empty(), std::path::Path::new("/nonexistent"))
        .context("the process could not give up files")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(test(job))?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(&answer)?)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

async fn test(job: PingJob) -> anyhow::Result<PingAnswer> {
    let host = NativeHost::new(HostOptions {
        files: [].into(),
        out: Place::FolderAStep("/nonexistent".into()),
        hosts: job.hosts,
        allow_private_network: job.allow_private_network,
        on_file: Box::new(|_| {}),
        scripts: None,
    })
    .context("the TLS setup failed")?;
    let bundle = Bundle {
        resources: job.resources.into_iter().map(|(id, found)| (id, (found.kind, found.value))).collect(),
        secrets: job.secrets.0,
        ..Bundle::default()
    };
    let mut answer = PingAnswer::default();
    let mut renewed = |owner, path, secret: tombolo_engine::Secret| {
        answer.renewed.push((owner, path, NewSecret(secret.value().to_owned())));
    };
    let pinged = ping(&bundle, job.connection, &host, &mut renewed).await;
    answer.offline = Standing::of(&pinged).offline();
    match pinged {
        Ok(status) => answer.status = Some(status),
        Err(error) => answer.error = Some(error.to_string()),
    }
    Ok(answer)
}
