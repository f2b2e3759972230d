//! `tombolo run BUNDLE.json`: a flow without a server.
//!
//! Writes JSON lines to stdout, those of `run-worker`, and one line for people to stderr at the end.
//! Ends with 0 when the run completed, 1 when it failed, 130 when it was interrupted.

mod failed;
mod file;
mod folder;
mod kept;
mod started;
mod test_cases;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tombolo_engine::{About, Bundle, Cancel, MemoryData, Report, Retry, run_job};
use tombolo_model::run::{RunBegin, RunPlace, RunRow, RunStatus, RunType};
use tombolo_model::views::{Export, Flow, Source, secret_addresses};
use tombolo_model::{Id, Kind};

use super::run_worker::{file_line, line, say};
use super::scripts;
use crate::job::JobResource;
use crate::run_host::{HostOptions, NativeHost, Pipes, Place, Supervisor};
use crate::{clock, fresh, web_host};
use failed::Failed;
use file::BundleFile;
use kept::Kept;
use started::Started;

/// Options of `tombolo run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the app exports ("Export everything"), a folder of resources, or a bundle of one flow
    ///
    /// A folder has a file for each resource, by collection: flows/NAME.json, exports/NAME.json, imports/NAME.json,
    /// connections/NAME.json, scripts/NAME.json with scripts/NAME.js beside it, iclients/NAME.json, lookupcaches/NAME.json
    /// and so on; each has its "_id" of 24 hexadecimal digits. secrets.json in it has the secrets by the id of their
    /// connection or iClient and the path of the field: {"ID": {"/http/auth/basic/password": "…"}}.
    ///
    /// A bundle is {"flow": {…}, "resources": {"ID": {"kind": "export", "value": {…}}}, "secrets": {…}}, the kinds being
    /// export, import, connection, script, iClient, lookupCache, asyncHelper, fileDefinition and integration. The data of
    /// a lookup cache is its field "data": {"KEY": VALUE}.
    bundle: PathBuf,
    /// The name or id of the flow, when the file has several; it runs also where it is switched off
    #[arg(long)]
    flow: Option<String>,
    /// The file that an export reads: its name or id, and the path; without a name when the flow has one such export
    #[arg(long = "file", value_name = "[EXPORT=]PATH")]
    files: Vec<String>,
    /// Run no flow, but the test cases of the integrations in it: those that the playground saved. A line of JSON each;
    /// ends with 0 when all of them hold
    #[arg(long, conflicts_with_all = ["flow", "files", "test", "at", "seed", "state", "since", "errors"])]
    tests: bool,
    /// Where made files go
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    out: PathBuf,
    /// Try the flow out: the first page of each source, nothing is written, and every stage is told
    #[arg(long)]
    test: bool,
    /// What templates and scripts take for the time: 2026-11-24T04:00:00Z, or milliseconds since 1970; the real time if
    /// left out
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<i64>,
    /// Where random values begin: with --at, the same answers make the same files again
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// What is kept from run to run: the state of scripts, the data of lookup caches, and up to when exports of changes
    /// were read; made when it is not there
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Since when exports of changes are read this once, whatever was read before
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<i64>,
    /// Where records that fail are written, a line of JSON each: {"flow", "step", "index", "traceKey", "code", "message",
    /// "record"}; of each step the latest 20,000; made anew
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Read no source, but try again what an earlier run wrote with --errors, each record at the step where it failed and
    /// from there on; edit "record" in a line to try it with that
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "test", "since", "tests"])]
    retry: Option<PathBuf>,
}

fn time(text: &str) -> Result<i64, String> {
    if let Ok(ms) = text.parse() {
        return Ok(ms);
    }
    let time = chrono::DateTime::parse_from_rfc3339(text);
    time.map(|time| time.timestamp_millis()).map_err(|error| format!("{error}; write it as 2026-11-24T04:00:00Z"))
}

/// Runs the flow to its end.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.tests {
        return test_cases::run(resources(&args.bundle)?.values());
    }
    let mut bundle = read(args)?;
    let files = attach(&mut bundle, &args.files)?;
    if args.retry.is_some() {
        without_files(&mut bundle);
    }
    let has_scripts = bundle.resources.values().any(|found| found.kind == Kind::Script);
    let scripts =
        has_scripts.then(Supervisor::start).transpose().context("the process of scripts cannot be started")?;
    let (_supervisor, pipes) = scripts.unzip();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let worst = runtime.block_on(work(bundle, files, pipes, args))?;
    Ok(match worst {
        RunStatus::Completed => ExitCode::SUCCESS,
        RunStatus::Canceled => ExitCode::from(130),
        _ => ExitCode::FAILURE,
    })
}

/// Reads the bundle: a file or a folder.
fn read(args: &Args) -> anyhow::Result<BundleFile> {
    let (path, flow) = (&args.bundle, args.flow.as_deref());
    let bundle = if path.is_dir() {
        folder::read(path, flow)
    } else {
        let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        BundleFile::read(&text, flow)
    };
    bundle.with_context(|| format!("{} cannot be run", path.display()))
}

