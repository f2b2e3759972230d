//! The JSON of single resources as a file.

use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::store::{Call, CallError, CatalogueRow, OpenReply};

use crate::browser::files;
use crate::state::App;
use crate::words::kinds::KindWords;

/// The JSON of a resource as it is now.
async fn value_of(app: App, id: Id) -> Result<Value, CallError> {
    let opened = app.call::<OpenReply>(Call::Open { id }).await?;
    app.send(Call::Close { id });
    Ok(opened.view.value)
}

/// A name that every computer takes for a file.
fn file_name(row: &CatalogueRow) -> String {
    let name = files::plain_name(&row.name);
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
    files::download_text(app, &serde_json::to_string_pretty(value).unwrap_or_default(), name);
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

    #[test]
    fn a_file_is_named_after_what_is_in_it() {
        assert_eq!(file_name(&row(1, "Shop / 1", None, &[])), "Shop---1.connection.json");
    }
}
