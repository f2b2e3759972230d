//! Devices that edit apart and meet again show the same.
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use proptest::prelude::*;
use serde_json::{Value, json};
use tombolo_docs::{Author, Chunk, Document};
use tombolo_model::{Clash, Id, Intent, Kind};

struct Device {
    document: Document,
    author: Author,
    rows: u32,
    sent: Vec<Chunk>,
}

impl Device {
    fn first(kind: Kind, value: &Value) -> Self {
        let author = Author { actor: [1; 16], time_ms: 1_000 };
        let mut rows = 0;
        let mut next = || {
            rows += 1;
            format!("r{rows}")
        };
        let (document, chunk) = Document::create(kind, id(), value, &author, &mut next).unwrap();
        Self { document, author, rows, sent: vec![chunk] }
    }

    fn copy(&self, actor: u8) -> Self {
        let chunks: Vec<&[u8]> = self.sent.iter().map(|chunk| chunk.bytes.as_slice()).collect();
        let document = Document::load(chunks).unwrap().document;
        Self {
            document,
            author: Author { actor: [actor; 16], time_ms: 2_000 },
            rows: u32::from(actor) * 1000,
            sent: self.sent.clone(),
        }
    }

    fn edit(&mut self, intents: &[Intent]) -> Option<Chunk> {
        let rows = &mut self.rows;
        let chunk = self
            .document
            .edit(&self.author, intents, &mut || {
                *rows += 1;
                format!("r{rows}")
            })
            .unwrap();
        self.sent.extend(chunk.clone());
        chunk
    }

    fn set(&mut self, path: &str, value: Value) {
        self.edit(&[Intent::Set { path: path.into(), value }]);
    }

    fn take(&mut self, other: &Self) {
        self.document.apply(other.sent.iter().map(|chunk| chunk.bytes.as_slice())).unwrap();
    }
}

fn id() -> Id {
    Id::from_parts(1, [2; 8])
}

fn meet(left: &mut Device, right: &mut Device) {
    left.take(right);
    right.take(left);
    assert_eq!(left.document.heads(), right.document.heads());
    assert_eq!(left.document.view(), right.document.view());
}

fn mapping() -> Value {
    json!({"name": "Orders", "adaptorType": "HTTPImport", "mappings": [
        {"generate": "a", "extract": "$.a"}, {"generate": "b", "extract": "$.b"}, {"generate": "c", "extract": "$.c"}
    ]})
}

fn rows(device: &Device) -> Vec<String> {
    device.document.view().rows["/mappings"].clone()
}

#[test]
fn a_moved_and_edited_row_stays_one_row() {
    let mut left = Device::first(Kind::Import, &mapping());
    let mut right = left.copy(2);
    let all = rows(&left);
    left.edit(&[Intent::MoveRow { list: "/mappings".into(), row: all[0].clone(), after: Some(all[2].clone()) }]);
    right.set(&format!("/mappings/{}/extract", all[0]), json!("$.changed"));
    meet(&mut left, &mut right);
    let view = left.document.view();
    let order: Vec<&str> =
        view.value["mappings"].as_array().unwrap().iter().map(|row| row["generate"].as_str().unwrap()).collect();
    assert_eq!(order, ["b", "c", "a"]);
    assert_eq!(view.value["mappings"][2]["extract"], "$.changed");
    assert!(view.conflicts.is_empty());
}

#[test]
fn a_row_moved_twice_stays_one_row() {
    let mut left = Device::first(Kind::Import, &mapping());
    let mut right = left.copy(2);
    let all = rows(&left);
    left.edit(&[Intent::MoveRow { list: "/mappings".into(), row: all[0].clone(), after: Some(all[2].clone()) }]);
    right.edit(&[Intent::MoveRow { list: "/mappings".into(), row: all[0].clone(), after: Some(all[1].clone()) }]);
    meet(&mut left, &mut right);
    assert_eq!(rows(&left).len(), 3);
    assert!(left.document.view().conflicts.is_empty(), "where a row stands is no question for a person");
}

#[test]
fn two_fields_of_the_same_absent_object_are_both_there() {
    let mut left = Device::first(Kind::Export, &json!({"name": "x"}));
    let mut right = left.copy(2);
    left.set("/http/paging/method", json!("page"));
    right.set("/http/response/resourcePath", json!("data"));
    meet(&mut left, &mut right);
    let value = left.document.view().value;
    assert_eq!(value["http"], json!({"paging": {"method": "page"}, "response": {"resourcePath": "data"}}));
}

