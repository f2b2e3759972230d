//! The server stops in order: devices are told, the program ends well, the folder is free again.

use std::time::{Duration, Instant};

use tombolo_wire::sync::Down;

use crate::device::Device;
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
