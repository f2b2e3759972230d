//! Chunks that weigh little and would cost much: refused before Automerge sees them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail by panicking"
)]

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};
use tombolo_sync::prescan::{Caps, ScanError, scan, scan_change};

const MIB: usize = 1024 * 1024;

fn leb(mut value: u64, into: &mut Vec<u8>) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            into.push(byte);
            return;
        }
        into.push(byte | 0x80);
    }
}

/// A chunk with a right checksum over `hashed`, which is `data` itself unless that is deflated.
fn chunk(kind: u8, data: &[u8], hashed: &[u8]) -> Vec<u8> {
    let mut head = vec![if kind == 2 { 1 } else { kind }];
    leb(hashed.len() as u64, &mut head);
    let hash = Sha256::new().chain_update(&head).chain_update(hashed).finalize();
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83];
    bytes.extend(&hash[..4]);
    bytes.push(kind);
    leb(data.len() as u64, &mut bytes);
    bytes.extend(data);
    bytes
}

/// The body of a change with these columns.
fn change(columns: &[(u32, &[u8])]) -> Vec<u8> {
    let mut body = vec![0, 16];
    body.extend([7; 16]);
    body.extend([1, 1, 0, 0, 0]);
    body.extend(listed(columns));
    body.extend(columns.iter().flat_map(|(_, data)| data.iter().copied()));
    body
}

fn listed(columns: &[(u32, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    leb(columns.len() as u64, &mut bytes);
    for (spec, data) in columns {
        leb(u64::from(*spec), &mut bytes);
        leb(data.len() as u64, &mut bytes);
    }
    bytes
}

fn deflated_zeros(bytes: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; MIB];
    for _ in 0..bytes / MIB {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

/// A run of `times` equal values in a column's encoding.
fn run(times: u64, value: &[u8]) -> Vec<u8> {
    // Signed LEB128 of a positive number: one more bit than unsigned.
    let mut bytes = Vec::new();
    let mut left = times;
    while left >= 0x40 {
        bytes.push((left & 0x7f) as u8 | 0x80);
        left >>= 7;
    }
    bytes.push(left as u8);
    bytes.extend(value);
    bytes
}

const ACTION: u32 = (4 << 4) | 2;
const KEY_STRING: u32 = (1 << 4) | 5;
const INSERT: u32 = (3 << 4) | 4;
const PRED_COUNT: u32 = 7 << 4;

fn refused(bytes: &[u8]) -> ScanError {
    scan_change(bytes, &Caps::CHANGE).expect_err("it was let through")
}

fn too_big(bytes: &[u8]) {
    assert!(matches!(refused(bytes), ScanError::TooBig { .. }), "{:?}", refused(bytes));
}

#[cfg(target_os = "linux")]
fn peak_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn half_a_megabyte_of_deflated_zeros_is_refused_within_a_megabyte() {
    let zeros = deflated_zeros(512 * MIB);
    assert!(zeros.len() < 600 * 1024 && zeros.len() > 400 * 1024, "{}", zeros.len());
    let bomb = chunk(2, &zeros, b"the checksum is wrong");
    let column = [&[1, 16][..], &[7; 16], &[0], &listed(&[]), &listed(&[(ACTION | 8, &zeros)]), &zeros].concat();
    let document = chunk(0, &column, &column);
    let before = peak_kib();
    too_big(&bomb);
    assert!(matches!(scan(&document, &Caps::SNAPSHOT), Err(ScanError::TooBig { .. })));
    let grown = peak_kib() - before;
    println!("{grown} KiB more");
    assert!(grown < 1024, "{grown} KiB more");
}

#[test]
fn an_honest_looking_change_passes_so_that_the_refusals_mean_something() {
    let body = change(&[(ACTION, &run(3, &[1]))]);
    let scan = scan_change(&chunk(1, &body, &body), &Caps::CHANGE).unwrap();
    assert_eq!((scan.ops, scan.seq, scan.start_op, scan.actor.len()), (3, 1, 1, 16));
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&body).unwrap();
    let deflated = chunk(2, &encoder.finish().unwrap(), &body);
    assert_eq!(scan_change(&deflated, &Caps::CHANGE).unwrap().hash, scan.hash);
}

#[test]
fn a_run_length_that_claims_a_billion_operations_is_refused() {
    for times in [100_001, 1 << 30, i64::MAX as u64] {
        let body = change(&[(ACTION, &run(times, &[1]))]);
        too_big(&chunk(1, &body, &body));
    }
}

#[test]
fn a_null_run_a_boolean_run_and_a_group_that_claim_too_much_are_refused() {
    let mut nulls = vec![0];
    leb(u64::MAX, &mut nulls);
    let mut booleans = Vec::new();
    leb(1 << 40, &mut booleans);
    let mut group = vec![1];
    leb(1 << 50, &mut group);
    for (spec, data) in [(KEY_STRING, nulls), (INSERT, booleans), (PRED_COUNT, group)] {
        let body = change(&[(spec, &data)]);
        too_big(&chunk(1, &body, &body));
    }
}

#[test]
fn a_long_key_that_is_meant_a_hundred_thousand_times_is_refused() {
    let mut key = Vec::new();
    leb(100_000, &mut key);
    key.extend(vec![b'k'; 100_000]);
    let body = change(&[(KEY_STRING, &run(100_000, &key)), (ACTION, &run(100_000, &[1]))]);
    too_big(&chunk(1, &body, &body));
}

#[test]
fn counts_of_dependencies_actors_and_columns_are_capped() {
    for prefix in [vec![], [vec![0, 16], vec![7; 16], vec![1, 1, 0, 0]].concat()] {
        let mut body = prefix;
        leb(1 << 60, &mut body);
        too_big(&chunk(1, &body, &body));
    }
    let mut body = [vec![0, 16], vec![7; 16], vec![1, 1, 0, 0, 0]].concat();
    leb(1 << 60, &mut body);
    too_big(&chunk(1, &body, &body));
}

#[test]
fn a_wrong_checksum_a_bundle_and_bytes_behind_the_stream_are_refused() {
    let body = change(&[(ACTION, &run(3, &[1]))]);
    let good = chunk(1, &body, &body);
    let mut wrong = good.clone();
    wrong[5] ^= 1;
    assert_eq!(refused(&wrong), ScanError::Checksum);
    assert_eq!(refused(&chunk(3, &body, &body)), ScanError::Unsupported(3));
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&body).unwrap();
    let mut deflated = encoder.finish().unwrap();
    deflated.push(0);
    assert!(matches!(refused(&chunk(2, &deflated, &body)), ScanError::Malformed(_)));
    assert!(matches!(refused(&[good.clone(), good].concat()), ScanError::Malformed(_)));
}

#[test]
fn operations_counted_from_beyond_what_automerge_can_hold_are_refused() {
    let mut body = vec![0, 16];
    body.extend([7; 16]);
    body.push(1);
    leb(u64::from(u32::MAX), &mut body);
    body.extend([0, 0, 0]);
    let columns: [(u32, &[u8]); 1] = [(ACTION, &run(3, &[1]))];
    body.extend(listed(&columns));
    body.extend(columns[0].1);
    assert!(matches!(refused(&chunk(1, &body, &body)), ScanError::Malformed(_)));
}
