//! `tombolo eval`: lines in, lines out.
#![expect(clippy::unwrap_used, reason = "a command that does not run fails at the right line")]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn eval(name: &str, lines: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["eval", name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its name reads nothing.
    let _unread = child.stdin.take().unwrap().write_all(lines.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn each_line_is_answered_in_its_turn_with_its_id() {
    let lines = [
        json!({"id": 1, "rules": {"template": "{{a}}", "escape": "html"}, "input": {"a": "<"}}),
        json!({"id": "two", "rules": {"template": "{{nope a}}"}, "input": {}}),
        json!({"rules": {"template": "x"}}),
    ];
    let output = eval("handlebars", &lines.map(|line| format!("{line}\n")).concat());
    let answers: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0], json!({"id": 1, "output": "&lt;", "errors": [], "console": []}));
    assert_eq!((&answers[1]["id"], &answers[1]["errors"][0]["code"]), (&json!("two"), &json!("unknown_helper")));
    assert_eq!(answers[2], json!({"id": null, "output": "x", "errors": [], "console": []}));
    assert!(output.status.success());
}

#[test]
fn only_a_broken_protocol_fails_the_command() {
    for (name, lines, said) in [("dateFormat", "{\n", "line 1"), ("nope", "", "“nope”")] {
        let output = eval(name, lines);
        assert!(!output.status.success() && output.stdout.is_empty());
        assert!(String::from_utf8(output.stderr).unwrap().contains(said), "{name}");
    }
    assert!(eval("dateFormat", "\n\n").status.success());
}
