//! One member, or somebody who is invited: a line with everything that may be done to them.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::{Grants, Id, Role};
use tombolo_wire::rest::{ChangeMember, GiveAccount, Invite, MailStatus, Member, MemberStatus, Withdraw};
use tombolo_wire::store::CallError;

use super::grants::{self, EditGrants};
use super::{Asking, Roster, role_options, role_words};
use crate::browser::{server, time};
use crate::components::{Ago, Dialog, Icon, Menu, MenuItem, Switch};
use crate::state::App;
use crate::words;

/// Who looks at the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Viewer {
    pub(super) role: Role,
    pub(super) me: Option<Id>,
    /// Changes members.
    pub(super) manages: bool,
    /// Owns the account.
    pub(super) owns: bool,
}

#[component]
pub(super) fn Line(roster: Roster, member: Member, viewer: Viewer, asking: RwSignal<Option<Asking>>) -> impl IntoView {
    let shown = if member.name.is_empty() { member.email.clone() } else { member.name.clone() };
    let dismissed = member.status == MemberStatus::Dismissed;
    let pending = member.status == MemberStatus::Pending;
    let over = member.expires_ms;
    let asked = factor_words(member.require_factor, member.second_factor);
    let sso = sso_words(member.require_sso, member.sso_linked);
    let off = member.status == MemberStatus::Disabled;
    let signed_in = member.signed_in_ms;
    // The owner is changed by giving the account away, and nobody takes their own rights by accident.
    let fixed = !viewer.manages || member.role == Role::Owner || (member.user.is_some() && member.user == viewer.me);
    // Of whom only the address is known, the name has told it.
    let address = (!member.name.is_empty()).then(|| member.email.clone());
    let below = address.clone().map(|address| view! { <small class="address muted cut">{address}</small> });
    let letter = member.mail.as_ref().map(|mail| {
        let (says, failed) = (words::letter(mail), mail.status == MailStatus::Failed);
        view! { <small class="muted" class:failed=failed title=says.clone()>{says.clone()}</small> }
    });
    let tint = words::tint(&member.email);
    let enabled = member.user.filter(|_| !fixed).map(|user| enabled(roster, user, &shown, !off));
    view! {
        <tr>
            <td class="name"><span class="row">
                <span class=format!("avatar small p{tint}") aria-hidden="true">{words::monogram(&shown)}</span>
                <span class="who"><span class="cut" title=shown.clone()>{shown.clone()}</span>{below}{letter}</span>
                {pending.then(|| view! { <Invited over=over/> })}
                {dismissed.then(|| view! { <span class="badge warning" title="Who was invited does not want to come.">"Dismissed"</span> })}
                {asked.map(|(class, says)| view! { <span class=class>{says}</span> })}
                {sso.map(|(class, says)| view! { <span class=class>{says}</span> })}
                {off.then(|| view! { <span class="badge warning">"Switched off"</span> })}
            </span></td>
            <td class="muted wide-only" title=address.clone()>{address.clone()}</td>
            <td><RoleCell roster=roster member=member.clone() fixed=fixed/></td>
            <td class="muted" data-rank="2">{signed_in.map(|ms| view! { <Ago ms=ms/> })}</td>
            <td class="enabled">{enabled}</td>
            <td class="actions"><Actions roster=roster member=member viewer=viewer fixed=fixed asking=asking/></td>
        </tr>
    }
}

/// That somebody is invited, and until when that is good.
#[component]
fn Invited(over: Option<i64>) -> impl IntoView {
    let app = App::here();
    let expired = move || over.is_some_and(|ms| ms <= app.now_ms.get());
    let title = move || over.map(|ms| format!("The invitation is good until {}", time::exact(ms)));
    view! { <span class="badge" class:warning=expired title=title>{move || if expired() { "Expired" } else { "Invited" }}</span> }
}

/// Whether somebody has the second factor that they are asked for.
fn factor_words(required: bool, has: bool) -> Option<(&'static str, &'static str)> {
    match (required, has) {
        (true, false) => Some(("badge warning", "Has no second factor yet")),
        (_, true) => Some(("badge", "Second factor")),
        (false, false) => None,
    }
}

/// Whether somebody comes through the organization.
fn sso_words(required: bool, linked: bool) -> Option<(&'static str, &'static str)> {
    match (required, linked) {
        (true, true) => Some(("badge", "Single sign-on only")),
        (true, false) => Some(("badge warning", "Has not used single sign-on yet")),
        (false, true) => Some(("badge", "Single sign-on")),
        (false, false) => None,
    }
}

/// The switch that closes the account to somebody and keeps what they are in it.
fn enabled(roster: Roster, user: Id, shown: &str, on: bool) -> impl IntoView + use<> {
    let turn = move |enabled: bool| async move {
        let body = ChangeMember {
            role: None,
            grants: Grants::new(),
            enabled: Some(enabled),
            require_factor: None,
            require_sso: None,
        };
        let path = roster.path(&format!("/members/{user}"));
        server::ask::<serde_json::Value>(Method::PATCH, &path, Some(&body)).await?;
        roster.refresh();
        Ok::<(), CallError>(())
    };
    let label = format!("The account is open to {shown}");
    view! { <Switch label=label on=Signal::derive(move || on) disabled=Signal::derive(|| false) turn=turn/> }
}

