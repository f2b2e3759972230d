//! System calls that a run has no use for, refused by seccomp.
//!
//! What is not named is allowed: the runtime, the resolver and TLS change with each release, and a call that they
//! suddenly miss would fail runs. Named is what starts programs, looks into or stops other processes, offers ports,
//! speaks to services of this machine, changes what the process is, or goes around the filter.
//! On other processors than `x86_64` and `aarch64` nothing is refused.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use crate::job::Held;

/// Refused, whatever the arguments.
const NEVER: &[i64] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    // Its requests are carried out past the filter.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_open_by_handle_at,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_personality,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
];

/// The same, on this kind of processor; the others have no number for them and use `clone`.
#[cfg(target_arch = "x86_64")]
const NEVER_HERE: &[i64] = &[libc::SYS_fork, libc::SYS_vfork];
#[cfg(not(target_arch = "x86_64"))]
const NEVER_HERE: &[i64] = &[];

/// Gives up the calls, for this thread and those that it starts. Returns how much of it is held.
///
/// # Errors
///
/// Returns why the kernel did not take the filter.
pub(crate) fn deny_calls() -> Result<Held, seccompiler::Error> {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else {
        return Ok(Held::Nothing);
    };
    // The flags of this call lie in memory, where a filter cannot read; threads are then started with `clone`.
    let unreadable = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    apply(unreadable, libc::ENOSYS, arch)?;
    apply(refused()?, libc::EPERM, arch)?;
    Ok(Held::All)
}

/// Gives up the network as well, for this thread and those that it starts. Returns how much of it is held.
///
/// # Errors
///
/// Returns why the kernel did not take the filter.
pub(crate) fn deny_network() -> Result<Held, seccompiler::Error> {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else {
        return Ok(Held::Nothing);
    };
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        [libc::SYS_socket, libc::SYS_socketpair].map(|call| (call, Vec::new())).into();
    if cfg!(target_arch = "x86_64") {
        also_under_x32(&mut rules);
    }
    apply(rules, libc::EPERM, arch)?;
    Ok(Held::All)
}

fn apply(rules: BTreeMap<i64, Vec<SeccompRule>>, code: i32, arch: TargetArch) -> Result<(), seccompiler::Error> {
    let answer = SeccompAction::Errno(code.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, answer, arch)?;
    apply_filter(&BpfProgram::try_from(filter)?)
}

fn refused() -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
    let me = u64::from(std::process::id());
    let argument = |n, how, value: u64| SeccompCondition::new(n, SeccompCmpArgLen::Dword, how, value);
    let is_not = |value: i32| argument(0, SeccompCmpOp::Ne, u64::from(value.unsigned_abs()));
    let threads = u64::from(libc::CLONE_THREAD.unsigned_abs());
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        NEVER.iter().chain(NEVER_HERE).map(|call| (*call, Vec::new())).collect();
    // A signal to itself is how a process ends that cannot go on.
    for call in [libc::SYS_kill, libc::SYS_tgkill] {
        rules.insert(call, vec![SeccompRule::new(vec![argument(0, SeccompCmpOp::Ne, me)?])?]);
    }
    // Threads, but no processes.
    let no_thread = SeccompRule::new(vec![argument(0, SeccompCmpOp::MaskedEq(threads), 0)?])?;
    rules.insert(libc::SYS_clone, vec![no_thread]);
    // The resolver asks the kernel for addresses; sockets in the file system lead to services of this machine.
    let families = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
    let other = families.into_iter().map(is_not).collect::<Result<Vec<_>, _>>()?;
    rules.insert(libc::SYS_socket, vec![SeccompRule::new(other)?]);
    if cfg!(target_arch = "x86_64") {
        also_under_x32(&mut rules);
    }
    Ok(rules)
}

/// Some kernels know a second set of numbers, for processes with short pointers; the same calls are refused there.
/// See `arch/x86/entry/syscalls/syscall_64.tbl` in the kernel.
fn also_under_x32(rules: &mut BTreeMap<i64, Vec<SeccompRule>>) {
    const X32: i64 = 0x4000_0000;
    // `execve`, `rt_sigqueueinfo`, `ptrace`, `kexec_load`, `rt_tgsigqueueinfo`, `process_vm_readv` and `_writev`, `execveat`
    const OWN: [i64; 8] = [520, 524, 521, 528, 536, 539, 540, 545];
    let same: Vec<_> = rules.iter().map(|(call, rules)| (call | X32, rules.clone())).collect();
    rules.extend(same);
    rules.extend(OWN.map(|call| (call | X32, Vec::new())));
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::UnixStream;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use rustix::process::{getpid, getppid, test_kill_process};

    use super::*;

    fn code<T>(result: io::Result<T>) -> Option<i32> {
        result.err().and_then(|error| error.raw_os_error())
    }

    #[test]
    fn a_thread_that_gave_up_the_calls_starts_nothing_and_reaches_no_other_process() {
        let own = std::thread::spawn(|| {
            deny_calls().unwrap();
            // If this were carried out, the tests would end here with an error.
            assert_eq!(Command::new("/bin/false").exec().raw_os_error(), Some(libc::EPERM));
            assert_eq!(code(Command::new("/bin/true").status()), Some(libc::EPERM));
            assert_eq!(code(TcpListener::bind("127.0.0.1:0")), Some(libc::EPERM));
            assert_eq!(code(UdpSocket::bind("127.0.0.1:0")), Some(libc::EPERM));
            assert_eq!(code(UnixStream::connect("/none")), Some(libc::EPERM));
            let parent = getppid().unwrap();
            assert_eq!(test_kill_process(parent), Err(rustix::io::Errno::PERM));
            assert_eq!(test_kill_process(getpid()), Ok(()));
            // What it starts is bound as well.
            let inner = std::thread::spawn(|| code(TcpListener::bind("127.0.0.1:0")));
            assert_eq!(inner.join().unwrap(), Some(libc::EPERM));
        });
        own.join().unwrap();
        // Another thread is not.
        assert!(TcpListener::bind("127.0.0.1:0").is_ok());
    }

    #[test]
    fn a_thread_that_gave_up_the_network_connects_to_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let own = std::thread::spawn(move || {
            deny_network().unwrap();
            code(TcpStream::connect(("127.0.0.1", port)))
        });
        assert_eq!(own.join().unwrap(), Some(libc::EPERM));
    }

    #[test]
    fn a_thread_that_gave_up_the_calls_still_connects_resolves_and_reads() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let own = std::thread::spawn(move || {
            deny_calls().unwrap();
            TcpStream::connect(("localhost", port)).unwrap();
            assert!(std::fs::metadata("/").unwrap().is_dir());
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap() });
        });
        own.join().unwrap();
    }
}
