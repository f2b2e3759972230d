//! A test case of an integration: a question to an evaluation, and what has to come of it.
//!
//! Kept as rows of the integration, by name. Question and answer are texts of JSON: they are read and replaced as a
//! whole, and no field of an input becomes one of the document.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The list of rows in an integration.
pub const TEST_CASES: &str = "/testCases";
/// The most bytes that a question, and what is wanted of it, may have together: documents stay small.
pub const MAX_TEST_CASE_BYTES: usize = 200 * 1024;

/// A test case as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TestCase {
    /// Its name, one of its kind in the integration.
    pub name: String,
    /// The evaluation: `handlebars`, `mapper` and so on.
    pub evaluation: String,
    /// The editor that it was written in.
    pub editor: String,
    /// A [`TestQuestion`] as JSON.
    pub question: String,
    /// A [`TestAnswer`] as JSON.
    pub expected: String,
}

/// What an evaluation is asked. Time and randomness are those of the moment at which the case was made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TestQuestion {
    /// The rules.
    pub rules: Value,
    /// The input.
    pub input: Value,
    /// The options.
    pub options: Value,
    /// The time for what asks for it, in milliseconds since 1970.
    pub at_ms: i64,
    /// Where random values begin.
    pub seed: u64,
}

/// What an evaluation answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestAnswer {
    /// The output.
    pub output: Value,
    /// The codes of the errors.
    pub errors: Vec<String>,
}

impl TestCase {
    /// The test cases of an integration, in their order.
    #[must_use]
    pub fn all(integration: &Value) -> Vec<Self> {
        let rows = integration.pointer(TEST_CASES).and_then(Value::as_array).into_iter().flatten();
        // A row of another shape is a case that cannot be read, and fails as one.
        rows.map(|row| serde_json::from_value(row.clone()).unwrap_or_default()).collect()
    }

    /// Its question and what is wanted of it.
    ///
    /// # Errors
    ///
    /// Says what of it cannot be read.
    pub fn read(&self) -> Result<(TestQuestion, TestAnswer), String> {
        let question = serde_json::from_str(&self.question)
            .map_err(|error| format!("The question of the test case cannot be read: {error}. Save it anew."))?;
        let wanted = serde_json::from_str(&self.expected)
            .map_err(|error| format!("The expected output of the test case cannot be read: {error}. Save it anew."))?;
        Ok((question, wanted))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_test_case_is_read_from_its_integration() {
        let question =
            TestQuestion { rules: json!("{{a}}"), input: json!({"a": 1}), at_ms: 5, ..TestQuestion::default() };
        let wanted = TestAnswer { output: json!("1"), errors: Vec::new() };
        let case = TestCase {
            name: "One".to_owned(),
            evaluation: "handlebars".to_owned(),
            editor: "handlebars".to_owned(),
            question: serde_json::to_string(&question).unwrap(),
            expected: serde_json::to_string(&wanted).unwrap(),
        };
        let integration = json!({"name": "Shop", "testCases": [case, {"name": "Broken"}, 5]});
        let all = TestCase::all(&integration);
        assert_eq!(all[0].read(), Ok((question, wanted)));
        assert!(all[1].read().is_err_and(|said| said.contains("Save it anew")));
        assert!(all[2].read().is_err());
        assert!(TestCase::all(&json!({})).is_empty());
    }
}
