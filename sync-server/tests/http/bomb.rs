//! A compressed change that would cost Automerge two gigabytes costs the server almost nothing.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use tombolo_docs::Chunk;
use tombolo_wire::sync::Down;

use crate::device::{Device, id};
use crate::server::Server;

/// A change chunk of deflated zeros under a wrong checksum.
fn bomb(inflated_bytes: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..inflated_bytes >> 20 {
        encoder.write_all(&zeros).unwrap();
    }
    let deflated = encoder.finish().unwrap();
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83, 1, 2, 3, 4, 2];
    let mut length = deflated.len();
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend(deflated);
    bytes
}

fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_compressed_bomb_is_refused_with_little_memory_and_at_once() {
    let bytes = bomb(512 << 20);
    assert!(bytes.len() > 400_000 && bytes.len() < 1 << 20, "{} bytes", bytes.len());
    let server = Server::start();
    let ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let before = peak_kib(server.pid());
    let begun = Instant::now();
    for _ in 0..5 {
        match device.push(id(), &[Chunk { hash: [0; 32], bytes: bytes.clone() }]).await {
            Some(Down::Refused { refusals, .. }) => assert_eq!(refusals[0].code, "too_large"),
            other => panic!("{other:?}"),
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let extra = peak_kib(server.pid()) - before;
    assert!(extra < 64 * 1024, "{extra} KiB more");
    println!("the bomb cost {extra} KiB");
}
