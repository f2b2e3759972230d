//! The address of a listener, its secret as long as it is new, and the last that came to it.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::rest::LastPayload;
use tombolo_wire::store::Call;

use super::{Ago, Icon};
use crate::browser::{clipboard, page, random, server};
use crate::state::{App, Doc};
use crate::words;

/// Stands for the part of an address that is secret and was not made just now.
const HIDDEN: &str = "••••••••";
const TOKEN: &str = "/webhook/token";
/// The button that makes a new secret.
const MAKE: &str = "make-secret";
/// So much of what came last is shown.
const SHOWN: usize = 4_000;

/// The address at which a listener takes what is sent. `secret` is there when its address has a secret part.
fn address(origin: &str, export: Id, secret: Option<&str>) -> String {
    match secret {
        Some(secret) => format!("{origin}/v1/exports/{export}/{secret}/data"),
        None => format!("{origin}/v1/exports/{export}/data"),
    }
}

/// Whether an export is a listener, by its adaptor or, where it has none, by its type.
pub(crate) fn is_listener(adaptor: &str) -> bool {
    matches!(adaptor, "WebhookExport" | "webhook")
}

/// Where a listener is reached; one of an account that is on this device alone is not.
#[component]
pub(crate) fn ListenerAddress(doc: Doc) -> impl IntoView {
    let local = Memo::new(move |_| doc.app.is_alone());
    move || {
        if local.get() {
            view! {
                <div class="banner info listener" role="status"><Icon name="webhook"/>
                    <p class="grow">"Applications send to a server, and this account is on this device alone. Sign in, and the listener gets its address."</p>
                    <A href="/sign-in" attr:class="button">"Sign in"</A></div>
            }
            .into_any()
        } else {
            view! { <Reached doc=doc/> }.into_any()
        }
    }
}

#[component]
fn Reached(doc: Doc) -> impl IntoView {
    let app = doc.app;
    let verify = Memo::new(move |_| doc.text("/webhook/verify"));
    // Made just now: it is nowhere else that one could read, and goes with this page, or when one has it. What somebody
    // else makes later is not heard of here.
    let made = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let is_secret = move || verify.get() == "secret_url";
    let shown = move || {
        let origin = window().location().origin().unwrap_or_default();
        let part = made.get().unwrap_or_else(|| HIDDEN.to_owned());
        address(&origin, doc.id, is_secret().then_some(part.as_str()))
    };
    let make = move |_| {
        let Ok(secret) = random::secret() else {
            return app.toasts.fail("This browser gives no random values, so there is no secret.");
        };
        busy.set(true);
        let saving = app.saving();
        spawn_local(async move {
            let call = Call::SetSecret { connection: doc.id, path: TOKEN.to_owned(), value: secret.clone() };
            match app.call::<Value>(call).await {
                Ok(_) => drop(made.try_set(Some(secret))),
                Err(error) => app.toasts.fail(error.message),
            }
            busy.try_set(false);
            drop(saving);
        });
    };
    let forget = move |_: leptos::ev::MouseEvent| {
        made.set(None);
        page::focus_soon(vec![MAKE.to_owned()]);
    };
    let select = |event: leptos::ev::FocusEvent| event_target::<web_sys::HtmlInputElement>(&event).select();
    let off = move || !doc.writable.get() || busy.get();
    let can_copy = move || !is_secret() || made.with(Option::is_some);
    view! {
        <section class="listener" aria-label="Address">
            <div class="row">
                <input class="input code grow" readonly aria-label="Address of the listener" prop:value=shown on:focus=select/>
                <button class="button" type="button" prop:disabled=move || !can_copy() on:click=move |_| copy(app, untrack(shown), "The address is copied.")><Icon name="copy"/>"Copy"</button>
                {move || made.with(Option::is_some).then(|| view! { <button class="button" type="button" on:click=forget>"I have kept it"</button> })}
            </div>
            <p class="help">{move || says(&verify.get(), made.with(Option::is_some))}</p>
            {move || matches!(verify.get().as_str(), "secret_url" | "token").then(|| {
                let words = if is_secret() { "Make a new address" } else { "Make a new token" };
                view! { <div class="row"><button class="button" type="button" id=MAKE prop:disabled=off aria-busy=move || busy.get().to_string() on:click=make><Icon name="refresh-cw"/>{words}</button></div> }
            })}
            {move || made.get().filter(|_| !is_secret() && verify.get() == "token").map(|token| {
                let shown = token.clone();
                view! {
                    <div class="row" role="status"><input class="input code grow" readonly aria-label="New token" prop:value=shown/>
                        <button class="button" type="button" on:click=move |_| copy(app, token.clone(), "The token is copied.")><Icon name="copy"/>"Copy token"</button></div>
                }
            })}
            <LastOf export=doc.id/>
        </section>
    }
}

