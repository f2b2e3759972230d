//! What the server did not accept of others, for administrators: each change is looked at, then taken over or not.
//!
//! What is shown is worked out by the server on the resource as it is now, and what is taken over is what was shown.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use serde_json::Value;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::{AdoptRefused, RefusedLine, RefusedList, RefusedReview, RefusedStatus};
use tombolo_wire::store::AccountInfo;

use super::not_accepted::Changes;
use crate::browser::{page, server};
use crate::components::{Ago, AsOf, Icon, NeedsServer, RemovedBanner};
use crate::state::{App, LastKnown};
use crate::words::kinds::kind_name;

/// The page.
#[component]
pub(crate) fn ReviewPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Changes to review".into());
    let account = Memo::new(move |_| app.account.get());
    let removed = Memo::new(move |_| app.removed().is_some());
    let alone = |words: &'static str| {
        view! {
            <div class="page-head"><div><h1>"Changes to review"</h1></div></div>
            <div class="empty"><span class="kind"><Icon name="circle-check"/></span><h2>"Nothing for you here"</h2><p>{words}</p>
                <A href="/" attr:class="button">"To Home"</A></div>
        }
        .into_any()
    };
    move || match account.get() {
        None => ().into_any(),
        Some(_) if removed.get() => view! {
            <div class="page-head"><div><h1>"Changes to review"</h1></div></div><RemovedBanner/>
        }
        .into_any(),
        Some(account) if account.local => {
            alone("This account is on this device alone: nobody else changes anything in it.")
        }
        Some(account) if !account.role.may(Action::ManageMembers, Kind::Integration) => {
            alone("Administrators of the account take over what the server did not accept of others.")
        }
        Some(account) => view! { <List account=account/> }.into_any(),
    }
}

/// What waits, and how to hear it again.
#[derive(Clone, Copy)]
struct Desk {
    app: App,
    account: Id,
    waiting: RwSignal<Option<Vec<RefusedLine>>>,
    last: LastKnown,
    problem: RwSignal<Option<String>>,
}

impl Desk {
    fn path(self, rest: &str) -> String {
        format!("/api/accounts/{}/refused{rest}", self.account)
    }

    /// The navigation counts what is shown here, before the bell hears of it.
    fn tell(self, count: usize) {
        let mut reviews = self.app.reviews.get_untracked();
        reviews.retain(|account| *account != self.account);
        reviews.extend(std::iter::repeat_n(self.account, count));
        self.app.reviews.set(reviews);
    }

    fn refresh(self) {
        spawn_local(async move {
            let take = |found: RefusedList| {
                let open = found.changes.into_iter().filter(|line| line.status == RefusedStatus::Open);
                let open: Vec<RefusedLine> = open.collect();
                self.tell(open.len());
                self.waiting.try_set(Some(open));
            };
            match self.last.hear(&self.path(""), take).await {
                Ok(()) => drop(self.problem.try_set(None)),
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
        });
    }
}

#[component]
fn List(account: AccountInfo) -> impl IntoView {
    let app = App::here();
    let last = LastKnown::new(app);
    let desk = Desk { app, account: account.id, waiting: RwSignal::new(None), last, problem: RwSignal::new(None) };
    last.follow(move || desk.refresh());
    // At once, and when the bell has heard of others.
    let heard = Memo::new(move |_| app.reviews.with(|all| all.iter().filter(|one| **one == desk.account).count()));
    Effect::new(move |before: Option<()>| {
        let known = desk.waiting.with_untracked(|waiting| waiting.as_ref().map(Vec::len));
        if before.is_none() || known != Some(heard.get()) {
            desk.refresh();
        }
        heard.track();
    });
    let some = move || desk.waiting.with(|waiting| waiting.as_ref().map(|waiting| !waiting.is_empty()));
    view! {
        <div class="page-head"><div><h1>"Changes to review"</h1>
            <p class="sub">"The server did not accept these changes, and who made them asks you to take them over. What you take over becomes your change; the audit log names whose it was."</p></div></div>
        <AsOf last=last/>
        {move || desk.problem.get().map(|problem| view! { <div class="banner danger attention" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
        {move || (some() == Some(false)).then(|| view! {
            <div class="empty"><span class="kind"><Icon name="circle-check"/></span><h2>"Nothing waits for you"</h2><p>"A member whose change was not accepted can ask the administrators on the page “Not accepted”."</p></div>
        })}
        <Show when=move || some() == Some(true)>
            <div class="page-body parked">
                <NeedsServer last=last><For each=move || desk.waiting.get().unwrap_or_default() key=|line| line.id let:line><Card desk=desk line=line/></For></NeedsServer>
            </div>
        </Show>
    }
}

#[component]
fn Card(desk: Desk, line: RefusedLine) -> impl IntoView {
    let app = App::here();
    let review = RwSignal::new(None::<RefusedReview>);
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let id = line.id;
    let look = move |_| {
        busy.set(true);
        spawn_local(async move {
            match server::ask::<RefusedReview>(Method::GET, &desk.path(&format!("/{id}")), None::<&()>).await {
                Ok(found) => {
                    problem.try_set(None);
                    review.try_set(Some(found));
                }
                Err(error) => drop(problem.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    let decide = move |what: &'static str, said: &'static str| {
        busy.set(true);
        spawn_local(async move {
            let path = desk.path(&format!("/{id}/{what}"));
            let heads = review.with_untracked(|review| review.as_ref().map(|review| review.heads.clone()));
            let body = AdoptRefused { heads: heads.unwrap_or_default() };
            match server::ask::<Value>(Method::POST, &path, Some(&body)).await {
                Ok(_) => {
                    app.toasts.say(said);
                    desk.refresh();
                }
                // Somebody else was quicker, and the card goes.
                Err(error) if error.code == "decided" => {
                    app.toasts.say("Somebody else has decided on this already.");
                    desk.refresh();
                }
                // What was shown may not be so any more: it is looked at anew.
                Err(error) => {
                    review.try_set(None);
                    problem.try_set(Some(error.message));
                }
            }
            busy.try_set(false);
        });
    };
    let name = if line.name.is_empty() { "Without a name".to_owned() } else { line.name.clone() };
    let label = name.clone();
    let may = move || review.with(|review| review.as_ref().is_some_and(|review| review.obstacle.is_none()));
    view! {
        <article class="card" aria-label=label>
            <header class="row">
                <div class="grow"><h2>{name}</h2><p class="muted">{kind_name(line.kind)}", changed by "<b>{line.by_name.clone()}</b>", not accepted "<Ago ms=line.time_ms/>", offered "<Ago ms=line.offered_ms/></p></div>
                <span class="row">
                    <Show when=may fallback=move || view! { <button class="button small" on:click=look prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="refresh-cw"/>"Look at it"</button> }>
                        <button class="button small primary" on:click=move |_| decide("adopt", "It is your change now.") prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="check"/>"Take it over"</button>
                    </Show>
                    <button class="button small" on:click=move |_| decide("dismiss", "It is dismissed.") prop:disabled=move || busy.get()><Icon name="x"/>"Dismiss"</button>
                </span>
            </header>
            <p class="reason"><Icon name="circle-alert"/><span>{line.reason.clone()}</span></p>
            {move || problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            {move || review.get().map(|review| view! {
                {review.obstacle.map(|why| view! { <div class="banner warning" role="status"><Icon name="triangle-alert"/><p>{why}</p></div> })}
                {(!review.differences.is_empty()).then(|| view! { <Changes differences=review.differences heads=("Now", "Then")/> })}
            })}
        </article>
    }
}
