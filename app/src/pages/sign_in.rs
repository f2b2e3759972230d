//! Sign up, sign in, sign out; says what happens to what is on this device.

mod sea;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use tombolo_wire::store::{Call, Overview, UserInfo};

use crate::components::{Field, Icon};
use crate::state::App;
use sea::Sea;

/// The page of somebody who has an account.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    view! { <Person new=false/> }
}

/// The page of somebody who has none yet.
#[component]
pub(crate) fn SignUpPage() -> impl IntoView {
    view! { <Person new=true/> }
}

#[component]
fn Person(new: bool) -> impl IntoView {
    let app = App::here();
    let user = move || app.account.with(|account| account.as_ref().and_then(|account| account.user.clone()));
    move || match user() {
        Some(user) => view! { <SignedIn user=user/> }.into_any(),
        None => view! { <Forms new=new/> }.into_any(),
    }
}

#[component]
fn SignedIn(user: UserInfo) -> impl IntoView {
    let app = App::here();
    let leave = move |_| {
        spawn_local(async move {
            match app.call::<Overview>(Call::SignOut).await {
                Ok(overview) => app.show(overview),
                Err(error) => app.toasts.fail(error.message),
            }
        });
    };
    let waiting = move || app.sync.with(|sync| sync.waiting);
    view! {
        <div class="page-head"><div><h1>{user.name.clone()}</h1><p class="sub">{user.email.clone()}</p></div></div>
        <div class="page-body narrow">
            <p>{move || app.sync.with(crate::components::sync_words)}</p>
            {move || (waiting() > 0).then(|| view! { <p class="muted">"What is not on the server yet stays on this device and goes there when you sign in again."</p> })}
            <button class="button" on:click=leave><Icon name="log-out"/>"Sign out"</button>
        </div>
    }
}

#[component]
fn Forms(new: bool) -> impl IntoView {
    let app = App::here();
    let (name, email, password) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let bring = RwSignal::new(true);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let navigate = use_navigate();
    let has_work = move || !app.rows.with(|rows| rows.is_empty());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let call = if new {
            Call::SignUp {
                name: name.get_untracked(),
                email: email.get_untracked(),
                password: password.get_untracked(),
            }
        } else {
            Call::SignIn {
                email: email.get_untracked(),
                password: password.get_untracked(),
                bring_local: bring.get_untracked() && has_work(),
            }
        };
        let navigate = navigate.clone();
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            match app.call::<Overview>(call).await {
                Ok(overview) => {
                    app.show(overview);
                    navigate("/", leptos_router::NavigateOptions::default());
                }
                Err(failed) => error.set(Some(failed.message)),
            }
            busy.set(false);
        });
    };
    view! {
        <div class="sign-in">
            <form on:submit=submit>
                <h1>{if new { "Create an account" } else { "Sign in" }}</h1>
                <p class="muted">"With an account, your work is on the server too: on your other devices, with colleagues, and for runs on a schedule."</p>
                {new.then(|| view! {
                    <Field label="Name" name="person-name"><input class="input" id="person-name" autocomplete="name" required prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/></Field>
                })}
                <Field label="Email" name="email"><input class="input" id="email" type="email" autocomplete="username" required prop:value=move || email.get() on:input=move |event| email.set(event_target_value(&event))/></Field>
                <Field label="Password" name="password" help=if new { "At least 10 characters." } else { "" }><input class="input" id="password" type="password" minlength="10" required
                    autocomplete=if new { "new-password" } else { "current-password" } prop:value=move || password.get() on:input=move |event| password.set(event_target_value(&event))/></Field>
                {move || (has_work() && !new).then(|| view! {
                    <label class="check"><input type="checkbox" prop:checked=move || bring.get() on:change=move |event| bring.set(event_target_checked(&event))/>
                        <span>"Bring what is on this device into the account"</span></label>
                })}
                {move || (has_work() && new).then(|| view! { <p class="muted">"Everything on this device goes into the new account. Nothing is deleted here until the server has it."</p> })}
                {move || error.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
                <button class="button primary large wide" type="submit" aria-busy=move || busy.get().to_string() prop:disabled=move || busy.get()>
                    {if new { "Sign up" } else { "Sign in" }}
                </button>
                <p class="other muted">{if new { "You have one already? " } else { "New here? " }}
                    <A href=if new { "/sign-in" } else { "/sign-up" } attr:class="link">{if new { "Sign in instead" } else { "Create an account" }}</A></p>
                <div class="or">"or"</div>
                <A href="/" attr:class="local"><Icon name="laptop"/><span><b>"Work on this device"</b><small>"No account and no network needed."</small></span><Icon name="arrow-right"/></A>
            </form>
            <Sea/>
        </div>
    }
}
