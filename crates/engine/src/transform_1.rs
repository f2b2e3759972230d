//! Transformation 1.0: a flat list of sources and targets. What no rule names is left out.

use std::borrow::Cow;

use serde_json::Value;
use tombolo_model::{Problem, Val, excerpt};

use crate::mapper::MapError;
use crate::path::{OldPath, Segment};
use crate::room::Room;
use crate::rows::Rows;
use crate::target::{Fields, Target};

/// Compiled rules of version 1.0.
#[derive(Debug, Clone)]
pub(crate) struct OldTransform {
    rules: Vec<(OldPath, Target)>,
    fields: Fields,
    /// The columns, when rules go through the rows of a group.
    rows: Option<Rows>,
}

impl OldTransform {
    /// Compiles `[[{extract, generate}]]`; nothing when there are no rules.
    pub(crate) fn compile(groups: &Value, place: &str) -> Result<Option<Self>, Vec<Problem>> {
        let mut rules = Vec::new();
        let mut problems = Vec::new();
        for (at, group) in groups.as_array().into_iter().flatten().enumerate() {
            for (index, row) in group.as_array().into_iter().flatten().enumerate() {
                let text = |field: &str| row.get(field).and_then(Value::as_str).unwrap_or_default().trim();
                let (extract, generate) = (text("extract"), text("generate"));
                if extract.is_empty() && generate.is_empty() {
                    continue;
                }
                match rule(extract, generate) {
                    Ok(rule) => rules.push(rule),
                    Err((field, message)) => {
                        let message = format!(
                            "The rule “{extract}” → “{generate}” cannot run: {message}",
                            extract = excerpt(&extract),
                            generate = excerpt(&generate)
                        );
                        let place = format!("{place}/{at}/{index}/{field}");
                        problems.push(Problem::new(place, "invalid_mapping", message));
                    }
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let rows = rules.iter().any(|(path, _)| path.is_of_rows()).then(|| {
            let paths: Vec<_> = rules.iter().map(|(path, _)| path.segments().to_vec()).collect();
            Rows::over(Some(&[Segment::Each]), &paths)
        });
        let wrong = |error| vec![Problem::new(place, "invalid_mapping", format!("The rules cannot run: {error}."))];
        let rows = rows.transpose().map_err(wrong)?;
        let fields = Fields::of(rules.iter().map(|(_, target)| target));
        Ok((!rules.is_empty()).then_some(Self { rules, fields, rows }))
    }

    /// The record made anew; rows of rows, when a rule goes through them.
    pub(crate) fn apply(&self, record: &Val) -> Result<Val, MapError> {
        let room = Room::default();
        if let (Some(rows), Val::List(_)) = (&self.rows, record) {
            let mut made = Vec::new();
            rows.each(record, &mut |_, values| {
                let mut row = self.fields.record();
                for ((_, target), value) in self.rules.iter().zip(values) {
                    if let Some(value) = value {
                        target.copy(&mut row, Cow::Borrowed(value), &room)?;
                    }
                }
                made.push(row);
                Ok(())
            })?;
            return Ok(Val::List(made));
        }
        let mut made = self.fields.record();
        for (path, target) in &self.rules {
            if let Some(value) = path.get(record) {
                target.copy(&mut made, value, &room)?;
            }
        }
        Ok(made)
    }
}

fn rule(extract: &str, generate: &str) -> Result<(OldPath, Target), (&'static str, String)> {
    if extract.contains("{{") {
        return Err(("extract", "it takes fields of the record, and no templates.".to_owned()));
    }
    let path = OldPath::compile(extract).map_err(|_| ("extract", "enter the field of the record.".to_owned()))?;
    Ok((path, Target::compile(generate).map_err(|message| ("generate", message))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn made(rules: &Value, record: &Value) -> Result<Value, String> {
        let transform = OldTransform::compile(rules, "/rules").map_err(|problems| problems[0].path.clone())?;
        let made = transform.map(|transform| transform.apply(&Val::from(record)));
        made.unwrap_or(Ok(Val::from(record))).map(|made| Value::from(&made)).map_err(|error| error.to_string())
    }

    #[test]
    fn only_what_rules_of_version_1_name_goes_on() {
        let rule = |extract: &str, generate: &str| json!({"extract": extract, "generate": generate, "key": "k"});
        let record = json!({"id": 1, "a": {"b": [{"c": 2}, {"c": 3}]}, "Internal ID": 4, "nil": null});
        let rows = json!([{"id": 1, "sku": "x", "t": [5]}, {"id": 1, "sku": "y"}]);
        for (rules, record, want) in [
            (json!([[rule("id", "id"), rule("a.b[0].c", "o.c")]]), &record, json!({"id": 1, "o": {"c": 2}})),
            (
                json!([[rule("a.b[*].c", "cs")], [rule("[Internal ID]", "internal")]]),
                &record,
                json!({"cs": [2, 3], "internal": 4}),
            ),
            (
                json!([[rule("a.b[*].c", "l[*].c"), rule("nil", "nil"), rule("no", "no")]]),
                &record,
                json!({"l": [{"c": 2}, {"c": 3}], "nil": null}),
            ),
            (
                json!([[rule("*.sku", "s"), rule("id", "o.id"), rule("*.t[0]", "t")]]),
                &rows,
                json!([{"s": "x", "o": {"id": 1}, "t": 5}, {"s": "y", "o": {"id": 1}}]),
            ),
            (json!([[rule("id", "id"), rule("1.sku", "second")]]), &rows, json!({"id": 1, "second": "y"})),
            (json!([[]]), &record, record.clone()),
        ] {
            assert_eq!(made(&rules, record), Ok(want), "{rules}");
        }
        assert_eq!(made(&json!([[], [rule("", "a")]]), &record), Err("/rules/1/0/extract".to_owned()));
        assert_eq!(made(&json!([[rule("{{id}}", "a")]]), &record), Err("/rules/0/0/extract".to_owned()));
        assert!(made(&json!([[rule("id", "a"), rule("id", "a.b")]]), &record).unwrap_err().contains("“a” is a number"));
    }
}
