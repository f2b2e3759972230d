//! Sign up, sign in, sign out, join by an invitation; says what happens to what is on this device.

mod inviter;
mod join;
mod sea;
mod sso;
mod yours;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use tombolo_wire::store::{Call, Link, Overview};

use crate::browser::page;
use crate::components::{Field, Icon, after_joining, described_by};
use crate::state::{App, is_removed};
use crate::words;
use inviter::{Followed, Inviter};
use join::Join;
use sea::Sea;
pub(crate) use sso::{SsoBackPage, SsoPage};
use yours::YourAccount;

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
    let query = use_query_map();
    let asked = move |key: &str| query.with(|query| query.get(key).filter(|value| !value.is_empty()));
    let invitation = Memo::new(move |_| asked("invitation"));
    let next = Memo::new(move |_| asked("next").filter(|place| is_our_own(place)));
    // Somebody whose sign-in has ended is signed in as far as this device knows, and needs the form all the same. Who was
    // removed from the account is signed in, and a form would lead nowhere.
    let user = Memo::new(move |_| {
        let ended = app.sync.with(|sync| sync.link == Link::Stopped && !is_removed(sync));
        app.account.with(|account| account.as_ref().and_then(|account| account.user.clone())).filter(|_| !ended)
    });
    // A form shown before that is known would take what somebody types with it when it goes.
    let known = Memo::new(move |_| app.account.with(Option::is_some) || app.failed.with(Option::is_some));
    move || match (user.get(), invitation.get()) {
        _ if !known.get() => ().into_any(),
        (Some(user), Some(token)) => view! { <Join user=user token=token/> }.into_any(),
        (Some(user), None) => view! { <YourAccount user=user/> }.into_any(),
        (None, invitation) => view! { <Forms new=new invitation=invitation next=next.get_untracked()/> }.into_any(),
    }
}

/// What was typed.
#[derive(Clone, Copy)]
struct Typed {
    name: RwSignal<String>,
    email: RwSignal<String>,
    password: RwSignal<String>,
    /// The code of a second factor; absent until the server has asked for one.
    code: RwSignal<Option<String>>,
    /// This browser is not to be asked for one again.
    trust: RwSignal<bool>,
    bring: RwSignal<bool>,
    /// Somebody wanted to go on with it: what is wrong is said from then on.
    tried: RwSignal<bool>,
}

/// The fields' ids, in their order.
const PERSON: &str = "person-name";
const EMAIL: &str = "email";
const PASSWORD: &str = "password";
const CODE: &str = "code";
/// The least characters of a password, as the server has it.
const SHORTEST_PASSWORD: usize = 10;

fn password_problem(text: &str, new: bool) -> Option<String> {
    match text.chars().count() {
        0 => Some("Enter your password.".into()),
        // One that is there already is what it is; the server says whether it is right.
        many if new && many < SHORTEST_PASSWORD => {
            Some(format!("A password has at least {SHORTEST_PASSWORD} characters; this one has {many}."))
        }
        _ => None,
    }
}

impl Typed {
    /// What is wrong with a field, once that is to be said.
    fn problem(self, field: &'static str, new: bool) -> Signal<Option<String>> {
        Signal::derive(move || {
            if !self.tried.get() {
                return None;
            }
            match field {
                PERSON if new => self.name.with(|name| words::name_problem(name)),
                EMAIL => self.email.with(|email| words::email_problem(email)),
                PASSWORD => self.password.with(|password| password_problem(password, new)),
                _ => None,
            }
        })
    }

    /// The first field that is wrong.
    fn wrong(self, new: bool) -> Option<&'static str> {
        [PERSON, EMAIL, PASSWORD].into_iter().find(|field| self.problem(field, new).with_untracked(Option::is_some))
    }

    fn call(self, new: bool, bring_local: bool, invitation: Option<String>) -> Call {
        let (email, password) = (self.email.get_untracked().trim().to_owned(), self.password.get_untracked());
        if new {
            Call::SignUp { name: self.name.get_untracked(), email, password, invitation }
        } else {
            let code = self.code.get_untracked();
            let (bring_local, trust) = (bring_local && self.bring.get_untracked(), self.trust.get_untracked());
            Call::SignIn { email, password, bring_local, invitation, code, trust }
        }
    }
}

