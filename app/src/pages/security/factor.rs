//! The second factor: set up with an authenticator app, confirmed by a code, removed with the password and a code.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tombolo_wire::rest::{BeginFactor, ConfirmFactor, FactorBegun, FactorConfirmed, QrCode, RemoveFactor};

use super::Safe;
use crate::browser::{clipboard, page, server};
use crate::components::{Field, Icon, described_by};
use crate::state::App;
use crate::words;

const PASSWORD: &str = "factor-password";
const CODE: &str = "factor-code";

/// How far somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    /// It is on or off.
    Rest,
    /// The app is given this secret; its code is waited for.
    Begun(FactorBegun),
    /// The codes for a lost device are shown.
    Codes(Vec<String>),
}

#[derive(Clone, Copy)]
struct Setup {
    safe: Safe,
    stage: RwSignal<Stage>,
    password: RwSignal<String>,
    code: RwSignal<String>,
    problem: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

impl Setup {
    fn ask<R: DeserializeOwned + 'static>(
        self,
        path: &'static str,
        body: impl Serialize + 'static,
        done: impl FnOnce(R) + 'static,
    ) {
        self.busy.set(true);
        spawn_local(async move {
            match server::ask::<R>(Method::POST, path, Some(&body)).await {
                Ok(answer) => {
                    self.problem.try_set(None);
                    self.code.try_set(String::new());
                    done(answer);
                }
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
            self.busy.try_set(false);
        });
    }
}

#[component]
pub(super) fn Factor(safe: Safe) -> impl IntoView {
    let setup = Setup {
        safe,
        stage: RwSignal::new(Stage::Rest),
        password: RwSignal::new(String::new()),
        code: RwSignal::new(String::new()),
        problem: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    let on = Memo::new(move |_| {
        safe.known.with(|known| known.as_ref().map(|known| (known.second_factor, known.recovery_codes)))
    });
    view! {
        <section class="card setting" aria-label="Second factor">
            <h2>"Second factor"</h2>
            {move || match (setup.stage.get(), on.get()) {
                (Stage::Begun(begun), _) => view! { <Begun setup=setup begun=begun/> }.into_any(),
                (Stage::Codes(codes), _) => view! { <Codes setup=setup codes=codes/> }.into_any(),
                (Stage::Rest, None) => ().into_any(),
                (Stage::Rest, Some((false, _))) => view! { <Off setup=setup/> }.into_any(),
                (Stage::Rest, Some((true, left))) => view! { <On setup=setup left=left/> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn PasswordField(setup: Setup) -> impl IntoView {
    view! {
        <Field label="Your password" name=PASSWORD error=Signal::derive(move || setup.problem.get())><input class="input" id=PASSWORD type="password" autocomplete="current-password" aria-describedby=described_by(PASSWORD) prop:value=move || setup.password.get() on:input=move |event| setup.password.set(event_target_value(&event))/></Field>
    }
}

#[component]
fn CodeField(setup: Setup, error: Signal<Option<String>>) -> impl IntoView {
    view! {
        <Field label="Code" name=CODE help="The six digits that the app shows now." error=error><input class="input code" id=CODE autocomplete="one-time-code" aria-describedby=described_by(CODE) prop:value=move || setup.code.get() on:input=move |event| setup.code.set(event_target_value(&event))/></Field>
    }
}

#[component]
fn Off(setup: Setup) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let body = BeginFactor { password: setup.password.get_untracked() };
        setup.ask::<FactorBegun>("/api/security/factor/begin", body, move |begun| {
            setup.password.try_set(String::new());
            setup.stage.try_set(Stage::Begun(begun));
            page::focus_soon(vec![CODE.to_owned()]);
        });
    };
    view! {
        <form novalidate=true aria-label="Set up a second factor" on:submit=submit>
            <p>"Signing in then takes your password and a code of an authenticator app, so that a password alone opens nothing."</p>
            <p class="muted">"You are given ten recovery codes for the day on which the app is not at hand. Your other sessions end: sign in there again, with a code."</p>
            <PasswordField setup=setup/>
            <footer><button class="button primary" type="submit" prop:disabled=move || setup.busy.get()><Icon name="shield-check"/>"Set up"</button></footer>
        </form>
    }
}

#[component]
fn Begun(setup: Setup, begun: FactorBegun) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let body = ConfirmFactor { code: setup.code.get_untracked() };
        setup.ask::<FactorConfirmed>("/api/security/factor/confirm", body, move |confirmed| {
            setup.stage.try_set(Stage::Codes(confirmed.recovery_codes));
        });
    };
    let groups = begun.secret.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).into_owned());
    let secret = groups.collect::<Vec<_>>().join(" ");
    view! {
        <form novalidate=true aria-label="Confirm the second factor" on:submit=submit>
            <p>"Scan this with your authenticator app, then enter the code that it shows. On a phone, "<a class="link" href=begun.uri rel="external">"open it in the app"</a>"."</p>
            <Qr code=begun.qr/>
            <p>"No camera? Type this key into the app:"</p>
            <p class="code secret">{secret}</p>
            <CodeField setup=setup error=Signal::derive(move || setup.problem.get())/>
            <footer><button class="button" type="button" on:click=move |_| setup.stage.set(Stage::Rest)>"Cancel"</button><button class="button primary" type="submit" prop:disabled=move || setup.busy.get()>"Confirm"</button></footer>
        </form>
    }
}

/// A QR code: dark on light in both themes, as cameras want it.
#[component]
fn Qr(code: QrCode) -> impl IntoView {
    let side = code.size + 8;
    view! {
        <svg class="qr" role="img" aria-label="QR code of the key" viewBox=format!("-4 -4 {side} {side}")>
            <rect x="-4" y="-4" width=side height=side class="light"></rect><path d=code.path class="dark"></path>
        </svg>
    }
}

#[component]
fn Codes(setup: Setup, codes: Vec<String>) -> impl IntoView {
    let app = App::here();
    let text = codes.join("\n");
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            match clipboard::copy(&text).await {
                Ok(()) => app.toasts.say("The codes are copied."),
                Err(_) => app.toasts.fail("The browser did not take the codes. Select and copy them by hand."),
            }
        });
    };
    let done = move |_| {
        setup.stage.set(Stage::Rest);
        setup.safe.refresh();
    };
    view! {
        <div class="banner warning attention" role="status"><Icon name="triangle-alert"/><p>"Keep these codes somewhere else. Each lets you in once when the app is not at hand, and they are not shown again."</p></div>
        <ol class="code codes" aria-label="Recovery codes">{codes.into_iter().map(|code| view! { <li>{code}</li> }).collect_view()}</ol>
        <footer><button class="button" on:click=copy><Icon name="copy"/>"Copy codes"</button><button class="button primary" on:click=done>"I have kept them"</button></footer>
    }
}

