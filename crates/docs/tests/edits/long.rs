//! Long texts: cut into changes that a server takes, and refused where a document does not hold them.

use serde_json::json;
use tombolo_docs::{Chunk, Document, EditError, inspect};
use tombolo_model::{Id, Intent, Kind};

use crate::{Device, insert};

/// The server's cap is 100,000.
const MOST_OPS: usize = 40_000;

const LIMIT: usize = 256 * 1024;

fn script(content: &str) -> Device {
    Device::first(Kind::Script, &json!({"name": "S", "content": content}))
}

fn splice(at: usize, delete: usize, insert: &str, heads: Vec<String>) -> Intent {
    Intent::Splice { path: "/content".into(), at, delete, insert: insert.into(), heads }
}

fn content(device: &Device) -> String {
    device.document.value()["content"].as_str().unwrap_or_default().to_owned()
}

fn write(device: &mut Device, intents: &[Intent]) -> Result<Vec<Chunk>, EditError> {
    device.document.edit_in_parts(&device.author, intents, &mut || "row".to_owned())
}

#[track_caller]
fn are_small(chunks: &[Chunk]) {
    let ops: Vec<usize> = chunks.iter().map(|chunk| inspect(&chunk.bytes).unwrap().ops).collect();
    assert!(ops.iter().all(|ops| *ops <= MOST_OPS), "{ops:?}");
}

fn taken(chunks: &[Chunk], onto: &Device) -> Device {
    let mut other = onto.copy(9);
    other.document.apply(chunks.iter().map(|chunk| chunk.bytes.as_slice())).unwrap();
    other
}

#[test]
fn a_long_text_is_written_in_changes_that_a_server_takes() {
    let long = "a line of a script 🙂\n".repeat(5_000);
    let mut device = script("abc");
    let before = device.copy(3);
    let pasted = write(&mut device, &[splice(1, 1, &long, Vec::new())]).unwrap();
    are_small(&pasted);
    assert_eq!(content(&device), format!("a{long}c"));
    assert_eq!(content(&taken(&pasted, &before)), content(&device), "a colleague gets all of it");
    let before = device.copy(3);
    let other = "🙂 another line\n".repeat(6_000);
    let set = write(&mut device, &[Intent::Set { path: "/content".into(), value: json!(other) }]).unwrap();
    are_small(&set);
    assert_eq!(content(&device), other);
    assert_eq!(content(&taken(&set, &before)), other);
    let value = json!({"name": "S", "content": other});
    let (made, chunks) =
        Document::create_in_parts(Kind::Script, Id::from_parts(1, [3; 8]), &value, &device.author, &mut String::new)
            .unwrap();
    are_small(&chunks);
    assert_eq!(made.value(), value);
    let loaded = Document::load(chunks.iter().map(|chunk| chunk.bytes.as_slice())).unwrap();
    assert_eq!((loaded.document.value(), loaded.is_whole()), (value, true));
}

#[test]
fn many_rows_and_long_values_are_written_in_changes_that_a_server_takes() {
    let rows: Vec<_> = (0..9_000).map(|n| json!({"generate": format!("g{n}"), "extract": "e", "other": n})).collect();
    let value = json!({"name": "I", "mappings": rows, "one": "x".repeat(200_000), "two": "y".repeat(200_000)});
    let author = script("").author;
    let mut next = 0;
    let mut ids = || {
        next += 1;
        format!("r{next}")
    };
    let (made, chunks) =
        Document::create_in_parts(Kind::Import, Id::from_parts(1, [3; 8]), &value, &author, &mut ids).unwrap();
    are_small(&chunks);
    assert!(chunks.iter().all(|chunk| chunk.bytes.len() < 1024 * 1024));
    assert_eq!(made.value(), value);
}

#[test]
fn a_long_stretch_of_an_older_state_goes_and_what_a_colleague_put_into_it_stays() {
    let mut mine = script(&"0123456789".repeat(9_000));
    let mut theirs = mine.copy(2);
    let heads = mine.document.heads_hex();
    write(&mut theirs, &[splice(40_000, 0, "<theirs>", Vec::new())]).unwrap();
    write(&mut theirs, &[splice(10, 5, "", Vec::new())]).unwrap();
    mine.take(&theirs);
    let written = write(&mut mine, &[splice(5, 89_990, "MINE", heads)]).unwrap();
    are_small(&written);
    assert_eq!(content(&mine), "01234MINE<theirs>56789");
    theirs.take(&mine);
    assert_eq!(content(&theirs), content(&mine));
}

