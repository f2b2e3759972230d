//! One file a screen.

mod account;
mod aliases;
mod audit;
mod bin;
mod caches;
mod data_loader;
mod flow;
mod help;
mod home;
mod integration;
pub(crate) mod later;
mod members;
mod not_accepted;
mod not_found;
mod packages;
mod playground;
mod preferences;
mod resources;
mod review;
mod run_file;
mod runs;
mod script;
mod security;
mod sign_in;
mod signed_in_to;
mod subscription;
mod tokens;
mod transfers;

pub(crate) use account::AccountPage;
pub(crate) use audit::AuditPage;
pub(crate) use bin::BinPage;
pub(crate) use data_loader::{DataLoaderPage, LoaderPage};
pub(crate) use flow::FlowPage;
pub(crate) use help::{GuidePage, HelpPage, NewsPage};
pub(crate) use home::HomePage;
pub(crate) use integration::IntegrationPage;
pub(crate) use members::MembersPage;
pub(crate) use not_accepted::NotAcceptedPage;
pub(crate) use not_found::{NotFound, Unopened};
#[cfg(test)]
pub(crate) use playground::stubs as playground_stubs;
pub(crate) use playground::{Door, PlaygroundPage, ScriptDoor, TestCasesPage, editor_names};
pub(crate) use preferences::PreferencesPage;
pub(crate) use resources::{ResourcePage, ResourcesPage};
pub(crate) use review::ReviewPage;
pub(crate) use runs::RunsPage;
use script::ScriptPage;
pub(crate) use security::SecurityPage;
pub(crate) use sign_in::{SignInPage, SignUpPage, SsoBackPage, SsoPage};
pub(crate) use signed_in_to::SignedInToPage;
pub(crate) use subscription::SubscriptionPage;
pub(crate) use tokens::TokensPage;
pub(crate) use transfers::TransfersPage;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_params_map;
use tombolo_model::Id;
use tombolo_wire::store::{BlobInfo, Call};

use crate::browser::files;
use crate::state::App;

/// The id in the address, when it is one.
fn id_param(name: &'static str) -> Memo<Option<Id>> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get(name).and_then(|text| text.parse().ok())))
}

/// Downloads everything on this device as one file; works when nothing can be stored any more.
pub(crate) fn export_all(app: App) {
    download(app, Call::ExportAll);
}

/// Downloads what of the person has changes on this device alone, in all of their accounts.
pub(crate) fn export_unsent(app: App) {
    download(app, Call::ExportUnsent);
}

/// Downloads the file that a call is answered with.
fn download(app: App, call: Call) {
    spawn_local(async move {
        let exported = match app.client() {
            Ok(client) => client.call_with::<BlobInfo>(call, &[]).await,
            Err(error) => Err(error),
        };
        match exported {
            Ok(reply) => {
                let saved = reply.files.first().map(|blob| files::download(blob, &reply.value.name));
                if !matches!(saved, Some(Ok(()))) {
                    app.toasts.fail("The browser did not take the file. Try again.");
                }
            }
            Err(error) => app.toasts.fail(error.message),
        }
    });
}