/// All resources of a file or a folder, whatever flows there are.
fn resources(path: &Path) -> anyhow::Result<BTreeMap<Id, JobResource>> {
    let found = if path.is_dir() {
        folder::resources(path)
    } else {
        let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        BundleFile::resources(&text)
    };
    found.with_context(|| format!("{} cannot be read", path.display()))
}

/// Runs the flow, and then those that it started; returns the first end that is not a good one.
async fn work(
    bundle: BundleFile,
    files: BTreeMap<String, PathBuf>,
    pipes: Option<Pipes>,
    args: &Args,
) -> anyhow::Result<RunStatus> {
    let mut rounds = rounds(&bundle.flow, args)?;
    let mut failed = args.errors.as_deref().map(Failed::create).transpose()?;
    let mut kept = Kept::open(&bundle.resources, args.state.as_deref())?;
    let started = Rc::new(Started::new(&bundle.resources));
    let host = NativeHost::new(HostOptions {
        files,
        // What the earlier run made stays: this one makes but the rest.
        out: if args.retry.is_some() { Place::Beside(args.out.clone()) } else { Place::Folder(args.out.clone()) },
        hosts: hosts(&bundle.resources),
        allow_private_network: true,
        on_file: Box::new(|file| say(&file_line(file))),
        scripts: pipes.map(scripts::pool).transpose()?,
    })
    .context("the TLS setup failed")?
    .with_data(Rc::<MemoryData>::clone(&kept.data))
    .with_flows(Rc::<Started>::clone(&started));
    let begin = RunBegin { now_ms: args.at, seed: args.seed };
    let mut bundle = Bundle {
        flow: bundle.flow,
        resources: bundle.resources.into_iter().map(|(id, found)| (id, (found.kind, found.value))).collect(),
        secrets: bundle.secrets.0,
        about: About { test_mode: args.test, begin, ..About::default() },
    };
    bundle.about.start_ms = args.since;
    let mut worst = RunStatus::Completed;
    while let Some(Round { run, flow, sources, retry }) = rounds.pop_front() {
        let mut row = first_row(run, &flow);
        if retry.is_some() {
            row.origin.kind = RunType::Retry;
        }
        (bundle.flow, bundle.about.sources, bundle.about.retry) = (flow, sources, retry);
        bundle.about.checkpoints = kept.checkpoints();
        let last = one_run(&mut bundle, row, &host, failed.as_mut()).await?;
        let status = last.status;
        kept.read_up_to(&last);
        // Before anything else can fail: the records of this run are sent.
        kept.save()?;
        writeln!(io::stderr(), "{}", sentence(&last))?;
        if worst == RunStatus::Completed {
            worst = status;
        }
        // Who interrupts the command wants no more of it.
        if status == RunStatus::Canceled {
            break;
        }
        rounds.extend(started.next().map(|(next, flow)| Round {
            run: next.run,
            flow,
            sources: next.sources,
            retry: None,
        }));
    }
    kept.close();
    if let Some(failed) = failed {
        writeln!(io::stderr(), "{}", failed.finish()?)?;
    }
    Ok(worst)
}

/// A run that is to be made.
struct Round {
    run: Id,
    flow: Value,
    /// The exports that are read; all of them where none is named.
    sources: Vec<Id>,
    /// Of what an earlier one left, the records of one step.
    retry: Option<Retry>,
}

fn rounds(flow: &Value, args: &Args) -> anyhow::Result<VecDeque<Round>> {
    let round = |retry| -> anyhow::Result<Round> {
        Ok(Round { run: fresh::id()?, flow: flow.clone(), sources: Vec::new(), retry })
    };
    let Some(path) = &args.retry else {
        return Ok(VecDeque::from([round(None)?]));
    };
    if args.errors.as_ref() == Some(path) {
        bail!("--errors would write over what --retry reads: name another file");
    }
    failed::read(path, flow_id(flow))?.into_iter().map(|retry| round(Some(retry))).collect()
}

/// Runs the bundle's flow to its end.
async fn one_run(
    bundle: &mut Bundle,
    row: RunRow,
    host: &NativeHost,
    mut failed: Option<&mut Failed>,
) -> anyhow::Result<RunRow> {
    let (run, flow) = (row.id, row.flow);
    let mut unwritten = Ok(());
    bundle.about.run = Some(row.id);
    bundle.about.flow = Some(row.flow);
    let bundle = &*bundle;
    let mut told = BTreeSet::new();
    let cancel = Cancel::default();
    let mut report = |report| match report {
        // A secret goes to no terminal. The file keeps the one that it has, where it has one.
        Report::Renewed { owner, path, .. } => {
            let is_kept = bundle.secrets.get(&owner).is_some_and(|secrets| secrets.contains_key(&path));
            if is_kept && told.insert((owner, path.clone())) {
                eprintln!(
                    "The secret {path} of connection {owner} was renewed for this run; the file keeps the old one."
                );
            }
        }
        report => {
            if let (Report::Error { n, error }, Some(failed)) = (&report, &mut failed)
                && let Err(error) = failed.take(run, flow, *n, error)
                && unwritten.is_ok()
            {
                unwritten = Err(error);
            }
            say(&line(report));
        }
    };
    let last = {
        let run = run_job(bundle, row, host, &cancel, &mut report);
        tokio::pin!(run);
        loop {
            tokio::select! {
                row = &mut run => break row,
                pressed = tokio::signal::ctrl_c(), if !cancel.is_canceled() => {
                    pressed?;
                    cancel.cancel();
                }
            }
        }
    };
    unwritten.map(|()| last)
}

