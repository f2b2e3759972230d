//! `tombolo run --tests BUNDLE`: the test cases of the integrations in it.
//!
//! Each is one line of JSON, and at the end a sentence for people goes to stderr. No flow runs, and nothing is asked of an
//! application.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Value, json};
use tombolo_engine::{EvalOutcome, EvalRequest, eval};
use tombolo_model::Kind;
use tombolo_model::test_case::{TestAnswer, TestCase};

use super::super::scripts::{self, Scripts};
use crate::job::JobResource;

/// Runs the test cases of these resources. Ends with 0 when all of them hold.
pub(super) fn run<'r>(resources: impl Iterator<Item = &'r JobResource>) -> anyhow::Result<ExitCode> {
    let mut scripts = Scripts::default();
    let mut out = io::stdout().lock();
    let (mut count, mut failed) = (0, 0);
    for integration in resources.filter(|found| found.kind == Kind::Integration) {
        for case in TestCase::all(&integration.value) {
            let answer = answered(&case, &mut scripts)?;
            let line = line(&case, &integration.value["name"], answer);
            count += 1;
            failed += u32::from(line["passed"] == json!(false));
            writeln!(out, "{line}")?;
        }
    }
    let said = match (count, failed) {
        (0, _) => "There are no test cases: save one in the playground, in one of the integrations.".to_owned(),
        (count, 0) => format!("{count} of {count} test cases passed."),
        (count, failed) => format!("{failed} of {count} test cases failed."),
    };
    writeln!(io::stderr(), "{said}")?;
    // That nothing was tested is no success.
    Ok(if count > 0 && failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What came of a case, and what was wanted.
struct Answered {
    wanted: TestAnswer,
    made: EvalOutcome,
}

/// A case that cannot be read, or whose evaluation is not known here, failed.
fn answered(case: &TestCase, scripts: &mut Scripts) -> anyhow::Result<Result<Answered, String>> {
    let (question, wanted) = match case.read() {
        Ok(read) => read,
        Err(said) => return Ok(Err(said)),
    };
    let request = EvalRequest {
        rules: question.rules,
        input: question.input.into(),
        options: question.options,
        now_ms: question.at_ms,
        seed: question.seed,
    };
    if case.evaluation == scripts::NAME {
        return Ok(Ok(Answered { wanted, made: scripts.eval(&request)? }));
    }
    let made = eval(&case.evaluation, &request);
    Ok(made.map(|made| Answered { wanted, made }).map_err(|unknown| unknown.to_string()))
}

fn line(case: &TestCase, integration: &Value, answer: Result<Answered, String>) -> Value {
    let mut line = json!({"test": case.name, "integration": integration, "evaluation": case.evaluation});
    match answer {
        Err(said) => {
            line["passed"] = json!(false);
            line["message"] = json!(said);
        }
        Ok(Answered { wanted, made }) => {
            let came = TestAnswer {
                output: Value::from(&made.output),
                errors: made.errors.iter().map(|error| error.code.clone()).collect(),
            };
            line["passed"] = json!(came == wanted);
            if came != wanted {
                line["wanted"] = json!(wanted);
                line["came"] = json!(came);
                line["messages"] = made.errors.into_iter().map(|error| error.message).collect();
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(evaluation: &str, expected: &Value) -> TestCase {
        TestCase {
            name: "Greets".to_owned(),
            evaluation: evaluation.to_owned(),
            editor: String::new(),
            question: json!({"rules": "Dear {{name}}", "input": {"name": "Ada"}}).to_string(),
            expected: expected.to_string(),
        }
    }

    fn lined(case: &TestCase) -> Value {
        line(case, &json!("Shop"), answered(case, &mut Scripts::default()).unwrap())
    }

    #[test]
    fn a_test_case_passes_when_the_same_comes_of_it() {
        let good = lined(&case("handlebars", &json!({"output": "Dear Ada"})));
        assert_eq!(good, json!({"test": "Greets", "integration": "Shop", "evaluation": "handlebars", "passed": true}));
        let bad = lined(&case("handlebars", &json!({"output": "Dear Bob", "errors": []})));
        assert_eq!(
            (&bad["passed"], &bad["came"]["output"], &bad["wanted"]["output"]),
            (&json!(false), &json!("Dear Ada"), &json!("Dear Bob"))
        );
    }

    #[test]
    fn a_test_case_that_cannot_be_asked_fails_and_says_why() {
        assert!(lined(&case("nope", &json!({})))["message"].as_str().unwrap().contains("“nope”"));
        let broken = TestCase { question: "{".to_owned(), ..case("handlebars", &json!({})) };
        assert!(lined(&broken)["message"].as_str().unwrap().contains("Save it anew"));
    }
}
