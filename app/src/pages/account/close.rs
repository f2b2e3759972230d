//! The end of an account: first an export, then the name, the password and a code; then two weeks to think again.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::rest::CloseAccount;

use super::Desk;
use crate::browser::{server, time};
use crate::components::{Dialog, Field, Icon, described_by};
use crate::pages::export_all;
use crate::state::App;
use crate::words;

const NAME: &str = "close-name";
const PASSWORD: &str = "close-password";
const CODE: &str = "close-code";

fn closing(desk: Desk) -> Option<i64> {
    desk.known.with(|known| known.as_ref().and_then(|known| known.closing_ms))
}

/// That the account goes, to everybody in it; whoever owns it can take that back.
#[component]
pub(super) fn Notice(desk: Desk, owns: bool) -> impl IntoView {
    let app = App::here();
    let keep = move |_| {
        spawn_local(async move {
            match server::ask::<serde_json::Value>(Method::POST, &desk.path("/keep"), None::<&()>).await {
                Ok(_) => {
                    app.toasts.say("The account stays.");
                    desk.refresh();
                }
                Err(error) => drop(desk.problem.try_set(Some(error.message))),
            }
        });
    };
    move || {
        closing(desk).map(|ms| {
            view! {
                <div class="banner warning attention" role="status"><Icon name="triangle-alert"/>
                    <p class="grow">"Everything in this account goes for good "<time title=time::exact(ms)>{move || words::ahead(ms, app.now_ms.get())}</time>{format!(", on {}. Export what you need before.", time::exact(ms))}</p>
                    <button class="button small" on:click=move |_| export_all(app)><Icon name="download"/>"Export everything"</button>
                    {owns.then(|| view! { <button class="button small" on:click=keep>"Keep the account"</button> })}
                </div>
            }
        })
    }
}

#[component]
pub(super) fn Close(desk: Desk) -> impl IntoView {
    let open = RwSignal::new(false);
    let stays = move || closing(desk).is_none() && desk.known.with(Option::is_some);
    view! {
        <Show when=stays>
            <section class="card setting" aria-label="Delete the account">
                <h2>"Delete the account"</h2>
                <p class="muted">"Everything in it goes, for all its members: integrations, flows, runs, credentials, the audit log. That happens two weeks after you ask for it; until then you can take it back. If you are in no other account, your sign-in goes too."</p>
                <footer><button class="button danger" on:click=move |_| open.set(true)><Icon name="trash-2"/>"Delete the account"</button></footer>
                <Dialog open=open title="Delete the account"><Ask desk=desk open=open/></Dialog>
            </section>
        </Show>
    }
}

#[component]
fn Ask(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let [name, password, code] = [(); 3].map(|()| RwSignal::new(String::new()));
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let (others, with_members) = (RwSignal::new(false), RwSignal::new(false));
    let account = desk.known.with_untracked(|known| known.as_ref().map(|known| known.name.clone()).unwrap_or_default());
    let wanted = account.clone();
    let other = Signal::derive(move || name.with(|name| name.trim() != wanted.trim()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if other.get_untracked() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        let code = Some(code.get_untracked()).filter(|code| !code.trim().is_empty());
        let (name, password) = (name.get_untracked(), password.get_untracked());
        let body = CloseAccount { name, password, code, with_members: with_members.get_untracked() };
        spawn_local(async move {
            match server::ask::<serde_json::Value>(Method::POST, &desk.path("/close"), Some(&body)).await {
                Ok(_) => {
                    open.try_set(false);
                    desk.refresh();
                }
                Err(error) => {
                    if error.code == "members_left" {
                        others.try_set(true);
                    }
                    problem.try_set(Some(error.message));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="dialog-body" novalidate=true on:submit=submit>
            <p>"Export first: afterwards nobody can bring anything back."</p>
            <button class="button" type="button" on:click=move |_| export_all(app)><Icon name="download"/>"Export everything"</button>
            <Field label=format!("Type the name of the account: {account}") name=NAME><input class="input" id=NAME autocomplete="off" prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/></Field>
            <Field label="Your password" name=PASSWORD><input class="input" id=PASSWORD type="password" autocomplete="current-password" prop:value=move || password.get() on:input=move |event| password.set(event_target_value(&event))/></Field>
            <Field label="Code" name=CODE optional=true help="If you have a second factor: of your authenticator app, or a recovery code."><input class="input code" id=CODE autocomplete="one-time-code" aria-describedby=described_by(CODE) prop:value=move || code.get() on:input=move |event| code.set(event_target_value(&event))/></Field>
            {move || problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            <Show when=move || others.get()>
                <label class="check"><input type="checkbox" prop:checked=move || with_members.get() on:change=move |event| with_members.set(event_target_checked(&event))/><span>"The other members lose the account too. They are told by mail, and see it on this page."</span></label>
            </Show>
            <footer class="dialog-foot"><button class="button" type="button" on:click=move |_| open.set(false)>"Keep the account"</button>
                <button class="button danger" type="submit" prop:disabled=move || other.get() || busy.get() aria-busy=move || busy.get().to_string()>"Delete in two weeks"</button></footer>
        </form>
    }
}
