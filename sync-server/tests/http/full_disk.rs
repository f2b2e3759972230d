//! The disk is full at one point after the other: whoever writes is told so, nothing that was acknowledged is lost, and
//! with room again everything goes on.
//!
//! `TOMBOLO_ROUNDS` sets the number of fill points; the full figure is 30. The data folder is a small file system in
//! memory, mounted where no other process sees it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tombolo_model::{Id, Kind};
use tombolo_wire::sync::{Down, Hash};

use crate::device::{Device, author, create, noise, set};
use crate::kill::read_all;
use crate::server::{Browser, PASSWORD, Person, Server, code};
use crate::v1::client::as_page;

/// How large the file system is.
const SIZE: &str = "size=160m";
/// Left over at each fill point more than at the one before.
const STEP_BYTES: u64 = 20 * 1024;

/// A file system of its own in memory, which lasts as long as a process that holds it.
struct Disk {
    holder: Child,
    /// Where it is mounted, for those inside.
    inside: PathBuf,
    /// The same place, seen from here.
    outside: PathBuf,
    _folder: tempfile::TempDir,
}

impl Disk {
    /// Nothing where the system lets nobody mount anything; the full round needs it.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().to_path_buf();
        let script = format!("mount -t tmpfs -o {SIZE} none \"$0\" && echo mounted && exec sleep 100000");
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .arg(&inside)
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs unshare, of util-linux");
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line != "mounted\n" {
            holder.wait().unwrap();
            let full = std::env::var_os("TOMBOLO_ROUNDS").is_some();
            assert!(!full, "this test needs user namespaces, in which it mounts a small tmpfs");
            return None;
        }
        let outside = PathBuf::from(format!("/proc/{}/root{}", holder.id(), inside.display()));
        Some(Self { holder, inside, outside, _folder: folder })
    }

    /// The program, inside.
    fn tombolo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.holder.id().to_string(), "--user", "--mount", "--preserve-credentials"]);
        command.arg(env!("CARGO_BIN_EXE_tombolo")).args(arguments).arg("--data").arg(self.inside.join("data"));
        command.env("TOMBOLO_LOG", "off");
        command
    }

    /// A server on it, or what it said instead of starting.
    fn serve(&self) -> Result<Server, Output> {
        let mut command = self.tombolo(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        match line.trim().rsplit_once("://") {
            Some((_, address)) => Ok(Server::of(child, address, &self.outside.join("data"))),
            None => Err(child.wait_with_output().unwrap()),
        }
    }

    fn ballast(&self) -> PathBuf {
        self.outside.join("ballast")
    }

    /// Fills it up, and gives so many bytes back.
    fn fill(&self, left_bytes: u64) {
        let mut file = File::options().append(true).create(true).open(self.ballast()).unwrap();
        for size in [1 << 20, 4096] {
            let block = vec![7; size];
            while file.write_all(&block).is_ok() {}
        }
        let full = file.metadata().unwrap().len();
        file.set_len(full - left_bytes).unwrap();
    }

    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.holder.kill().is_ok() {
            self.holder.wait().unwrap();
        }
    }
}

