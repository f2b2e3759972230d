//! What keeps a person's account theirs: password, second factor, and where they are signed in.

mod email;
mod factor;
mod password;
mod sessions;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use tombolo_wire::rest::Security;
use tombolo_wire::store::CallError;

use crate::browser::page;
use crate::components::{AsOf, Icon, NeedsServer};
use crate::state::{App, LastKnown};
use email::Email;
use factor::Factor;
use password::Password;
use sessions::Sessions;

/// What the server says of it, and how to hear it again.
#[derive(Clone, Copy)]
struct Safe {
    known: RwSignal<Option<Security>>,
    last: LastKnown,
    problem: RwSignal<Option<String>>,
}

impl Safe {
    fn refresh(self) {
        spawn_local(self.ask());
    }

    async fn ask(self) {
        match self.last.hear("/api/security", |found: Security| drop(self.known.try_set(Some(found)))).await {
            Ok(()) => drop(self.problem.try_set(None)),
            Err(error) => drop(self.problem.try_set(Some(error.message))),
        }
    }

    /// Asks again after a change. Why it was refused is said behind that: an answer takes off the screen what was wrong
    /// before it.
    async fn heard(self, done: Result<(), CallError>) {
        self.ask().await;
        if let Err(error) = done {
            self.problem.try_set(Some(error.message));
        }
    }
}

/// The page.
#[component]
pub(crate) fn SecurityPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Password and security".into());
    let person = Memo::new(move |_| app.account.with(|account| account.as_ref().map(|account| account.user.clone())));
    move || match person.get() {
        None => ().into_any(),
        Some(Some(user)) => view! { <Settings address=user.email/> }.into_any(),
        Some(None) => view! {
            <div class="page-head"><div><h1>"Password and security"</h1></div></div>
            <div class="empty"><span class="kind"><Icon name="shield-check"/></span><h2>"You are not signed in"</h2>
                <p>"What is on this device alone has no password. Sign in to see what protects your account."</p>
                <A href="/sign-in" attr:class="button primary">"Sign in"</A></div>
        }
        .into_any(),
    }
}

#[component]
fn Settings(address: String) -> impl IntoView {
    let last = LastKnown::new(App::here());
    let safe = Safe { known: RwSignal::new(None), last, problem: RwSignal::new(None) };
    last.follow(move || safe.refresh());
    let query = use_query_map();
    // The link of a letter: followed once, and taken out of the address, where the browser would keep it.
    match query.with_untracked(|query| query.get("email")).filter(|token| !token.is_empty()) {
        Some(token) => {
            email::confirm(App::here(), safe, token);
            use_navigate()("/security", NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
        None => safe.refresh(),
    }
    view! {
        <div class="page-head"><div><h1>"Password and security"</h1><p class="sub">{address}</p></div></div>
        <AsOf last=last/>
        <div class="page-body settings">
            {move || safe.problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            <NeedsServer last=last>
                <Factor safe=safe/>
                <Email safe=safe/>
                <Password safe=safe/>
                <Sessions safe=safe/>
            </NeedsServer>
        </div>
    }
}
