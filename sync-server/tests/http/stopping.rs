//! The server stops in order: devices are told, the program ends well, the folder is free again.

use std::time::{Duration, Instant};

use tombolo_wire::run::RunStatus;
use tombolo_wire::sync::Down;

use crate::device::Device;
use crate::runs;
use crate::schedule::{Heard, back};
use crate::server::Server;

#[tokio::test]
async fn a_stop_signal_tells_the_devices_and_ends_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &[]);
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let begun = Instant::now();
    server.terminate();
    let code = device.until(|frame| match frame {
        Down::Bye { code, .. } => Some(code),
        _ => None,
    });
    assert_eq!(code.await, "restart");
    assert!(device.next().await.is_none());
    assert!(server.wait().success());
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    drop(Server::on(folder.path(), &[]));
}

#[tokio::test]
async fn two_servers_do_not_share_a_folder() {
    let server = Server::start();
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(server.data())
        .output()
        .unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("another server uses"));
}

#[tokio::test]
async fn what_the_runs_of_a_killed_server_left_behind_is_gone_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &[]);
    server.kill();
    let left = folder.path().join("tmp/run/out");
    std::fs::create_dir_all(&left).unwrap();
    drop(Server::on(folder.path(), &[]));
    assert!(!left.exists() && folder.path().join("tmp").is_dir());
}

#[tokio::test]
async fn a_stop_signal_ends_the_runs_and_their_rows_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::on(folder.path(), &["--allow-private-network"]);
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let run = runs::start_endless(&mut ann, &mut device).await;
    server.terminate();
    assert!(server.wait().success());
    let server = Server::on(folder.path(), &[]);
    let mut device = Device::join(&back(&server).await, ann.account, None).await;
    let mut heard = Heard::default();
    heard.until(&mut device, |heard| !heard.runs.is_empty()).await;
    assert_eq!(heard.runs[&run].status, RunStatus::Canceled);
    assert_eq!(std::fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_server_opens_as_many_files_as_it_is_allowed() {
    let server = Server::start();
    let process = std::path::PathBuf::from(format!("/proc/{}", server.pid()));
    let limits = runs::limits_of(&process, "Max open files");
    assert_eq!(limits[0], limits[1], "the sockets of many devices are files");
}