#[test]
fn what_is_too_long_is_refused_and_nothing_of_it_is_written() {
    let mut device = script("abc");
    let heads = device.document.heads();
    let whole = |text: &str| Intent::Set { path: "/content".into(), value: json!(text) };
    // Two bytes each: what counts is how long it is on the disk.
    let long = "ä".repeat(LIMIT / 2);
    let name = Intent::Set { path: "/name".into(), value: json!("Renamed") };
    for intent in [splice(0, 2, &long, Vec::new()), whole(&format!("{long}x"))] {
        let refused = write(&mut device, &[name.clone(), intent]).unwrap_err();
        assert!(matches!(refused, EditError::TooLong { bytes, .. } if bytes == LIMIT + 1), "{refused}");
        assert_eq!(refused.to_string(), "A script can hold 256 KiB; this would make it 257 KiB");
    }
    let refused = write(&mut device, &[whole(&"x".repeat(1_234_567_890 / 100))]).unwrap_err();
    assert_eq!(refused.to_string(), "A script can hold 256 KiB; this would make it 12,057 KiB");
    let field = Intent::Set { path: "/other".into(), value: json!("x".repeat(LIMIT)) };
    let refused = write(&mut device, &[name, field]).unwrap_err();
    assert!(refused.to_string().starts_with("A field can hold 256 KiB"), "{refused}");
    let value = json!({"name": "S", "content": format!("{long}x")});
    let made =
        Document::create_in_parts(Kind::Script, Id::from_parts(1, [3; 8]), &value, &device.author, &mut String::new);
    assert!(matches!(made, Err(EditError::TooLong { .. })));
    assert_eq!((device.document.heads(), device.document.value()["name"].clone()), (heads, json!("S")));
    write(&mut device, &[splice(0, 3, &long, Vec::new())]).unwrap();
    assert_eq!(content(&device).len(), LIMIT, "just as long as it may be");
}

#[test]
fn a_text_that_two_people_made_too_long_can_be_made_shorter_and_not_longer() {
    let mut mine = script("-");
    let mut theirs = mine.copy(2);
    write(&mut mine, &[splice(0, 0, &"a".repeat(LIMIT - 1), Vec::new())]).unwrap();
    write(&mut theirs, &[splice(1, 0, &"b".repeat(1_000), Vec::new())]).unwrap();
    mine.take(&theirs);
    assert_eq!(content(&mine).len(), LIMIT + 1_000);
    assert!(write(&mut mine, &[splice(0, 0, "x", Vec::new())]).is_err());
    write(&mut mine, &[splice(0, 2, "x", Vec::new())]).unwrap();
    assert_eq!(content(&mine).len(), LIMIT + 999);
}

#[test]
fn a_long_text_is_taken_back_and_done_again_around_what_a_colleague_typed() {
    let mut mine = script("abc");
    let long = "0123456789".repeat(5_000);
    let pasted = write(&mut mine, &[splice(1, 1, &long, Vec::new())]).unwrap();
    let mut step: Vec<_> = pasted.iter().rev().map(|chunk| mine.document.inverse(&chunk.hash).unwrap()).collect();
    let mut theirs = mine.copy(2);
    write(&mut theirs, &[splice(20_000, 0, "<theirs>", Vec::new())]).unwrap();
    mine.take(&theirs);
    let with_theirs = content(&mine);
    let author = mine.author;
    for expected in ["ab<theirs>c", with_theirs.as_str(), "ab<theirs>c"] {
        let mut back = Vec::new();
        for inverse in &step {
            let undone = mine.document.undo(&author, inverse).unwrap();
            are_small(&undone.chunks);
            back.splice(0..0, undone.inverses);
        }
        step = back;
        assert_eq!(content(&mine).len(), expected.len());
        if expected.len() < 100 {
            assert_eq!(content(&mine).replace("<theirs>", "").as_str(), "abc");
        }
    }
}

#[test]
fn a_text_that_was_typed_as_one_change_is_one_change_or_none() {
    let mut device = script("");
    let heads = device.document.heads();
    let long = splice(0, 0, &"x".repeat(120_000), Vec::new());
    let refused = device.document.edit(&device.author, &[long], &mut String::new);
    assert!(matches!(refused, Err(EditError::ManyChanges)));
    assert_eq!(device.document.heads(), heads);
    let mut import = crate::import(&[]);
    assert!(import.edit(&[insert("x", None)]).is_some());
}
