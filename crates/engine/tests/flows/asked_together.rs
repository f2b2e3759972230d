//! Scripts that judge or change one record at a time are asked about all records of a page together.

use serde_json::json;
use tombolo_engine::ScriptFailure;
use tombolo_model::Kind;

use crate::support::{Memory, bundle, file_export, file_import, go, id, with};

const SCRIPT: u8 = 20;

#[test]
fn scripts_are_asked_about_a_page_at_once_and_a_record_that_fails_costs_itself() {
    let called = |function: &str| json!({"type": "script", "script": {"_scriptId": id(SCRIPT), "function": function}});
    let more = json!({"pageSize": 3, "transform": called("make"), "filter": called("keep")});
    let export = with(file_export(&json!({"type": "csv"})), &more);
    let import = with(file_import(&json!({"type": "json"})), &json!({"filter": called("pick")}));
    let mut flow = bundle(export, &[import]);
    flow.resources.insert(id(SCRIPT), (Kind::Script, json!({"name": "Hooks", "content": "…"})));
    let host = Memory::offline().with_file(b"n\n1\n2\n3\n4\n5,x\n6\n7\n8\n").with_scripts(|function, options| {
        let n: i64 = options["record"]["n"].as_str().unwrap().parse().unwrap();
        match function {
            "make" => Ok(json!({"n": options["record"]["n"], "m": n * 10})),
            "keep" if n == 3 => {
                let message = "not three".to_owned();
                Err(ScriptFailure { code: "script_error".to_owned(), message, place: None })
            }
            "keep" => Ok(json!(n != 2)),
            _ => Ok(json!(n != 7)),
        }
    });
    let ran = go(&flow, &host);
    // Records 1 to 3, then 4 alone, for it stands before a row that is an error, then 6 to 8.
    let came = host.together.borrow().clone();
    let of = |function: &str| -> Vec<usize> {
        came.iter().filter(|(name, _)| name == function).map(|(_, many)| *many).collect()
    };
    assert_eq!((of("make"), of("keep")), (vec![3, 1, 3], vec![3, 1, 3]));
    assert_eq!(of("pick").iter().sum::<usize>(), 5);
    assert!(of("pick").len() <= 2, "{came:?}");
    let made = host.made_text().unwrap();
    let numbers: Vec<i64> = serde_json::from_str::<Vec<serde_json::Value>>(&made)
        .unwrap()
        .iter()
        .map(|record| record["m"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, [10, 40, 60, 80], "in the order of the file");
    let errors: Vec<_> = ran.errors.iter().map(|error| error.message.as_str()).collect();
    assert!(errors.len() == 2 && errors[0].contains("not three") && errors[1].contains("2 values"), "{errors:?}");
    assert_eq!(ran.errors[1].record.as_ref().unwrap()["Column1"], "x", "what was read of it can be put right");
}
