//! What keeps a person's account theirs: password, second factor, and where they are signed in.

mod factor;
mod password;
mod sessions;

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use tombolo_wire::rest::Security;

use crate::browser::{page, server};
use crate::components::Icon;
use crate::state::App;
use factor::Factor;
use password::Password;
use sessions::Sessions;

/// What the server says of it, and how to hear it again.
#[derive(Clone, Copy)]
struct Safe {
    known: RwSignal<Option<Security>>,
    problem: RwSignal<Option<String>>,
}

impl Safe {
    fn refresh(self) {
        spawn_local(async move {
            match server::ask::<Security>(Method::GET, "/api/security", None::<&()>).await {
                Ok(found) => {
                    self.problem.try_set(None);
                    self.known.try_set(Some(found));
                }
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
        });
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
        Some(Some(user)) => view! { <Settings email=user.email/> }.into_any(),
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
fn Settings(email: String) -> impl IntoView {
    let safe = Safe { known: RwSignal::new(None), problem: RwSignal::new(None) };
    safe.refresh();
    view! {
        <div class="page-head"><div><h1>"Password and security"</h1><p class="sub">{email}</p></div></div>
        <div class="page-body settings">
            {move || safe.problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            <Factor safe=safe/>
            <Password safe=safe/>
            <Sessions safe=safe/>
        </div>
    }
}
