//! Who may do what in one integration, for those who may see the members of the account.
//!
//! What somebody may is worked out by the one function of rights, from what the page Members says of them.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use tombolo_model::{Action, Home, Id, Kind, Rights, Role};
use tombolo_wire::rest::{Member, MemberStatus, Members};

use crate::browser::server;
use crate::components::{Dialog, Icon, Loading};
use crate::state::App;
use crate::words;

/// Whether the members of the account are shown to who is here.
pub(super) fn are_shown(app: App) -> bool {
    app.account.with(|account| {
        account
            .as_ref()
            .is_some_and(|account| !account.local && account.role.may(Action::ReadMembers, Kind::Integration))
    })
}

/// What a member may do in an integration; nothing where it is not there for them.
fn may(member: &Member, integration: Id) -> Option<&'static str> {
    let rights = Rights { role: member.role, grants: member.grants.clone() };
    let can = |action| rights.may(action, Kind::Integration, Home::of(integration));
    match member.role {
        Role::Owner => Some("Owner"),
        Role::Administer => Some("Administers the account"),
        _ if can(Action::Write) => Some("Manages it"),
        _ if can(Action::Read) => Some("Looks and runs"),
        _ => None,
    }
}

const fn standing(status: MemberStatus) -> Option<&'static str> {
    match status {
        MemberStatus::Accepted => None,
        MemberStatus::Pending => Some("Invited"),
        MemberStatus::Dismissed => Some("Does not want to come"),
        MemberStatus::Disabled => Some("Switched off"),
    }
}

/// The dialog.
#[component]
pub(super) fn PeopleDialog(id: Id, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let found = RwSignal::new(None::<Result<Vec<Member>, String>>);
    Effect::new(move |_| {
        let account = app.account.with(|account| account.as_ref().map(|account| account.id));
        let (true, Some(account)) = (open.get(), account) else { return };
        spawn_local(async move {
            let path = format!("/api/accounts/{account}/members");
            let asked = server::ask::<Members>(Method::GET, &path, None::<&()>).await;
            found.try_set(Some(asked.map(|found| found.members).map_err(|error| error.message)));
        });
    });
    view! {
        <Dialog open=open title="Members">
            <div class="dialog-body">
                <p class="muted">"Who gets at this integration, and what they may do with it. Levels are given on the page "<A href="/members" attr:class="link">"Members"</A>"."</p>
                {move || match found.get() {
                    None => view! { <Loading/> }.into_any(),
                    Some(Err(problem)) => view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> }.into_any(),
                    Some(Ok(members)) => list(id, members).into_any(),
                }}
            </div>
        </Dialog>
    }
}

fn list(id: Id, members: Vec<Member>) -> impl IntoView {
    let lines = members.into_iter().filter_map(|member| may(&member, id).map(|may| (member, may)));
    let lines = lines.map(|(member, may)| {
        let name = if member.name.is_empty() { member.email.clone() } else { member.name };
        view! {
            <li class="row">
                <span class=format!("avatar small p{}", words::tint(&member.email)) aria-hidden="true">{words::monogram(&name)}</span>
                <span class="grow cut" title=member.email>{name}</span>
                {standing(member.status).map(|standing| view! { <span class="badge">{standing}</span> })}
                <span class="muted">{may}</span>
            </li>
        }
    });
    view! { <ul class="changes" aria-label="Members">{lines.collect_view()}</ul> }
}

#[cfg(test)]
mod tests {
    use tombolo_model::{Grants, Level};

    use super::*;

    #[test]
    fn in_an_integration_are_those_who_see_it_and_it_says_what_they_may() {
        let [ours, other] = [1, 2].map(|n| Id::from_parts(n, [1; 8]));
        let member = |role, grants: &[(Id, Level)]| Member {
            user: None,
            name: String::new(),
            email: "a@example.com".into(),
            role,
            grants: grants.iter().copied().collect::<Grants>(),
            status: MemberStatus::Accepted,
            signed_in_ms: None,
            require_factor: false,
            second_factor: false,
            require_sso: false,
            sso_linked: false,
            expires_ms: None,
            mail: None,
        };
        let said = |role, grants: &[(Id, Level)]| may(&member(role, grants), ours);
        assert_eq!(said(Role::Owner, &[]), Some("Owner"));
        assert_eq!(said(Role::Manage, &[]), Some("Manages it"));
        assert_eq!(said(Role::Monitor, &[]), Some("Looks and runs"));
        assert_eq!(said(Role::Monitor, &[(ours, Level::Manage)]), Some("Manages it"));
        assert_eq!(said(Role::Monitor, &[(other, Level::Manage)]), Some("Looks and runs"));
        assert_eq!(said(Role::Custom, &[(ours, Level::Monitor)]), Some("Looks and runs"));
        assert_eq!(said(Role::Custom, &[(other, Level::Manage)]), None);
    }
}