#[test]
fn a_row_deleted_by_one_and_edited_by_the_other_is_a_conflict_until_settled() {
    let mut left = Device::first(Kind::Import, &mapping());
    let mut right = left.copy(2);
    let all = rows(&left);
    left.edit(&[Intent::DeleteRow { list: "/mappings".into(), row: all[1].clone() }]);
    assert!(left.document.view().conflicts.is_empty());
    right.set(&format!("/mappings/{}/extract", all[1]), json!("$.edited"));
    meet(&mut left, &mut right);
    let view = left.document.view();
    assert_eq!(view.value["mappings"].as_array().unwrap().len(), 2);
    let [conflict] = view.conflicts.as_slice() else { panic!("{:?}", view.conflicts) };
    assert_eq!(conflict.clash, Clash::DeletedRowEdited);
    assert_eq!(conflict.values[1].value.as_ref().unwrap()["extract"], "$.edited");
    left.edit(&[Intent::RestoreRow { list: "/mappings".into(), row: all[1].clone() }]);
    meet(&mut left, &mut right);
    let view = right.document.view();
    assert!(view.conflicts.is_empty());
    assert_eq!(view.value["mappings"][1]["extract"], "$.edited");
}

#[test]
fn an_edit_of_a_deleted_row_names_who_made_it_and_not_who_made_the_row() {
    let mut ann = Device::first(Kind::Import, &mapping());
    let mut bo = ann.copy(2);
    let row = rows(&ann)[1].clone();
    let path = format!("/mappings/{row}/generate");
    bo.edit(&[Intent::Splice { path, at: 1, delete: 0, insert: "_edited".into(), heads: Vec::new() }]);
    bo.author.time_ms = 3_000;
    bo.set("/name", json!("Elsewhere"));
    ann.author.time_ms = 4_000;
    ann.edit(&[Intent::DeleteRow { list: "/mappings".into(), row }]);
    meet(&mut ann, &mut bo);
    ann.author.time_ms = 5_000;
    ann.set("/name", json!("Later"));
    let view = ann.document.view();
    let [conflict] = view.conflicts.as_slice() else { panic!("{:?}", view.conflicts) };
    let who: Vec<(&str, i64)> = conflict.values.iter().map(|one| (one.actor.as_str(), one.time_ms)).collect();
    assert_eq!(who, [("01".repeat(16).as_str(), 4_000), ("02".repeat(16).as_str(), 2_000)]);
    assert_eq!(conflict.values[1].value.as_ref().unwrap()["generate"], "b_edited");
}

#[test]
fn two_renames_are_a_conflict_with_both_names_until_one_is_chosen() {
    let mut left = Device::first(Kind::Flow, &json!({"name": "Orders"}));
    let mut right = left.copy(2);
    left.set("/name", json!("Left"));
    right.set("/name", json!("Right"));
    meet(&mut left, &mut right);
    let view = left.document.view();
    let [conflict] = view.conflicts.as_slice() else { panic!("{:?}", view.conflicts) };
    assert_eq!((conflict.path.as_str(), conflict.clash), ("/name", Clash::Values));
    assert_eq!(conflict.values[0].value.as_ref(), view.value.get("name"), "the first candidate is the one shown");
    let mut names: Vec<_> = conflict.values.iter().map(|one| one.value.clone().unwrap()).collect();
    names.sort_by_key(ToString::to_string);
    assert_eq!(names, [json!("Left"), json!("Right")]);
    let shown = view.value["name"].clone();
    left.set("/name", shown);
    meet(&mut left, &mut right);
    assert!(right.document.view().conflicts.is_empty(), "choosing the shown value settles it too");
}

#[test]
fn a_resource_binned_by_one_and_edited_by_the_other_is_a_conflict() {
    let mut left = Device::first(Kind::Script, &json!({"name": "s", "content": "let a;"}));
    let mut right = left.copy(2);
    left.edit(&[Intent::Bin]);
    right.edit(&[splice(&right, "/content", 6, 0, " let b;")]);
    meet(&mut left, &mut right);
    let view = left.document.view();
    assert!(view.binned);
    assert_eq!(view.conflicts[0].clash, Clash::BinnedEdited);
    left.edit(&[Intent::Unbin]);
    assert!(left.document.view().conflicts.is_empty());
}

