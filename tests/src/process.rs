//! Processes that a test started: ending them, with all they started in turn, and reading their memory.

use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::fs;

/// Ends a process and everything below it at once, as a power cut would.
///
/// The parents go first, so that none of them starts another child meanwhile.
pub fn kill_tree(root: u32) {
    let mut all = vec![root];
    all.extend(descendants(root));
    for id in all {
        kill(id);
    }
}

/// Ends one process at once (`kill -9`).
pub fn kill(id: u32) {
    let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) else {
        return;
    };
    if kill_process(pid, Signal::KILL).is_err() {
        // It ended by itself meanwhile.
    }
}

/// Asks a process to end (`SIGTERM`).
pub fn terminate(id: u32) {
    let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) else {
        return;
    };
    if kill_process(pid, Signal::TERM).is_err() {
        // It ended by itself meanwhile.
    }
}

/// All processes below this one.
pub fn descendants(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Some(parent) = parent(id) {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        for child in children.get(&id).into_iter().flatten() {
            found.push(*child);
            open.push(*child);
        }
    }
    found
}

fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold spaces and parentheses of its own.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// A line of `/proc/<id>/status` in KiB: `VmRSS` is what is held now, `VmHWM` the most that ever was.
pub fn memory_kib(id: u32, line: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))?;
    found.split_whitespace().next()?.parse().ok()
}

/// Forgets the most that a process ever held (`VmHWM`): from now on it is counted anew. False when it is gone.
pub fn reset_peak(id: u32) -> bool {
    fs::write(format!("/proc/{id}/clear_refs"), "5").is_ok()
}

/// Whether a process is a browser's renderer: it shows pages and runs their workers.
pub fn is_renderer(id: u32) -> bool {
    // Such a process writes its arguments anew, in one piece.
    fs::read(format!("/proc/{id}/cmdline"))
        .is_ok_and(|line| String::from_utf8_lossy(&line).replace('\0', " ").contains("--type=renderer"))
}
