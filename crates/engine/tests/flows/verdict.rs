//! Answers that are no success although their status is one.

use serde_json::{Value, json};
use tombolo_model::run::RunStatus;

use crate::support::{Answer, Memory, Ran, bundle, file_import, go, http_export, with};

fn ran(response: &Value, answer: &Value) -> (Ran, Option<String>) {
    let (response, answer) = (response.clone(), answer.clone());
    let host = Memory::new(move |_| Some(Answer::json(&answer)));
    let export = http_export(&json!({"relativeURI": "/x", "response": response}));
    let ran = go(&bundle(export, &[file_import(&json!({"type": "json"}))]), &host);
    (ran, host.made_text())
}

#[test]
fn an_answer_that_says_no_fails_the_source_before_its_records_go_on() {
    let answer =
        json!({"status": "Failed", "message": "quota is used up", "why": {"text": "own words"}, "items": [{"n": 1}]});
    for (response, said) in [
        (json!({"failPath": "status", "failValues": ["Failed"]}), "a failure: quota is used up. Check"),
        (json!({"failPath": "message"}), "a failure: quota is used up. Check"),
        (
            json!({"successPath": "status", "successValues": ["OK"], "errorPath": "why.text"}),
            "without the sign of success: own words. Check",
        ),
        (json!({"successPath": "no.such"}), "without the sign of success"),
    ] {
        let response = with(response, &json!({"resourcePath": "items"}));
        let (ran, made) = ran(&response, &answer);
        assert_eq!((ran.outcome.status, ran.counts(0)[..2].to_vec()), (RunStatus::Failed, vec![0, 0]), "{response}");
        assert_eq!(ran.errors[0].code, "rejected");
        assert!(ran.error().contains(said), "{}", ran.error());
        assert_eq!(made, None);
    }
}

#[test]
fn an_answer_that_says_yes_is_read_as_any_other() {
    let answer = json!({"status": "OK", "ok": true, "codes": ["a", "b"], "items": [{"n": 1}]});
    for response in [
        json!({"failPath": "status", "failValues": ["Failed", "ok"]}),
        json!({"successPath": "ok", "successValues": ["true"], "failPath": "message"}),
        json!({"successPath": "codes", "successValues": ["b"], "allowArrayforSuccessPath": true}),
    ] {
        let (ran, made) = ran(&with(response, &json!({"resourcePath": "items"})), &answer);
        assert_eq!(ran.outcome.status, RunStatus::Completed);
        assert_eq!(made.as_deref(), Some("[\n{\"n\":1}\n]\n"));
    }
}

#[test]
fn the_sign_of_the_last_page_is_no_failure() {
    let host = Memory::new(|request| {
        let first = request.url.to_string().ends_with("=0");
        Some(Answer::json(&if first {
            json!({"ok": true, "items": [{"n": 1}]})
        } else {
            json!({"ok": false, "end": 1})
        }))
    });
    let export = http_export(&json!({"relativeURI": "/x?p={{export.http.paging.page}}",
        "paging": {"method": "page", "lastPagePath": "end", "lastPageValues": ["1"]},
        "response": {"resourcePath": "items", "successPath": "ok", "successValues": ["true"]}}));
    let ran = go(&bundle(export, &[]), &host);
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [1, 1, 0, 0]));
}
