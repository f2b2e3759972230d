//! Sign up, sign in, sign out, join by an invitation; says what happens to what is on this device.

mod inviter;
mod join;
mod sea;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use tombolo_wire::store::{Call, Link, Overview, UserInfo};

use crate::browser::page;
use crate::components::{Field, Icon, after_joining};
use crate::state::{App, use_enter};
use inviter::Inviter;
use join::Join;
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
    page::title(move || if new { "Create an account".into() } else { "Sign in".into() });
    let query = use_query_map();
    let asked = move |key: &str| query.with(|query| query.get(key).filter(|value| !value.is_empty()));
    let invitation = Memo::new(move |_| asked("invitation"));
    let next = Memo::new(move |_| asked("next").filter(|place| is_our_own(place)));
    // Somebody whose sign-in has ended is signed in as far as this device knows, and needs the form all the same.
    let user = Memo::new(move |_| {
        let ended = app.sync.with(|sync| sync.link == Link::Stopped);
        app.account.with(|account| account.as_ref().and_then(|account| account.user.clone())).filter(|_| !ended)
    });
    // A form shown before that is known would take what somebody types with it when it goes.
    let known = Memo::new(move |_| app.account.with(Option::is_some) || app.failed.with(Option::is_some));
    move || match (user.get(), invitation.get()) {
        _ if !known.get() => ().into_any(),
        (Some(user), Some(token)) => view! { <Join user=user token=token/> }.into_any(),
        (Some(user), None) => view! { <SignedIn user=user/> }.into_any(),
        (None, invitation) => view! { <Forms new=new invitation=invitation next=next.get_untracked()/> }.into_any(),
    }
}

#[component]
fn SignedIn(user: UserInfo) -> impl IntoView {
    let app = App::here();
    let enter = use_enter();
    let waiting = move || app.sync.with(|sync| sync.waiting);
    view! {
        <div class="page-head"><div><h1>{user.name.clone()}</h1><p class="sub">{user.email.clone()}</p></div></div>
        <div class="page-body narrow">
            <p>{move || app.sync.with(crate::components::sync_words)}</p>
            {move || (waiting() > 0).then(|| view! { <p class="muted">"What is not on the server yet stays on this device and goes there when you sign in again."</p> })}
            <button class="button" on:click=move |_| enter.run(Call::SignOut)><Icon name="log-out"/>"Sign out"</button>
        </div>
    }
}

/// What was typed.
#[derive(Clone, Copy)]
struct Typed {
    name: RwSignal<String>,
    email: RwSignal<String>,
    password: RwSignal<String>,
    bring: RwSignal<bool>,
}

impl Typed {
    fn call(self, new: bool, bring_local: bool, invitation: Option<String>) -> Call {
        let (email, password) = (self.email.get_untracked(), self.password.get_untracked());
        if new {
            Call::SignUp { name: self.name.get_untracked(), email, password, invitation }
        } else {
            Call::SignIn { email, password, bring_local: bring_local && self.bring.get_untracked(), invitation }
        }
    }
}

