//! Inviting somebody: a secret link to hand over, whether or not they have an account already.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::{Grants, Role};
use tombolo_wire::rest::Invite;

use super::grants::{self, GrantsPicker};
use super::levels;
use super::{Roster, role_options};
use crate::browser::{clipboard, page};
use crate::components::{Field, Icon, described_by};
use crate::state::App;
use crate::words;

/// The field's id.
const FIELD: &str = "invite-email";

/// The most that are invited at once.
const MOST: usize = 50;

/// The form: one address or many, with what all of them may do.
#[component]
pub(crate) fn InviteForm(roster: Roster, most: Role) -> impl IntoView {
    let email = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Manage);
    let grants = RwSignal::new(Grants::new());
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let said = RwSignal::new(None::<String>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let addresses = match email.with_untracked(|text| addresses(text)) {
            Ok(addresses) => addresses,
            Err(wrong) => {
                problem.set(Some(wrong));
                page::focus_soon(vec![FIELD.to_owned()]);
                return;
            }
        };
        busy.set(true);
        problem.set(None);
        said.set(None);
        roster.links.set(Vec::new());
        let role = role.get_untracked();
        let grants = if grants::counts(role) { grants.get_untracked() } else { Grants::new() };
        spawn_local(async move {
            let many = addresses.len();
            let refused = invite_all(roster, addresses, role, grants).await;
            let sent = many - refused.len();
            let mailed = sent > 0 && roster.mail.try_get_untracked() == Some(true);
            said.try_set(
                mailed.then(|| format!("{} on the way: see below how each goes.", words::count(sent, "invitation"))),
            );
            let left: Vec<String> = refused.iter().map(|(address, _)| address.clone()).collect();
            email.try_set(left.join(", "));
            problem.try_set(refused.into_iter().next().map(|(_, why)| why));
            roster.refresh();
            busy.try_set(false);
        });
    };
    view! {
        <form class="card invite" novalidate=true on:submit=submit aria-label="Invite a member">
            <div class="row">
                <div class="grow"><Field label="Email" name=FIELD help="Several addresses are parted by commas." error=Signal::derive(move || problem.get())>
                    <input class="input" id=FIELD type="text" inputmode="email" aria-required="true" aria-describedby=described_by(FIELD) aria-invalid=move || problem.with(Option::is_some).to_string() autocomplete="off" prop:value=move || email.get() on:input=move |event| email.set(event_target_value(&event))/>
                </Field></div>
                <Field label="Role" name="invite-role">
                    <select class="input select-native" id="invite-role" on:change=move |event| if let Ok(chosen) = event_target_value(&event).parse() { role.set(chosen) }>{role_options(Role::Manage, most)}</select>
                </Field>
                <button class="button primary" type="submit" prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="user-plus"/>"Invite member"</button>
            </div>
            <p class="help">{move || levels::says(role.get())}{move || if roster.mail.get() { " Each address is sent a link by mail, which is good once." } else { " You get a link for each address, to hand over yourself; it is good once." }}</p>
            <Show when=move || grants::counts(role.get())><GrantsPicker grants=grants role=role/></Show>
            {move || said.get().map(|said| view! { <p role="status">{said}</p> })}
            {move || roster.links.get().into_iter().map(|(who, link)| view! { <Link who=who link=link/> }).collect_view()}
        </form>
    }
}

/// Invites one after the other; those that were refused, and why.
async fn invite_all(roster: Roster, addresses: Vec<String>, role: Role, grants: Grants) -> Vec<(String, String)> {
    let mut refused = Vec::new();
    for email in addresses {
        let body = Invite { email: email.clone(), role, grants: grants.clone(), show_link: false };
        if let Err(error) = roster.invite(body).await {
            refused.push((email.clone(), format!("{email}: {}", error.message)));
        }
    }
    refused
}

/// The addresses in a text, or what is wrong with the first that is none.
fn addresses(text: &str) -> Result<Vec<String>, String> {
    let parts = text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let found: Vec<String> = parts.map(str::to_owned).collect();
    if found.is_empty() {
        return Err(words::email_problem("").unwrap_or_default());
    }
    if found.len() > MOST {
        return Err(format!("At most {MOST} people are invited at once; these are {}.", found.len()));
    }
    match found.iter().find_map(|address| words::email_problem(address)) {
        Some(problem) => Err(problem),
        None => Ok(found),
    }
}

/// The link, with what hands it over. It is not shown a second time.
#[component]
fn Link(who: String, link: String) -> impl IntoView {
    let app = App::here();
    let shown = link.clone();
    let select = |event: leptos::ev::FocusEvent| event_target::<web_sys::HtmlInputElement>(&event).select();
    let copy = move |_| {
        let link = link.clone();
        spawn_local(async move {
            match clipboard::copy(&link).await {
                Ok(()) => app.toasts.say("The link is copied."),
                Err(_) => app.toasts.fail("The browser did not take the link. Select it and copy it by hand."),
            }
        });
    };
    view! {
        <div class="banner invited" role="status"><Icon name="link"/>
            <div class="grow"><p>{format!("Give this link to {who}. It is shown once, and only they can use it: to sign up, or to join with the account they have.")}</p>
                <input class="input code" readonly aria-label="Invitation link" prop:value=shown on:focus=select/></div>
            <button class="button" type="button" on:click=copy><Icon name="copy"/>"Copy link"</button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parted_by_commas_and_the_first_that_is_none_is_named() {
        assert_eq!(addresses("a@x.example, b@x.example;\nc@x.example").unwrap().len(), 3);
        assert!(addresses("a@x.example, bob").unwrap_err().contains("bob"));
        assert_eq!(addresses(" , ").unwrap_err(), "Enter an e-mail address.");
    }
}
