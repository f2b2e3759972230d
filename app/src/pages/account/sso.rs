//! The account's single sign-on: where its people sign in, and what has to be entered there.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::rest::{PutSsoClient, SsoClient, SsoSettings};

use super::Desk;
use crate::browser::server;
use crate::components::{Dialog, Field, Icon, described_by};
use crate::state::App;

const ORGANIZATION: &str = "sso-organization";
const ISSUER: &str = "sso-issuer";
const CLIENT: &str = "sso-client";
const SECRET: &str = "sso-secret";
/// What a secret that is there is shown as.
const MASK: &str = "******";

/// What the server has, and how to hear it again.
#[derive(Clone, Copy)]
struct Known {
    desk: Desk,
    settings: RwSignal<Option<SsoSettings>>,
    problem: RwSignal<Option<String>>,
}

impl Known {
    fn refresh(self) {
        spawn_local(async move {
            match server::ask::<SsoSettings>(Method::GET, &self.desk.path("/sso"), None::<&()>).await {
                Ok(settings) => drop(self.settings.try_set(Some(settings))),
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
        });
    }
}

#[component]
pub(super) fn SsoForm(desk: Desk) -> impl IntoView {
    let known = Known { desk, settings: RwSignal::new(None), problem: RwSignal::new(None) };
    known.refresh();
    move || match known.settings.get() {
        Some(settings) => view! { <Form known=known client=settings.client/> }.into_any(),
        None => view! { <Problem known=known/> }.into_any(),
    }
}

#[component]
fn Problem(known: Known) -> impl IntoView {
    move || {
        known.problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })
    }
}

