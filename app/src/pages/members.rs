//! Who belongs to the account, and what each may do. The server decides; this page asks it every time.

mod grants;
mod invite;
mod levels;
mod line;

use std::time::Duration;

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use tombolo_model::{Action, Id, Kind, Role};
use tombolo_wire::rest::{Invite, Invited, MailStatus, Member, MemberStatus, Members};
use tombolo_wire::store::{AccountInfo, CallError};

use crate::browser::{page, server};
use crate::components::{AsOf, Dialog, Icon, NeedsServer, RemovedBanner};
use crate::state::{App, LastKnown};
use crate::words;
use invite::InviteForm;
use levels::Levels;
use line::{Line, Question, Viewer};

/// The members' page.
#[component]
pub(crate) fn MembersPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Members".into());
    let shared = Memo::new(move |_| app.account.get().filter(|account| !account.local));
    let removed = Memo::new(move |_| app.removed().is_some());
    move || {
        match shared.get() {
        // The server tells its members of each other, and nobody else.
        Some(_) if removed.get() => view! {
            <div class="page-head"><div><h1>"Members"</h1></div></div>
            <RemovedBanner/>
        }
        .into_any(),
        Some(account) if account.role.may(Action::ReadMembers, Kind::Integration) => {
            view! { <List account=account/> }.into_any()
        }
        Some(_) => view! {
            <div class="page-head"><div><h1>"Members"</h1></div></div>
            <div class="empty"><span class="kind"><Icon name="lock"/></span><h2>"This page is not open to you"</h2>
                <p>"Who builds flows in an account sees its members. Ask its owner, who is named in the account menu."</p></div>
        }
        .into_any(),
        None => view! {
            <div class="page-head"><div><h1>"Members"</h1><p class="sub">"Only you"</p></div></div>
            <div class="empty"><span class="kind"><Icon name="users"/></span><h2>"Nobody else can join yet"</h2>
                <p>"This account is on this device alone. Sign in, and colleagues can work on the same flows."</p>
                <A href="/sign-in" attr:class="button primary">"Sign in"</A></div>
        }
        .into_any(),
    }
    }
}

/// The list as last heard, and how to hear it again.
#[derive(Clone, Copy)]
pub(crate) struct Roster {
    account: Id,
    members: RwSignal<Option<Vec<Member>>>,
    last: LastKnown,
    problem: RwSignal<Option<String>>,
    /// Whether the server sends invitations by mail.
    mail: RwSignal<bool>,
    /// Whether managers invite too.
    managers_invite: RwSignal<bool>,
    /// Whether the account has single sign-on.
    sso: RwSignal<bool>,
    /// Links that were just made, with whom each is for. They are shown once.
    links: RwSignal<Vec<(String, String)>>,
    look: StoredValue<Look>,
}

/// When the list is asked for again, because a letter waits.
#[derive(Debug, Clone, Copy)]
struct Look {
    timer: Option<TimeoutHandle>,
    after: Duration,
}

/// How long a letter that waits is left alone at first. One that the mail server puts off waits for hours.
const LOOK: Duration = Duration::from_secs(3);
const LATEST_LOOK: Duration = Duration::from_mins(1);

impl Roster {
    pub(crate) fn path(self, rest: &str) -> String {
        format!("/api/accounts/{}{rest}", self.account)
    }

    /// Asks for the list.
    pub(crate) fn refresh(self) {
        self.stop_looking();
        spawn_local(async move {
            if self.ask().await {
                self.problem.try_set(None);
            }
        });
    }

    /// Whether the list came. What was wrong before stays said: to look at the letters takes back nothing of that.
    async fn ask(self) -> bool {
        let take = |found: Members| {
            self.mail.try_set(found.mail);
            self.managers_invite.try_set(found.managers_invite);
            self.sso.try_set(found.sso);
            let waits = found.members.iter().any(waits);
            self.members.try_set(Some(found.members));
            if waits {
                self.look_again();
            }
        };
        match self.last.hear(&self.path("/members"), take).await {
            Ok(()) => true,
            Err(problem) => {
                self.problem.try_set(Some(problem.message));
                false
            }
        }
    }