#[test]
fn who_goes_on_typing_in_what_they_have_put_in_the_bin_contradicts_nobody() {
    let mut left = Device::first(Kind::Script, &json!({"name": "s", "content": "let a;"}));
    let mut right = left.copy(2);
    left.edit(&[Intent::Bin]);
    left.edit(&[splice(&left, "/content", 6, 0, " let b;")]);
    left.set("/name", json!("t"));
    assert!(left.document.view().conflicts.is_empty());
    right.set("/name", json!("u"));
    meet(&mut left, &mut right);
    let clashes: Vec<Clash> = left.document.view().conflicts.iter().map(|one| one.clash).collect();
    assert!(clashes.contains(&Clash::BinnedEdited), "somebody else had not seen it: {clashes:?}");
}

fn splice(device: &Device, path: &str, at: usize, delete: usize, insert: &str) -> Intent {
    Intent::Splice { path: path.into(), at, delete, insert: insert.into(), heads: device.document.heads_hex() }
}

#[test]
fn a_splice_at_older_heads_lands_where_it_was_meant() {
    let mut left = Device::first(Kind::Script, &json!({"name": "s", "content": "abcdef"}));
    let mut right = left.copy(2);
    let late = splice(&left, "/content", 3, 0, "😀x");
    right.edit(&[splice(&right, "/content", 0, 1, "ZZZZ")]);
    left.take(&right);
    left.edit(&[late]);
    meet(&mut left, &mut right);
    assert_eq!(right.document.view().value["content"], "ZZZZbc😀xdef");
}

#[test]
fn two_people_who_type_in_one_field_of_a_new_row_lose_no_letter() {
    let mut left = Device::first(Kind::Import, &json!({"name": "Orders"}));
    let row = json!({"generate": "", "dataType": "string"});
    left.edit(&[Intent::InsertRow { list: "/mappings".into(), row: "n1".into(), after: None, value: row }]);
    assert_eq!(left.document.value()["mappings"], json!([{"dataType": "string"}]), "an empty text is absent");
    let mut right = left.copy(2);
    let place = "/mappings/n1/generate";
    for (at, letter) in ["c", "i", "t", "y"].iter().enumerate() {
        left.edit(&[splice(&left, place, at, 0, letter)]);
        right.edit(&[splice(&right, place, at, 0, &letter.to_uppercase())]);
    }
    meet(&mut left, &mut right);
    let view = left.document.view();
    assert!(["cityCITY", "CITYcity"].contains(&view.value["mappings"][0]["generate"].as_str().unwrap()), "{view:?}");
    assert!(view.conflicts.is_empty());
}

#[test]
fn a_field_of_a_row_without_its_text_is_typed_in_all_the_same() {
    let mut left = Device::first(Kind::Import, &mapping());
    let place = format!("/mappings/{}/generate", rows(&left)[0]);
    left.edit(&[Intent::Set { path: place.clone(), value: json!(7) }]);
    left.set(&place, json!("city"));
    left.edit(&[splice(&left, &place, 4, 0, "_name")]);
    assert_eq!(left.document.value()["mappings"][0]["generate"], "city_name");
    let intent = Intent::Splice { path: place, at: 20, delete: 0, insert: "x".into(), heads: Vec::new() };
    assert!(left.document.edit(&left.author, &[intent], &mut String::new).is_err(), "outside of the text");
}

#[test]
fn what_others_typed_is_told_stretch_by_stretch() {
    let mut left = Device::first(Kind::Script, &json!({"name": "s", "content": "ab😀cd"}));
    let mut right = left.copy(2);
    right.edit(&[splice(&right, "/content", 4, 2, "xyz")]);
    let applied = left.document.apply(right.sent.iter().map(|chunk| chunk.bytes.as_slice())).unwrap();
    let mut text: Vec<u16> = "ab😀cd".encode_utf16().collect();
    for splice in &applied.splices {
        text.splice(splice.at..splice.at + splice.delete, splice.insert.encode_utf16());
    }
    assert_eq!(String::from_utf16(&text).unwrap(), "ab😀xyz");
}

