//! The evaluations, which reach templates, filters, mappings, schedules, dates and paths: any request is answered, and the
//! same request in the same way.

use proptest::prelude::*;
use serde_json::Value;
use tombolo_engine::{EvalRequest, eval, eval_names};

use crate::harness::Target;
use crate::mutate::Kind;

const TOKENS: &[&str] = &[
    "{{",
    "}}",
    "{{{",
    "}}}",
    "{{#each record}}",
    "{{/each}}",
    "{{#if this}}",
    "{{else}}",
    "{{/if}}",
    "(",
    ")",
    "\"",
    "'",
    "../",
    "@root",
    "@index",
    "record.",
    ".[0]",
    ".[a b]",
    "{{> p}}",
    "as |a|",
    "~",
    "$.",
    "$",
    "[*]",
    "..",
    "[?(@.a>1)]",
    "['a']",
    "[-1]",
    "[1:2]",
    "extract",
    "string",
    "number",
    "epochtime",
    "equals",
    "matches",
    "and",
    "or",
    "not",
    "settings",
    "boolean",
    "objectarray",
    "arrayarray",
    "object",
    "extract_not_empty",
    "MM/DD/YYYY",
    "[x]",
    "Europe/Paris",
    "2025-03-30T02:30:00",
    "? 5 0,12 ? * *",
    "* * * * * *",
    "*/5",
    "L",
    "W",
    "#",
    "MON-FRI",
    "0",
    "-1",
    "NaN",
    "(a+)+$",
    "g",
    "modify",
    "create",
    "__proto__",
    "length",
];

/// What an answer may be at most: the limit of a template's output, and what JSON makes of it.
const MOST_BYTES: usize = 64 << 20;

#[test]
fn any_request_is_answered_and_the_same_one_in_the_same_way() {
    let check = |input: &[u8]| {
        let value: Value = serde_json::from_slice(input).unwrap_or_default();
        let Some(name) = value["name"].as_str() else { return Ok(()) };
        if !eval_names().any(|known| known == name) {
            return Ok(());
        }
        let request = || {
            let part = |name: &str| value[name].clone();
            let (rules, input, options) = (part("rules"), part("input"), part("options"));
            EvalRequest { rules, input: input.into(), options, now_ms: 1_795_492_800_000, seed: 7 }
        };
        let outcome = eval(name, &request()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let bytes = serde_json::to_vec(&outcome).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(bytes.len() <= MOST_BYTES, "{} bytes", bytes.len());
        for error in &outcome.errors {
            prop_assert!(!error.code.is_empty() && !error.message.is_empty(), "{error:?}");
        }
        let again = eval(name, &request()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(outcome, again);
        Ok(())
    };
    Target { name: "eval", kind: Kind::Json(TOKENS), check }.fuzz();
}
