//! What the process of a run gives up for good (decision 30).
//!
//! Limits on every system of the Unix kind. On Linux also system calls that no run needs, such as starting a program,
//! and files: it reads those of its job and those of the machine that TLS and names need, and writes to its own
//! folder. The server's data and key are out of its reach.
//!
//! Invariant: nothing of this can be taken back, and threads that are started later are bound by it too. So it
//! has to be called before there are any.

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;

use rustix::process::{Resource, Rlimit, setrlimit};

#[cfg(target_os = "linux")]
pub(super) use calls::deny_calls;
#[cfg(target_os = "linux")]
pub(super) use files::deny_files;

/// The most memory of a run, addresses included that are never touched.
const MEMORY_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// The most files and sockets at a time.
const FILES: u64 = 256;
/// The biggest file that a run may make.
const FILE_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// The most time on the processor; waiting for others does not count.
const CPU_SECONDS: u64 = 3_600;

/// Sets the limits.
pub(super) fn limit() -> rustix::io::Result<()> {
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::As, MEMORY_BYTES),
        (Resource::Nofile, FILES),
        (Resource::Fsize, FILE_BYTES),
        (Resource::Cpu, CPU_SECONDS),
    ] {
        let most = Some(most);
        setrlimit(resource, Rlimit { current: most, maximum: most })?;
    }
    Ok(())
}

/// Only Linux has the means.
#[cfg(not(target_os = "linux"))]
pub(super) fn deny_calls() -> std::io::Result<()> {
    Ok(())
}

/// Only Linux has the means.
#[cfg(not(target_os = "linux"))]
pub(super) fn deny_files<'a>(
    _: impl Iterator<Item = &'a std::path::PathBuf>,
    _: &std::path::Path,
) -> std::io::Result<()> {
    Ok(())
}