#[component]
fn Forms(new: bool, invitation: Option<String>, next: Option<String>) -> impl IntoView {
    let app = App::here();
    page::title(move || if new { "Create an account".into() } else { "Sign in".into() });
    // Whoever was signed in is most likely to sign in again.
    let known = app.account.with_untracked(|account| {
        account.as_ref().and_then(|account| account.user.as_ref()).map(|user| user.email.clone())
    });
    let typed = Typed {
        name: RwSignal::new(String::new()),
        email: RwSignal::new(known.unwrap_or_default()),
        password: RwSignal::new(String::new()),
        code: RwSignal::new(None),
        trust: RwSignal::new(false),
        bring: RwSignal::new(true),
        tried: RwSignal::new(false),
    };
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let navigate = use_navigate();
    let local = move || app.account.with(|account| account.as_ref().is_none_or(|account| account.local));
    let things = move || app.rows.with_untracked(|rows| rows.values().filter(|row| !row.binned).count());
    let has_work = move || local() && !app.rows.with(|rows| rows.is_empty());
    let followed = invitation.clone().map(Followed::begin);
    let over = move || followed.is_some_and(Followed::is_over);
    let (token, place) = (invitation.clone(), next.clone());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        typed.tried.set(true);
        if let Some(field) = typed.wrong(new) {
            page::focus_soon(vec![field.to_owned()]);
            return;
        }
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
                // The password was right: what is asked for next is no error.
                Err(failed) if failed.code == "code_needed" => {
                    typed.code.try_set(Some(String::new()));
                    page::focus_soon(vec![CODE.to_owned()]);
                }
                Err(failed) => drop(error.try_set(Some(failed.message))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="sign-in">
            <form novalidate=true on:submit=submit>
                <h1>{if new { "Create an account" } else { "Sign in" }}</h1>
                <Why invitation=followed new=new next=next.clone()/>
                <Credentials typed=typed new=new/>
                <Show when=move || typed.code.with(Option::is_some)><Code code=typed.code trust=typed.trust/></Show>
                {move || (has_work() && !new).then(|| view! {
                    <label class="check"><input type="checkbox" prop:checked=move || typed.bring.get() on:change=move |event| typed.bring.set(event_target_checked(&event))/>
                        <span>"Bring what is on this device into the account"</span></label>
                })}
                {move || (has_work() && new).then(|| view! { <p class="muted">{where_work_goes(followed.is_some())}</p> })}
                {move || error.get().map(|error| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{error}</p></div> })}
                <button class="button primary large wide" type="submit" aria-busy=move || busy.get().to_string() prop:disabled=move || busy.get() || over()>
                    {if new { "Sign up" } else { "Sign in" }}
                </button>
                <Others new=new invitation=invitation next=next/>
            </form>
            <Sea/>
        </div>
    }
}

/// Who somebody is.
#[component]
fn Credentials(typed: Typed, new: bool) -> impl IntoView {
    let Typed { name, email, password, .. } = typed;
    let [wrong_name, wrong_email, wrong_password] = [PERSON, EMAIL, PASSWORD].map(|field| typed.problem(field, new));
    let invalid = |wrong: Signal<Option<String>>| move || wrong.with(Option::is_some).to_string();
    view! {
        {new.then(|| view! {
            <Field label="Name" name=PERSON error=wrong_name><input class="input" id=PERSON autocomplete="name" aria-required="true" aria-describedby=described_by(PERSON) aria-invalid=invalid(wrong_name) prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/></Field>
        })}
        <Field label="Email" name=EMAIL error=wrong_email><input class="input" id=EMAIL type="email" autocomplete="username" aria-required="true" aria-describedby=described_by(EMAIL) aria-invalid=invalid(wrong_email) prop:value=move || email.get() on:input=move |event| email.set(event_target_value(&event))/></Field>
        <Field label="Password" name=PASSWORD error=wrong_password help=if new { "At least 10 characters with lower and upper case and digits, or 15 of any kind." } else { "" }><input class="input" id=PASSWORD type="password" aria-required="true" aria-describedby=described_by(PASSWORD) aria-invalid=invalid(wrong_password)
            autocomplete=if new { "new-password" } else { "current-password" } prop:value=move || password.get() on:input=move |event| password.set(event_target_value(&event))/></Field>
    }
}