#[component]
fn RoleCell(roster: Roster, member: Member, fixed: bool) -> impl IntoView {
    let shown = if member.name.is_empty() { member.email.clone() } else { member.name.clone() };
    let editing = RwSignal::new(false);
    let role = match member.user.filter(|_| !fixed) {
        Some(user) => {
            view! { <RoleSelect roster=roster user=user name=shown.clone() member=member.clone()/> }.into_any()
        }
        None => view! { <span>{role_words(member.role)}</span> }.into_any(),
    };
    let levels = grants::counts(member.role).then(|| {
        let words = grants::in_words(member.role, &member.grants);
        if fixed || member.user.is_none() {
            return view! { <small class="muted">{words}</small> }.into_any();
        }
        let label = format!("Access of {shown}: {words}");
        view! { <button class="button small quiet" aria-label=label on:click=move |_| editing.set(true)><Icon name="waypoints"/>{words}</button> }.into_any()
    });
    let title = format!("Access of {shown}");
    view! {
        <div class="role-cell">{role}{levels}</div>
        <Dialog open=editing title=title><EditGrants roster=roster member=member.clone() open=editing/></Dialog>
    }
}

#[component]
fn RoleSelect(roster: Roster, user: Id, name: String, member: Member) -> impl IntoView {
    let (role, kept) = (member.role, member.grants);
    let change = move |event: leptos::ev::Event| {
        let select: web_sys::HtmlSelectElement = event_target(&event);
        if let Ok(wanted) = select.value().parse::<Role>() {
            let grants = if grants::counts(wanted) { kept.clone() } else { Grants::new() };
            let body =
                ChangeMember { role: Some(wanted), grants, enabled: None, require_factor: None, require_sso: None };
            // A change that was not made must not look as if it was.
            let refused = move || select.set_value(role.name());
            roster.change(Method::PATCH, format!("/members/{user}"), Some(body), refused);
        }
    };
    view! {
        <select class="input select-native" aria-label=format!("Role of {name}") on:change=change>{role_options(role, Role::Administer)}</select>
    }
}

/// What is done with somebody, in the menu of their line. An invitation can be made again; rights that are gone take
/// somebody's unsent work with them, so that is asked first.
#[component]
fn Actions(
    roster: Roster,
    member: Member,
    viewer: Viewer,
    fixed: bool,
    asking: RwSignal<Option<Asking>>,
) -> impl IntoView {
    let shown = if member.name.is_empty() { member.email.clone() } else { member.name.clone() };
    let items = match member.user {
        None if fixed => return ().into_any(),
        None => {
            let email = member.email.clone();
            let (role, grants, whose) = (member.role, member.grants.clone(), member.email.clone());
            let again = move |show_link: bool| {
                let body = Invite { email: whose.clone(), role, grants: grants.clone(), show_link };
                spawn_local(async move {
                    // Asking for the list again would take the reason of a refusal off the screen.
                    match roster.invite(body).await {
                        Ok(()) => roster.refresh(),
                        Err(error) => drop(roster.problem.try_set(Some(error.message))),
                    }
                });
            };
            let (send, show) = (again.clone(), again);
            let mail = roster.mail;
            let withdraw = move |()| {
                roster.links.update(|links| links.retain(|(who, _)| *who != email));
                let body = Some(Withdraw { email: email.clone() });
                roster.change(Method::POST, "/invitations/withdraw".into(), body, || ());
            };
            let link = move || if mail.get() { "Show a new link" } else { "Make a new link" };
            view! {
                <Show when=move || mail.get()>{
                    let send = send.clone();
                    view! { <MenuItem on_choose=Callback::new(move |()| send(false))><Icon name="send"/>"Send again"</MenuItem> }
                }</Show>
                <MenuItem on_choose=Callback::new(move |()| show(true))><Icon name="link"/>{link}</MenuItem>
                <MenuItem on_choose=Callback::new(withdraw)><Icon name="undo-2"/>"Withdraw invitation"</MenuItem>
            }
            .into_any()
        }
        Some(user) => {
            let heir = viewer.owns && Some(user) != viewer.me && member.status == MemberStatus::Accepted;
            if !heir && fixed {
                return ().into_any();
            }
            let (leaver, owner, holder) = (shown.clone(), shown.clone(), shown.clone());
            let give = move |()| asking.set(Some(Asking::Give { user, name: owner.clone() }));
            let remove = move |()| asking.set(Some(Asking::Remove { user, name: leaver.clone() }));
            let required = member.require_factor;
            let factor = move |()| {
                let body = ChangeMember {
                    role: None,
                    grants: Grants::new(),
                    enabled: None,
                    require_factor: Some(!required),
                    require_sso: None,
                };
                roster.change(Method::PATCH, format!("/members/{user}"), Some(body), || ());
            };
            let has_factor = member.second_factor;
            let reset = move |()| asking.set(Some(Asking::Reset { user, name: holder.clone() }));
            let ask = if required { "Ask for no second factor" } else { "Require a second factor" };
            let sso = single_sign_on(roster, user, &member);
            view! {
                {(!fixed).then_some(sso)}
                {(!fixed).then(|| view! { <MenuItem on_choose=Callback::new(factor)><Icon name="shield-check"/>{ask}</MenuItem> })}
                {(!fixed && has_factor).then(|| view! { <MenuItem on_choose=Callback::new(reset)><Icon name="rotate-ccw"/>"Take the second factor away"</MenuItem> })}
                {heir.then(|| view! { <MenuItem on_choose=Callback::new(give)><Icon name="key-round"/>"Make owner"</MenuItem> })}
                {(!fixed).then(|| view! { <MenuItem on_choose=Callback::new(remove)><Icon name="user-minus"/>"Remove from the account"</MenuItem> })}
            }
            .into_any()
        }
    };
    // The address of somebody who is invited is all that tells their menu from another's.
    let id = member.user.map_or_else(|| format!("invited-{}", hex(&member.email)), |user| format!("member-{user}"));
    view! { <Menu id=id label=format!("More for {shown}") face=view! { <Icon name="ellipsis"/> }.into_any() class="icon-button small">{items}</Menu> }
        .into_any()
}