#[component]
fn Form(known: Known, client: Option<SsoClient>) -> impl IntoView {
    let app = App::here();
    let text = |get: fn(&SsoClient) -> &String| RwSignal::new(client.as_ref().map(get).cloned().unwrap_or_default());
    let (organization, issuer) = (text(|client| &client.organization), text(|client| &client.issuer));
    let (id, secret) = (text(|client| &client.client_id), RwSignal::new(String::new()));
    let trusts = RwSignal::new(client.as_ref().is_some_and(|client| client.trust_addresses));
    let there = client.is_some();
    if there {
        secret.set(MASK.to_owned());
    }
    let busy = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        known.problem.set(None);
        let body = PutSsoClient {
            organization: organization.get_untracked(),
            issuer: issuer.get_untracked(),
            client_id: id.get_untracked(),
            client_secret: Some(secret.get_untracked()),
            trust_addresses: trusts.get_untracked(),
        };
        spawn_local(async move {
            let path = known.desk.path("/sso");
            match server::ask::<serde_json::Value>(Method::PUT, &path, Some(&body)).await {
                Ok(_) => {
                    app.toasts.say("Single sign-on is set up.");
                    known.refresh();
                }
                Err(error) => drop(known.problem.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="card setting" novalidate=true aria-label="Single sign-on" on:submit=submit>
            <h2>"Single sign-on"</h2>
            <p class="muted">"Members sign in at your organization’s OpenID provider. That opens this account and no other. Who has to come that way is said on the page Members; the owner always gets in with the password too."</p>
            <Text label="Organization id" name=ORGANIZATION help="What members enter to sign in: 3 to 20 letters and digits." value=organization/>
            <Text label="Issuer" name=ISSUER help="The provider’s address, for example https://login.example.com. It is asked at once." value=issuer/>
            <Text label="Client id" name=CLIENT help="" value=id/>
            <Field label="Client secret" name=SECRET help="It goes to the provider and is never shown again."><input class="input" id=SECRET type="password" autocomplete="off" aria-describedby=described_by(SECRET) prop:value=move || secret.get() on:input=move |event| secret.set(event_target_value(&event))/></Field>
            <Trust trusts=trusts/>
            <Addresses client=client.clone()/>
            <Problem known=known/>
            <footer>
                {client.map(|client| view! { <Remove known=known client=client/> })}
                <button class="button" type="submit" prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="check"/>{if there { "Save single sign-on" } else { "Set up single sign-on" }}</button>
            </footer>
        </form>
    }
}

#[component]
fn Text(label: &'static str, name: &'static str, help: &'static str, value: RwSignal<String>) -> impl IntoView {
    view! {
        <Field label=label name=name help=help><input class="input" id=name autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby=described_by(name) prop:value=move || value.get() on:input=move |event| value.set(event_target_value(&event))/></Field>
    }
}

/// Whether a provider is believed that says nothing of an address, such as Microsoft Entra ID, and what that may cost.
#[component]
fn Trust(trusts: RwSignal<bool>) -> impl IntoView {
    view! {
        <label class="check"><input type="checkbox" aria-describedby="sso-trust-help" prop:checked=move || trusts.get() on:change=move |event| trusts.set(event_target_checked(&event))/><span>"Trust this provider’s addresses"</span></label>
        <p class="help" id="sso-trust-help">"Microsoft Entra ID does not say whether an address was checked (email_verified), so nobody is known by theirs the first time. With this, its word is taken. "<b>"Whoever can give themselves a member’s address at the provider then comes in as that member"</b>": turn it on only where addresses are your administrators’ to give. The owner is never known by an address alone."</p>
    }
}

/// What is entered at the provider, and what members open.
#[component]
fn Addresses(client: Option<SsoClient>) -> impl IntoView {
    let origin = window().location().origin().unwrap_or_default();
    let login = client.map(|client| format!("{origin}/sso/{}", client.organization));
    view! {
        <dl class="facts">
            <div><dt>"Redirect address"</dt><dd class="code">{format!("{origin}/sign-in/callback")}<small class="muted">"Enter it at the provider."</small></dd></div>
            {login.map(|login| view! { <div><dt>"Sign-in address"</dt><dd class="code">{login}<small class="muted">"Members can open it directly."</small></dd></div> })}
        </dl>
    }
}

#[component]
fn Remove(known: Known, client: SsoClient) -> impl IntoView {
    let app = App::here();
    let open = RwSignal::new(false);
    let press = move |_| {
        open.set(false);
        known.problem.set(None);
        spawn_local(async move {
            let path = known.desk.path("/sso");
            match server::ask::<serde_json::Value>(Method::DELETE, &path, None::<&()>).await {
                Ok(_) => {
                    app.toasts.say("Single sign-on is removed.");
                    known.refresh();
                }
                Err(error) => drop(known.problem.try_set(Some(error.message))),
            }
        });
    };
    view! {
        <button class="button danger" type="button" on:click=move |_| open.set(true)><Icon name="trash-2"/>"Remove"</button>
        <Dialog open=open title="Remove single sign-on">
            <div class="dialog-body">
                <p>{counts(&client)}</p>
                <footer class="dialog-foot"><button class="button" type="button" on:click=move |_| open.set(false)>"Keep it"</button><button class="button danger" type="button" on:click=press>"Remove single sign-on"</button></footer>
            </div>
        </Dialog>
    }
}

/// Who is concerned.
fn counts(client: &SsoClient) -> String {
    let people = |count| if count == 1 { "1 member".to_owned() } else { format!("{count} members") };
    let signs = if client.linked == 1 { "signs" } else { "sign" };
    format!(
        "“{}” opens this account no more. {} {signs} in with it; they need their passwords from then on, and are signed out where they came in with nothing else.",
        client.organization,
        people(client.linked)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removing_single_sign_on_says_whom_it_concerns() {
        let client = |linked| SsoClient {
            organization: "acme".into(),
            issuer: String::new(),
            client_id: String::new(),
            trust_addresses: false,
            linked,
            required: 0,
        };
        assert!(counts(&client(1)).contains("1 member signs in"));
        assert!(counts(&client(3)).contains("3 members sign in"));
    }
}
