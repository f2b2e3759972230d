//! Files that a run may open, held by Landlock; an older kernel holds what it can.
//!
//! See <https://docs.kernel.org/userspace-api/landlock.html>.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

use crate::job::Held;

/// The rules that are asked for; an older kernel knows fewer.
const KERNEL: ABI = ABI::V6;
/// Certificates, names of machines, libraries and devices.
const READABLE: &[&str] = &[
    "/etc",
    "/usr",
    "/lib",
    "/lib64",
    "/nix/store",
    "/opt/etc/ssl",
    "/var/lib/ca-certificates",
    "/dev/null",
    "/dev/random",
    "/dev/urandom",
];

/// Gives up all files but those that TLS and names need, the ones to read, and the folder to write to; for this thread
/// and those that it starts. Returns how much of it this kernel holds.
///
/// # Errors
///
/// Returns why the kernel, which knows such rules, did not take them.
pub(crate) fn deny_files<'a>(files: impl Iterator<Item = &'a PathBuf>, out: &Path) -> Result<Held, RulesetError> {
    let read = AccessFs::from_read(KERNEL);
    let held = nothing()?
        .add_rules(path_beneath_rules(READABLE, read))?
        .add_rules(path_beneath_rules(of_the_machine(), read))?
        .add_rules(path_beneath_rules(files, read))?
        .add_rules(path_beneath_rules([out], AccessFs::from_all(KERNEL)))?
        .restrict_self()?;
    Ok(how_much(&held))
}

/// Gives up all files, for this thread and those that it starts. Returns how much of it this kernel holds.
///
/// # Errors
///
/// Returns why the kernel, which knows such rules, did not take them.
pub(crate) fn deny_all_files() -> Result<Held, RulesetError> {
    Ok(how_much(&nothing()?.restrict_self()?))
}

/// Rules under which nothing is open yet.
fn nothing() -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(KERNEL))?
        .handle_access(AccessNet::BindTcp)?
        .scope(Scope::from_all(KERNEL))?
        .create()
}

fn how_much(held: &RestrictionStatus) -> Held {
    match held.ruleset {
        RulesetStatus::FullyEnforced => Held::All,
        RulesetStatus::PartiallyEnforced => Held::Part,
        RulesetStatus::NotEnforced => Held::Nothing,
    }
}

/// Places that the machine or its operator chooses.
fn of_the_machine() -> Vec<PathBuf> {
    // The file itself is replaced when the network changes, so its folder is what must stay readable.
    let resolver = Path::new("/etc/resolv.conf").canonicalize().ok();
    let resolver = resolver.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    let certificates = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter_map(std::env::var_os);
    let certificates: Vec<PathBuf> =
        certificates.flat_map(|value| std::env::split_paths(&value).collect::<Vec<_>>()).collect();
    certificates.into_iter().chain(resolver).collect()
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn a_run_reads_the_files_of_its_job_and_writes_to_its_folder_only() {
        let folder = tempfile::tempdir().unwrap();
        let (input, key) = (folder.path().join("input.csv"), folder.path().join("secrets.key"));
        let out = folder.path().join("out");
        std::fs::create_dir(&out).unwrap();
        std::fs::write(&input, "a,b").unwrap();
        std::fs::write(&key, "secret").unwrap();
        let own = std::thread::spawn(move || {
            let held = deny_files([input.clone()].iter(), &out).unwrap();
            assert_eq!(std::fs::read_to_string(&input).unwrap(), "a,b");
            std::fs::create_dir(out.join("step")).unwrap();
            std::fs::write(out.join("step/result.part"), "x").unwrap();
            std::fs::rename(out.join("step/result.part"), out.join("step/result")).unwrap();
            let kind = |error: std::io::Error| error.kind();
            let read = std::fs::read(&key).map_err(kind);
            let written = std::fs::write(&input, "").map_err(kind);
            let listed = std::fs::read_dir(key.parent().unwrap()).map(|_| ()).map_err(kind);
            (held, read.map(|_| ()), written, listed)
        });
        let refused = Err(ErrorKind::PermissionDenied);
        let (held, read, written, listed) = own.join().unwrap();
        // Some kernels have no such rules, or have them switched off.
        if held != Held::Nothing {
            assert_eq!((read, written, listed), (refused, refused, refused));
        }
    }
}
