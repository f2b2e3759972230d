//! Copies of single resources, and their JSON as a file.

use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::{Id, Kind};
use tombolo_wire::store::{Call, CallError, CatalogueRow, Created, OpenReply};
use web_sys::Blob;

use crate::browser::files;
use crate::state::App;
use crate::words::kinds::KindWords;

/// What a copy of a resource begins with. It does nothing by itself: a flow is off and has no schedule, and follows no
/// other.
fn copy(kind: Kind, mut value: Value) -> Value {
    let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
    let name: String = format!("Copy of {name}").chars().take(200).collect();
    value["name"] = name.into();
    if let (Kind::Flow, Some(fields)) = (kind, value.as_object_mut()) {
        for gone in ["schedule", "_runNextFlowIds", "_runNextExportIds", "aliases"] {
            fields.remove(gone);
        }
        fields.insert("disabled".to_owned(), true.into());
    }
    value
}

/// The JSON of a resource as it is now.
async fn value_of(app: App, id: Id) -> Result<Value, CallError> {
    let opened = app.call::<OpenReply>(Call::Open { id }).await?;
    app.send(Call::Close { id });
    Ok(opened.view.value)
}

/// Makes a copy and says where it is.
pub(super) fn clone(app: App, row: &CatalogueRow, then: impl Fn(Id) + 'static) {
    let saving = app.saving();
    let (kind, id) = (row.kind, row.id);
    spawn_local(async move {
        let made = async {
            let value = copy(kind, value_of(app, id).await?);
            app.call::<Created>(Call::Create { kind, value }).await
        };
        match made.await {
            Ok(created) => {
                let secret = matches!(kind, Kind::Connection | Kind::IClient);
                app.toasts.say(if secret {
                    "The copy is made. Its secrets are to be entered again."
                } else {
                    "The copy is made."
                });
                then(created.id);
            }
            Err(error) => app.toasts.fail(error.message),
        }
        drop(saving);
    });
}

/// A name that every computer takes for a file.
fn file_name(row: &CatalogueRow) -> String {
    let name: String = row.name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(60).collect();
    format!("{}.{}.json", if name.is_empty() { row.id.to_string() } else { name }, row.kind)
}

/// The JSON of a resource with its id, without its secrets.
async fn whole(app: App, id: Id) -> Result<Value, CallError> {
    let value = value_of(app, id).await?;
    let mut whole = serde_json::Map::from_iter([("_id".to_owned(), Value::from(id.to_string()))]);
    whole.extend(value.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(whole))
}

fn hand_over(app: App, value: &Value, name: &str) {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let parts = js_sys::Array::of1(&text.into());
    let saved = Blob::new_with_str_sequence(&parts).and_then(|blob| files::download(&blob, name));
    if saved.is_err() {
        app.toasts.fail("The browser did not take the file. Try again.");
    }
}

/// Hands the JSON of a resource, without its secrets, to the downloads.
pub(super) fn download(app: App, row: CatalogueRow) {
    spawn_local(async move {
        match whole(app, row.id).await {
            Ok(value) => hand_over(app, &value, &file_name(&row)),
            Err(error) => app.toasts.fail(error.message),
        }
    });
}

/// Hands several as one list to the downloads.
pub(super) fn download_all(app: App, words: &'static KindWords, rows: Vec<CatalogueRow>) {
    spawn_local(async move {
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            match whole(app, row.id).await {
                Ok(value) => all.push(value),
                Err(error) => {
                    return app
                        .toasts
                        .fail(format!("“{}” was not read, so no file was made. {}", row.name, error.message));
                }
            }
        }
        match (rows.as_slice(), all.pop()) {
            ([one], Some(value)) => hand_over(app, &value, &file_name(one)),
            (_, last) => {
                all.extend(last);
                hand_over(app, &Value::Array(all), &format!("{}.json", words.folder));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::resources::rows::tests::row;
    use serde_json::json;

    #[test]
    fn a_copy_of_a_flow_does_nothing_by_itself() {
        let flow = json!({"name": "Orders", "schedule": "? 5 9 ? * 1", "_runNextFlowIds": ["x"], "kept": {"a": 1}});
        assert_eq!(copy(Kind::Flow, flow), json!({"name": "Copy of Orders", "kept": {"a": 1}, "disabled": true}));
        assert_eq!(copy(Kind::Script, json!({"content": "x"})), json!({"content": "x", "name": "Copy of "}));
    }

    #[test]
    fn a_file_is_named_after_what_is_in_it() {
        assert_eq!(file_name(&row(1, "Shop / 1", None, &[])), "Shop---1.connection.json");
    }
}
