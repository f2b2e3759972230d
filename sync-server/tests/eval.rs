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
    for (name, lines, said, answers) in [("dateFormat", "{\n", "line 1", 1), ("nope", "", "“nope”", 0)] {
        let output = eval(name, lines);
        let answered = output.stdout.iter().filter(|byte| **byte == b'\n').count();
        assert!(!output.status.success() && answered == answers);
        assert!(String::from_utf8(output.stderr).unwrap().contains(said), "{name}");
    }
    assert!(eval("dateFormat", "\n\n").status.success());
}

#[test]
fn a_line_that_cannot_be_read_is_answered_and_the_next_one_too() {
    let deep = format!("{{\"id\":\"d\",\"input\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (line, id) in [
        (deep.as_str(), json!("d")),
        (r#"{"id":2,"rules":"{{a}}","input":{"a":1e400}}"#, json!(2)),
        (r#"{"id":3,"input":{"a":"\ud800"}}"#, json!(3)),
        ("[]", json!(null)),
        ("null", json!(null)),
    ] {
        let output = eval("handlebars", &format!("\u{feff}{line}\n{{\"id\":7,\"rules\":\"x\"}}\n"));
        let text = String::from_utf8(output.stdout).unwrap();
        let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&answers[0]["id"], &answers[0]["errors"][0]["code"]), (&id, &json!("invalid_question")), "{id}");
        assert!(answers[1]["output"] == json!("x") && output.status.success(), "{id}");
        assert!(!text.contains("struct"), "{text}");
    }
}

fn answers(name: &str, lines: &[Value]) -> Vec<Value> {
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let output = eval(name, &lines);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_hook_that_no_run_calls_is_held_to_what_it_has_to_return() {
    let asked = |hook: &str, script: &str, input: Value| json!({"rules": {"code": script, "function": hook}, "input": input, "options": {"hook": hook}});
    let form = json!({"fieldMap": {"a": {"id": "a", "type": "text"}}});
    let inputs = [
        ("handleRequest", json!({"body": {"a": 1}}), json!({"statusCode": 200, "headers": {}, "body": {"a": 1}})),
        ("formInit", json!({"resource": {"settingsForm": {"form": form}}}), form.clone()),
        ("preSave", json!({"newResource": {"_id": "1", "n": 2}}), json!({"_id": "1", "n": 2})),
        ("contentBasedFlowRouter", json!({}), json!({"_flowId": "0".repeat(24), "_exportId": "0".repeat(24)})),
    ];
    let stub = |name: &str| tombolo_engine::OuterHook::named(name).unwrap().stub();
    let questions: Vec<Value> = inputs.iter().map(|(name, input, _)| asked(name, stub(name), input.clone())).collect();
    for (answer, (name, _, want)) in answers("javascript", &questions).iter().zip(&inputs) {
        assert_eq!((&answer["output"], &answer["errors"]), (want, &json!([])), "{name}");
    }
    let wrong = [
        asked("handleRequest", "function handleRequest(o) { console.log(o.pathParams); return {body: 1} }", json!({})),
        asked("preSave", "function preSave(o) { o.newResource.a = 1 }", json!({"newResource": {}})),
        asked("preSave", "function preSave(o) { throw new Error('not so') }", json!({})),
        json!({"rules": {"code": "", "function": "f"}, "options": {"hook": "preMap"}}),
    ];
    let answered = answers("javascript", &wrong);
    let error =
        |at: usize| (answered[at]["errors"][0]["code"].clone(), answered[at]["errors"][0]["message"].to_string());
    assert!(error(0).0 == "script_result" && error(0).1.contains("no statusCode"), "{answered:?}");
    assert_eq!(answered[0]["console"][0]["text"], "null", "what is not known is null");
    assert!(error(1).0 == "script_result" && error(1).1.contains("preSave returned nothing"), "{answered:?}");
    assert!(error(2).1.contains("not so"), "{answered:?}");
    assert!(error(3).0 == "invalid_rules" || error(3).0 == "invalid_options", "{answered:?}");
}

#[test]
fn a_script_is_called_with_the_input_and_its_console_is_answered() {
    let script = "import dayjs from 'dayjs';\nfunction preMap(options) {\n  console.warn('pages', options.data.length);\n  return options.data.map((row) => ({ data: { ...row, day: dayjs(row.at).format('DD/MM/YYYY') } }));\n}";
    let question =
        json!({"rules": {"script": script, "function": "preMap"}, "input": {"data": [{"at": "2026-11-29"}]}});
    let answered = answers("javascript", &[question]);
    assert_eq!(answered[0]["output"], json!([{"data": {"at": "2026-11-29", "day": "29/11/2026"}}]));
    assert_eq!(answered[0]["console"], json!([{"level": "warn", "text": "pages 1"}]));
    assert_eq!(answered[0]["errors"], json!([]));
}

#[test]
fn a_script_that_fails_says_what_and_where() {
    let ask = |script: &str| json!({"rules": {"script": script, "function": "f"}});
    let questions = [
        ask("function f() {\n  return null.x;\n}"),
        ask("function f( {"),
        ask("function g() {}"),
        json!({"rules": {}}),
    ];
    let answered = answers("javascript", &questions);
    let errors: Vec<_> = answered.iter().map(|answer| &answer["errors"][0]).collect();
    assert_eq!((&errors[0]["code"], &errors[0]["path"]), (&json!("script_error"), &json!("2:15")), "{}", errors[0]);
    assert!(errors[0]["message"].as_str().unwrap().starts_with("TypeError: "));
    assert_eq!(errors[1]["code"], json!("script_syntax"));
    assert_eq!(errors[2]["code"], json!("script_function"));
    assert_eq!(errors[3]["code"], json!("invalid_rules"));
}

#[test]
fn a_script_that_takes_too_much_is_ended_and_the_next_one_is_called() {
    let ask = |body: &str| json!({"rules": {"script": format!("function f() {{ {body} }}"), "function": "f"}, "options": {"timeoutMs": 20_000}});
    let quick = |body: &str| json!({"rules": {"script": format!("function f() {{ {body} }}"), "function": "f"}, "options": {"timeoutMs": 300}});
    let questions = [
        // The limit of loops does not count what a built-in does.
        quick("const a = Array.from({ length: 3e6 }, (_, i) => i ^ 12345); return a.sort((x, y) => x - y).length;"),
        ask("return 1;"),
        ask("let s = 'x'; const all = []; while (true) { s += s; all.push(s + 1); }"),
        ask("return 2;"),
        ask(&"[".repeat(100_000)),
        ask("return 3;"),
    ];
    let answered = answers("javascript", &questions);
    let limits: Vec<_> = answered.iter().map(|answer| answer["errors"][0]["code"].as_str().unwrap_or("")).collect();
    assert_eq!(limits[0], "script_limit", "{}", answered[0]);
    assert!(answered[0]["errors"][0]["message"].as_str().unwrap().contains("300 ms"));
    assert_eq!(limits[2], "script_limit", "{}", answered[2]);
    assert!(["script_limit", "script_syntax"].contains(&limits[4]), "{}", answered[4]);
    let outputs: Vec<_> = [1, 3, 5].map(|at: usize| answered[at]["output"].clone()).into();
    assert_eq!(outputs, [json!(1), json!(2), json!(3)]);
}

/// Half a million objects of one field are a page of 5 MB, and fit into the memory that a script may have.
#[test]
fn a_page_of_the_smallest_records_fits_into_the_process_of_a_script() {
    let page = format!("[{}{{\"a\":\"x\"}}]", "{\"a\":\"7\"},".repeat(499_999));
    let rules = json!({"code": "function f(all) { return [all.length, all[499999].a]; }", "function": "f"});
    let line = format!("{{\"rules\":{rules},\"input\":{page},\"options\":{{\"timeoutMs\":30000}}}}\n");
    let output = eval("javascript", &line);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["output"], &answer["errors"]), (&json!([500_000, "x"]), &json!([])));
}

