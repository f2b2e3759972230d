//! Flows that a listener begins: the run reads what came, and without anything to read says what it waits for.

use serde_json::json;
use tombolo_engine::{Bundle, compile};
use tombolo_model::Problem;
use tombolo_model::run::{Received, RunStatus};

use crate::support::{Memory, bundle, file_import, go, id, with};

/// A listener before a file; `came` is how often the body of the host came to it.
fn listening(came: usize) -> Bundle {
    let export = json!({"name": "Listener", "adaptorType": "WebhookExport", "type": "webhook", "webhook": {"verify": "secret_url"}});
    let mut bundle = bundle(export, &[file_import(&json!({"type": "json"}))]);
    if came > 0 {
        let one = Received { file: "hash".to_owned(), media_type: "application/json".to_owned() };
        bundle.about.received.insert(id(2), vec![one; came]);
    }
    bundle
}

fn wrong(bundle: &Bundle) -> Vec<Problem> {
    compile(bundle).unwrap_err()
}

#[test]
fn what_came_to_a_listener_is_read_in_its_order_and_a_broken_body_costs_itself() {
    let host = Memory::offline().with_file(br#"[{"n":1},{"n":2}]"#);
    let ran = go(&listening(2), &host);
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [4, 4, 0, 0]));
    assert_eq!(host.made_text().as_deref(), Some("[\n{\"n\":1},\n{\"n\":2},\n{\"n\":1},\n{\"n\":2}\n]\n"));
    let broken = go(&listening(1), &Memory::offline().with_file(br#"[{"n":1},"#));
    assert_eq!((broken.outcome.status, broken.counts(0)), (RunStatus::Completed, [1, 0, 0, 1]));
    assert!(broken.errors[0].message.contains("cannot be read"), "{:?}", broken.errors);
}

#[test]
fn a_flow_that_only_listens_has_nothing_to_read_until_something_came() {
    let problems = wrong(&listening(0));
    assert_eq!((problems.len(), problems[0].code.as_str()), (1, "listener"));
    let mut tried = listening(0);
    tried.about.test_mode = true;
    assert_eq!(wrong(&tried)[0].code, "listener");
    // Beside a source that is asked it is no trouble.
    let mut both = listening(0);
    let file = with(crate::support::file_export(&json!({"type": "json"})), &json!({}));
    both.resources.insert(id(9), (tombolo_model::Kind::Export, file));
    both.flow["pageGenerators"] = json!([{"_exportId": id(2).to_string()}, {"_exportId": id(9).to_string()}]);
    let ran = go(&both, &Memory::offline().with_file(br#"[{"n":1}]"#));
    assert_eq!((ran.outcome.status, ran.counts(0), ran.counts(1)), (RunStatus::Completed, [0; 4], [1, 1, 0, 0]));
}