/// Browsers that are asked for no code, and the end of that.
#[component]
fn Trusted(safe: Safe) -> impl IntoView {
    let many = move || safe.known.with(|known| known.as_ref().map_or(0, |known| known.trusted_browsers));
    let end = move |_| {
        spawn_local(async move {
            let done = server::ask::<serde_json::Value>(Method::POST, "/api/security/distrust", None::<&()>).await;
            safe.heard(done.map(drop)).await;
        });
    };
    move || {
        let says = match many() {
            0 => return None,
            1 => "1 browser is asked for no code.".to_owned(),
            many => format!("{many} browsers are asked for no code."),
        };
        Some(
            view! { <p class="row"><span class="grow">{says}</span><button class="button small" type="button" on:click=end>"Ask everywhere again"</button></p> },
        )
    }
}

#[component]
fn On(setup: Setup, left: u32) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let body = RemoveFactor { password: setup.password.get_untracked(), code: setup.code.get_untracked() };
        setup.ask::<serde_json::Value>("/api/security/factor/remove", body, move |_| {
            setup.password.try_set(String::new());
            setup.safe.refresh();
        });
    };
    let says = format!("On. {} left.", words::count(usize::try_from(left).unwrap_or_default(), "recovery code"));
    view! {
        <p><span class="badge success">{says}</span></p>
        <Trusted safe=setup.safe/>
        <details><summary>"Remove the second factor"</summary>
            <form novalidate=true aria-label="Remove the second factor" on:submit=submit>
                <PasswordField setup=setup/>
                <CodeField setup=setup error=Signal::derive(|| None)/>
                <footer><button class="button danger" type="submit" prop:disabled=move || setup.busy.get()>"Remove"</button></footer>
            </form>
        </details>
    }
}
