//! The audit log: who did what, with filters that live in the address. The server keeps it; this page asks it.

mod entry;
mod filters;

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::{AuditEntry, AuditPage as Page};

use crate::browser::{page, server};
use crate::components::{AsOf, Icon, NeedsServer};
use crate::state::{App, LastKnown};
use crate::words;
use entry::Line;
use filters::{Filters, asked};

/// The page.
#[component]
pub(crate) fn AuditPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Audit log".into());
    let allowed = Memo::new(move |_| {
        let may = app.account.with(|account| {
            account.as_ref().map(|account| !account.local && account.role.may(Action::ReadAudit, Kind::Integration))
        });
        may.map(|may| may.then(|| app.account.with(|account| account.as_ref().map(|account| account.id))).flatten())
    });
    move || match allowed.get() {
        None => ().into_any(),
        Some(Some(account)) => view! { <Log account=account/> }.into_any(),
        Some(None) => view! {
            <div class="page-head"><div><h1>"Audit log"</h1></div></div>
            <div class="empty"><span class="kind"><Icon name="lock"/></span><h2>"This page is not open to you"</h2>
                <p>"Owners and administrators of an account on a server see who did what in it."</p></div>
        }
        .into_any(),
    }
}

/// What was heard of the log.
#[derive(Clone, Copy)]
struct Heard {
    account: Id,
    entries: RwSignal<Vec<AuditEntry>>,
    /// Where to go on, when there is more.
    next: RwSignal<Option<u64>>,
    problem: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
    last: LastKnown,
    /// Counts the questions: an answer to an older one is not shown.
    asked: StoredValue<u64>,
}

impl Heard {
    fn path(self, file: &str, query: &str) -> String {
        format!("/api/accounts/{}/{file}?{query}", self.account)
    }

    /// Asks anew, or goes on where the last page ended.
    fn ask(self, query: &str, more: bool) {
        self.asked.update_value(|asked| *asked += 1);
        let mine = self.asked.get_value();
        let before = self.next.get_untracked().filter(|_| more);
        let query = before.map_or_else(|| query.to_owned(), |before| format!("{query}&before={before}"));
        self.busy.set(true);
        spawn_local(async move {
            let path = self.path("audit", &query);
            let take = |page: Page| {
                self.next.try_set(page.next);
                self.entries.try_update(|entries| {
                    if !more {
                        entries.clear();
                    }
                    entries.extend(page.entries);
                });
            };
            let answer = match more {
                // What is older goes with what was heard first, whose age the page tells.
                true => server::ask::<Page>(Method::GET, &path, None::<&()>).await.map(|page| {
                    if self.asked.try_get_value() == Some(mine) {
                        take(page);
                    }
                }),
                false => self.last.hear(&path, take).await,
            };
            if self.asked.try_get_value() != Some(mine) {
                return;
            }
            self.busy.try_set(false);
            match answer {
                Ok(()) => drop(self.problem.try_set(None)),
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
        });
    }
}

#[component]
fn Log(account: Id) -> impl IntoView {
    let last = LastKnown::new(App::here());
    let heard = Heard {
        account,
        entries: RwSignal::new(Vec::new()),
        next: RwSignal::new(None),
        problem: RwSignal::new(None),
        busy: RwSignal::new(true),
        last,
        asked: StoredValue::new(0),
    };
    let map = use_query_map();
    let query = Memo::new(move |_| map.with(asked));
    Effect::new(move |_| heard.ask(&query.get(), false));
    last.follow(move || heard.ask(&query.get_untracked(), false));
    let says = move || {
        if last.as_of_ms().is_none() {
            return "\u{a0}".to_owned();
        }
        let many = heard.entries.with(Vec::len);
        let more = if heard.next.with(Option::is_some) { ", and older ones" } else { "" };
        format!("{}{more}", words::entries(many))
    };
    let nothing = move || match query.with(String::is_empty) {
        true => "What members do from now on is told here.",
        false => "No entry fits these filters.",
    };
    let csv = move || heard.path("audit.csv", &query.get());
    view! {
        <div class="page-head">
            <div><h1>"Audit log"</h1><p class="sub">{says}</p></div>
            <div class="actions"><Show when=move || !last.is_away() fallback=move || view! {
                <NeedsServer last=last><button class="button"><Icon name="download"/>"Download CSV"</button></NeedsServer>
            }><a class="button" href=csv download="audit.csv" rel="external"><Icon name="download"/>"Download CSV"</a></Show></div>
        </div>
        <AsOf last=last/>
        <div class="page-body">
            <NeedsServer last=last><Filters account=account/></NeedsServer>
            {move || heard.problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
        </div>
        <Show when=move || last.as_of_ms().is_some() && !heard.entries.with(Vec::is_empty) fallback=move || view! {
            <Show when=move || !heard.busy.get() && heard.problem.with(Option::is_none) && last.as_of_ms().is_some()>
                <div class="empty"><span class="kind"><Icon name="scroll-text"/></span><h2>"Nothing here"</h2><p>{nothing}</p></div>
            </Show>
        }>
            <div class="table-wrap">
                <table class="table audit" aria-label="Entries">
                    <thead><tr><th>"Time"</th><th>"User"</th><th data-rank="3">"Source"</th><th data-rank="2">"Type"</th><th>"Resource"</th><th>"Action"</th><th data-rank="2">"Fields"</th></tr></thead>
                    <tbody><For each=move || heard.entries.get() key=|entry| entry.n let:entry><Line entry=entry/></For></tbody>
                </table>
            </div>
            {move || heard.next.get().map(|_| view! { <div class="page-body"><button class="button" prop:disabled=move || heard.busy.get() || last.is_away() on:click=move |_| heard.ask(&query.get_untracked(), true)>"Show older entries"</button></div> })}
        </Show>
    }
}
