//! The child process of a run: started, fed, listened to, killed.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tombolo_model::Kind;
use tombolo_model::kept::KeptAsk;

use super::desk::Desk;
use super::failure::RunFailure;
use super::made;
use super::report::Report;
use crate::job::{Job, Line, Told};
use crate::run_host::own_program;

/// The longest line: a record and what surrounds it.
const LINE_BYTES: usize = 16 * 1024 * 1024;
/// The longest line of a run's own state.
const ROW_BYTES: usize = 2 * 1024 * 1024;
/// How long rows wait for others before they are stored together.
const PAUSE: Duration = Duration::from_millis(200);
/// How long storing may take of what a child had said when it was killed; less than a server that stops waits for its runs.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs a job to its end, or until `stop` says why not. What the child has said by then is kept.
///
/// Dropping the future kills the child as well.
pub(super) async fn run(
    job: &Job,
    folder: &Path,
    memory_mib: u64,
    (report, desk): (&mut Report, Desk<'_>),
    stop: impl Future<Output = RunFailure>,
) -> Result<(), RunFailure> {
    let has_scripts = job.resources.values().any(|found| found.kind == Kind::Script);
    let child = spawn(folder, memory_mib, has_scripts).map_err(RunFailure::Child)?;
    attend(child, job, (report, desk), stop).await
}

async fn attend(
    mut child: Child,
    job: &Job,
    (report, mut desk): (&mut Report, Desk<'_>),
    stop: impl Future<Output = RunFailure>,
) -> Result<(), RunFailure> {
    let (Some(mut input), Some(out)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(RunFailure::Ended("no pipes".to_owned()));
    };
    let mut said = Said { out: BufReader::new(out), line: Vec::new() };
    report.expect_secrets(job);
    let end = async {
        feed(&mut input, job).await?;
        listen(&mut said, &job.out, report, (&mut desk, &mut input)).await?;
        drop(input);
        // A child that was taken over may have hung up and yet go on: it is stopped all the same.
        child.wait().await.map_err(RunFailure::Child)
    };
    let ended = tokio::select! {
        status = end => Ok(status?),
        why = stop => Err(why),
    };
    match ended {
        Ok(status) if status.success() && report.has_ended() => Ok(()),
        Ok(status) => Err(how(status)),
        Err(why) => {
            if let Err(error) = child.kill().await {
                tracing::warn!(%error, "the process of a run cannot be ended");
            }
            hear_out(&mut said, &job.out, report).await;
            // It may have come to its end just before it was told to.
            if report.has_ended() { Ok(()) } else { Err(why) }
        }
    }
}

/// The signals by which people and service managers stop programs (POSIX.1-2017, `kill`).
#[cfg(unix)]
const INTERRUPT: i32 = 2;
#[cfg(unix)]
const TERMINATE: i32 = 15;

/// How a child ended before its run did. One that is out of memory or takes too long is not asked to stop but killed.
fn how(status: ExitStatus) -> RunFailure {
    #[cfg(unix)]
    if let Some(INTERRUPT | TERMINATE) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return RunFailure::Stopped(status.to_string());
    }
    RunFailure::Ended(status.to_string())
}

fn spawn(folder: &Path, memory_mib: u64, has_scripts: bool) -> std::io::Result<Child> {
    let mut command = Command::new(own_program()?);
    command
        .arg("run-worker")
        .arg("--memory")
        .arg(memory_mib.to_string())
        .args(has_scripts.then_some("--scripts"))
        .env_clear()
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    // The child gets none of our environment but where certificates are and how much is logged.
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR", "TOMBOLO_LOG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // Ctrl+C at a terminal is for the server, which ends its runs.
    #[cfg(unix)]
    command.process_group(0);
    command.spawn()
}

async fn feed(input: &mut ChildStdin, said: &impl Serialize) -> Result<(), RunFailure> {
    let mut line = serde_json::to_vec(said).map_err(|error| RunFailure::Line(error.to_string()))?;
    line.push(b'\n');
    match input.write_all(&line).await {
        // It has ended already; what it ended with says more than the pipe.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(RunFailure::Child),
    }
}

/// What a child says: its output, and the line that is not taken yet.
struct Said<R> {
    out: BufReader<R>,
    line: Vec<u8>,
}

/// Takes lines to the last. Safe to drop: whoever listens again goes on with the line that was not taken.
async fn listen(
    said: &mut Said<impl AsyncRead + Unpin>,
    folder: &Path,
    report: &mut Report,
    (desk, input): (&mut Desk<'_>, &mut ChildStdin),
) -> Result<(), RunFailure> {
    let mut pause = tokio::time::interval(PAUSE);
    pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        if let Some((n, ask)) = said.take_whole(folder, report).await? {
            // One after the other, so that a child never has more of the server than one answer.
            let reply = desk.answer(ask).await;
            feed(input, &Told { n, reply }).await?;
        }
        if report.is_full() {
            report.store().await?;
        }
        tokio::select! {
            more = read_some(&mut said.out, &mut said.line) => {
                if !more? {
                    return Ok(());
                }
            }
            _ = pause.tick() => report.store().await?,
        }
    }
}

impl<R: AsyncRead + Unpin> Said<R> {
    /// Takes the line if it is a whole one; gives the question that it is. That is gone from here then: one that was not
    /// answered when the run was stopped is not asked again.
    async fn take_whole(&mut self, folder: &Path, report: &mut Report) -> Result<Option<(u64, KeptAsk)>, RunFailure> {
        if self.line.last() != Some(&b'\n') {
            return Ok(None);
        }
        let question = take(&self.line, folder, report).await?;
        self.line.clear();
        Ok(question)
    }
}

/// Takes what a child that was killed had said already: it lies in the pipe, which ended with the child.
///
/// Rows and errors are only taken here: they are stored with the end of the run. Nobody waits for answers any more.
async fn hear_out(said: &mut Said<impl AsyncRead + Unpin>, folder: &Path, report: &mut Report) {
    let rest = async {
        loop {
            said.take_whole(folder, report).await?;
            if !read_some(&mut said.out, &mut said.line).await? {
                return Ok::<_, RunFailure>(());
            }
        }
    };
    let heard = tokio::time::timeout(LAST_WORDS, rest).await;
    match heard {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => tracing::warn!(%failure, run = %report.row().id, "the last of a run is not kept"),
        Err(_) => tracing::warn!(run = %report.row().id, "the last of a run is not kept: it took too long"),
    }
}

/// Reads up to a line's end or what is there; `false` at the end. Safe to drop between calls.
async fn read_some(out: &mut BufReader<impl AsyncRead + Unpin>, line: &mut Vec<u8>) -> Result<bool, RunFailure> {
    let buffer = out.fill_buf().await.map_err(RunFailure::Child)?;
    if buffer.is_empty() {
        return Ok(false);
    }
    let length = buffer.iter().position(|byte| *byte == b'\n').map_or(buffer.len(), |end| end + 1);
    line.extend_from_slice(&buffer[..length]);
    out.consume(length);
    if line.len() > LINE_BYTES {
        return Err(RunFailure::Line(format!("a line of more than {LINE_BYTES} bytes")));
    }
    Ok(true)
}

async fn take(line: &[u8], folder: &Path, report: &mut Report) -> Result<Option<(u64, KeptAsk)>, RunFailure> {
    let length = line.len();
    let line: Line = serde_json::from_slice(line).map_err(|error| RunFailure::Line(error.to_string()))?;
    match line {
        Line::Loose { files, calls } => {
            tracing::info!(run = %report.row().id, ?files, ?calls, "this run is not held to all that it gave up");
        }
        // All devices get the row; a run that is not out of its mind has a short one.
        Line::Row { .. } if length > ROW_BYTES => {
            return Err(RunFailure::Line(format!("a row of {length} bytes")));
        }
        Line::Ask { n, ask } => return Ok(Some((n, ask))),
        Line::Row { row } => report.take_row(row),
        Line::Error { n, error } => report.take_error(n, error),
        Line::Renewed { owner, path, secret } => report.take_secret(owner, path, &secret).await?,
        Line::Offline { connection, why } => report.take_outage(connection, &why).await?,
        Line::Over { step, trace_key } => report.take_over(&step, &trace_key),
        // Only a test run has stages, and `serve` starts none.
        Line::Stage { step, .. } => tracing::warn!(run = %report.row().id, step, "a stage of no test run"),
        // What goes to applications is data too.
        Line::Exchange { step, exchange } => {
            tracing::debug!(run = %report.row().id, step, status = exchange.status, "a request that is looked at");
        }
        // Lines of scripts are for those who watch `tombolo run`; they may hold data, so the log only counts them.
        Line::Console { script, function, lines, .. } => {
            tracing::debug!(run = %report.row().id, script, function, lines = lines.len(), "a script wrote lines");
        }
        Line::File { step, name, path } => {
            let file = made::open_below(folder, &path).map_err(|source| RunFailure::Path { path, source })?;
            report.take_file(step, name, file).await?;
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use tombolo_model::Id;
    use tombolo_wire::run::{RunPlace, RunRow, RunStatus};

    use super::*;
    use crate::app::App;
    use crate::fresh;
    use crate::runner::run_error;
    use crate::serve::tests::fresh as fresh_app;
    use crate::store::{NewUser, Sight};

    /// A run of an account that somebody has just made.
    async fn running(app: &App) -> (Id, RunRow) {
        let account = fresh::id().unwrap();
        let user = NewUser {
            id: fresh::id().unwrap(),
            email: "ann@example.com".to_owned(),
            name: "Ann".to_owned(),
            password: String::new(),
            account,
            account_name: "Ann".to_owned(),
            invitation: None,
            now_ms: 1,
        };
        app.store.sign_up(&user).await.unwrap();
        let row = RunRow {
            id: fresh::id().unwrap(),
            flow: fresh::id().unwrap(),
            flow_name: "Orders".to_owned(),
            status: RunStatus::Running,
            place: RunPlace::Server,
            offline: false,
            started_ms: 1,
            ended_ms: None,
            steps: Vec::new(),
            error: None,
            heads: [].into(),
            origin: tombolo_wire::run::RunOrigin::default(),
            n: 1,
        };
        crate::runner::keep(app, account, &row).await.unwrap();
        (account, row)
    }

    fn error_line(n: u64) -> Vec<u8> {
        let line = Line::Error { n, error: run_error("c", format!("error {n}")) };
        let mut text = serde_json::to_vec(&line).unwrap();
        text.push(b'\n');
        text
    }

    #[tokio::test]
    async fn what_a_canceled_run_had_said_is_stored_also_when_it_was_just_being_stored() {
        let data = tempfile::tempdir().unwrap();
        let (app, _tcp) = fresh_app(data.path()).await;
        let (account, row) = running(&app).await;
        let run = row.id;
        let mut report = Report::new(app.clone(), account, row, None);
        report.take_error(1, run_error("c", "error 1"));
        {
            let mut storing = Box::pin(report.store());
            assert!(futures::poll!(storing.as_mut()).is_pending(), "stored without waiting for the disk");
        }
        // One line was read and not taken, one lies in the pipe, and of one there is only the beginning.
        let mut rest = error_line(3);
        rest.extend_from_slice(&error_line(4)[..10]);
        let mut said = Said { out: BufReader::new(rest.as_slice()), line: error_line(2) };
        hear_out(&mut said, data.path(), &mut report).await;
        report.end(Err(RunFailure::Canceled));
        let ended = report.finish().await;
        assert_eq!(ended.status, RunStatus::Canceled);
        assert_eq!(app.store.run(account, run).await.unwrap(), Some(ended));
        let kept: Vec<_> = app.store.run_errors(account, run).await.unwrap().iter().map(|row| row.n).collect();
        assert_eq!(kept, [1, 2, 3]);
        let stretch = app.store.entries(account, &Sight::ALL, 0, usize::MAX).await.unwrap();
        assert_eq!(stretch.entries.len(), 4, "something was stored twice");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_child_that_hangs_up_and_goes_on_is_ended_with_its_run() {
        const SOON: Duration = Duration::from_secs(30);
        let data = tempfile::tempdir().unwrap();
        let (app, _tcp) = fresh_app(data.path()).await;
        let (account, row) = running(&app).await;
        let job = Job {
            row: row.clone(),
            flow: serde_json::Value::Null,
            resources: [].into(),
            secrets: crate::job::Secrets([].into()),
            hosts: [].into(),
            files: [].into(),
            checkpoints: [].into(),
            sources: Vec::new(),
            start_ms: None,
            retry: None,
            received: [].into(),
            out: data.path().to_path_buf(),
            allow_private_network: false,
            offline: [].into(),
            open: [].into(),
        };
        let child = Command::new("sh")
            .args(["-c", "exec > /dev/null; : > hung-up; exec tail -f /dev/null"])
            .current_dir(data.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let hung_up = data.path().join("hung-up");
        let stop = async {
            while !hung_up.exists() {
                tokio::task::yield_now().await;
            }
            // Until that has been read here, too.
            for _ in 0..10_000 {
                tokio::task::yield_now().await;
            }
            RunFailure::Canceled
        };
        let desk = Desk::new(&app, account, &job, crate::runner::Wish::of(account, tombolo_wire::run::RunType::Manual));
        let mut report = Report::new(app.clone(), account, row, None);
        let ended = tokio::time::timeout(SOON, attend(child, &job, (&mut report, desk), stop)).await;
        assert!(matches!(ended, Ok(Err(RunFailure::Canceled))), "{ended:?}");
    }
}