/// The second factor, once it is asked for.
#[component]
fn Code(code: RwSignal<Option<String>>, trust: RwSignal<bool>) -> impl IntoView {
    let help = "Of your authenticator app, or one of your recovery codes.";
    view! {
        <Field label="Code" name=CODE help=help><input class="input code" id=CODE autocomplete="one-time-code" aria-required="true" aria-describedby=described_by(CODE) prop:value=move || code.get().unwrap_or_default() on:input=move |event| code.set(Some(event_target_value(&event)))/></Field>
        <label class="check"><input type="checkbox" prop:checked=move || trust.get() on:change=move |event| trust.set(event_target_checked(&event))/><span>"Trust this browser: no code for a while"</span></label>
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
fn Why(invitation: Option<Followed>, new: bool, next: Option<String>) -> impl IntoView {
    let app = App::here();
    let ended = move || {
        app.sync.with(|sync| {
            (sync.link == Link::Stopped).then(|| sync.reason.clone().unwrap_or_else(|| "You are signed out.".into()))
        })
    };
    let said = match invitation {
        Some(invitation) => view! { <Invited invitation=invitation new=new next=next/> }.into_any(),
        None => view! {
            <p class="muted">"With an account, your work is on the server too: on your other devices, with colleagues, and for runs on a schedule."</p>
        }
        .into_any(),
    };
    view! {
        {said}
        {move || ended().map(|reason| view! {
            <div class="banner warning" role="status"><Icon name="triangle-alert"/><p>{reason}" What is on this device stays here until the server has it."</p></div>
        })}
    }
}

/// Who invites, and how to go on; one that is over leads to the same form without it.
#[component]
fn Invited(invitation: Followed, new: bool, next: Option<String>) -> impl IntoView {
    let without = address(if new { "/sign-up" } else { "/sign-in" }, None, next.as_deref());
    let sentence = if new {
        "Use the address that the invitation was made for."
    } else {
        "Sign in with the address that the invitation was made for."
    };
    view! {
        <Inviter invitation=invitation fallback="You are invited to work with others."/>
        {move || if invitation.is_over() {
            view! { <A href=without.clone() attr:class="button">"Go on without the invitation"</A> }.into_any()
        } else {
            view! { <p class="muted">{sentence}</p> }.into_any()
        }}
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
        {(!new).then(|| view! { <A href="/sso" attr:class="button large wide"><Icon name="shield-check"/>"Sign in with single sign-on"</A> })}
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
            code: RwSignal::new(None),
            trust: RwSignal::new(false),
            bring: RwSignal::new(true),
            tried: RwSignal::new(false),
        };
        let token = Some("secret".to_owned());
        let up = typed.call(true, false, token.clone());
        assert!(matches!(up, Call::SignUp { invitation, .. } if invitation == token));
        let call = typed.call(false, false, token.clone());
        assert!(matches!(call, Call::SignIn { invitation, bring_local: false, .. } if invitation == token));
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field_once_somebody_wants_to_go_on() {
        let text = |text: &str| RwSignal::new(text.to_owned());
        let (bring, tried) = (RwSignal::new(true), RwSignal::new(false));
        let typed = Typed {
            name: text(""),
            email: text("ines"),
            password: text("short"),
            code: RwSignal::new(None),
            trust: RwSignal::new(false),
            bring,
            tried,
        };
        assert_eq!(typed.wrong(true), None, "nobody has pressed the button");
        tried.set(true);
        assert_eq!(typed.wrong(true), Some(PERSON));
        assert_eq!(typed.wrong(false), Some(EMAIL), "who signs in gives no name");
        typed.email.set("ines@example.com".into());
        assert_eq!(typed.wrong(false), None, "an old password may be short");
        typed.name.set("Ines".into());
        assert_eq!(typed.wrong(true), Some(PASSWORD));
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
