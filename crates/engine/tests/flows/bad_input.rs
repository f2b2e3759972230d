//! Bad input: a clear error on the record or step, the run ends, nothing hangs.

use futures::stream::{self, StreamExt};
use serde_json::json;
use tombolo_model::run::{ErrorClass, RunStatus};

use crate::support::{
    Answer, Memory, bundle, file_export, file_import, go, http_export, http_import, id, refusals, with,
};

fn read_file(kind: &str, bytes: &[u8]) -> (crate::support::Ran, Memory) {
    let host = Memory::offline().with_file(bytes);
    let import = file_import(&json!({"type": "csv"}));
    let ran = go(&bundle(file_export(&json!({"type": kind})), &[import]), &host);
    (ran, host)
}

#[test]
fn a_csv_cut_off_inside_quotes_fails_after_its_good_rows() {
    let (ran, host) = read_file("csv", b"a,b\n1,2\n3,\"fou");
    assert_eq!(ran.outcome.status, RunStatus::Failed);
    assert!(ran.error().contains("cut off") && ran.error().contains("“Source”"), "{}", ran.error());
    assert_eq!(ran.counts(1), [1, 0, 0, 0], "what was read arrives, and is in no file");
    assert_eq!(host.made_text(), None, "half a file is no file");
}

#[test]
fn a_csv_cut_off_inside_a_row_has_an_error_on_that_row() {
    let (ran, host) = read_file("csv", b"a,b\n1,2\n3");
    assert_eq!(ran.outcome.status, RunStatus::Completed);
    assert_eq!(ran.counts(0), [2, 1, 0, 1]);
    assert!(ran.errors[0].message.contains("Row 3"), "{}", ran.errors[0].message);
    assert_eq!(host.made_text().as_deref(), Some("a,b\n1,2\n"));
}

#[test]
fn a_row_that_is_not_utf8_has_an_error_and_is_not_written() {
    let (ran, host) = read_file("csv", b"name,city\nAnn,Ulm\nJ\xf6rg,K\xf6ln\n");
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [2, 1, 0, 1]));
    assert!(ran.errors[0].message.contains("not UTF-8. Save the file as UTF-8"), "{}", ran.errors[0].message);
    assert_eq!(host.made_text().as_deref(), Some("name,city\nAnn,Ulm\n"));
}

#[test]
fn a_json_file_that_is_an_object_is_one_record_or_says_which_keys_it_has() {
    let (ran, host) = read_file("json", b"{\"k\":\"c0\"}\n");
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [1, 1, 0, 0]));
    assert!(host.made_text().unwrap_or_default().contains("c0"));
    let big = format!(r#"{{"count":1,"movies":["{}"]}}"#, "x".repeat(6 << 20));
    let (ran, _) = read_file("json", big.as_bytes());
    assert_eq!(ran.outcome.status, RunStatus::Failed);
    assert!(ran.error().contains("count, movies"), "{}", ran.error());
}

