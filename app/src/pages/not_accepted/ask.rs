//! Asking the administrators of the account to take a change over, and what became of that.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::{Action, Kind};
use tombolo_wire::rest::{OfferRefused, RefusedLine, RefusedList, RefusedStatus};
use tombolo_wire::store::Call;

use crate::browser::server;
use crate::components::{Ago, Icon};
use crate::state::App;

/// What this person has asked for in the account that is open.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    app: App,
    lines: RwSignal<Vec<RefusedLine>>,
}

impl Asked {
    pub(super) fn new(app: App) -> Self {
        Self { app, lines: RwSignal::new(Vec::new()) }
    }

    /// The route below the account; nothing where there is nobody to ask.
    fn path(self) -> Option<String> {
        self.app.account.with_untracked(|account| {
            let shared = account.as_ref().filter(|account| !account.local)?;
            Some(format!("/api/accounts/{}/refused", shared.id))
        })
    }

    /// Whether there is an administrator other than this person to ask.
    fn can(self) -> bool {
        let shared = self.app.account.with(|account| account.as_ref().is_some_and(|account| !account.local));
        shared && self.app.removed().is_none() && !self.app.may(Action::ManageMembers, Kind::Integration)
    }

    /// Hears anew what became of it. Away from the server it is said of nothing.
    pub(super) fn refresh(self) {
        let Some(path) = self.path() else { return };
        spawn_local(async move {
            if let Ok(found) = server::ask::<RefusedList>(Method::GET, &path, None::<&()>).await {
                self.lines.try_set(found.changes);
            }
        });
    }

    /// Hears it anew while an answer is waited for.
    pub(super) fn look_again(self) {
        if self.lines.with_untracked(|lines| lines.iter().any(|line| line.status == RefusedStatus::Open)) {
            self.refresh();
        }
    }

    fn of(self, parked: &str) -> Option<RefusedLine> {
        self.lines.with(|lines| lines.iter().find(|line| line.parked == parked).cloned())
    }
}

/// The button; absent where there is nobody to ask.
#[component]
pub(super) fn AskButton(asked: Asked, parked: String) -> impl IntoView {
    let busy = RwSignal::new(false);
    let parked = StoredValue::new(parked);
    let open = move || {
        parked.with_value(|parked| asked.of(parked)).is_some_and(|line| line.status != RefusedStatus::Dismissed)
    };
    let press = move |_| {
        let Some(path) = asked.path() else { return };
        busy.set(true);
        let app = asked.app;
        spawn_local(async move {
            let done = match app.call::<OfferRefused>(Call::ParkedOffer { parked: parked.get_value() }).await {
                Ok(offer) => server::ask::<Value>(Method::POST, &path, Some(&offer)).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(_) => asked.refresh(),
                Err(error) => app.toasts.fail(error.message),
            }
            busy.try_set(false);
        });
    };
    view! {
        <Show when=move || asked.can() && !open()>
            <button class="button small" on:click=press prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="users"/>"Ask an administrator"</button>
        </Show>
    }
}

/// What became of the question.
#[component]
pub(super) fn AskedLine(asked: Asked, parked: String) -> impl IntoView {
    move || {
        let line = asked.of(&parked)?;
        let who = line.decided_by.filter(|name| !name.is_empty()).unwrap_or_else(|| "An administrator".to_owned());
        let when = line.decided_ms.unwrap_or(line.offered_ms);
        let (icon, says) = match line.status {
            RefusedStatus::Open => ("history", "You have asked the administrators ".to_owned()),
            RefusedStatus::Adopted => ("circle-check", format!("{who} has taken it over. You can discard it here. ")),
            RefusedStatus::Dismissed => ("circle-alert", format!("{who} has dismissed it ")),
        };
        Some(view! { <p class="reason" role="status"><Icon name=icon/><span>{says}<Ago ms=when/></span></p> })
    }
}
