//! The filter editor: rules in rows, stored as the expression that the engine runs.

use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_model::Intent;

use crate::components::{FieldConflict, Icon, SelectBox, TextBox};
use crate::state::{App, Doc};

const PLACE: &str = "/filter/expression/rules";

/// The comparisons, with their words.
const OPERATORS: [(&str, &str); 12] = [
    ("equals", "equals"),
    ("notequals", "does not equal"),
    ("greaterthan", "is greater than"),
    ("greaterthanequals", "is at least"),
    ("lessthan", "is less than"),
    ("lessthanequals", "is at most"),
    ("startswith", "starts with"),
    ("endswith", "ends with"),
    ("contains", "contains"),
    ("doesnotcontain", "does not contain"),
    ("empty", "is empty"),
    ("notempty", "is not empty"),
];

/// One row of the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    field: String,
    /// `string`, `number` or `boolean`.
    cast: String,
    operator: String,
    value: String,
}

impl Rule {
    fn new() -> Self {
        Self { field: String::new(), cast: "string".into(), operator: "equals".into(), value: String::new() }
    }

    fn unary(&self) -> bool {
        matches!(self.operator.as_str(), "empty" | "notempty")
    }

    fn to_json(&self) -> Value {
        let field = json!([self.cast, ["extract", self.field]]);
        if self.unary() {
            return json!([self.operator, field]);
        }
        let value = match self.cast.as_str() {
            "number" => self
                .value
                .trim()
                .parse::<i64>()
                .map(Value::from)
                .or_else(|_| self.value.trim().parse::<f64>().map(Value::from))
                .unwrap_or_else(|_| self.value.clone().into()),
            "boolean" => Value::Bool(self.value.trim() == "true"),
            _ => self.value.clone().into(),
        };
        json!([self.operator, field, value])
    }

    fn from_json(value: &Value) -> Option<Self> {
        let parts = value.as_array()?;
        let operator = parts.first()?.as_str()?;
        OPERATORS.iter().find(|(key, _)| *key == operator)?;
        let operand = parts.get(1)?.as_array()?;
        let (cast, extract) = match operand.first()?.as_str()? {
            "extract" => ("string", operand),
            cast @ ("string" | "number" | "boolean") => (cast, operand.get(1)?.as_array()?),
            _ => return None,
        };
        let field = (extract.first()?.as_str()? == "extract").then(|| extract.get(1)?.as_str())??;
        let value = match parts.get(2) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other @ (Value::Number(_) | Value::Bool(_))) => other.to_string(),
            Some(_) => return None,
        };
        Some(Self { field: field.into(), cast: cast.into(), operator: operator.into(), value })
    }
}

/// The rules of an expression and whether all must hold; nothing when it is more than rows can show.
pub(super) fn read(expression: &Value) -> Option<(bool, Vec<Rule>)> {
    let parts = expression.as_array()?;
    match parts.first().and_then(Value::as_str) {
        None => Some((true, Vec::new())),
        Some(word @ ("and" | "or")) => {
            let rules = parts[1..].iter().map(Rule::from_json).collect::<Option<Vec<_>>>()?;
            Some((word == "and", rules))
        }
        Some(_) => Some((true, vec![Rule::from_json(expression)?])),
    }
}

/// The expression of rules; rows without a field do not count.
pub(super) fn write(all: bool, rules: &[Rule]) -> Value {
    let mut made: Vec<Value> = rules.iter().filter(|rule| !rule.field.trim().is_empty()).map(Rule::to_json).collect();
    match made.len() {
        0 => json!([]),
        1 => made.remove(0),
        _ => Value::Array(std::iter::once(Value::from(if all { "and" } else { "or" })).chain(made).collect()),
    }
}

/// The editor.
#[component]
pub(super) fn FilterEditor(doc: Doc) -> impl IntoView {
    let stored = Memo::new(move |_| doc.at(PLACE).unwrap_or_else(|| json!([])));
    // Not each change of the document, or every rule would lose its focus at every edit.
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    let simple = Memo::new(move |_| read(&stored.get()).is_some());
    move || {
        match (open.get(), simple.get().then(|| read(&stored.get_untracked())).flatten()) {
        (false, _) => ().into_any(),
        (true, Some((all, rules))) => view! { <Rules doc=doc stored=stored all=all rules=rules/> }.into_any(),
        (true, None) => view! {
            <div class="form wide"><p>"This filter nests rules deeper than this editor shows. It runs as it is:"</p><pre class="code-panel"><code>{move || stored.get().to_string()}</code></pre></div>
        }
        .into_any(),
    }
    }
}

