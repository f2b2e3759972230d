//! What was typed is noted while it is written: it must be what a look at both states finds.

use serde_json::json;
use tombolo_docs::Splice;
use tombolo_model::{Intent, Kind};

use crate::Device;

fn spliced(text: &str, splices: &[Splice]) -> String {
    let mut units: Vec<u16> = text.encode_utf16().collect();
    for splice in splices {
        units.splice(splice.at..splice.at + splice.delete, splice.insert.encode_utf16());
    }
    String::from_utf16(&units).unwrap()
}

fn content(device: &Device) -> String {
    device.document.value()["content"].as_str().unwrap_or_default().to_owned()
}

fn typed(at: usize, delete: usize, insert: &str) -> Intent {
    Intent::Splice { path: "/content".into(), at, delete, insert: insert.into(), heads: Vec::new() }
}

#[test]
fn what_was_typed_turns_the_text_before_into_the_text_after_and_back() {
    let mut device = Device::first(Kind::Script, &json!({"name": "S", "content": "one 🙂 two"}));
    let author = device.author;
    let edits = [
        vec![typed(4, 2, "🙃🙃")],
        vec![typed(0, 3, "")],
        vec![typed(0, 0, "x"), typed(1, 1, "yz"), typed(0, 2, "")],
        vec![typed(0, 5, "long enough to be cut ".repeat(2_000).as_str())],
    ];
    for intents in edits {
        let (before, heads) = (content(&device), device.document.heads());
        let chunks = device.document.edit_in_parts(&author, &intents, &mut String::new).unwrap();
        let noted = device.document.splices_since(&heads);
        let found = device.document.between(&heads, &device.document.heads()).splices;
        assert_eq!(spliced(&before, &noted), content(&device));
        assert_eq!(spliced(&before, &found), content(&device));
        let mut undone = device.document.clone();
        for chunk in chunks.iter().rev() {
            let inverse = undone.inverse(&chunk.hash).or_else(|| device.document.inverse(&chunk.hash)).unwrap();
            undone.undo(&author, &inverse).unwrap();
        }
        assert_eq!(undone.value()["content"], before.as_str());
    }
}

#[test]
fn what_was_typed_at_an_older_state_or_followed_by_others_is_looked_up() {
    let mut mine = Device::first(Kind::Script, &json!({"name": "S", "content": "abc"}));
    let mut theirs = mine.copy(2);
    let (older, seen) = (mine.document.heads_hex(), content(&mine));
    let shown = mine.document.heads();
    mine.edit(&[typed(3, 0, "MINE")]);
    theirs.edit(&[typed(0, 0, "THEIRS")]);
    mine.take(&theirs);
    assert_eq!(spliced(&seen, &mine.document.splices_since(&shown)), content(&mine));
    let (before, heads) = (content(&mine), mine.document.heads());
    let late = Intent::Splice { path: "/content".into(), at: 1, delete: 0, insert: "-".into(), heads: older };
    mine.edit(&[late]);
    assert_eq!(content(&mine), "THEIRSa-bcMINE");
    assert_eq!(spliced(&before, &mine.document.splices_since(&heads)), content(&mine));
    let (before, heads) = (content(&mine), mine.document.heads());
    mine.edit(&[typed(0, 6, ""), Intent::Set { path: "/name".into(), value: json!("N") }]);
    assert_eq!(spliced(&before, &mine.document.splices_since(&heads)), content(&mine));
}