#[test]
fn a_script_asks_for_a_flow_that_there_is_not() {
    let script = "import { exports } from 'integrator-api';\nfunction f() { return exports.run({ _id: 'x' }); }";
    let question = json!({"rules": {"script": script, "function": "f"}});
    let answered = answers("javascript", &[question]);
    let message = answered[0]["errors"][0]["message"].as_str().unwrap();
    assert_eq!(message, "Error: exports.run cannot be called here: this script does not run in a flow.");
}

/// The processes below one, with those below them.
#[cfg(target_os = "linux")]
fn below(root: u32) -> Vec<u32> {
    let parent = |id: u32| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let all: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let mut found = vec![root];
    let mut at = 0;
    while let Some(id) = found.get(at).copied() {
        found.extend(all.iter().copied().filter(|child| parent(*child) == Some(id)));
        at += 1;
    }
    found.split_off(1)
}

#[cfg(target_os = "linux")]
#[test]
fn when_the_one_who_asks_is_killed_its_scripts_end_with_it() {
    const SOON: std::time::Duration = std::time::Duration::from_secs(30);
    let mut child = Command::new(env!("CARGO_BIN_EXE_tombolo"))
        .args(["eval", "javascript"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let script = "function f() { return /^(a+)+$/.test('a'.repeat(60) + 'b'); }";
    let question = json!({"rules": {"script": script, "function": "f"}});
    writeln!(child.stdin.as_mut().unwrap(), "{question}").unwrap();
    let began = std::time::Instant::now();
    let mut started = Vec::new();
    while started.len() < 2 {
        assert!(began.elapsed() < SOON, "{started:?}");
        started = below(child.id());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let lives = |id: &u32| {
        // One that nobody waits for any more stays in the list until the machine's first process looks.
        std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    };
    while started.iter().any(lives) {
        assert!(began.elapsed() < SOON, "{started:?} go on");
        std::thread::yield_now();
    }
}

/// The same bytes here and from the engine that the browser has: each line of the shared corpus.
#[test]
fn the_command_answers_the_corpus_byte_by_byte_as_the_engine_does() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/eval");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let output = eval(name, &text);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        files += 1;
        if name == "javascript" {
            // The engine has no interpreter: what is wanted stands in the corpus.
            for (answer, line) in String::from_utf8(output.stdout).unwrap().lines().zip(text.lines()) {
                let (answer, case): (Value, Value) =
                    (serde_json::from_str(answer).unwrap(), serde_json::from_str(line).unwrap());
                let codes: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
                let made = json!({"output": answer["output"], "errors": codes});
                assert_eq!((&answer["id"], &made), (&case["id"], &case["want"]));
            }
            continue;
        }
        let wanted = text.lines().map(|line| {
            let case: Value = serde_json::from_str(line).unwrap();
            let request = serde_json::from_value(case.clone()).unwrap();
            let outcome = serde_json::to_string(&tombolo_engine::eval(name, &request).unwrap()).unwrap();
            format!("{{\"id\":{},{}\n", case["id"], &outcome[1..])
        });
        let wanted: String = wanted.collect();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), wanted, "{name}");
    }
    assert!(files >= 15, "{files}");
}
