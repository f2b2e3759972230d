//! `tombolo run-worker`: one run in a process of its own, started by `tombolo serve` (decision 30).
//!
//! Reads one job as a line of JSON from stdin, and after it answers to what it asks; writes lines of JSON to stdout, and ends with 0 when the run has
//! ended, however it ended. It limits itself before it looks at anything that came from outside.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Context;
use tokio::sync::mpsc;
use tombolo_engine::{About, Asked, Bundle, Cancel, Outages, Report, Retry, run_job};

use super::{cage, scripts};
use crate::job::{Held, Job, Line, NewSecret, Told};
use crate::run_host::{HostOptions, MadeFile, NativeHost, Pipes, Place, Supervisor};

/// Options of `tombolo run-worker`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The most memory, in MiB
    #[arg(long, value_name = "MIB", default_value_t = MEMORY_MIB)]
    memory: u64,
    /// The job has scripts: a process that starts those of scripts is started while this one still can
    #[arg(long)]
    scripts: bool,
}

/// The most memory of a run, in MiB, unless the operator says otherwise.
pub(crate) const MEMORY_MIB: u64 = 4 * 1024;

/// Runs the job on stdin.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let scripts =
        args.scripts.then(Supervisor::start).transpose().context("the process of scripts cannot be started")?;
    let (supervisor, pipes) = scripts.unzip();
    cage::limit(args.memory.saturating_mul(1024 * 1024)).context("the process could not limit itself")?;
    let calls = cage::deny_calls().context("the process could not give up system calls")?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("no job came")?;
    let job: Job = serde_json::from_str(&line).context("the job is not understood")?;
    std::fs::create_dir_all(&job.out).context("the folder for files cannot be made")?;
    let files = cage::deny_files(job.files.values(), &job.out).context("the process could not give up files")?;
    if (files, calls) != (Held::All, Held::All) {
        say(&Line::Loose { files, calls });
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work(job, pipes))?;
    drop(runtime);
    drop(supervisor);
    Ok(ExitCode::SUCCESS)
}

/// Says in the log what runs will not be held to on this machine; for `serve`, before its first run.
pub(super) fn try_out() {
    cage::try_out();
}

async fn work(job: Job, pipes: Option<Pipes>) -> anyhow::Result<()> {
    let host = NativeHost::new(HostOptions {
        files: job.files,
        out: Place::FolderAStep(job.out),
        hosts: job.hosts,
        allow_private_network: job.allow_private_network,
        on_file: Box::new(|file| say(&file_line(file))),
        scripts: pipes.map(scripts::pool).transpose()?,
    })
    .context("the TLS setup failed")?;
    let asked = Rc::new(Asked::new(|n, ask| say(&Line::Ask { n, ask })));
    let outages = Outages::new(job.offline, |connection, why| say(&Line::Offline { connection, why }))
        .with_errors(job.open, |step, trace_key| say(&Line::Over { step, trace_key }));
    let host = host.with_data(asked.clone()).with_flows(asked.clone()).with_outages(outages);
    let bundle = Bundle {
        flow: job.flow,
        resources: job.resources.into_iter().map(|(id, found)| (id, (found.kind, found.value))).collect(),
        secrets: job.secrets.0,
        about: About {
            run: Some(job.row.id),
            flow: Some(job.row.flow),
            checkpoints: job.checkpoints,
            sources: job.sources,
            start_ms: job.start_ms,
            received: job.received,
            retry: job.retry.map(|again| Retry { step: again.step, records: again.records }),
            ..About::default()
        },
    };
    let cancel = Cancel::default();
    let mut report = |report| say(&line(report));
    let answers = hear(&asked, answers()?);
    tokio::select! {
        _ = run_job(&bundle, job.row, &host, &cancel, &mut report) => {}
        () = answers => {}
    }
    Ok(())
}

/// Reads what the parent answers, on a thread of its own: standard input cannot be waited for otherwise. It ends with the
/// process.
fn answers() -> anyhow::Result<mpsc::UnboundedReceiver<Told>> {
    let (told, answers) = mpsc::unbounded_channel();
    let read = move || {
        for line in io::stdin().lock().lines() {
            let answer = line.ok().and_then(|line| serde_json::from_str(&line).ok());
            if answer.is_none_or(|answer| told.send(answer).is_err()) {
                return;
            }
        }
    };
    std::thread::Builder::new().name("answers".to_owned()).spawn(read).context("no thread for answers")?;
    Ok(answers)
}

/// Hands answers on to those who asked; never done, for the run goes on without them.
async fn hear(asked: &Asked, mut answers: mpsc::UnboundedReceiver<Told>) {
    while let Some(Told { n, reply }) = answers.recv().await {
        asked.answered(n, reply);
    }
    asked.hang_up();
    std::future::pending().await
}

/// One line a report, as `serve` and programs around `tombolo run` read them.
pub(super) fn line(report: Report) -> Line {
    match report {
        Report::Row(row) => Line::Row { row: *row },
        Report::Error { n, error } => Line::Error { n, error },
        Report::Renewed { owner, path, secret } => {
            Line::Renewed { owner, path, secret: NewSecret(secret.value().to_owned()) }
        }
        Report::Stage { step, stage } => Line::Stage { step, stage },
        Report::Exchange { step, exchange } => Line::Exchange { step, exchange },
        Report::Console { step, script, function, lines } => Line::Console { step, script, function, lines },
    }
}

pub(super) fn file_line(file: MadeFile) -> Line {
    Line::File { step: file.step, name: file.name, path: file.path }
}

/// Writes a line to stdout. When nobody reads any more there is nobody left to run for.
pub(super) fn say(line: &Line) {
    let written = serde_json::to_string(line).map_err(io::Error::from).and_then(|text| {
        let mut out = io::stdout().lock();
        writeln!(out, "{text}").and_then(|()| out.flush())
    });
    if written.is_err() {
        std::process::exit(74);
    }
}
