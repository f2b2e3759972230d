//! What the process of a run, and that of its scripts, gives up for good (decision 30).
//!
//! Limits on every system of the Unix kind. On Linux also system calls that no run needs, such as starting a program,
//! and files: it reads those of its job and those of the machine that TLS and names need, and writes to its own
//! folder. The server's data and key are out of its reach.
//!
//! What the machine does not hold is said, not hidden: [`Held`] goes to the operator's log when the server starts and
//! with each run.
//!
//! Invariant: nothing of this can be taken back, and threads that are started later are bound by it too. So it
//! has to be called before there are any.

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::job::Held;

#[cfg(target_os = "linux")]
pub(super) use calls::{deny_calls, deny_network};
#[cfg(target_os = "linux")]
pub(super) use files::{deny_all_files, deny_files};

/// The most files and sockets at a time.
const FILES: u64 = 256;
/// The biggest file that a run may make.
const FILE_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// The most time on the processor; waiting for others does not count.
const CPU_SECONDS: u64 = 3_600;

/// Sets the limits. Memory counts addresses that are never touched too.
pub(super) fn limit(memory_bytes: u64) -> rustix::io::Result<()> {
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::As, memory_bytes),
        (Resource::Nofile, FILES),
        (Resource::Fsize, FILE_BYTES),
        (Resource::Cpu, CPU_SECONDS),
    ] {
        let most = Some(most);
        setrlimit(resource, Rlimit { current: most, maximum: most })?;
    }
    Ok(())
}

/// Limits what the process may write to besides what it has now. Addresses that it only reserves do not count.
///
/// Elsewhere than on Linux nothing says how much it has, and [`limit`] has to do.
pub(super) fn limit_data(more_bytes: u64) -> std::io::Result<()> {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return Ok(()) };
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let Some(kib) = kib else { return Ok(()) };
    let most = Some(kib.saturating_mul(1024).saturating_add(more_bytes));
    Ok(setrlimit(Resource::Data, Rlimit { current: most, maximum: most })?)
}

/// Says in the log what runs will not be held to on this machine: for the one who operates the server, once.
///
/// Tried on a thread of its own, which ends with what it gave up.
pub(super) fn try_out() {
    let tried = std::thread::spawn(|| {
        let files = deny_files(std::iter::empty(), std::path::Path::new("/")).map_err(|error| error.to_string());
        let calls = deny_calls().map_err(|error| error.to_string());
        (files, calls)
    });
    let Ok((files, calls)) = tried.join() else {
        tracing::warn!("what runs give up on this machine could not be tried out");
        return;
    };
    if let Some(gap) = gap_of_files(files.as_ref().ok().copied()) {
        tracing::warn!(?files, "{gap}");
    }
    if let Some(gap) = gap_of_calls(calls.as_ref().ok().copied()) {
        tracing::warn!(?calls, "{gap}");
    }
}

/// What to say when so much is held; `None` for a kernel that refuses.
fn gap_of_files(held: Option<Held>) -> Option<&'static str> {
    match held {
        Some(Held::All) => None,
        Some(Held::Part) => {
            Some("this kernel holds runs to a part of what they give up. Linux 6.12 or later holds them to all of it")
        }
        Some(Held::Nothing) => Some(
            "runs are not kept from the files of the server, its key included: this kernel has no Landlock, or has it switched off. Use Linux 5.13 or later with landlock among its security modules",
        ),
        None => {
            Some("runs will fail: this kernel does not let them give up files. Switch its Landlock off, or mend it")
        }
    }
}

fn gap_of_calls(held: Option<Held>) -> Option<&'static str> {
    match held {
        Some(Held::All) => None,
        Some(Held::Part | Held::Nothing) => Some(
            "runs keep all system calls on this machine. On Linux, on x86_64 or aarch64, they give up what they do not need",
        ),
        None => Some("runs will fail: this kernel does not let them give up system calls. Use one with seccomp"),
    }
}

/// Only Linux has the means.
#[cfg(not(target_os = "linux"))]
pub(super) fn deny_calls() -> std::io::Result<Held> {
    Ok(Held::Nothing)
}

/// Only Linux has the means.
#[cfg(not(target_os = "linux"))]
pub(super) fn deny_network() -> std::io::Result<Held> {
    Ok(Held::Nothing)
}

/// Only Linux has the means.
#[cfg(not(target_os = "linux"))]
pub(super) fn deny_all_files() -> std::io::Result<Held> {
    Ok(Held::Nothing)
}

/// Only Linux has the means.
#[cfg(not(target_os = "linux"))]
pub(super) fn deny_files<'a>(
    _: impl Iterator<Item = &'a std::path::PathBuf>,
    _: &std::path::Path,
) -> std::io::Result<Held> {
    Ok(Held::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_hears_of_whatever_runs_are_not_held_to() {
        assert_eq!((gap_of_files(Some(Held::All)), gap_of_calls(Some(Held::All))), (None, None));
        assert!(gap_of_files(Some(Held::Nothing)).unwrap().contains("its key included"));
        assert!(gap_of_files(Some(Held::Part)).unwrap().contains("6.12"));
        assert!(gap_of_calls(Some(Held::Nothing)).unwrap().contains("keep all system calls"));
        for refused in [gap_of_files(None), gap_of_calls(None)] {
            assert!(refused.unwrap().starts_with("runs will fail"));
        }
    }

    #[test]
    fn trying_out_leaves_the_server_free() {
        try_out();
        assert!(std::net::TcpListener::bind("127.0.0.1:0").is_ok());
        assert!(std::fs::read_dir(".").is_ok());
    }
}