/// Where the secrets of the file may go: they were put beside these base addresses by the one who wrote it.
fn hosts(resources: &BTreeMap<Id, JobResource>) -> BTreeMap<Id, Vec<String>> {
    let holders = resources.iter().filter(|(_, found)| matches!(found.kind, Kind::Connection | Kind::IClient));
    let own = |found: &JobResource| -> Vec<String> {
        secret_addresses(found.kind, &found.value).into_iter().filter_map(web_host::of).collect()
    };
    let hosts = |found: &JobResource| {
        let mut hosts = own(found);
        // A connection's refresh token goes to where its client gets tokens.
        let client = found.value.pointer("/http/_iClientId").and_then(Value::as_str).and_then(|id| id.parse().ok());
        hosts.extend(client.and_then(|id: Id| resources.get(&id)).map(own).unwrap_or_default());
        hosts
    };
    holders.map(|(id, found)| (*id, hosts(found))).collect()
}

/// The flow's id; that of a bundle may have none.
fn flow_id(flow: &Value) -> Id {
    let id = flow.get("_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    id.unwrap_or(Id::from_parts(0, [0; 8]))
}

fn first_row(run: Id, flow: &Value) -> RunRow {
    RunRow {
        id: run,
        flow: flow_id(flow),
        flow_name: Flow(flow).name().to_owned(),
        status: RunStatus::Queued,
        place: RunPlace::CommandLine,
        offline: false,
        started_ms: clock::now_ms(),
        ended_ms: None,
        steps: Vec::new(),
        error: None,
        heads: BTreeMap::new(),
        origin: tombolo_wire::run::RunOrigin::default(),
        n: 0,
    }
}

/// Puts the files of the command line under the exports that read them.
fn attach(bundle: &mut BundleFile, given: &[String]) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let reads = |found: &JobResource| found.kind == Kind::Export && Export(&found.value).source() == Some(Source::File);
    let used: Vec<Id> = bundle.resources.keys().copied().filter(|id| bundle.uses(*id)).collect();
    let mut files = BTreeMap::new();
    for text in given {
        let mut readers: Vec<(&Id, &mut JobResource)> =
            bundle.resources.iter_mut().filter(|(id, found)| used.contains(id) && reads(found)).collect();
        let named = text.split_once('=').filter(|(name, _)| {
            let is = |id: &Id, found: &JobResource| id.to_string() == *name || Export(&found.value).name() == *name;
            readers.iter().any(|(id, found)| is(id, found))
        });
        let path = if let Some((name, path)) = named {
            readers.retain(|(id, found)| id.to_string() == name || Export(&found.value).name() == name);
            path
        } else {
            text.as_str()
        };
        let [(id, found)] = readers.as_mut_slice() else {
            bail!("--file {text}: say which export reads the file, as NAME=PATH");
        };
        // Any key will do: nobody else reads this copy of the export.
        let key = id.to_string();
        if let Some(fields) = found.value.as_object_mut() {
            fields.insert("rawData".to_owned(), json!(key));
        }
        files.insert(key, PathBuf::from(path));
    }
    Ok(files)
}

/// Exports of files have one, as far as anybody asks: none of them is read.
fn without_files(bundle: &mut BundleFile) {
    let exports = bundle.resources.iter_mut().filter(|(_, found)| found.kind == Kind::Export);
    for (id, found) in exports.filter(|(_, found)| Export(&found.value).source() == Some(Source::File)) {
        if let Some(fields) = found.value.as_object_mut() {
            fields.entry("rawData").or_insert_with(|| json!(id.to_string()));
        }
    }
}

fn sentence(row: &RunRow) -> String {
    let steps: Vec<String> = row
        .steps
        .iter()
        .map(|step| {
            format!(
                "{}: {} in, {} done, {} ignored, {} errors",
                step.name, step.received, step.success, step.ignored, step.errors
            )
        })
        .collect();
    let status = match row.status {
        RunStatus::Completed => "Completed",
        RunStatus::Canceled => "Canceled",
        _ => "Failed",
    };
    let why = row.error.as_ref().map(|error| format!(" {}", error.message)).unwrap_or_default();
    let warnings = row.steps.iter().flat_map(|step| &step.warnings);
    let warnings: String = warnings.map(|warning| format!("\nWarning: {warning}")).collect();
    format!("{status}.{why} {}{warnings}", steps.join("; "))
}