/// What is done about somebody's way through the organization, where the account has one.
fn single_sign_on(roster: Roster, user: Id, member: &Member) -> impl IntoView + use<> {
    let (required, linked) = (member.require_sso, member.sso_linked);
    let turn = move |()| {
        let body = ChangeMember {
            role: None,
            grants: Grants::new(),
            enabled: None,
            require_factor: None,
            require_sso: Some(!required),
        };
        roster.change(Method::PATCH, format!("/members/{user}"), Some(body), || ());
    };
    let unlink = move |()| roster.change(Method::DELETE, format!("/members/{user}/sso"), None::<()>, || ());
    let ask = if required { "Let in without single sign-on" } else { "Require single sign-on" };
    view! {
        <Show when=move || roster.sso.get() || required>
            <MenuItem on_choose=Callback::new(turn)><Icon name="log-in"/>{ask}</MenuItem>
        </Show>
        {linked.then(|| view! { <MenuItem on_choose=Callback::new(unlink)><Icon name="unlink"/>"Unlink single sign-on"</MenuItem> })}
    }
}

/// A text as a part of an id on the page.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Takes somebody's second factor away, and says what came of it.
fn reset_factor(app: App, roster: Roster, user: Id, name: String) {
    spawn_local(async move {
        let path = roster.path(&format!("/members/{user}/factor"));
        match server::ask::<serde_json::Value>(Method::DELETE, &path, None::<&()>).await {
            Ok(_) => {
                app.toasts.say(format!("{name} has no second factor any more and is signed out everywhere."));
                roster.refresh();
            }
            Err(problem) => drop(roster.problem.try_set(Some(problem.message))),
        }
    });
}

/// Says what is lost with a member and what is not; or what it means to give the account away.
#[component]
pub(super) fn Question(roster: Roster, asking: Asking, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let (says, keep, go) = match &asking {
        Asking::Remove { name, .. } => (
            format!(
                "{name} can no longer open this account, and changes on their devices that the server does not have yet are not accepted any more. What they made stays. Their personal API tokens end at once; tokens of the account that they made go on working until you revoke them on the page API tokens."
            ),
            "Keep the member",
            "Remove member",
        ),
        Asking::Give { name, .. } => (
            format!(
                "{name} becomes the owner of this account and alone decides who is. You stay as an administrator; only {name} can give it back. {name}'s personal API tokens of this account end; single sign-on begins anew, with the password."
            ),
            "Stay the owner",
            "Make owner",
        ),
        Asking::Reset { name, .. } => (
            format!(
                "{name} is signed out everywhere, and signs in with the password alone from then on. That is for who has lost their authenticator app and their recovery codes: make sure that it is {name} who asks you. Where this account requires a second factor, they set up a new one before they get in."
            ),
            "Keep the second factor",
            "Take it away",
        ),
    };
    let press = move |_| {
        open.set(false);
        match &asking {
            Asking::Remove { user, .. } => {
                roster.change(Method::DELETE, format!("/members/{user}"), None::<()>, || ());
            }
            Asking::Give { user, .. } => {
                roster.change(Method::POST, "/owner".into(), Some(GiveAccount { user: *user }), || ());
            }
            Asking::Reset { user, name } => reset_factor(app, roster, *user, name.clone()),
        }
    };
    view! {
        <div class="dialog-body">
            <p>{says}</p>
            <footer class="dialog-foot"><button class="button" on:click=move |_| open.set(false)>{keep}</button><button class="button danger" on:click=press>{go}</button></footer>
        </div>
    }
}