#[component]
fn Rules(doc: Doc, stored: Memo<Value>, all: bool, rules: Vec<Rule>) -> impl IntoView {
    let app = App::here();
    let next = StoredValue::new(0_u64);
    let number = move || {
        next.update_value(|next| *next += 1);
        next.get_value()
    };
    let rows = RwSignal::new(rules.into_iter().map(|rule| (number(), rule)).collect::<Vec<_>>());
    let all = RwSignal::new(all);
    let expression =
        move || rows.with(|rows| write(all.get(), &rows.iter().map(|(_, rule)| rule.clone()).collect::<Vec<_>>()));
    // What somebody else wrote meanwhile is shown, unless it is what is here already.
    Effect::new(move |_| {
        let theirs = stored.get();
        if theirs != untrack(expression)
            && let Some((both, rules)) = read(&theirs)
        {
            all.set(both);
            rows.set(rules.into_iter().map(|rule| (number(), rule)).collect());
        }
    });
    let save = move || {
        let rules = untrack(expression);
        if rules == stored.get_untracked() {
            return;
        }
        let set = |path: &str, value: Value| Intent::Set { path: path.into(), value };
        doc.edit(vec![
            set("/filter/type", "expression".into()),
            set("/filter/version", "1".into()),
            set("/filter/expression/version", "1".into()),
            set(PLACE, rules),
        ]);
    };
    let change = move |id: u64, change: &dyn Fn(&mut Rule)| {
        rows.update(|rows| rows.iter_mut().filter(|(have, _)| *have == id).for_each(|(_, rule)| change(rule)));
        save();
    };
    let may = Signal::derive(move || !app.may_write());
    view! {
        <div class="form wide">
            <p class="muted">"Records for which this holds go on. The others are counted as ignored; they are no errors."</p>
            <FieldConflict doc=doc path=PLACE/>
            {move || (rows.with(Vec::len) > 1).then(|| view! {
                <div class="segment" role="radiogroup" aria-label="How the rules are joined">
                    <button role="radio" aria-checked=move || all.get().to_string() on:click=move |_| { all.set(true); save(); }>"All must hold"</button>
                    <button role="radio" aria-checked=move || (!all.get()).to_string() on:click=move |_| { all.set(false); save(); }>"One is enough"</button>
                </div>
            })}
            <For each=move || rows.get() key=|(id, _)| *id let:row>
                {
                    let id = row.0;
                    let get = move |part: fn(&Rule) -> String| Signal::derive(move || rows.with(|rows| rows.iter().find(|(have, _)| *have == id).map(|(_, rule)| part(rule)).unwrap_or_default()));
                    let operators = Signal::derive(|| OPERATORS.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect::<Vec<_>>());
                    let casts = Signal::derive(|| [("string", "as text"), ("number", "as number"), ("boolean", "as true or false")].map(|(key, words)| (key.to_owned(), words.to_owned())).to_vec());
                    let unary = Memo::new(move |_| rows.with(|rows| rows.iter().any(|(have, rule)| *have == id && rule.unary())));
                    view! {
                        <div class="rule" role="group" aria-label="Rule">
                            <TextBox name=format!("field-{id}") label="Field" placeholder="Field" code=true value=get(|rule| rule.field.clone()) disabled=may on_change=Callback::new(move |text: String| change(id, &|rule| rule.field.clone_from(&text)))/>
                            <SelectBox name=format!("cast-{id}") label="Compare" value=get(|rule| rule.cast.clone()) choices=casts disabled=may on_change=Callback::new(move |key: String| change(id, &|rule| rule.cast.clone_from(&key)))/>
                            <SelectBox name=format!("operator-{id}") label="Operator" value=get(|rule| rule.operator.clone()) choices=operators disabled=may on_change=Callback::new(move |key: String| change(id, &|rule| rule.operator.clone_from(&key)))/>
                            {move || (!unary.get()).then(|| view! {
                                <TextBox name=format!("value-{id}") label="Value" placeholder="Value" value=get(|rule| rule.value.clone()) disabled=may on_change=Callback::new(move |text: String| change(id, &|rule| rule.value.clone_from(&text)))/>
                            })}
                            <button class="icon-button" aria-label="Delete rule" on:click=move |_| { rows.update(|rows| rows.retain(|(have, _)| *have != id)); save(); }><Icon name="trash-2"/></button>
                        </div>
                    }
                }
            </For>
            <button class="button" prop:disabled=may on:click=move |_| rows.update(|rows| rows.push((number(), Rule::new())))><Icon name="plus"/>"Add rule"</button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_survive_being_stored() {
        let expressions = [
            json!([]),
            json!(["equals", ["string", ["extract", "state"]], "TX"]),
            json!([
                "and",
                ["greaterthan", ["number", ["extract", "a.b"]], 5],
                ["empty", ["string", ["extract", "Major Genre"]]]
            ]),
            json!([
                "or",
                ["equals", ["boolean", ["extract", "x"]], true],
                ["lessthan", ["number", ["extract", "y"]], 1.5]
            ]),
        ];
        for expression in expressions {
            let (all, rules) = read(&expression).unwrap();
            assert_eq!(write(all, &rules), expression);
        }
    }

    #[test]
    fn what_rows_cannot_show_is_left_alone() {
        assert_eq!(read(&json!(["and", ["or", ["equals", ["extract", "a"], "b"]]])), None);
        assert_eq!(read(&json!(["equals", ["lowercase", ["extract", "a"]], "b"])), None);
    }

    #[test]
    fn a_row_without_a_field_is_not_stored() {
        assert_eq!(write(true, &[Rule::new()]), json!([]));
    }
}
