//! The frames of `/sync` as bytes: what a program in another language has to write and read.

use proptest::prelude::*;
use serde_json::json;
use tombolo_model::{Grants, Id, Level, Role};
use tombolo_wire::run::RunError;
use tombolo_wire::sync::{
    ByteBuf, Course, Cursor, Down, Entry, FrameError, Hello, MAX_UP_BYTES, ManifestEntry, Place, RefusedChanges,
    RunErrorRow, RunRows, Snapshot, SnapshotPage, Up, Welcome, decode_down, decode_page, decode_up, encode_down,
    encode_page, encode_up,
};

fn id() -> Id {
    Id::from_parts(0x6741_a0b1, [1, 2, 3, 4, 5, 6, 7, 8])
}

fn cursor() -> Cursor {
    Cursor { server_epoch: 1, visibility_epoch: 2, sequence: 3, bootstrap: None }
}

fn error() -> RunErrorRow {
    let error = RunError {
        step: "export".to_owned(),
        code: "http_500".to_owned(),
        message: "The endpoint answered 500.".to_owned(),
        record: Some(json!({"a": [1, 2.5, null, {"b": "ä"}], "big": u64::MAX})),
        index: Some(7),
        time_ms: -1,
        ..RunError::default()
    };
    RunErrorRow { run: id(), n: 4, error }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_hello_is_these_bytes_in_every_release() {
    let frame = Up::Hello(Hello { version: 1, cursor: Some(cursor()) });
    let bytes = encode_up(&frame).unwrap();
    // {"hello": {"version": 1, "cursor": {"serverEpoch": 1, "visibilityEpoch": 2, "sequence": 3}}}
    let expected = "a16568656c6c6fa26776657273696f6e0166637572736f72a36b73657276657245706f6368016f7669736962696c69747945706f6368026873657175656e636503";
    assert_eq!(hex(&bytes), expected);
    assert_eq!(decode_up(&bytes).unwrap(), frame);
}

#[test]
fn a_push_is_these_bytes_in_every_release() {
    let frame = Up::Push { push: 1, document: id(), changes: vec![ByteBuf::from(vec![1, 2, 3])] };
    let bytes = encode_up(&frame).unwrap();
    let expected =
        "a16470757368a364707573680168646f63756d656e7478183637343161306231303130323033303430353036303730386763\
                    68616e6765738143010203"
            .replace(' ', "");
    assert_eq!(hex(&bytes), expected);
}

#[test]
fn a_frame_without_body_is_its_name() {
    assert_eq!(hex(&encode_up(&Up::Ping).unwrap()), "6470696e67");
    assert_eq!(decode_up(&[0x64, b'p', b'i', b'n', b'g']).unwrap(), Up::Ping);
}

#[test]
fn hashes_are_one_byte_string_and_must_be_whole() {
    let frame = Down::Need { push: 1, hashes: vec![[1; 32], [2; 32]] };
    let bytes = encode_down(&frame).unwrap();
    assert!(hex(&bytes).contains(&format!("5840{}", "01".repeat(32))));
    let cut = hex(&bytes).replace("5840", "583f");
    let cut: Vec<u8> =
        (0..cut.len() / 2 - 1).map(|at| u8::from_str_radix(&cut[2 * at..2 * at + 2], 16).unwrap()).collect();
    assert!(matches!(decode_down(&cut), Err(FrameError::Malformed(_))));
}

#[test]
fn every_frame_of_a_device_survives_the_way() {
    let place = Place { document: Some(id()), field: Some("/name".to_owned()), cursor: Some((3, 9)) };
    let frames = [
        Up::Hello(Hello { version: 1, cursor: None }),
        Up::Push { push: 9, document: id(), changes: vec![] },
        Up::Received { frames: 2 },
        Up::Fetch { documents: vec![id()] },
        Up::Compared,
        Up::Runs { push: 1, rows: RunRows { errors: vec![error()], ..RunRows::default() } },
        Up::Presence { tab: "t".to_owned(), place: Some(place) },
        Up::Presence { tab: "t".to_owned(), place: None },
        Up::Ping,
    ];
    for frame in frames {
        assert_eq!(decode_up(&encode_up(&frame).unwrap()).unwrap(), frame);
    }
}

fn of_the_server() -> Vec<Down> {
    let hash = [7; 32];
    let refusal = RefusedChanges { code: "rights".to_owned(), message: "no".to_owned(), hashes: vec![hash] };
    let change = Entry::Change { document: id(), bytes: ByteBuf::from(vec![1]), user: Some(id()) };
    let grants = Grants::from([(id(), Level::Manage)]);
    let welcome =
        Welcome { version: 1, role: Role::Monitor, grants: grants.clone(), course: Course::Rights, cursor: cursor() };
    vec![
        Down::Welcome(welcome),
        Down::Accepted { push: 1 },
        Down::Refused { push: 1, refusals: vec![refusal] },
        Down::Need { push: 1, hashes: vec![hash] },
        Down::Failed { push: 1, message: "full".to_owned() },
        Down::Changes {
            entries: vec![change, Entry::RunError(error()), Entry::Purged { document: id() }],
            cursor: Cursor { bootstrap: Some(id()), ..cursor() },
            complete: true,
        },
        Down::Bundle { page: ByteBuf::from(vec![0]), cursor: None },
        Down::Manifest { entries: vec![ManifestEntry { document: id(), heads: vec![hash, hash] }], complete: false },
        Down::Forget { documents: vec![id()] },
        Down::RunsStored { push: 1 },
        Down::Left { session: "s/t".to_owned() },
        Down::Role { role: Role::Owner, grants: Grants::new() },
        Down::Role { role: Role::Custom, grants },
        Down::Pong,
        Down::Bye { code: "removed".to_owned(), message: "gone".to_owned() },
    ]
}

#[test]
fn every_frame_of_the_server_survives_the_way() {
    for frame in of_the_server() {
        assert_eq!(decode_down(&encode_down(&frame).unwrap()).unwrap(), frame);
    }
}

#[test]
fn a_page_of_documents_survives_the_way() {
    let page = SnapshotPage {
        documents: vec![Snapshot { document: id(), chunks: vec![ByteBuf::from(vec![1, 2]), ByteBuf::new()] }],
        runs: RunRows { errors: vec![error()], ..RunRows::default() },
    };
    assert_eq!(decode_page(&encode_page(&page).unwrap()).unwrap(), page);
}

#[test]
fn unknown_fields_are_ignored_so_that_a_later_release_may_add_some() {
    // {"received": {"frames": 5, "later": [1]}}
    let bytes =
        [&[0xa1, 0x68][..], b"received", &[0xa2, 0x66], b"frames", &[0x05, 0x65], b"later", &[0x81, 0x01]].concat();
    assert_eq!(decode_up(&bytes).unwrap(), Up::Received { frames: 5 });
}

#[test]
fn too_large_trailing_and_deeply_nested_frames_are_refused() {
    assert!(matches!(decode_up(&vec![0; MAX_UP_BYTES + 1]), Err(FrameError::TooLarge { .. })));
    let mut trailing = encode_up(&Up::Ping).unwrap();
    trailing.push(0);
    assert!(matches!(decode_up(&trailing), Err(FrameError::Trailing(1))));
    let deep = vec![0x81; 500_000];
    assert!(matches!(decode_up(&deep), Err(FrameError::Malformed(_))));
    let nested = [&[0xa1, 0x68][..], b"received", &[0xa1, 0x65], b"later", &vec![0x81; 500_000]].concat();
    assert!(matches!(decode_up(&nested), Err(FrameError::Malformed(_))));
    // A byte string that claims two gigabytes.
    let liar = [&[0xa1, 0x64][..], b"push", &[0xa1, 0x67], b"changes", &[0x81, 0x5a, 0x7f, 0xff, 0xff, 0xff]].concat();
    assert!(matches!(decode_up(&liar), Err(FrameError::Malformed(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(decode_up(&bytes));
        drop(decode_down(&bytes));
        drop(decode_page(&bytes));
    }

    #[test]
    fn a_damaged_frame_never_panics(at in any::<prop::sample::Index>(), value in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let rows = RunRows { errors: vec![error()], ..RunRows::default() };
        let mut bytes = encode_up(&Up::Runs { push: 1, rows }).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = value;
        drop(decode_up(&bytes));
        drop(decode_up(&bytes[..cut.index(bytes.len())]));
    }
}
