//! Where an application sends the browser back to after somebody has signed in there.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use tombolo_wire::store::{Call, Created};

use crate::browser::page;
use crate::components::Icon;
use crate::state::App;

/// Takes the code to the store, and goes to the connection.
#[component]
pub(crate) fn SignedInToPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Signing in".into());
    let query = use_query_map();
    let navigate = use_navigate();
    let wrong = RwSignal::new(None::<String>);
    let told = RwSignal::new(false);
    Effect::new(move |_| {
        // The state is kept with the account, and is good once.
        if app.account.with(Option::is_none) || told.get_untracked() {
            return;
        }
        told.set(true);
        let text = |name: &str| query.with_untracked(|query| query.get(name)).unwrap_or_default();
        let problem = [text("error"), text("error_description")].into_iter().filter(|part| !part.is_empty());
        let problem = problem.collect::<Vec<_>>().join(": ");
        let code = Some(text("code")).filter(|code| !code.is_empty() && problem.is_empty());
        let iss = Some(text("iss")).filter(|iss| !iss.is_empty());
        let call = Call::SignedInTo { state: text("state"), code, problem, iss };
        let replace = || NavigateOptions { replace: true, ..NavigateOptions::default() };
        // The browser would keep the code in its history.
        navigate("/oauth/callback", replace());
        let navigate = navigate.clone();
        spawn_local(async move {
            match app.call::<Created>(call).await {
                Ok(Created { id }) => {
                    app.toasts.say("Signed in. The connection has its tokens.");
                    // Who went on to another page meanwhile stays there.
                    if !wrong.is_disposed() {
                        navigate(&format!("/connections/{id}"), replace());
                    }
                }
                Err(error) => drop(wrong.try_set(Some(error.message))),
            }
        });
    });
    view! {
        {move || match wrong.get() {
            None => view! { <div class="empty" role="status"><span class="kind"><Icon name="loader-circle"/></span><h2>"Signing in"</h2></div> }.into_any(),
            Some(words) => view! {
                <div class="empty" role="alert">
                    <span class="kind"><Icon name="triangle-alert"/></span>
                    <h2>"You are not signed in to the application"</h2>
                    <p>{words}</p>
                    <A href="/connections" attr:class="button">"Go to the connections"</A>
                </div>
            }.into_any(),
        }}
    }
}
