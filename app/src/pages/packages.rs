//! Integrations, flows and single resources as zips and copies. The store worker packs and installs, so all of it works
//! without a network.

mod choose;
mod connections;
mod contents;
mod draft;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use tombolo_model::Id;
use tombolo_model::package::PackageInstalled;
use tombolo_wire::store::{Call, CatalogueRow, Packed};

use crate::browser::{files, page};
use crate::components::{Dialog, Field, Icon, described_by};
use crate::state::App;
use crate::words::{self, kinds};
use choose::Choose;
use draft::Draft;

/// The field of the file.
const FILE: &str = "package-file";
/// The field of a bundle's password.
const PASSWORD: &str = "package-password";

/// What is said of a zip that is in the downloads.
fn packed_words(packed: &Packed) -> String {
    let mut said = format!("{} is in your downloads, without secrets.", packed.name);
    if let [first, rest @ ..] = packed.notes.as_slice() {
        said = format!("{said} {first}");
        if !rest.is_empty() {
            said = format!("{said} The same is so of {}.", words::count(rest.len(), "other thing"));
        }
    }
    said
}

/// Hands the zip of a resource and all that it needs to the downloads.
pub(crate) fn download(app: App, id: Id) {
    spawn_local(async move {
        let packed = match app.client() {
            Ok(client) => client.call_with::<Packed>(Call::Pack { id }, &[]).await,
            Err(error) => Err(error),
        };
        match packed {
            Ok(reply) => match reply.files.first().map(|file| files::download(file, &reply.value.name)) {
                Some(Ok(())) => app.toasts.say(packed_words(&reply.value)),
                _ => app.toasts.fail("The browser did not take the file. Try again."),
            },
            Err(error) => app.toasts.fail(error.message),
        }
    });
}

/// Goes to what was made; what is left to do is said first.
fn opener(app: App) -> Callback<PackageInstalled> {
    let navigate = StoredValue::new_local(use_navigate());
    Callback::new(move |made: PackageInstalled| {
        let row = app.row(made.id).unwrap_or_else(|| row_of(&made));
        let row = CatalogueRow { integration: row.integration.or(made.integration), ..row };
        if let Some(to) = kinds::address(&row) {
            navigate.with_value(|navigate| navigate(&to, NavigateOptions::default()));
        }
    })
}

/// As much of a row as its address needs, for what the catalogue has not told of yet.
fn row_of(made: &PackageInstalled) -> CatalogueRow {
    CatalogueRow {
        id: made.id,
        kind: made.kind,
        name: String::new(),
        integration: made.integration,
        disabled: false,
        binned: false,
        references: Vec::new(),
        adaptor: None,
        lookup: false,
        group: None,
        conflicts: 0,
        modified_ms: 0,
        pending: false,
        damaged: false,
    }
}

/// The button and the dialog that install a zip or a bundle.
#[component]
pub(crate) fn InstallButton(action: &'static str) -> impl IntoView {
    let app = App::here();
    let open = RwSignal::new(false);
    let closed = move || !app.may_write();
    view! {
        <button class="button" prop:disabled=closed title=move || closed().then_some("You may look, not change.")
            on:click=move |_| { open.set(true); page::focus_soon(vec![FILE.to_owned()]); }><Icon name="upload"/>{action}</button>
        <Dialog open=open title=action wide=true><Install open=open/></Dialog>
    }
}

#[component]
fn Install(open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let draft = Draft::new(app, None);
    let input = NodeRef::<html::Input>::new();
    let take = move |_| {
        let Some(input) = input.get_untracked() else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        // Choosing the same file again, because it was mended, is another choice.
        input.set_value("");
        draft.look(Some(file));
    };
    view! {
        <div class="dialog-body">
            <Show when=move || draft.installed.with(Option::is_none)>
                <Field label="File" name=FILE error=draft.refused help="A zip or a bundle, downloaded from an integration or a flow, here or in integrator.io. Nothing is made before you have seen what it would be.">
                    <div class="file-box" class:chosen=move || draft.file_name.with(|name| !name.is_empty())>
                        <input class="input" id=FILE type="file" accept=".zip,.tombolo,application/zip" node_ref=input aria-describedby=described_by(FILE)
                            aria-invalid=move || draft.refused.with(Option::is_some).to_string() on:change=take prop:disabled=move || draft.busy.get()/>
                        {move || {
                            let name = draft.file_name.get();
                            (!name.is_empty()).then(|| view! { <p class="row"><Icon name="package" small=true/><span class="cut">{name}</span></p> })
                        }}
                    </div>
                </Field>
            </Show>
            <Show when=move || draft.locked.get() && draft.installed.with(Option::is_none)><Unlock draft=draft/></Show>
            <Choose draft=draft open=open verb="Install" on_open=opener(app)/>
        </div>
    }
}

/// Asks for the password of a bundle that is closed.
#[component]
fn Unlock(draft: Draft) -> impl IntoView {
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        draft.look_again();
    };
    view! {
        <form class="package-form" on:submit=submit>
            <Field label="Password of the bundle" name=PASSWORD help="Who made the bundle knows it.">
                <input class="input" id=PASSWORD type="password" autocomplete="off" aria-describedby=described_by(PASSWORD)
                    prop:value=move || draft.password.get() on:input=move |event| draft.password.set(event_target_value(&event))/>
            </Field>
            <div><button class="button" type="submit" prop:disabled=move || draft.busy.get()><Icon name="key-round"/>"Open the bundle"</button></div>
        </form>
    }
}

/// The dialog that copies a resource, with what it is made of.
#[component]
pub(crate) fn CloneDialog(id: Id, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let name = app.row(id).map(|row| row.name).unwrap_or_default();
    view! { <Dialog open=open title=format!("Clone {name}") wide=true><Copy id=id open=open/></Dialog> }
}

#[component]
fn Copy(id: Id, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let draft = Draft::new(app, Some(id));
    draft.look(None);
    view! {
        <div class="dialog-body">
            {move || draft.refused.get().map(|why| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{why}</p></div> })}
            <Choose draft=draft open=open verb="Clone" on_open=opener(app)/>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_says_what_is_not_in_it() {
        let packed = |notes: &[&str]| {
            let notes = notes.iter().map(|note| (*note).to_owned()).collect();
            packed_words(&Packed { name: "Shop.zip".into(), parts: 3, notes, key: None })
        };
        assert_eq!(packed(&[]), "Shop.zip is in your downloads, without secrets.");
        assert!(packed(&["A stays here."]).ends_with("A stays here."));
        assert!(packed(&["A stays here.", "B", "C"]).ends_with("The same is so of 2 other things."));
    }
}
