//! The records of the file as they are read now: the first page, in a table.

use std::collections::BTreeSet;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::run_worker::RunOptions;
use tombolo_wire::store::{Call, TestReport};

use crate::components::Icon;
use crate::state::Doc;
use crate::words;

/// How long after a change the file is read again.
const SOON_MS: u32 = 500;
/// Columns and letters of a cell that are shown.
const MOST_COLUMNS: usize = 40;
const MOST_LETTERS: usize = 80;

/// What was read.
#[derive(Debug, Clone, PartialEq)]
struct Read {
    records: Vec<Value>,
    wrong: Vec<String>,
}

fn read(report: TestReport) -> Read {
    let records = report.stages.into_iter().filter(|stage| stage.name == "parse").map(|stage| stage.output);
    let wrong = report.errors.into_iter().chain(report.row.error).map(|error| error.message);
    Read { records: records.filter(|record| !record.is_null()).collect(), wrong: wrong.collect() }
}

/// The columns of records, in the order in which they come.
fn columns(records: &[Value]) -> Vec<String> {
    let (mut seen, mut columns) = (BTreeSet::new(), Vec::new());
    for name in records.iter().filter_map(Value::as_object).flat_map(|fields| fields.keys()) {
        if seen.insert(name.clone()) {
            columns.push(name.clone());
        }
    }
    columns
}

fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    text.chars().take(MOST_LETTERS).collect()
}

/// The preview; it follows what is set in the source.
#[component]
pub(super) fn Preview(flow: Id, export: Doc) -> impl IntoView {
    let app = export.app;
    let found = RwSignal::new(None::<Result<Read, String>>);
    let busy = RwSignal::new(false);
    let asked = StoredValue::new(0_u32);
    let ask = move || {
        asked.update_value(|asked| *asked += 1);
        let mine = asked.get_value();
        busy.set(true);
        spawn_local(async move {
            let call = Call::TestRun { flow, options: RunOptions::default(), reads_only: true };
            let answer = app.call::<TestReport>(call).await;
            // Of a preview before the last change nothing is shown.
            if asked.try_get_value() == Some(mine) {
                busy.set(false);
                found.set(Some(answer.map(read).map_err(|error| error.message)));
            }
        });
    };
    let timer = StoredValue::new_local(None::<Timeout>);
    let heads = Memo::new(move |_| export.view.with(|view| view.as_ref().map(|view| view.heads.clone())));
    let no_file = Memo::new(move |_| heads.with(Option::is_some) && export.text("/rawData").is_empty());
    Effect::new(move |_| {
        if heads.with(Option::is_some) && !no_file.get() {
            timer.set_value(Some(Timeout::new(SOON_MS, ask)));
        }
    });
    on_cleanup(move || {
        timer.try_set_value(None);
    });
    view! {
        <section class="load-preview" aria-label="Preview" aria-busy=move || busy.get().to_string()>
            {move || match found.get() {
                None if no_file.get() => view! { <p class="quiet-line" role="status">"No file yet: press Load to choose one."</p> }.into_any(),
                None => view! { <p class="quiet-line" role="status">"Reading the first records…"</p> }.into_any(),
                Some(Err(why)) => view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{why}</p></div> }.into_any(),
                Some(Ok(read)) => view! { <Table read=read/> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Table(read: Read) -> impl IntoView {
    let all = columns(&read.records);
    let shown: Vec<String> = all.iter().take(MOST_COLUMNS).cloned().collect();
    let says = format!(
        "The first {} as they are read, with {}.",
        words::count(read.records.len(), "record"),
        words::count(all.len(), "field")
    );
    let none = read.records.is_empty();
    let wrong = read.wrong.into_iter().take(3).map(|message| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{message}</p></div> }).collect_view();
    let head = shown.iter().map(|name| view! { <th>{name.clone()}</th> }).collect_view();
    let rows = read.records.iter().map(|record| {
        // A record that is no object is one cell.
        let cells = if record.is_object() {
            shown.iter().map(|name| view! { <td>{cell(record.get(name))}</td> }).collect_view()
        } else {
            vec![view! { <td>{cell(Some(record))}</td> }]
        };
        view! { <tr>{cells}</tr> }
    });
    let rows = rows.collect_view();
    view! {
        {wrong}
        {if none {
            view! { <p class="quiet-line" role="status">"No records were read. Look at the format above."</p> }.into_any()
        } else {
            view! { <p class="muted" role="status">{says}</p><div class="table-wrap" tabindex="0" role="region" aria-label="First records"><table class="table compact"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div> }.into_any()
        }}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_preview_has_a_column_for_each_field_that_any_record_has() {
        let records = [json!({"b": 1, "a": {"x": 1}}), json!({"a": null, "c": "é"}), json!("line")];
        assert_eq!(columns(&records), ["b", "a", "c"]);
        assert_eq!(cell(records[0].get("a")), "{\"x\":1}");
        assert_eq!((cell(records[1].get("a")), cell(None)), (String::new(), String::new()));
    }
}
