//! What is being put together: the package as it was looked at, and what somebody chose for it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::package::{ConnectionChoice, PackageChoices, PackageInstalled, PackagePreview};
use tombolo_model::{Id, Kind};
use tombolo_wire::store::{Call, CallError, PackageSource};
use web_sys::{Blob, File};

use super::connections;
use crate::browser::page;
use crate::state::App;

/// The draft.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub(super) app: App,
    /// What is copied; nothing where a file is installed.
    copy_of: Option<Id>,
    file: StoredValue<Option<Blob>, LocalStorage>,
    pub(super) file_name: RwSignal<String>,
    /// The file is closed with a password.
    pub(super) locked: RwSignal<bool>,
    pub(super) password: RwSignal<String>,
    /// What would be made, once it was looked at.
    pub(super) preview: RwSignal<Option<PackagePreview>>,
    /// Why it cannot be looked at.
    pub(super) refused: RwSignal<Option<String>>,
    pub(super) name: RwSignal<String>,
    pub(super) integration: RwSignal<String>,
    /// By the connection of the package: the id of one of this account, or nothing for a new one.
    pub(super) connections: RwSignal<BTreeMap<Id, String>>,
    /// Why it was not made.
    pub(super) problem: RwSignal<Option<String>>,
    pub(super) busy: RwSignal<bool>,
    pub(super) installed: RwSignal<Option<PackageInstalled>>,
}

impl Draft {
    pub(super) fn new(app: App, copy_of: Option<Id>) -> Self {
        Self {
            app,
            copy_of,
            file: StoredValue::new_local(None),
            file_name: RwSignal::new(String::new()),
            locked: RwSignal::new(false),
            password: RwSignal::new(String::new()),
            preview: RwSignal::new(None),
            refused: RwSignal::new(None),
            name: RwSignal::new(String::new()),
            integration: RwSignal::new(String::new()),
            connections: RwSignal::new(BTreeMap::new()),
            problem: RwSignal::new(None),
            busy: RwSignal::new(false),
            installed: RwSignal::new(None),
        }
    }

    pub(super) fn is_copy(self) -> bool {
        self.copy_of.is_some()
    }

    /// Looks at what there is; what was looked at before is shown no more.
    pub(super) fn look(self, file: Option<File>) {
        self.file_name.set(file.as_ref().map(File::name).unwrap_or_default());
        self.file.set_value(file.map(Into::into));
        self.locked.set(false);
        self.password.set(String::new());
        self.look_again();
    }

    /// The same with the password that was entered meanwhile.
    pub(super) fn look_again(self) {
        self.preview.set(None);
        self.refused.set(None);
        self.problem.set(None);
        self.busy.set(true);
        let of = self.source();
        spawn_local(async move {
            match self.ask::<PackagePreview>(Call::LookAtPackage { of }).await {
                Ok(preview) => self.begin(preview),
                Err(error) if error.code == "locked" => {
                    self.locked.try_set(true);
                    page::focus_soon(vec![super::PASSWORD.to_owned()]);
                }
                Err(error) => drop(self.refused.try_set(Some(error.message))),
            }
            self.busy.try_set(false);
        });
    }

    fn source(self) -> PackageSource {
        match self.copy_of {
            Some(id) => PackageSource::Copy(id),
            None => PackageSource::File { password: self.password.get_untracked() },
        }
    }

    async fn ask<R: serde::de::DeserializeOwned>(self, call: Call) -> Result<R, CallError> {
        let file = self.file.try_get_value().flatten();
        let client = self.app.client()?;
        let files: Vec<Blob> = file.into_iter().collect();
        client.call_with::<R>(call, &files).await.map(|reply| reply.value)
    }

    /// Fills in what most people would choose.
    fn begin(self, preview: PackagePreview) {
        // The dialog was closed meanwhile.
        if self.preview.is_disposed() {
            return;
        }
        let copy = self.is_copy();
        let rows = untrack(|| self.app.of_kind(Kind::Connection));
        let chosen = preview.connections.iter().map(|item| (item.id, connections::first_choice(item, &rows, copy)));
        self.connections.set(chosen.collect());
        self.name.set(if copy { format!("Copy of {}", preview.root.name) } else { preview.root.name.clone() });
        let integrations = untrack(|| self.app.of_kind(Kind::Integration));
        let home = preview.home.filter(|home| integrations.iter().any(|row| row.id == *home));
        let first = home.or_else(|| integrations.first().map(|row| row.id));
        self.integration.set(first.map(|id| id.to_string()).unwrap_or_default());
        self.preview.set(Some(preview));
        if copy {
            page::focus_soon(vec![super::choose::NAME.to_owned()]);
        }
    }

    /// What is sent.
    fn choices(self, preview: &PackagePreview) -> PackageChoices {
        let integration =
            self.integration.with_untracked(|id| id.parse().ok()).filter(|_| asks_for_integration(preview));
        let connections = self.connections.with_untracked(|all| {
            let choice = |text: &String| text.parse().map_or(ConnectionChoice::Create, ConnectionChoice::Use);
            all.iter().map(|(id, text)| (*id, choice(text))).collect()
        });
        PackageChoices { name: Some(self.name.get_untracked().trim().to_owned()), integration, connections }
    }

    /// Makes it.
    pub(super) fn install(self, on_open: Callback<PackageInstalled>, open: RwSignal<bool>) {
        let Some(preview) = self.preview.get_untracked() else { return };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        let (of, choices) = (self.source(), self.choices(&preview));
        spawn_local(async move {
            match self.ask::<PackageInstalled>(Call::Install { of, choices }).await {
                Ok(made) if made.needs.is_empty() => {
                    open.try_set(false);
                    on_open.try_run(made);
                }
                Ok(made) => drop(self.installed.try_set(Some(made))),
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
            self.busy.try_set(false);
        });
    }
}

/// Whether it goes into an integration of somebody's choice.
pub(super) fn asks_for_integration(preview: &PackagePreview) -> bool {
    preview.needs_integration || (preview.root.kind != Kind::Integration && preview.home.is_some())
}
