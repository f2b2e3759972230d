//! Rows: where they stand, what is written over them, which item is which.

use serde_json::{Value, json};
use tombolo_docs::key;
use tombolo_model::{Intent, Kind};

use crate::{Device, LIST, import, insert};

#[test]
fn rows_that_one_edit_inserts_after_one_another_stand_so() {
    let mut device = import(&["a", "b"]);
    device.edit(&[insert("x", Some("r1")), insert("y", Some("x")), insert("z", Some("y"))]);
    assert_eq!(device.rows(), ["r1", "x", "y", "z", "r2"]);
}

#[test]
fn rows_that_two_devices_put_at_one_place_can_be_parted() {
    let mut left = import(&["a", "b"]);
    let mut right = left.copy(2);
    left.insert("x", Some("r1"));
    right.insert("y", Some("r1"));
    left.take(&right);
    let both = left.rows();
    left.insert("between", Some(&both[1]));
    assert_eq!(left.rows(), [both[0].as_str(), &both[1], "between", &both[2], "r2"]);
}

/// Gives rows one position, as devices with an earlier version could.
fn stack(device: &mut Device, rows: &[&str]) {
    for row in rows {
        device.set(&format!("{LIST}/{row}/{}", key::POSITION), json!("V"));
    }
}

#[test]
fn a_row_goes_between_two_that_share_a_position() {
    let mut device = import(&["a", "b", "c"]);
    stack(&mut device, &["r1", "r2", "r3"]);
    device.insert("x", Some("r1"));
    assert_eq!(device.rows(), ["r1", "x", "r2", "r3"]);
    device.edit(&[Intent::MoveRow { list: LIST.into(), row: "r3".into(), after: Some("r1".into()) }]);
    assert_eq!(device.rows(), ["r1", "r3", "x", "r2"]);
}

#[test]
fn a_whole_array_over_rows_that_share_a_position_is_written_once() {
    let mut device = import(&["a", "b"]);
    stack(&mut device, &["r1", "r2"]);
    let wanted = json!([{"generate": "a"}, {"generate": "new"}, {"generate": "b"}]);
    device.set(LIST, wanted.clone()).unwrap();
    assert_eq!(device.document.value()["mappings"], wanted);
    assert!(device.set(LIST, wanted).is_none());
}

#[test]
fn nothing_remains_of_a_list_that_something_else_is_written_over() {
    for value in [json!("text"), Value::Null, json!({}), json!({"field": 1})] {
        let mut device = import(&["a", "b"]);
        device.set(LIST, value.clone());
        assert_eq!(device.document.value()["mappings"], value);
        assert!(device.document.view().problems.iter().all(|problem| problem.code != "shape_clash"));
        device.set(LIST, json!([{"generate": "c"}]));
        assert_eq!(device.document.value()["mappings"], json!([{"generate": "c"}]));
    }
}

/// A list without a natural key: routers without ids.
fn plain(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"name": name})).collect()
}

#[test]
fn an_item_without_a_key_is_the_row_of_the_same_content_wherever_it_stands() {
    let mut device = Device::first(Kind::Flow, &json!({"name": "F", "routers": plain(&["a", "b", "c"])}));
    let rows = |device: &Device| device.document.view().rows["/routers"].clone();
    assert_eq!(rows(&device), ["r1", "r2", "r3"]);
    device.set("/routers", plain(&["new", "a", "changed", "c"]));
    assert_eq!(rows(&device)[1..], ["r1", "r2", "r3"]);
    device.set("/routers", plain(&["changed", "c"]));
    assert_eq!(rows(&device), ["r2", "r3"]);
}