#[test]
fn undo_takes_back_ones_own_and_leaves_what_others_changed() {
    let mut left = Device::first(Kind::Script, &json!({"name": "s", "content": "abc"}));
    let mut right = left.copy(2);
    let typed = left.edit(&[splice(&left, "/content", 3, 0, "DEF")]).unwrap();
    let renamed = left.edit(&[Intent::Set { path: "/name".into(), value: json!("left") }]).unwrap();
    right.take(&left);
    right.edit(&[splice(&right, "/content", 0, 0, "__")]);
    right.set("/name", json!("right"));
    left.take(&right);
    let author = left.author;
    let undo = left.document.inverse(&renamed.hash).unwrap();
    let undone = left.document.undo(&author, &undo).unwrap();
    assert_eq!(undone.skipped, ["/name"]);
    let undo = left.document.inverse(&typed.hash).unwrap();
    let undone = left.document.undo(&author, &undo).unwrap();
    assert_eq!(left.document.view().value["content"], "__abc");
    left.document.undo(&author, &undone.inverses[0]).unwrap();
    assert_eq!(left.document.view().value["content"], "__abcDEF");
}

#[test]
fn a_document_without_a_refused_change_is_as_if_it_had_never_been_made() {
    let mut left = Device::first(Kind::Flow, &json!({"name": "Orders"}));
    let before = left.document.clone();
    let bad = left.edit(&[Intent::Set { path: "/name".into(), value: json!("Refused") }]).unwrap();
    left.set("/disabled", json!(true));
    let (without, taken) = left.document.without(&[bad.hash]).unwrap();
    assert_eq!(without.view(), before.view());
    assert_eq!(taken.len(), 2);
    let differences = without.differences(&left.document);
    let paths: Vec<_> = differences.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["/disabled", "/name"]);
    assert!(left.document.without(&[left.sent[0].hash]).is_err());
}

#[test]
fn a_damaged_chunk_costs_only_itself() {
    let mut left = Device::first(Kind::Flow, &json!({"name": "Orders"}));
    left.set("/timezone", json!("Europe/Paris"));
    let mut damaged: Vec<Vec<u8>> = left.sent.iter().map(|chunk| chunk.bytes.clone()).collect();
    let middle = damaged[1].len() / 2;
    damaged[1][middle] ^= 1;
    damaged.push(left.document.save());
    let loaded = Document::load(damaged[..2].iter().map(Vec::as_slice)).unwrap();
    assert_eq!(loaded.damaged.len(), 1);
    assert_eq!(loaded.damaged[0].index, 1);
    assert_eq!(loaded.document.value(), json!({"name": "Orders"}));
    let all = Document::load(damaged.iter().map(Vec::as_slice)).unwrap();
    assert_eq!(all.document.value()["timezone"], "Europe/Paris");
}

#[test]
fn a_number_that_was_used_twice_costs_the_second_change_and_puts_no_piece_aside() {
    let mut left = Device::first(Kind::Flow, &json!({"name": "Orders"}));
    let mut same = Device { document: left.document.clone(), author: left.author, rows: 0, sent: Vec::new() };
    left.set("/timezone", json!("Europe/Paris"));
    same.set("/timezone", json!("Asia/Tokyo"));
    let saved = left.document.save();
    left.set("/name", json!("Orders again"));
    for chunks in [vec![&saved, &same.sent[0].bytes, &left.sent[2].bytes], {
        let all = left.sent.iter().chain(&same.sent).map(|chunk| &chunk.bytes);
        all.collect()
    }] {
        let loaded = Document::load(chunks.into_iter().map(Vec::as_slice)).unwrap();
        let damaged: Vec<_> = loaded.damaged.iter().map(|damage| damage.index).collect();
        assert_eq!((damaged, loaded.waiting), (vec![tombolo_docs::NO_PIECE], 0));
        let value = loaded.document.value();
        assert_eq!((&value["name"], &value["timezone"]), (&json!("Orders again"), &json!("Europe/Paris")));
    }
}