#[component]
fn Forms(new: bool, invitation: Option<String>, next: Option<String>) -> impl IntoView {
    let app = App::here();
    // Whoever was signed in is most likely to sign in again.
    let known = app.account.with_untracked(|account| {
        account.as_ref().and_then(|account| account.user.as_ref()).map(|user| user.email.clone())
    });
    let typed = Typed {
        name: RwSignal::new(String::new()),
        email: RwSignal::new(known.unwrap_or_default()),
        password: RwSignal::new(String::new()),
        bring: RwSignal::new(true),
    };
    let (name, email, password) = (typed.name, typed.email, typed.password);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let navigate = use_navigate();
    let local = move || app.account.with(|account| account.as_ref().is_none_or(|account| account.local));
    let things = move || app.rows.with_untracked(|rows| rows.values().filter(|row| !row.binned).count());
    let has_work = move || local() && !app.rows.with(|rows| rows.is_empty());
    let invited = invitation.is_some();
    let (token, place) = (invitation.clone(), next.clone());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let call = typed.call(new, has_work(), token.clone());
        let (navigate, place) = (navigate.clone(), place.clone());
        let things = if has_work() && (new || typed.bring.get_untracked()) { things() } else { 0 };
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            match app.call::<Overview>(call).await {
                Ok(overview) => {
                    if things > 0 {
                        app.note_waits(after_joining(things, &overview));
                    }
                    app.show(overview);
                    navigate(place.as_deref().unwrap_or("/"), leptos_router::NavigateOptions::default());
                }
                Err(failed) => drop(error.try_set(Some(failed.message))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="sign-in">
            <form on:submit=submit>
                <h1>{if new { "Create an account" } else { "Sign in" }}</h1>
                <Why invitation=invitation.clone() new=new/>
                {new.then(|| view! {
                    <Field label="Name" name="person-name"><input class="input" id="person-name" autocomplete="name" required prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/></Field>
                })}
                <Field label="Email" name="email"><input class="input" id="email" type="email" autocomplete="username" required prop:value=move || email.get() on:input=move |event| email.set(event_target_value(&event))/></Field>
                <Field label="Password" name="password" help=if new { "At least 10 characters." } else { "" }><input class="input" id="password" type="password" minlength="10" required
                    autocomplete=if new { "new-password" } else { "current-password" } prop:value=move || password.get() on:input=move |event| password.set(event_target_value(&event))/></Field>
                {move || (has_work() && !new).then(|| view! {
                    <label class="check"><input type="checkbox" prop:checked=move || typed.bring.get() on:change=move |event| typed.bring.set(event_target_checked(&event))/>
                        <span>"Bring what is on this device into the account"</span></label>
                })}
                {move || (has_work() && new).then(|| view! { <p class="muted">{where_work_goes(invited)}</p> })}
                {move || error.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
                <button class="button primary large wide" type="submit" aria-busy=move || busy.get().to_string() prop:disabled=move || busy.get()>
                    {if new { "Sign up" } else { "Sign in" }}
                </button>
                <Others new=new invitation=invitation next=next/>
            </form>
            <Sea/>
        </div>
    }
}

/// What becomes of the work on this device when its person makes an account.
const fn where_work_goes(invited: bool) -> &'static str {
    if invited {
        "What is on this device stays yours: it goes into your own account as soon as you open that, with the button at the top. Nothing is deleted here until the server has it."
    } else {
        "Everything on this device goes into the new account. Nothing is deleted here until the server has it."
    }
}

/// Why somebody is here, above the form.
#[component]
fn Why(invitation: Option<String>, new: bool) -> impl IntoView {
    let app = App::here();
    let ended = move || {
        app.sync.with(|sync| {
            (sync.link == Link::Stopped).then(|| sync.reason.clone().unwrap_or_else(|| "You are signed out.".into()))
        })
    };
    let sentence = match (invitation.is_some(), new) {
        (true, true) => "Use the address that the invitation was made for.",
        (true, false) => "Sign in with the address that the invitation was made for.",
        _ => {
            "With an account, your work is on the server too: on your other devices, with colleagues, and for runs on a schedule."
        }
    };
    view! {
        {invitation.map(|token| view! { <Inviter token=token fallback="You are invited to work with others."/> })}
        <p class="muted">{sentence}</p>
        {move || ended().map(|reason| view! {
            <div class="banner warning" role="status"><Icon name="triangle-alert"/><p>{reason}" What is on this device stays here until the server has it."</p></div>
        })}
    }
}

/// Whether an address is a place of this app: what a link names must not lead anywhere else after signing in.
fn is_our_own(place: &str) -> bool {
    // A browser reads a backslash as a slash, two of them as the beginning of another host, and skips line ends and tabs.
    place.starts_with('/') && !place[1..].starts_with(['/', '\\']) && !place.contains(char::is_control)
}

/// The address of one of these pages, with the invitation that is to be accepted and the place to go to after it.
pub(super) fn address(page: &str, invitation: Option<&str>, next: Option<&str>) -> String {
    let queries =
        [("invitation", invitation), ("next", next)].into_iter().filter_map(|(key, value)| Some((key, value?)));
    let queries: Vec<String> =
        queries.map(|(key, value)| format!("{key}={}", String::from(js_sys::encode_uri_component(value)))).collect();
    if queries.is_empty() { page.to_owned() } else { format!("{page}?{}", queries.join("&")) }
}

/// The other ways in.
#[component]
fn Others(new: bool, invitation: Option<String>, next: Option<String>) -> impl IntoView {
    // Both forms accept an invitation, and both lead on.
    let href = address(if new { "/sign-in" } else { "/sign-up" }, invitation.as_deref(), next.as_deref());
    view! {
        <p class="other muted">{if new { "You have one already? " } else { "New here? " }}
            <A href=href attr:class="link">{if new { "Sign in instead" } else { "Create an account" }}</A></p>
        <div class="or">"or"</div>
        <A href="/" attr:class="local"><Icon name="laptop"/><span><b>"Work on this device"</b><small>"No account and no network needed."</small></span><Icon name="arrow-right"/></A>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_goes_along_with_signing_up_and_with_signing_in() {
        let typed = Typed {
            name: RwSignal::new("Ines".into()),
            email: RwSignal::new("ines@example.com".into()),
            password: RwSignal::new("a long password".into()),
            bring: RwSignal::new(true),
        };
        let token = Some("secret".to_owned());
        let up = typed.call(true, false, token.clone());
        assert!(matches!(up, Call::SignUp { invitation, .. } if invitation == token));
        let call = typed.call(false, false, token.clone());
        assert!(matches!(call, Call::SignIn { invitation, bring_local: false, .. } if invitation == token));
    }

    #[test]
    fn signing_in_leads_to_a_place_of_this_app_alone() {
        assert!(is_our_own("/integrations/1/flows/2?step=a&tool=mapping") && is_our_own("/"));
        for elsewhere in
            ["", "https://example.com", "//example.com", "/\\example.com", "/\t/example.com", "javascript:alert(1)"]
        {
            assert!(!is_our_own(elsewhere), "{elsewhere}");
        }
    }
}
