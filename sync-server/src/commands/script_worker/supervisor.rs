//! `tombolo script-worker --supervise`: starts and ends the processes of one run's scripts.
//!
//! A run gives up starting processes before it reads its job, so this one is started before. It understands nothing of
//! what it passes on. Each line is a number, a space and an order: `start`, `end` or a frame for the process of that
//! number. Each line of its own is a number, a space and a frame, or `ended`.
//!
//! Invariant: when its own asker is gone, so are all processes that it started.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::run_host::own_program;

/// Processes at a time.
const MOST: usize = 64;
/// The longest line of a process: more than its results and questions may have, whatever is escaped in them.
const LINE_BYTES: u64 = 64 * 1024 * 1024;
/// Frames that wait for a process. There is one at a time, if nobody is out of their mind.
const WAITING: usize = 4;

/// A process, as long as its asker does not end it.
struct Started {
    child: Arc<Mutex<Child>>,
    frames: SyncSender<Vec<u8>>,
}

impl Drop for Started {
    fn drop(&mut self) {
        kill(&self.child);
    }
}

/// Obeys the lines of stdin.
pub(super) fn run() -> anyhow::Result<ExitCode> {
    let mut started: BTreeMap<u64, Started> = BTreeMap::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let order = line.split_once(' ').and_then(|(number, order)| Some((number.parse::<u64>().ok()?, order)));
        let Some((number, order)) = order else { continue };
        match order {
            "start" if started.len() < MOST => match start(number) {
                Ok(process) => drop(started.insert(number, process)),
                Err(error) => {
                    writeln!(io::stderr(), "tombolo: the process for scripts cannot be started: {error}")?;
                    say(number, b"ended\n");
                }
            },
            "start" => say(number, b"ended\n"),
            "end" => drop(started.remove(&number)),
            frame => {
                let mut frame = frame.as_bytes().to_vec();
                frame.push(b'\n');
                if let Some(process) = started.get(&number)
                    && process.frames.try_send(frame).is_err()
                {
                    // It has ended, or does not listen. Either way it is heard when its output closes.
                    kill(&process.child);
                }
            }
        }
    }
    drop(started);
    Ok(ExitCode::SUCCESS)
}

fn start(number: u64) -> io::Result<Started> {
    let mut child = Command::new(own_program()?)
        .arg("script-worker")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // What the allocator says when there is no more memory is said in other words.
        .stderr(Stdio::null())
        .spawn()?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other("it has no pipes"));
    };
    let child = Arc::new(Mutex::new(child));
    let (frames, waiting) = sync_channel(WAITING);
    thread::spawn(move || write_all(input, &waiting));
    let listening = child.clone();
    thread::spawn(move || {
        pass_on(number, output);
        kill(&listening);
        say(number, b"ended\n");
    });
    Ok(Started { child, frames })
}

fn write_all(mut input: ChildStdin, waiting: &Receiver<Vec<u8>>) {
    for frame in waiting {
        if input.write_all(&frame).is_err() {
            return;
        }
    }
}

fn pass_on(number: u64, output: ChildStdout) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = output.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line);
        if read.is_err() || line.last() != Some(&b'\n') {
            return;
        }
        say(number, &line);
    }
}

/// Ends a process, and lets the machine forget it.
fn kill(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    // One that has ended already needs no end.
    if child.kill().is_ok()
        && let Err(error) = child.wait()
    {
        tracing::warn!(%error, "the process of a script is not known to have ended");
    }
}

/// Says a line. When nobody listens any more there is nobody left to start processes for, and they end with their pipes.
fn say(number: u64, line: &[u8]) {
    let mut out = io::stdout().lock();
    let written = write!(out, "{number} ").and_then(|()| out.write_all(line)).and_then(|()| out.flush());
    if written.is_err() {
        std::process::exit(74);
    }
}
