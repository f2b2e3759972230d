//! Integrations that are handed over to another account, from both sides. The server decides; this page asks it.

mod card;
mod file;
mod offer;
mod preview;

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::{LookAtTransfer, Transfer, TransferStatus, Transfers};
use tombolo_wire::store::AccountInfo;

use crate::browser::{page, server};
use crate::components::{AsOf, Dialog, Icon, NeedsServer};
use crate::state::{App, LastKnown};
use crate::words;
use card::Card;
use file::AsFile;
use offer::Offer;

/// The page; `?offer=` is the secret link that somebody was sent.
#[component]
pub(crate) fn TransfersPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Transfers".into());
    let account = Memo::new(move |_| app.account.get());
    move || {
        match account.get() {
        None => ().into_any(),
        Some(account) if account.local => view! {
            <div class="page-head"><div><h1>"Transfers"</h1></div></div>
            <div class="page-body transfers"><AsFile/></div>
            <div class="empty"><span class="kind"><Icon name="arrow-right-left"/></span><h2>"Between accounts of a server"</h2>
                <p>"Integrations are handed over between accounts on a server too. Sign in for that; if you were sent a link, open it again then."</p>
                <A href="/sign-in" attr:class="button primary">"Sign in"</A></div>
        }
        .into_any(),
        Some(account) if account.role.may(Action::Transfer, Kind::Integration) => {
            view! { <List account=account/> }.into_any()
        }
        Some(_) => view! {
            <div class="page-head"><div><h1>"Transfers"</h1></div></div>
            <div class="empty"><span class="kind"><Icon name="lock"/></span><h2>"This page is not open to you here"</h2>
                <p>"Owners and administrators hand integrations over and take them. Switch to an account of yours to take one that you were offered."</p></div>
        }
        .into_any(),
    }
    }
}

/// The list as last heard, and how to hear it again.
#[derive(Clone, Copy)]
struct Desk {
    account: Id,
    transfers: RwSignal<Option<Vec<Transfer>>>,
    last: LastKnown,
    problem: RwSignal<Option<String>>,
}

impl Desk {
    fn path(self, rest: &str) -> String {
        format!("/api/accounts/{}/transfers{rest}", self.account)
    }

    fn refresh(self) {
        spawn_local(async move {
            let take = |found: Transfers| drop(self.transfers.try_set(Some(found.transfers)));
            if let Err(problem) = self.last.hear(&self.path(""), take).await {
                self.problem.try_set(Some(problem.message));
            }
        });
    }

    /// Shows the link of an offer once: from then on it is in the list.
    fn look(self, offer: String) {
        spawn_local(async move {
            let body = LookAtTransfer { offer };
            if let Err(problem) = server::ask::<Transfer>(Method::POST, "/api/transfers/look", Some(&body)).await {
                self.problem.try_set(Some(problem.message));
            }
            self.refresh();
        });
    }
}

/// Whether nothing more becomes of a transfer.
const fn is_over(status: TransferStatus) -> bool {
    !matches!(status, TransferStatus::Offered | TransferStatus::Accepted)
}

#[component]
fn List(account: AccountInfo) -> impl IntoView {
    let app = App::here();
    let last = LastKnown::new(app);
    let desk = Desk { account: account.id, transfers: RwSignal::new(None), last, problem: RwSignal::new(None) };
    last.follow(move || desk.refresh());
    match use_query_map().with_untracked(|query| query.get("offer")) {
        Some(offer) => desk.look(offer),
        None => desk.refresh(),
    }
    // What was answered here, and elsewhere: then integrations come or go. What still waits is asked for with the clock.
    let integrations = Memo::new(move |_| app.of_kind(Kind::Integration).len());
    let waits = move || desk.transfers.with_untracked(|all| all.iter().flatten().any(|one| !is_over(one.status)));
    Effect::new(move |before: Option<(u32, usize, i64)>| {
        let now = (app.answered.get(), integrations.get(), app.now_ms.get());
        if before.is_some_and(|(answered, there, _)| (answered, there) != (now.0, now.1) || waits()) {
            desk.refresh();
        }
        now
    });
    let offering = RwSignal::new(false);
    let some = move || desk.transfers.with(|transfers| transfers.as_ref().is_some_and(|all| !all.is_empty()));
    let none = move || desk.transfers.with(|transfers| transfers.as_ref().is_some_and(Vec::is_empty));
    let says = move || {
        let open = desk.transfers.with(|all| all.as_ref().map(|all| all.len()));
        open.map_or_else(|| "\u{a0}".to_owned(), |many| words::count(many, "transfer"))
    };
    view! {
        <div class="page-head">
            <div><h1>"Transfers"</h1><p class="sub">{says}</p></div>
            <div class="actions"><NeedsServer last=last><button class="button primary" on:click=move |_| offering.set(true)><Icon name="arrow-right-left"/>"Hand over integrations"</button></NeedsServer></div>
        </div>
        <AsOf last=last/>
        <div class="page-body transfers">
            {move || desk.problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            <Show when=some>
                <For each=move || desk.transfers.get().unwrap_or_default() key=|transfer| (transfer.id, transfer.status, transfer.mail.clone()) let:transfer><Card desk=desk transfer=transfer/></For>
            </Show>
            <AsFile/>
        </div>
        <Show when=none>
            <div class="empty"><span class="kind"><Icon name="arrow-right-left"/></span><h2>"Nothing is on its way"</h2>
                <p>"An integration can be handed over to another account with everything that belongs to it. What you are offered appears here once you open its link."</p></div>
        </Show>
        <Dialog open=offering title="Hand over integrations" wide=true><Offer desk=desk open=offering/></Dialog>
    }
}
