//! "Sign in to …": the way to an application at which a person lets it be used in their name (OAuth 2.0).

use leptos::prelude::*;
use tombolo_wire::store::Call;

use crate::components::Icon;
use crate::state::{App, Doc};

/// Whether somebody signs in for a connection: by its kind of authentication and its grant. The grant of a shared client is
/// the client's.
fn signs_in(auth: &str, grant: &str, client: &str) -> bool {
    auth == "oauth" && (!client.is_empty() || matches!(grant, "" | "authorizecode"))
}

/// The button, where somebody signs in.
#[component]
pub(crate) fn SignInTo(doc: Doc) -> impl IntoView {
    let app = App::here();
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(None::<String>);
    let shown = Memo::new(move |_| {
        let client = doc.text("/http/_iClientId");
        signs_in(&doc.text("/http/auth/type"), &doc.text("/http/auth/oauth/grantType"), &client)
    });
    let go = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        // After what is being typed.
        app.in_turn(async move {
            match app.call::<String>(Call::SignInTo { connection: doc.id }).await {
                Ok(address) => {
                    if window().location().assign(&address).is_err() {
                        wrong.try_set(Some("The browser does not go there. Check the authorization URL.".to_owned()));
                    }
                }
                Err(error) => drop(wrong.try_set(Some(error.message))),
            }
            busy.try_set(false);
            Ok(())
        });
    };
    let label = move || {
        let name = doc.text("/name");
        if name.is_empty() { "Sign in to the application".to_owned() } else { format!("Sign in to {name}") }
    };
    view! {
        <Show when=move || shown.get()>
            <div class="test-connection">
                <button class="button" type="button" prop:disabled=busy aria-busy=move || busy.get().to_string() on:click=go><Icon name="key-round"/>{label}</button>
                <div class="grow" role="status">{move || wrong.get().map(|words| view! {
                    <div class="banner danger"><Icon name="circle-alert"/><p class="grow">{words}</p></div>
                })}</div>
            </div>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_signs_in_by_code_and_not_where_a_client_or_a_password_does() {
        for (auth, grant, client, wanted) in [
            ("oauth", "", "", true),
            ("oauth", "authorizecode", "", true),
            ("oauth", "clientcredentials", "", false),
            ("oauth", "password", "", false),
            ("oauth", "", "5f1", true),
            ("token", "", "", false),
        ] {
            assert_eq!(signs_in(auth, grant, client), wanted, "{auth} {grant} {client}");
        }
    }
}