#[test]
fn a_json_file_that_is_cut_off_or_no_json_fails() {
    let (ran, _) = read_file("json", br#"[{"a":1},{"a":"#);
    assert!(ran.error().contains("cut off"), "{}", ran.error());
    assert_eq!((ran.counts(0), ran.counts(1)), ([0, 0, 0, 1], [0; 4]), "nothing in front of a fault goes on");
    let (ran, _) = read_file("json", b"a,b\n1,2\n");
    assert!(ran.error().contains("not JSON"), "{}", ran.error());
}

#[test]
fn a_file_that_is_gone_says_what_to_do() {
    let ran = go(&bundle(file_export(&json!({"type": "csv"})), &[]), &Memory::offline());
    assert!(ran.error().contains("choose it again"), "{}", ran.error());
}

#[test]
fn an_endpoint_that_misbehaves_ends_the_run_with_a_clear_error() {
    for (status, body, want) in [
        (500, r#"{"error":"down"}"#, "answered 500 (internal error): down"),
        (200, "<!DOCTYPE html><html></html>", "a web page"),
        (200, "", "answered with nothing"),
        (200, " \n ", "answered with nothing"),
        (200, r#"[{"a":1},{"a":"#, "cut off"),
        (200, "hello", "not JSON"),
        (404, "", "Check the address"),
        (301, "", "answered 301"),
    ] {
        let host = Memory::new(move |_| Some(Answer::new(status, body)));
        let ran = go(&bundle(http_export(&json!({"relativeURI": "x"})), &[]), &host);
        assert_eq!(ran.outcome.status, RunStatus::Failed, "{status} {body}");
        assert!(ran.error().contains(want), "{status} {body}: {}", ran.error());
    }
}

#[test]
fn a_record_that_is_not_valid_json_costs_only_itself() {
    let host = Memory::new(|_| Some(Answer::new(200, r#"[{"a":1},{"a":},7,{"a":2}]"#)));
    let import = file_import(&json!({"type": "csv"}));
    let ran = go(&bundle(http_export(&json!({"relativeURI": "x"})), &[import]), &host);
    assert_eq!(ran.counts(0), [4, 2, 0, 2]);
    assert_eq!(host.made_text().as_deref(), Some("a\n1\n2\n"));
}

#[test]
fn a_table_that_an_endpoint_sends_is_read_in_the_encoding_that_it_names() {
    let read = |charset: &str, body: &[u8]| {
        let (kind, body) = (format!("text/csv; header=present; charset={charset}"), body.to_vec());
        let host = Memory::new(move |_| Some(Answer::new(200, body.clone()).header("content-type", &kind)));
        let csv = json!({"file": {"type": "csv"}});
        let export = with(http_export(&json!({"relativeURI": "x", "successMediaType": "csv"})), &csv);
        let ran = go(&bundle(export, &[file_import(&json!({"type": "json"}))]), &host);
        (ran.outcome.error.map(|_| ()), host.made_text())
    };
    let wanted = (None, Some("[\n{\"name\":\"Zoë\"}\n]\n".to_owned()));
    let utf16: Vec<u8> = "name\nZoë\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read("\"ISO-8859-1\"", b"name\nZo\xeb\n"), wanted);
    assert_eq!(read("utf-16le", &utf16), wanted);
    assert_eq!(read("UTF-8", "name\nZoë\n".as_bytes()), wanted);
    assert_eq!(read("x-unknown", "name\nZoë\n".as_bytes()), wanted);
    assert_eq!(read("utf-16le", &utf16[..utf16.len() - 1]).0, Some(()), "it ends in the middle of a character");
}

#[test]
fn an_endless_answer_is_ended_by_its_size() {
    let record = format!("{{\"a\":\"{}\"}},", "x".repeat(1_000_000));
    let host = Memory::new(move |_| {
        let record = record.clone();
        let mut answer = Answer::new(200, "");
        let endless = stream::repeat_with(move || Ok(record.clone().into_bytes()));
        answer.pieces = stream::iter([Ok(b"[".to_vec())]).chain(endless).boxed_local();
        Some(answer)
    });
    let ran = go(&bundle(http_export(&json!({"relativeURI": "x"})), &[]), &host);
    assert_eq!(ran.outcome.status, RunStatus::Failed);
    assert!(ran.error().contains("bigger than 64 MiB"), "{}", ran.error());
    assert_eq!(ran.counts(0)[0], 67, "what came before is read");
}

#[test]
fn an_endless_record_is_ended_by_its_size() {
    let host = Memory::new(|_| {
        let mut answer = Answer::new(200, "");
        let endless = stream::repeat_with(|| Ok(vec![b'x'; 1_000_000]));
        answer.pieces = stream::iter([Ok(br#"[{"a":""#.to_vec())]).chain(endless).boxed_local();
        Some(answer)
    });
    let ran = go(&bundle(http_export(&json!({"relativeURI": "x"})), &[]), &host);
    assert!(ran.error().contains("the answer is bigger than 64 MiB"), "{}", ran.error());
}

#[test]
fn a_record_above_5_mb_costs_only_itself_in_any_answer() {
    let long = "x".repeat(6_000_000);
    let xml = |id: u8, text: &str| format!("<r><id>{id}</id><t>{text}</t></r>");
    for (settings, body) in [
        (json!({}), format!(r#"[{{"id":1}},{{"id":2,"t":"{long}"}},{{"id":3}}]"#)),
        (
            json!({"response": {"resourcePath": "d"}}),
            format!(r#"{{"d":[{{"id":1}},{{"id":2,"t":"{long}"}},{{"id":3}}]}}"#),
        ),
        (json!({}), format!("{{\"id\":1}}\n{{\"id\":2,\"t\":\"{long}\"}}\n{{\"id\":3}}\n")),
        (json!({"successMediaType": "csv"}), format!("id,t\n1,a\n2,{long}\n3,c\n")),
        (
            json!({"successMediaType": "xml", "response": {"resourcePath": "/l/r"}}),
            format!("<l>{}{}{}</l>", xml(1, "a"), xml(2, &long), xml(3, "c")),
        ),
    ] {
        let host = Memory::new(move |_| {
            let mut answer = Answer::new(200, "");
            let pieces: Vec<_> = body.as_bytes().chunks(100_000).map(|piece| Ok(piece.to_vec())).collect();
            answer.pieces = stream::iter(pieces).boxed_local();
            Some(answer)
        });
        let http = with(json!({"relativeURI": "x"}), &settings);
        let import = with(
            file_import(&json!({"type": "csv", "csv": {"includeHeader": false}})),
            &json!({"mappings": [{"generate": "id", "dataType": "number", "extract": "$.id", "status": "Active"}]}),
        );
        let export = with(http_export(&http), &json!({"parsers": [{"type": "xml", "rules": {"V0_json": false}}]}));
        let ran = go(&bundle(export, &[import]), &host);
        assert_eq!(ran.outcome.status, RunStatus::Completed, "{settings}: {}", ran.error());
        assert_eq!((ran.counts(0), host.made_text().as_deref()), ([3, 2, 0, 1], Some("1\n3\n")), "{settings}");
        let error = &ran.errors[0];
        assert_eq!((&*error.code, error.class, error.index), ("too_big", Some(ErrorClass::TooLarge), Some(1)));
        assert!(error.message.contains("is bigger than 5 MiB") && error.record.is_none(), "{}", error.message);
    }
}

#[test]
fn a_table_and_a_plain_text_are_read_as_records() {
    for (settings, body, made) in [
        (
            json!({"response": {"resourcePath": "values", "twoDArray": {"hasHeader": true}}}),
            r#"{"values":[["id","t"],[1,"a"],[2]]}"#,
            "1|a\n2|\n",
        ),
        (json!({"response": {"twoDArray": {"hasHeader": false}}}), r#"[[1,"a"]]"#, "|\n"),
        (json!({"successMediaType": "plaintext"}), "hello, \u{e9}", "|hello, \u{e9}\n"),
    ] {
        let host = Memory::new(move |_| Some(Answer::new(200, body)));
        let http = with(json!({"relativeURI": "x"}), &settings);
        let rule = |name: &str, extract: &str| json!({"generate": name, "dataType": "string", "extract": extract, "status": "Active", "default": ""});
        let import = with(
            file_import(&json!({"type": "csv", "csv": {"includeHeader": false, "columnDelimiter": "|"}})),
            &json!({"mappings": [rule("id", "$.id"), rule("t", "{{{record.t}}}{{{record.text}}}")]}),
        );
        let ran = go(&bundle(http_export(&http), &[import]), &host);
        assert_eq!(host.made_text().as_deref(), Some(made), "{settings}: {} {:?}", ran.error(), ran.errors);
    }
    let raw = json!({"relativeURI": "x", "response": {"twoDArray": {"doNotNormalize": true}}});
    let refused = refusals(&bundle(http_export(&raw), &[]));
    assert!(refused.contains("makes a record of each row"), "{refused}");
}

#[test]
fn an_endpoint_that_is_silent_is_given_up() {
    let host = Memory::new(|_| None).with_file(b"a\n1\n");
    let ran = go(&bundle(http_export(&json!({"relativeURI": "x"})), &[]), &host);
    assert!(ran.error().contains("60 seconds"), "{}", ran.error());
    let import = http_import(&json!({"relativeURI": ["x"]}));
    let ran = go(&bundle(file_export(&json!({"type": "csv"})), &[import]), &host);
    assert_eq!((ran.outcome.status, ran.counts(1)), (RunStatus::Completed, [1, 0, 0, 1]));
}

#[test]
fn what_is_not_understood_keeps_the_flow_from_running() {
    let file = || file_export(&json!({"type": "csv"}));
    let script = json!({"hooks": {"preSavePage": {"_scriptId": "000000000000000000000009", "function": "f"}}});
    assert!(refusals(&bundle(with(file(), &script), &[])).contains("script is not here"));
    assert!(refusals(&bundle(file_export(&json!({"type": "docx"})), &[])).contains("docx"));
    let export = http_export(&json!({"relativeURI": "x", "paging": {"method": "token"}}));
    assert!(refusals(&bundle(export, &[])).contains("token"));
    let import = http_import(&json!({"relativeURI": ["{{#each x}}"]}));
    assert!(refusals(&bundle(file(), &[import])).contains("each"));
    let mut missing = bundle(file(), &[]);
    missing.resources.clear();
    assert!(refusals(&missing).contains("not here"));
}

#[test]
fn what_a_connection_asks_for_and_this_version_does_not_do_stops_the_run() {
    for (setting, said) in [
        (json!({"clientCertificates": {"cert": "x"}}), "client certificates"),
        (json!({"disableStrictSSL": true}), "certificates that are not checked"),
    ] {
        let mut bundle = bundle(http_export(&json!({})), &[file_import(&json!({"type": "json"}))]);
        let http = &mut bundle.resources.get_mut(&id(1)).unwrap().1["http"];
        http.as_object_mut().unwrap().extend(setting.as_object().unwrap().clone());
        let refused = refusals(&bundle);
        assert!(refused.contains(said) && refused.contains("/_connectionId"), "{refused}");
    }
}
