//! The page of somebody who is signed in: who, in which account, on which server, and where their changes are.

use leptos::prelude::*;
use tombolo_wire::store::{Call, UserInfo};

use crate::browser::page;
use crate::components::{Ago, Icon, RemovedBanner, sync_words};
use crate::state::{App, is_in_step, use_enter};

/// The page.
#[component]
pub(super) fn YourAccount(user: UserInfo) -> impl IntoView {
    let app = App::here();
    page::title(|| "Your account".into());
    let enter = use_enter();
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
            {move || (waiting() > 0).then(|| view! { <p class="muted">"What is not on the server yet stays on this device and goes there when you sign in again."</p> })}
            <button class="button" on:click=move |_| enter.run(Call::SignOut)><Icon name="log-out"/>"Sign out"</button>
        </div>
    }
}
