//! Several records in one request whose answer does not say where their results are.

use serde_json::{Value, json};

use crate::sending::{field, send, went_on};
use crate::support::{Answer, Memory, Ran};

/// Three records in one request, which is answered with this.
fn answered(response: &Value, answer: &'static str) -> (Ran, Value) {
    let host = Memory::new(move |_| Some(Answer::new(200, answer))).with_file(br#"[{"n":1},{"n":2},{"n":3}]"#);
    let import = crate::support::http_import(&json!({"relativeURI": ["/x"], "batchSize": 3, "response": response}));
    let ran = send(&host, &import, &json!([field("id"), field("_json.ok")]));
    let went_on = went_on(&host);
    (ran, went_on)
}

#[test]
fn an_answer_that_is_a_list_has_the_results_of_its_batch() {
    let response = json!({"failPath": ["ok"], "failValues": [["N"]]});
    let answer = r#"[{"id":"a","ok":"Y"},{"id":"b","ok":"N"},{"id":"c","ok":"Y"}]"#;
    let (ran, went_on) = answered(&response, answer);
    assert_eq!((ran.counts(1), ran.errors[0].index), ([3, 2, 0, 1], Some(1)), "{:?}", ran.errors);
    let want = json!([{"n": 1, "id": "a", "jsonok": "Y"}, {"n": 2, "jsonok": "N"}, {"n": 3, "id": "c", "jsonok": "Y"}]);
    assert_eq!(went_on, want);
    assert!(ran.outcome.steps[1].warnings.is_empty());
}

#[test]
fn a_list_of_another_length_fails_its_batch_and_says_both_lengths() {
    for (answer, length) in [(r#"[{"id":1},{"id":2}]"#, 2), ("[]", 0), ("[1,2,3,4]", 4)] {
        let (ran, _) = answered(&json!({}), answer);
        assert_eq!(ran.counts(1), [3, 0, 0, 3], "{answer}");
        let said = format!("a list of {length} where 3 records were sent");
        assert!(ran.errors.iter().all(|error| error.message.contains(&said)), "{:?}", ran.errors);
    }
}

#[test]
fn an_object_is_about_all_records_of_its_batch_and_the_run_warns_of_it_once() {
    let (ran, _) = answered(&json!({}), r#"{"results":[{"ok":"N"}]}"#);
    assert_eq!(ran.counts(1), [3, 3, 0, 0]);
    let [warning] = ran.outcome.steps[1].warnings.as_slice() else { panic!("{:?}", ran.outcome.steps) };
    assert!(warning.contains("“Target”") && warning.contains("response.resourcePath"), "{warning}");
    // What is no answer to each of them cannot say it either.
    for answer in ["", "OK", "[", "{"] {
        let host = Memory::new(move |_| Some(Answer::new(200, answer))).with_file(br#"[{"n":1},{"n":2}]"#);
        let import = crate::support::http_import(&json!({"relativeURI": ["/x"], "batchSize": 2}));
        let flow = crate::support::bundle(crate::support::file_export(&json!({"type": "json"})), &[import]);
        let ran = crate::support::go(&flow, &host);
        assert_eq!((ran.counts(1), ran.outcome.steps[1].warnings.len()), ([2, 2, 0, 0], 0), "{answer}");
    }
}