#[derive(Debug, Clone)]
enum Move {
    Set(usize, u8),
    Remove(usize),
    Insert(usize, u8),
    Shift(usize, usize),
    Delete(usize),
    Restore(usize),
    Type(usize, usize, String),
    TypeInRow(usize, usize, String),
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        (0..6usize, any::<u8>()).prop_map(|(at, value)| Move::Set(at, value)),
        (0..6usize).prop_map(Move::Remove),
        (0..6usize, any::<u8>()).prop_map(|(at, value)| Move::Insert(at, value)),
        (0..6usize, 0..6usize).prop_map(|(row, after)| Move::Shift(row, after)),
        (0..6usize).prop_map(Move::Delete),
        (0..6usize).prop_map(Move::Restore),
        (0..40usize, 0..5usize, "[a-zé😀]{0,4}").prop_map(|(at, delete, text)| Move::Type(at, delete, text)),
        (0..6usize, 0..6usize, "[a-z😀]{1,3}").prop_map(|(row, at, text)| Move::TypeInRow(row, at, text)),
    ]
}

const FIELDS: [&str; 6] =
    ["/name", "/http/relativeURI", "/http/paging/method", "/http/paging", "/http", "/filter/expression/rules"];

fn typing(have: Option<&Value>, path: String, at: usize, delete: usize, insert: &str) -> Intent {
    let length = have.and_then(Value::as_str).map_or(0, |text| text.encode_utf16().count());
    let at = at % (length + 1);
    Intent::Splice { path, at, delete: delete.min(length - at), insert: insert.into(), heads: Vec::new() }
}

fn perform(device: &mut Device, step: &Move, known: &[String]) {
    let all = device.document.view().rows.get("/mappings").cloned().unwrap_or_default();
    let row = |at: usize| all.get(at % all.len().max(1)).cloned();
    let list = String::from("/mappings");
    let intent = match step {
        Move::Set(at, value) => Some(Intent::Set {
            path: FIELDS[*at].into(),
            value: if at % 2 == 0 { json!(value) } else { json!({"k": value}) },
        }),
        Move::Remove(at) => Some(Intent::Remove { path: FIELDS[*at].into() }),
        Move::Insert(at, value) => {
            device.rows += 1;
            Some(Intent::InsertRow {
                list,
                row: format!("n{}", device.rows),
                after: row(*at),
                value: json!({"generate": format!("g{value}")}),
            })
        }
        Move::Shift(at, after) => row(*at).map(|moved| Intent::MoveRow { list, row: moved, after: row(*after) }),
        Move::Delete(at) => row(*at).map(|row| Intent::DeleteRow { list, row }),
        Move::Restore(at) => known.get(*at).map(|row| Intent::RestoreRow { list, row: row.clone() }),
        Move::Type(at, delete, text) => {
            let value = device.document.value();
            Some(typing(value.get("description"), "/description".into(), *at, *delete, text))
        }
        Move::TypeInRow(at, delete, text) => row(*at).map(|id| {
            let value = device.document.value();
            let have = value["mappings"].get(at % all.len()).and_then(|row| row.get("generate"));
            typing(have, format!("/mappings/{id}/generate"), *delete, *delete, text)
        }),
    };
    if let Some(intent) = intent {
        device.edit(&[intent]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_three_devices_do_apart_they_show_the_same_together(
        moves in prop::collection::vec((0..3usize, any_move()), 1..40),
        meetings in prop::collection::vec((0..3usize, 0..3usize), 0..6),
    ) {
        let first = Device::first(Kind::Import, &mapping());
        let known = rows(&first);
        let mut devices = [first.copy(2), first.copy(3), first];
        let every = moves.len() / (meetings.len() + 1) + 1;
        for (count, (who, step)) in moves.iter().enumerate() {
            perform(&mut devices[*who], step, &known);
            if count % every == 0 && let Some((to, from)) = meetings.get(count / every) && to != from {
                let sent = devices[*from].document.chunks_since(&[]);
                devices[*to].document.apply(sent.iter().map(|chunk| chunk.bytes.as_slice())).unwrap();
            }
        }
        let all: Vec<Chunk> = devices.iter().flat_map(|device| device.document.chunks_since(&[])).collect();
        for device in &mut devices {
            device.document.apply(all.iter().rev().map(|chunk| chunk.bytes.as_slice())).unwrap();
        }
        let view = devices[0].document.view();
        for device in &devices[1..] {
            prop_assert_eq!(&device.document.view(), &view);
        }
        let saved = devices[0].document.save();
        prop_assert_eq!(Document::load([saved.as_slice()]).unwrap().document.view(), view);
    }
}
