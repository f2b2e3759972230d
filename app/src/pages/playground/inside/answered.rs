//! What a response mapping is tried with: the record that came to its step in the last test run of this tab, and what the
//! step was answered.

use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_wire::run_worker::StageRow;

use crate::components::editor::Editor;
use crate::state::Doc;

/// The record and the answer, as the editor takes them; nothing for other editors, or where there was no such test run.
pub(super) fn answered(doc: Doc, editor: &Editor, path: &str) -> Option<Value> {
    let row = path.strip_suffix("/responseMapping/fields").filter(|_| editor.eval == "responseMapping")?;
    let step = ["_importId", "_exportId"].map(|name| untrack(|| doc.text(&format!("{row}/{name}"))));
    let step = step.into_iter().find(|id| !id.is_empty())?;
    doc.app.tried_out.with_untracked(|kept| {
        let (flow, report) = kept.as_ref()?;
        if *flow == doc.id { record_and_answer(&report.stages, &step) } else { None }
    })
}

fn record_and_answer(stages: &[StageRow], step: &str) -> Option<Value> {
    let here = || {
        let is_here = |stage: &&StageRow| {
            stage.step.strip_prefix(step).is_some_and(|rest| rest.is_empty() || rest.starts_with('~'))
        };
        stages.iter().filter(is_here).filter(|stage| stage.index.is_some())
    };
    // Where nothing is mapped yet there is no stage of the mapping, and the answer is that of the request.
    let mapped = || here().find(|stage| stage.name == "responseMap").map(|stage| (stage.index, &stage.input));
    let asked = || here().find(|stage| stage.name == "response").map(|stage| (stage.index, &stage.output));
    let (index, response) = mapped().or_else(asked).filter(|(_, response)| response.is_object())?;
    let record = here().find(|stage| stage.index == index && !stage.input.is_null())?;
    Some(json!({"record": record.input, "response": response}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_mapping_is_tried_with_what_the_last_test_run_was_answered() {
        let stage = |step: &str, name: &str, index: u64, input: Value, output: Value| StageRow {
            step: step.to_owned(),
            name: name.to_owned(),
            index: Some(index),
            input,
            output,
            errors: Vec::new(),
        };
        let answer = json!({"id": "55", "statusCode": 201});
        let mut all = vec![
            stage("other", "response", 0, json!({"x": 1}), json!({"id": "1"})),
            stage("step", "mapping", 1, json!({"sku": "a"}), json!({"name": "a"})),
            stage("step~2", "mapping", 2, json!({"sku": "b"}), json!({"name": "b"})),
            stage("step", "response", 1, json!({"name": "a"}), answer.clone()),
        ];
        let wanted = json!({"record": {"sku": "a"}, "response": answer});
        assert_eq!(record_and_answer(&all, "step"), Some(wanted));
        assert_eq!(record_and_answer(&all[..3], "step"), None);
        all.push(stage("step~2", "responseMap", 2, json!({"data": []}), Value::Null));
        assert_eq!(record_and_answer(&all, "step"), Some(json!({"record": {"sku": "b"}, "response": {"data": []}})));
    }
}
