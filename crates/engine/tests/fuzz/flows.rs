//! Flows: whatever their resources say and whatever endpoints answer, they are refused or run to an end.

use std::cell::Cell;

use proptest::prelude::*;
use serde_json::{Value, json};
use tombolo_engine::{Bundle, compile};
use tombolo_model::Kind as ResourceKind;
use tombolo_model::run::RunStatus;

use crate::harness::Target;
use crate::mutate::Kind;
use crate::support::{Answer, Memory, go, id};

const TOKENS: &[&str] = &[
    "https://app.example/v1",
    "{{record.a}}",
    "{{export.http.paging.page}}",
    "{{{",
    "page",
    "skip",
    "token",
    "url",
    "linkheader",
    "relativeuri",
    "body",
    "GET",
    "POST",
    "csv",
    "json",
    "xml",
    "HTTPExport",
    "HTTPImport",
    "SimpleExport",
    "SimpleImport",
    "first_matching_branch",
    "all_matching_branches",
    "000000020000000000000000",
    "000000030000000000000000",
    "data",
    "next",
    "$.a",
    "gzip",
    "utf-16le",
    "per_page",
];
/// A server that never ends its pages would be read for ever, as it should be.
const ANSWERS: u32 = 30;

fn bundle(value: &Value) -> Bundle {
    let mut bundle = Bundle { flow: value["flow"].clone(), ..Bundle::default() };
    let parts = [
        (1, ResourceKind::Connection, &value["connection"]),
        (2, ResourceKind::Export, &value["export"]),
        (3, ResourceKind::Import, &value["import"]),
        (4, ResourceKind::Export, &value["lookup"]),
        (5, ResourceKind::Script, &value["script"]),
    ];
    for (number, kind, resource) in parts {
        bundle.resources.insert(id(number), (kind, resource.clone()));
    }
    bundle
}

#[test]
fn any_flow_is_refused_or_runs_to_its_end() {
    let check = |input: &[u8]| {
        let value: Value = serde_json::from_slice(input).unwrap_or_default();
        let bundle = bundle(&value);
        match compile(&bundle) {
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert!(!problem.message.is_empty() && !problem.code.is_empty(), "{problem:?}");
                }
            }
            Ok(_) => {
                let answers = value["answers"].as_array().cloned().unwrap_or_default();
                let given = Cell::new(0);
                let endpoint = move |_: &tombolo_engine::Request| {
                    let at = given.replace(given.get() + 1);
                    let answer = answers.get(at as usize % answers.len().max(1)).filter(|_| at < ANSWERS);
                    let answer = answer.cloned().unwrap_or(json!({"status": 404}));
                    let status = answer["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
                    let body = answer["body"].as_str().map_or_else(|| answer["body"].to_string(), str::to_owned);
                    let made = Answer::new(status, body);
                    Some(match answer["link"].as_str() {
                        Some(link) => made.header("Link", link),
                        None => made,
                    })
                };
                let host = Memory::new(endpoint).with_file(value["file"].as_str().unwrap_or_default().as_bytes());
                let ran = go(&bundle, &host);
                prop_assert!(
                    matches!(ran.outcome.status, RunStatus::Completed | RunStatus::Failed),
                    "{:?}",
                    ran.outcome
                );
                // Behind the sources every record is accounted for; one may have several errors.
                for step in ran.outcome.steps.iter().filter(|step| ["import", "lookup"].contains(&&*step.kind)) {
                    let met = step.success + step.ignored + step.errors;
                    let lost = ran.outcome.status == RunStatus::Completed && met < step.received;
                    prop_assert!(!lost, "{:?}", ran.outcome);
                }
            }
        }
        Ok(())
    };
    Target { name: "flow", kind: Kind::Json(TOKENS), check }.fuzz();
}