/// What there is to know about the address.
fn says(verify: &str, made: bool) -> &'static str {
    match (verify, made) {
        ("secret_url", true) => {
            "Copy the whole address now: its secret part is not shown again. It counts once the server has it; until then an address that was made before takes data."
        }
        ("secret_url", false) => {
            "Its secret part is shown when it is made, and not again. Make a new address where there is none yet, or where it was lost."
        }
        ("token", true) => {
            "Copy the token now: it is not shown again. It counts once the server has it; until then the one before it lets in."
        }
        _ => {
            "Applications send to it by POST or PUT. What comes runs the flows that read this listener and are switched on."
        }
    }
}

fn copy(app: App, text: String, said: &'static str) {
    spawn_local(async move {
        match clipboard::copy(&text).await {
            Ok(()) => app.toasts.say(said),
            Err(_) => app.toasts.fail("The browser did not copy it. Select it and copy it by hand."),
        }
    });
}

/// The last that came to a listener, as the server has kept it.
#[component]
fn LastOf(export: Id) -> impl IntoView {
    let app = App::here();
    let last = RwSignal::new(None::<Result<Option<LastPayload>, String>>);
    let look = move || {
        let Some(account) = app.account.with_untracked(|account| account.as_ref().map(|account| account.id)) else {
            return;
        };
        spawn_local(async move {
            drop(last.try_set(Some(last_of(account, export).await)));
        });
    };
    look();
    view! {
        <div class="row last-received">
            <p class="help grow" role="status">{move || last.get().map(|last| match last {
                Ok(None) => "Nothing has come yet.".into_any(),
                Ok(Some(last)) => view! { "The last that came: "<Ago ms=last.received_ms/>{about(&last)} }.into_any(),
                Err(message) => view! { <span class="error-text">{message}</span> }.into_any(),
            })}</p>
            <button class="icon-button" type="button" aria-label="Look what came last" title="Look again" on:click=move |_| look()><Icon name="refresh-cw" small=true/></button>
        </div>
        {move || last.get().and_then(Result::ok).flatten().map(|last| {
            let begin: String = last.text.chars().take(SHOWN).collect();
            view! { <details class="group"><summary>"What came last"</summary><pre class="code last-received" tabindex="0" aria-label="What came last">{begin}</pre></details> }
        })}
    }
}

/// Asks the server; the message of an error is a sentence for the person.
pub(crate) async fn last_of(account: Id, export: Id) -> Result<Option<LastPayload>, String> {
    let path = format!("/api/accounts/{account}/exports/{export}/received");
    match server::ask::<Option<LastPayload>>(Method::GET, &path, None::<&()>).await {
        Ok(last) => Ok(last),
        // One that has not come to the server yet was sent nothing.
        Err(error) if error.code == "not_found" => Ok(None),
        Err(error) => Err(error.message),
    }
}

fn about(last: &LastPayload) -> String {
    let kind = if last.media_type.is_empty() { String::new() } else { format!(", {}", last.media_type) };
    let cut = if last.cut { ", of which the beginning is kept" } else { "" };
    format!("{kind}, {}{cut}.", words::size(last.size_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_secret_part_where_it_is_the_proof() {
        let id = Id::from_parts(1, [2; 8]);
        assert_eq!(address("https://t.example", id, None), format!("https://t.example/v1/exports/{id}/data"));
        assert_eq!(
            address("https://t.example", id, Some("abc")),
            format!("https://t.example/v1/exports/{id}/abc/data")
        );
    }

    #[test]
    fn what_came_last_is_said_with_its_size() {
        let last = |cut| LastPayload {
            media_type: "text/csv".into(),
            text: "a".into(),
            size_bytes: 300_000,
            cut,
            received_ms: 1,
        };
        assert_eq!(about(&last(false)), ", text/csv, 300 KB.");
        assert_eq!(about(&last(true)), ", text/csv, 300 KB, of which the beginning is kept.");
    }
}
