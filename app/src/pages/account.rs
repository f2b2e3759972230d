//! The account as a whole: who owns it, whom it takes, leaving it, and its end.

mod close;
mod leave;
mod policy;
mod retention;
mod sso;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::AccountSettings;
use tombolo_wire::store::AccountInfo;

use crate::browser::page;
use crate::components::{AsOf, Icon, NeedsServer, RemovedBanner};
use crate::state::{App, LastKnown};
use close::{Close, Notice};
use leave::Leave;
use policy::PolicyForm;
use retention::Retention;
use sso::SsoForm;

/// The page.
#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Account".into());
    let account = Memo::new(move |_| app.account.get());
    let removed = Memo::new(move |_| app.removed().is_some());
    move || {
        match account.get() {
        None => ().into_any(),
        Some(account) if account.local => view! {
            <div class="page-head"><div><h1>"Account"</h1></div></div>
            <div class="empty"><span class="kind"><Icon name="laptop"/></span><h2>"Only on this device"</h2>
                <p>"Nobody else is in this account, and nothing of it is on a server. Sign in to work on several devices or with others."</p>
                <A href="/sign-in" attr:class="button primary">"Sign in"</A></div>
        }
        .into_any(),
        Some(_) if removed.get() => view! {
            <div class="page-head"><div><h1>"Account"</h1></div></div><RemovedBanner/>
        }
        .into_any(),
        Some(account) => view! { <Settings account=account/> }.into_any(),
    }
    }
}

/// What the server says of it, and how to hear it again.
#[derive(Clone, Copy)]
struct Desk {
    account: Id,
    known: RwSignal<Option<AccountSettings>>,
    last: LastKnown,
    problem: RwSignal<Option<String>>,
}

impl Desk {
    fn path(self, rest: &str) -> String {
        format!("/api/accounts/{}{rest}", self.account)
    }

    fn refresh(self) {
        spawn_local(async move {
            let take = |found: AccountSettings| drop(self.known.try_set(Some(found)));
            match self.last.hear(&self.path("/settings"), take).await {
                Ok(()) => drop(self.problem.try_set(None)),
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
        });
    }
}

#[component]
fn Settings(account: AccountInfo) -> impl IntoView {
    let last = LastKnown::new(App::here());
    let desk = Desk { account: account.id, known: RwSignal::new(None), last, problem: RwSignal::new(None) };
    desk.refresh();
    last.follow(move || desk.refresh());
    let administers = account.role.may(Action::ManageMembers, Kind::Integration);
    let owns = account.role.may(Action::ManageAccount, Kind::Integration);
    let owner = move || desk.known.with(|known| known.as_ref().map(|known| known.owner.clone()));
    view! {
        <div class="page-head"><div><h1>"Account"</h1><p class="sub">{account.name.clone()}</p></div></div>
        <AsOf last=last/>
        <div class="page-body settings">
            {move || desk.problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            <NeedsServer last=last>
                <Notice desk=desk owns=owns/>
                {move || owner().map(|owner| view! {
                    <section class="card setting" aria-label="Owner">
                        <h2>"Owner"</h2>
                        <p>{owner.name.clone()}<br/><a class="link" href=format!("mailto:{}", owner.email) rel="external">{owner.email.clone()}</a></p>
                        <p class="muted">{if owns { "You can make another member the owner on the page Members." } else { "Whom to ask about this account." }}</p>
                    </section>
                })}
                {administers.then(|| view! { <PolicyForm desk=desk/><Retention desk=desk/><SsoForm desk=desk/> })}
                {if owns { view! { <Close desk=desk/> }.into_any() } else { view! { <Leave desk=desk name=account.name/> }.into_any() }}
            </NeedsServer>
        </div>
    }
}