#[tokio::test]
async fn a_disk_that_is_full_at_any_point_is_said_loses_nothing_acknowledged_and_is_over_with_room() {
    let rounds: u64 = std::env::var("TOMBOLO_ROUNDS").map_or(3, |text| text.parse().unwrap());
    let Some(disk) = Disk::mount() else {
        eprintln!("not run: there are no user namespaces here in which a small file system could be mounted");
        return;
    };
    std::fs::create_dir(disk.outside.join("data")).unwrap();
    let mut server = disk.serve().unwrap();
    let mut ann = server.person("ann").await;
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds {
        let mut device = Device::join(&ann.browser, ann.account, None).await;
        disk.fill(8 * STEP_BYTES + round * STEP_BYTES);
        let refused = until_full(&mut device, &mut acknowledged).await;
        others_are_told(&mut ann, &server).await;
        if round % 3 == 1 {
            server.kill();
            // Whether it starts on a full disk depends on what the killed one left; if not, it says why.
            server = match disk.serve() {
                Ok(started) => started,
                Err(output) => {
                    says_so(&String::from_utf8_lossy(&output.stderr));
                    disk.make_room();
                    disk.serve().unwrap()
                }
            };
            ann.browser = ann.browser.at(&server);
            device = Device::join(&ann.browser, ann.account, None).await;
        }
        if disk.ballast().exists() {
            disk.make_room();
        }
        let (document, chunks) = refused;
        assert!(
            matches!(device.push(document, &chunks).await, Some(Down::Accepted { .. })),
            "round {round}: with room"
        );
        acknowledged.extend(chunks.iter().map(|chunk| (document, chunk.hash)));
        let stored = read_all(&ann.browser, ann.account).await;
        let lost: Vec<_> = acknowledged.difference(&stored).collect();
        assert!(lost.is_empty(), "round {round}: {} lost", lost.len());
    }
    server.kill();
    let verified = disk.tombolo(&["admin", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    println!("{rounds} times full, {} acknowledged changes, 0 lost", acknowledged.len());
}

/// Pushes until nothing goes in any more; gives what did not.
async fn until_full(device: &mut Device, acknowledged: &mut BTreeSet<(Id, Hash)>) -> (Id, Vec<tombolo_docs::Chunk>) {
    let me = author();
    let (mut flow, mut chunk) = create(Kind::Flow, &json!({ "name": noise(100) }), &me);
    let mut size = 1;
    loop {
        let chunks = vec![chunk];
        match device.push(flow.id(), &chunks).await {
            Some(Down::Accepted { .. }) => acknowledged.extend(chunks.iter().map(|chunk| (flow.id(), chunk.hash))),
            Some(Down::Failed { message, .. }) => {
                assert!(message.contains("disk is full") && message.contains("operator"), "{message}");
                return (flow.id(), chunks);
            }
            other => panic!("{other:?}"),
        }
        // From a few bytes to a few hundred thousand, so that it is full at another place each time.
        size = (size * 3 + 17) % 220_000;
        if acknowledged.len() % 40 == 39 {
            (flow, chunk) = create(Kind::Flow, &json!({ "name": noise(100) }), &me);
        } else {
            chunk = set(&mut flow, &me, "/name", json!(noise(size)));
        }
    }
}

/// Whoever writes otherwise is told the same, or what they wanted was small enough; reading goes on.
async fn others_are_told(ann: &mut Person, server: &Server) {
    let bytes = noise(3_000_000).into_bytes();
    let hash = hex::encode(Sha256::digest(&bytes));
    let path = format!("/api/accounts/{}/blobs/{hash}", ann.account);
    let request = ann.browser.request(Method::PUT, &path).header("origin", ann.browser.origin());
    let upload = request.body(bytes).send().await.unwrap();
    assert_eq!(upload.status(), StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(code(upload).await, "storage_full");
    let path = format!("/api/accounts/{}/connections/{}/secrets", ann.account, crate::device::id());
    let secret = json!({ "path": "/http/auth/token/token", "value": noise(50_000), "hosts": ["a.example"] });
    told_or_done(&mut ann.browser, Method::PUT, &path, secret).await;
    let script = json!({ "name": "s", "content": noise(200_000) });
    let account = ann.account.to_string();
    let answer = as_page(ann, &account, Method::POST, "/v1/scripts", Some(script)).await;
    assert!(matches!(answer.status.as_u16(), 201 | 507), "{}: {}", answer.status, answer.text);
    let mut other = server.browser();
    told_or_done(&mut other, Method::POST, "/api/signin", json!({ "email": "ann@example.com", "password": PASSWORD }))
        .await;
    assert_eq!(ann.browser.get("/api/me").await.status(), StatusCode::OK);
    assert_eq!(ann.browser.get("/healthz").await.status(), StatusCode::OK);
}

async fn told_or_done(browser: &mut Browser, method: Method, path: &str, body: Value) {
    let answer = browser.send(method, path, Some(body)).await;
    if !answer.status().is_success() {
        assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE, "{path}");
        assert_eq!(code(answer).await, "storage_full", "{path}");
    }
}

fn says_so(text: &str) {
    assert!(text.contains("full") || text.contains("No space left"), "{text}");
}