    /// Asks once more in a while. There is one timer, however many answers had a letter that waits in them.
    fn look_again(self) {
        self.look.try_update_value(|look| {
            let after = look.after;
            let ask = move || {
                spawn_local(async move {
                    self.ask().await;
                });
            };
            if let Some(before) = look.timer.take() {
                before.clear();
            }
            *look = Look { timer: set_timeout_with_handle(ask, after).ok(), after: (after * 2).min(LATEST_LOOK) };
        });
    }

    fn stop_looking(self) {
        self.look.try_update_value(|look| {
            if let Some(timer) = look.timer.take() {
                timer.clear();
            }
            look.after = LOOK;
        });
    }

    /// Invites somebody, also once more: the link before ends. What is not sent is shown.
    async fn invite(self, body: Invite) -> Result<(), CallError> {
        let invited = server::ask::<Invited>(Method::POST, &self.path("/members"), Some(&body)).await?;
        self.links.try_update(|links| {
            links.retain(|(who, _)| *who != body.email);
            if let Some(link) = invited.link {
                let origin = window().location().origin().unwrap_or_default();
                links.push((body.email, format!("{origin}{link}")));
            }
        });
        Ok(())
    }

    /// Asks for a change; `refused` is called when it was not made.
    fn change<B>(self, method: Method, rest: String, body: Option<B>, refused: impl FnOnce() + 'static)
    where
        B: serde::Serialize + 'static,
    {
        spawn_local(async move {
            let done = server::ask::<serde_json::Value>(method, &self.path(&rest), body.as_ref()).await;
            match done {
                Ok(_) => self.refresh(),
                Err(problem) => {
                    self.problem.try_set(Some(problem.message));
                    refused();
                }
            }
        });
    }
}

/// Whether a letter to somebody may still change what is shown of it.
fn waits(member: &Member) -> bool {
    member.mail.as_ref().is_some_and(|mail| mail.status == MailStatus::Waiting)
}

#[component]
fn List(account: AccountInfo) -> impl IntoView {
    let last = LastKnown::new(App::here());
    let roster = Roster {
        account: account.id,
        members: RwSignal::new(None),
        last,
        problem: RwSignal::new(None),
        mail: RwSignal::new(false),
        managers_invite: RwSignal::new(false),
        sso: RwSignal::new(false),
        links: RwSignal::new(Vec::new()),
        look: StoredValue::new(Look { timer: None, after: LOOK }),
    };
    on_cleanup(move || roster.stop_looking());
    roster.refresh();
    last.follow(move || roster.refresh());
    let builds = account.role == Role::Manage;
    let viewer = Viewer {
        role: account.role,
        manages: account.role.may(Action::ManageMembers, Kind::Integration),
        owns: account.role.may(Action::ManageAccount, Kind::Integration),
        me: account.user.as_ref().map(|user| user.id),
    };
    let leaving = RwSignal::new(None::<Asking>);
    let asked = RwSignal::new(false);
    // Each sets the other only where they differ, or they would set each other for ever.
    Effect::new(move |_| {
        if leaving.with(Option::is_some) {
            asked.set(true);
        }
    });
    Effect::new(move |_| {
        if !asked.get() && leaving.with_untracked(Option::is_some) {
            leaving.set(None);
        }
    });
    let title = Signal::derive(move || leaving.with(|asking| asking.as_ref().map_or_else(String::new, Asking::title)));
    let says = move || roster.members.with(|members| members.as_ref().map(|members| in_words(members, &account.name)));
    view! {
        <div class="page-head"><div>
            <h1>"Members"</h1>
            <p class="sub">{move || says().unwrap_or_else(|| "\u{a0}".to_owned())}</p>
        </div></div>
        <AsOf last=last/>
        <div class="page-body">
            {move || roster.problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            <NeedsServer last=last><Show when=move || viewer.manages || (builds && roster.managers_invite.get())><InviteForm roster=roster most=viewer.role/></Show></NeedsServer>
            <Levels/>
        </div>
        <NeedsServer last=last><div class="table-wrap">
            <table class="table members">
                <thead><tr><th>"Name"</th><th class="wide-only">"Email"</th><th>"Role"</th><th data-rank="2">"Last sign-in"</th><th>{viewer.manages.then_some("Enabled")}</th><th><span class="sr">"Actions"</span></th></tr></thead>
                <tbody>
                    <For each=move || roster.members.get().unwrap_or_default() key=Member::clone let:member>
                        <Line roster=roster member=member viewer=viewer asking=leaving/>
                    </For>
                </tbody>
            </table>
        </div></NeedsServer>
        <Dialog open=asked title=title>{move || leaving.get().map(|asking| view! { <Question roster=roster asking=asking open=asked/> })}</Dialog>
    }
}

/// How many there are. Who is invited has not come yet.
fn in_words(members: &[Member], account: &str) -> String {
    let invited = members.iter().filter(|member| member.status == MemberStatus::Pending).count();
    let people = members.iter().filter(|member| member.user.is_some()).count();
    let people = words::count(people, "person").replace("persons", "people");
    match invited {
        0 => format!("{people} in the account {account}"),
        invited => format!("{people} in the account {account}, {invited} invited"),
    }
}

/// What is asked before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asking {
    /// Somebody is about to be removed.
    Remove { user: Id, name: String },
    /// The account is about to be given to somebody.
    Give { user: Id, name: String },
    /// Somebody is about to lose their second factor.
    Reset { user: Id, name: String },
}

impl Asking {
    /// What is asked, in a few words.
    fn title(&self) -> String {
        match self {
            Self::Remove { name, .. } => format!("Remove {name} from the account?"),
            Self::Give { name, .. } => format!("Make {name} the owner?"),
            Self::Reset { name, .. } => format!("Take the second factor of {name} away?"),
        }
    }
}

/// The roles that somebody with a role can give.
pub(crate) fn role_options(chosen: Role, most: Role) -> impl IntoView {
    [Role::Administer, Role::Manage, Role::Monitor, Role::Custom]
        .into_iter()
        .filter(move |role| *role <= most)
        .map(|role| view! { <option value=role.name() prop:selected=role == chosen>{role_words(role)}</option> })
        .collect_view()
}

/// A role with what it means.
pub(crate) fn role_words(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Administer => "Administer: build, and invite people",
        Role::Manage => "Manage: build and run",
        Role::Monitor => "Monitor: look and run",
        Role::Custom => "Custom: chosen integrations",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_taken_back_is_asked_with_the_name_of_whom_it_is_done_to() {
        let (user, name) = (Id::from_parts(0, [1; 8]), "Ann".to_owned());
        let title = |asking: Asking| asking.title();
        assert_eq!(title(Asking::Reset { user, name: name.clone() }), "Take the second factor of Ann away?");
        assert_eq!(title(Asking::Remove { user, name: name.clone() }), "Remove Ann from the account?");
        assert_eq!(title(Asking::Give { user, name }), "Make Ann the owner?");
    }

    #[test]
    fn who_is_invited_is_not_counted_as_somebody_who_is_there() {
        let member = |n: u8, status| Member {
            user: Some(Id::from_parts(0, [n; 8])),
            email: format!("{n}@example.com"),
            name: String::new(),
            role: Role::Manage,
            status,
            grants: [].into(),
            signed_in_ms: None,
            expires_ms: None,
            require_factor: false,
            require_sso: false,
            sso_linked: false,
            second_factor: false,
            mail: None,
        };
        let (ann, bo) = (member(1, MemberStatus::Accepted), member(2, MemberStatus::Accepted));
        assert_eq!(in_words(std::slice::from_ref(&ann), "Ann"), "1 person in the account Ann");
        let invited = Member { user: None, ..member(3, MemberStatus::Pending) };
        assert_eq!(in_words(&[ann, bo, invited], "Ann"), "2 people in the account Ann, 1 invited");
    }
}
