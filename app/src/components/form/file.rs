//! A file of this computer as a source.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Intent;
use tombolo_wire::store::{BlobInfo, Call};
use web_sys::File;

use crate::components::{Field, Icon, described_by};
use crate::state::{App, Doc};

/// Chooses the file and says which one it is.
#[component]
pub(super) fn FileField(doc: Doc) -> impl IntoView {
    let app = App::here();
    let input = NodeRef::<html::Input>::new();
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let chosen = Memo::new(move |_| {
        let name = doc.text("/rawDataName");
        if name.is_empty() && !doc.text("/rawData").is_empty() { "A file is chosen".to_owned() } else { name }
    });
    let take = move |_| {
        let Some(input) = input.get_untracked() else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            if let Err(message) = store(app, doc, file).await {
                error.try_set(Some(message));
            }
            busy.try_set(false);
            // Choosing the same file again, because it has changed, is another choice.
            input.set_value("");
        });
    };
    view! {
        <Field label="File" name="source-file" error=error help="A copy is kept, so that the flow still runs when the file has moved.">
            <div class="file-box" class:chosen=move || chosen.with(|name| !name.is_empty())>
            <input class="input" id="source-file" aria-describedby=described_by("source-file") type="file" node_ref=input on:change=take prop:disabled=move || !doc.writable.get() || busy.get()/>
            {move || {
                let name = chosen.get();
                (!name.is_empty()).then(|| view! { <p class="row"><Icon name="file-text" small=true/><span class="cut">{name}</span></p> })
            }}
            </div>
        </Field>
    }
}

async fn store(app: App, doc: Doc, file: File) -> Result<(), String> {
    let name = file.name();
    let client = app.client().map_err(|error| error.message)?;
    let call = Call::PutFile { name: name.clone() };
    let stored = client.call_with::<BlobInfo>(call, &[file.into()]).await.map_err(|error| error.message)?.value;
    let format = format_of(&name);
    let set = |path: &str, value: String| Intent::Set { path: path.into(), value: value.into() };
    let intents = vec![set("/rawData", stored.hash), set("/rawDataName", name), set("/file/type", format.into())];
    doc.try_edit(intents).await.map_err(|error| error.message)?;
    Ok(())
}

/// The format that a file has by its name; a packed one has that of what is in it.
pub(crate) fn format_of(name: &str) -> &'static str {
    let name = name.to_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zip")).unwrap_or(&name);
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("json") => "json",
        Some("xml") => "xml",
        Some("xlsx") => "xlsx",
        _ => "csv",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_format_that_its_name_says() {
        let formats = ["a.JSON", "b.csv", "c.xml.gz", "d.xlsx", "e"].map(format_of);
        assert_eq!(formats, ["json", "csv", "xml", "xlsx", "csv"]);
    }
}
