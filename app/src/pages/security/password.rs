//! Another password.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::rest::ChangePassword;

use super::Safe;
use crate::browser::server;
use crate::components::{Field, Icon, described_by};
use crate::state::App;

const NOW: &str = "password-now";
const NEW: &str = "password-new";
/// As the server calls a new password that is one of the last ones.
const USED: &str = "password_used";
/// As the server has it.
const SHORTEST: usize = 10;
/// From so many characters on any will do.
const SENTENCE: usize = 15;

#[component]
pub(super) fn Password(safe: Safe) -> impl IntoView {
    let app = App::here();
    let (now, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let problem = RwSignal::new(None::<String>);
    // What the server has against the new one, until that is typed anew.
    let refused = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    // What is still missing is said while it is typed.
    let short = Signal::derive(move || new.with(|text| rule(text)).or_else(|| refused.get()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() || new.with_untracked(|text| text.chars().count() < SHORTEST) {
            return;
        }
        busy.set(true);
        problem.set(None);
        refused.set(None);
        let body = ChangePassword { password: now.get_untracked(), new_password: new.get_untracked() };
        spawn_local(async move {
            match server::ask::<serde_json::Value>(Method::POST, "/api/security/password", Some(&body)).await {
                Ok(_) => {
                    now.try_set(String::new());
                    new.try_set(String::new());
                    app.toasts.say("The password is changed. Other browsers have to sign in again.");
                    safe.refresh();
                }
                Err(error) if error.code == USED => drop(refused.try_set(Some(error.message))),
                Err(error) => drop(problem.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="card setting" novalidate=true aria-label="Change the password" on:submit=submit>
            <h2>"Password"</h2>
            <Field label="Present password" name=NOW error=Signal::derive(move || problem.get())><input class="input" id=NOW type="password" autocomplete="current-password" aria-describedby=described_by(NOW) prop:value=move || now.get() on:input=move |event| now.set(event_target_value(&event))/></Field>
            <Field label="New password" name=NEW help="At least 10 characters with lower and upper case and digits, or 15 of any kind." error=short><input class="input" id=NEW type="password" autocomplete="new-password" aria-describedby=described_by(NEW) prop:value=move || new.get() on:input=move |event| { refused.set(None); new.set(event_target_value(&event)); }/></Field>
            <footer><button class="button" type="submit" prop:disabled=move || busy.get()><Icon name="key-round"/>"Change password"</button></footer>
        </form>
    }
}

/// What a password that is being typed still lacks; the server knows the rest of the rules.
fn rule(text: &str) -> Option<String> {
    let many = text.chars().count();
    let has = |of: fn(char) -> bool| text.chars().any(of);
    if (1..SHORTEST).contains(&many) {
        return Some(format!("{} more characters, at least.", SHORTEST - many));
    }
    let mixed = has(char::is_lowercase) && has(char::is_uppercase) && has(char::is_numeric);
    ((SHORTEST..SENTENCE).contains(&many) && !mixed)
        .then(|| format!("Lower and upper case and a digit are wanted, or {SENTENCE} characters."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_password_lacks_is_counted() {
        assert_eq!((rule(""), rule("Tr0ub4dor&x"), rule("a long sentence")), (None, None, None));
        assert!(rule("0123456789").unwrap().contains("upper case"));
        assert_eq!(rule("012").as_deref(), Some("7 more characters, at least."));
    }
}
