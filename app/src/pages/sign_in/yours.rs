//! The page of somebody who is signed in: who, in which account, on which server, and where their changes are.

use leptos::prelude::*;
use tombolo_wire::store::{UserInfo, WithUnsent};

use crate::browser::page;
use crate::components::{Ago, Icon, RemovedBanner, sync_words};
use crate::state::{App, is_in_step, use_sign_out};

/// The page.
#[component]
pub(super) fn YourAccount(user: UserInfo) -> impl IntoView {
    let app = App::here();
    page::title(|| "Your account".into());
    let leave = use_sign_out();
    let UserInfo { name, email, .. } = user;
    let waiting = move || app.sync.with(|sync| sync.waiting);
    let account =
        move || app.account.with(|account| account.as_ref().map(|account| account.name.clone()).unwrap_or_default());
    let server = window().location().host().unwrap_or_default();
    view! {
        <div class="page-head"><div><h1>"Your account"</h1></div></div>
        <RemovedBanner/>
        <div class="page-body narrow">
            <dl class="facts">
                <div><dt>"Signed in as"</dt><dd>{name}<small class="muted">{email}</small></dd></div>
                <div><dt>"Account"</dt><dd>{account}</dd></div>
                <div><dt>"Server"</dt><dd class="code">{server}</dd></div>
                <div><dt>"Your changes"</dt><dd>{move || app.sync.with(sync_words)}</dd></div>
                <div><dt>"Last sync"</dt><dd>{move || match (app.sync.with(is_in_step), app.synced_ms.get()) {
                    (true, _) => "Just now".into_any(),
                    (false, Some(ms)) => view! { <Ago ms=ms/> }.into_any(),
                    (false, None) => "Not since this page was opened".into_any(),
                }}</dd></div>
            </dl>
            {move || (waiting() > 0).then(|| view! { <p class="muted">"You are asked what becomes of what is not on the server yet before you are signed out."</p> })}
            <button class="button" on:click=move |_| leave.run(WithUnsent::Ask)><Icon name="log-out"/>"Sign out"</button>
        </div>
    }
}
