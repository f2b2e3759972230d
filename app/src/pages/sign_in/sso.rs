//! Signing in through an organization: which one, on to its own page, and back from there.
//!
//! Invariant: what the organization sends back does not stay in the browser's history.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use tombolo_wire::rest::{BeginSso, FinishSso, SsoBegun};
use tombolo_wire::store::{Call, CallError, Link, Overview};

use super::{CODE, Code, Sea};
use crate::browser::{page, server};
use crate::components::{Field, Icon, described_by};
use crate::state::App;

const ORGANIZATION: &str = "organization";

/// Asks which organization; one that the address names is gone to at once where nobody is signed in.
#[component]
pub(crate) fn SsoPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Single sign-on".into());
    let params = use_params_map();
    let named = params.with_untracked(|params| params.get(ORGANIZATION)).unwrap_or_default();
    let at_once = !named.is_empty();
    let typed = RwSignal::new(named);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let go = move || {
        if let Some(why) = organization_problem(&typed.get_untracked()) {
            problem.set(Some(why));
            page::focus_soon(vec![ORGANIZATION.to_owned()]);
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            if let Err(error) = leave_for(typed.get_untracked()).await {
                problem.try_set(Some(error.message));
                busy.try_set(false);
            }
        });
    };
    let gone = StoredValue::new(!at_once);
    Effect::new(move |_| {
        // Whoever is signed in is not made somebody else by a link that they follow.
        let ended = app.sync.with(|sync| sync.link == Link::Stopped);
        let nobody = app.account.with(|account| account.as_ref().is_some_and(|account| account.user.is_none()));
        if (ended || nobody) && !gone.get_value() {
            gone.set_value(true);
            go();
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            go();
        }
    };
    view! {
        <div class="sign-in">
            <form novalidate=true on:submit=submit>
                <h1>"Single sign-on"</h1>
                <p class="muted">"Your organization’s own page asks who you are, and brings you back here."</p>
                <Field label="Organization id" name=ORGANIZATION error=problem help="An administrator of your account knows it."><input class="input" id=ORGANIZATION autocomplete="organization" autocapitalize="none" spellcheck="false" aria-required="true" aria-describedby=described_by(ORGANIZATION) aria-invalid=move || problem.with(Option::is_some).to_string()
                    prop:value=move || typed.get() on:input=move |event| typed.set(event_target_value(&event))/></Field>
                <button class="button primary large wide" type="submit" aria-busy=move || busy.get().to_string() prop:disabled=move || busy.get()>"Go on"</button>
                <p class="other muted"><A href="/sign-in" attr:class="link">"Sign in with a password instead"</A></p>
            </form>
            <Sea/>
        </div>
    }
}

fn organization_problem(text: &str) -> Option<String> {
    let text = text.trim();
    let fine = (3..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (!fine).then(|| "An organization id has 3 to 20 letters and digits.".to_owned())
}

/// Leaves this page for the organization's.
async fn leave_for(organization: String) -> Result<(), CallError> {
    let begun: SsoBegun = server::ask(Method::POST, "/api/sso/begin", Some(&BeginSso { organization })).await?;
    let failed =
        || CallError { code: "internal".to_owned(), message: "The browser did not go there. Try again.".into() };
    window().location().set_href(&begun.url).map_err(|_| failed())
}

/// Takes what the organization has sent back to the server, asks for a second factor where that is wanted, and opens the
/// organization's account.
#[component]
pub(crate) fn SsoBackPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Signing in".into());
    let back = StoredValue::new(FinishSso::default());
    let (code, trust) = (RwSignal::new(None::<String>), RwSignal::new(false));
    let busy = RwSignal::new(true);
    let problem = RwSignal::new(None::<String>);
    let navigate = StoredValue::new_local(use_navigate());
    let finish = move || {
        busy.set(true);
        problem.set(None);
        let back = FinishSso { factor: code.get_untracked(), trust: trust.get_untracked(), ..back.get_value() };
        spawn_local(async move {
            match app.call::<Overview>(Call::FinishSso { back }).await {
                Ok(overview) => {
                    app.show(overview);
                    if let Some(navigate) = navigate.try_get_value() {
                        navigate("/", replace());
                    }
                }
                Err(failed) if failed.code == "code_needed" => {
                    code.try_set(Some(String::new()));
                    page::focus_soon(vec![CODE.to_owned()]);
                }
                Err(failed) => drop(problem.try_set(Some(failed.message))),
            }
            busy.try_set(false);
        });
    };
    let query = use_query_map();
    let told = RwSignal::new(false);
    Effect::new(move |_| {
        // The store that is asked has to be there first.
        if app.account.with(Option::is_none) || told.get_untracked() {
            return;
        }
        told.set(true);
        back.set_value(query.with_untracked(|query| said(|name| query.get(name))));
        navigate.with_value(|navigate| navigate("/sign-in/callback", replace()));
        finish();
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            finish();
        }
    };
    view! {
        {move || match (code.with(Option::is_some), problem.get()) {
            (true, wrong) => view! {
                <div class="sign-in"><form novalidate=true on:submit=submit>
                    <h1>"Sign in"</h1>
                    <p class="muted">"This account asks for a second factor as well."</p>
                    <Code code=code trust=trust/>
                    {wrong.map(|wrong| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{wrong}</p></div> })}
                    <button class="button primary large wide" type="submit" aria-busy=move || busy.get().to_string() prop:disabled=move || busy.get()>"Sign in"</button>
                    <p class="other muted"><A href="/sso" attr:class="link">"Begin again"</A></p>
                </form><Sea/></div>
            }.into_any(),
            (false, None) => view! { <div class="empty" role="status"><span class="kind"><Icon name="loader-circle"/></span><h2>"Signing in"</h2></div> }.into_any(),
            (false, Some(wrong)) => view! {
                <div class="empty" role="alert"><span class="kind"><Icon name="triangle-alert"/></span>
                    <h2>"You are not signed in"</h2><p>{wrong}</p>
                    <A href="/sso" attr:class="button primary">"Begin again"</A>
                    <A href="/sign-in" attr:class="button">"Sign in with a password"</A></div>
            }.into_any(),
        }}
    }
}

fn replace() -> NavigateOptions {
    NavigateOptions { replace: true, ..NavigateOptions::default() }
}

/// What came back in the address.
fn said(query: impl Fn(&str) -> Option<String>) -> FinishSso {
    let text = |name: &str| query(name).filter(|text| !text.is_empty());
    let error = [text("error"), text("error_description")].into_iter().flatten().collect::<Vec<_>>().join(": ");
    FinishSso {
        state: text("state").unwrap_or_default(),
        code: text("code"),
        iss: text("iss"),
        error: Some(error).filter(|error| !error.is_empty()),
        ..FinishSso::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_id_is_short_and_plain() {
        assert_eq!(organization_problem(" Acme2 "), None);
        for wrong in ["", "ab", "acme-1", "acmé", &"a".repeat(21)] {
            assert!(organization_problem(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn what_an_organization_sends_back_is_taken_as_it_is_and_a_refusal_with_its_reason() {
        let said = |pairs: &[(&str, &str)]| {
            said(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        let good = said(&[("state", "s"), ("code", "c"), ("iss", "https://login.example")]);
        assert_eq!((&*good.state, good.code.as_deref(), good.error), ("s", Some("c"), None));
        assert_eq!(good.iss.as_deref(), Some("https://login.example"));
        let refused = said(&[("state", "s"), ("error", "access_denied"), ("error_description", "Not you.")]);
        assert_eq!((refused.code, refused.error.as_deref()), (None, Some("access_denied: Not you.")));
    }
}
