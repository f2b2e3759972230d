//! One thing in the bell: what it is, where it leads, and its answers.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use tombolo_model::{Action, Id, Kind, Role};
use tombolo_wire::rest::{AnswerInvitation, AnswerTransfer, Transfer, TransferStatus, WaitingTransfer};
use tombolo_wire::store::{AccountInfo, Call};

use super::items::{Item, What};
use super::known::Desk;
use crate::browser::server;
use crate::components::{Ago, Icon};
use crate::state::App;
use crate::words;

/// One line of the panel.
#[component]
pub(super) fn Line(desk: Desk, item: Item, close: Callback<()>) -> impl IntoView {
    let Item { key, at_ms, what } = item;
    let (icon, says) = (icon(&what), says(&what));
    let known = key.clone();
    let unread = Memo::new(move |_| !desk.is_read(&known));
    let mark = Callback::new(move |()| desk.mark(vec![key.clone()]));
    let label = format!("Mark as read: {says}");
    // The page of one account says nothing of another.
    let here = desk.app().account.with_untracked(|account| account.as_ref().map(|account| account.id));
    let text = match leads_to(&what, here) {
        Some(to) => {
            // The router follows the link.
            let go = move |_| {
                mark.run(());
                close.run(());
            };
            view! { <a href=to on:click=go>{says}</a> }.into_any()
        }
        None => view! { <p>{says}</p> }.into_any(),
    };
    view! {
        <li class:unread=unread>
            <Icon name=icon/>
            <div class="grow">
                {text}
                {at_ms.map(|ms| view! { <small class="muted"><Ago ms=ms/></small> })}
                <Answers desk=desk what=what close=close/>
            </div>
            <Show when=move || unread.get()>
                <button class="icon-button small" aria-label=label.clone() title="Mark as read" on:click=move |_| mark.run(())><Icon name="check" small=true/></button>
            </Show>
        </li>
    }
}

const fn icon(what: &What) -> &'static str {
    match what {
        What::Invitation(_) => "user-plus",
        What::Transfer(_) => "arrow-right-left",
        What::Review(_) => "clipboard-check",
        What::Assigned { .. } => "user",
        What::Run { .. } | What::Refused(_) => "circle-alert",
        What::Notice { .. } => "triangle-alert",
    }
}

pub(super) fn leads_to(what: &What, here: Option<Id>) -> Option<String> {
    match what {
        What::Review(review) => (Some(review.account) == here).then(|| "/review".to_owned()),
        What::Run { run, .. } => Some(format!("/runs?run={run}")),
        What::Assigned { to, .. } => Some(to.clone()),
        What::Refused(_) => Some("/not-accepted".to_owned()),
        What::Notice { to, .. } => to.clone(),
        What::Invitation(_) | What::Transfer(_) => None,
    }
}

pub(super) fn says(what: &What) -> String {
    match what {
        What::Invitation(invitation) => format!(
            "{} invites you to the account “{}”, as {}.",
            invitation.invited_by,
            invitation.account_name,
            role_words(invitation.role)
        ),
        What::Transfer(transfer) => format!(
            "{} hands {} over to you, {} in all.",
            transfer.by,
            named(&transfer.integrations),
            words::count(transfer.resources, "resource")
        ),
        What::Review(review) if review.name.is_empty() => {
            format!("{} asks you to take a change over in the account “{}”.", review.by, review.account_name)
        }
        What::Review(review) => format!(
            "{} asks you to take a change of “{}” over in the account “{}”.",
            review.by, review.name, review.account_name
        ),
        What::Run { flow, ended: true, .. } => format!("{flow} was ended by an error."),
        What::Run { flow, errors, .. } => {
            format!("{flow} ran; {} failed.", words::count(usize::try_from(*errors).unwrap_or(usize::MAX), "record"))
        }
        What::Assigned { flow, by, errors, .. } => {
            let who = if by.is_empty() { "Somebody" } else { by };
            format!("{who} asks you to look at {} of {flow}.", words::count(*errors, "error"))
        }
        What::Refused(1) => "The server did not accept a change. It is kept here.".to_owned(),
        What::Refused(many) => {
            format!("The server did not accept {}. They are kept here.", words::count(*many, "change"))
        }
        What::Notice { message, .. } => message.clone(),
    }
}

const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Owner => "its owner",
        Role::Administer => "an administrator",
        Role::Manage => "a manager",
        Role::Monitor => "a monitor",
        Role::Custom => "a member of chosen integrations",
    }
}

fn named(integrations: &[String]) -> String {
    match integrations {
        [one] => format!("“{one}”"),
        many => words::count(many.len(), "integration"),
    }
}

/// Into which account somebody takes what they are offered: the one on the screen where they may, else one of theirs.
fn taker(transfer: &WaitingTransfer, here: Option<AccountInfo>, all: &[AccountInfo]) -> Option<AccountInfo> {
    let may = |account: &AccountInfo| {
        !account.local && account.id != transfer.account && account.role.may(Action::Transfer, Kind::Integration)
    };
    here.filter(may).or_else(|| all.iter().find(|account| may(account)).cloned())
}

#[component]
fn Answers(desk: Desk, what: What, close: Callback<()>) -> impl IntoView {
    let app = desk.app();
    let busy = RwSignal::new(false);
    let answer = Answer { desk, busy };
    match what {
        What::Invitation(invitation) => {
            let account = invitation.account;
            let navigate = StoredValue::new_local(use_navigate());
            let accept = move |_| {
                let navigate = navigate.get_value();
                busy.set(true);
                spawn_local(async move {
                    if app.enter(Call::AcceptWaiting { account }).await {
                        close.run(());
                        navigate("/", NavigateOptions::default());
                    }
                    busy.try_set(false);
                    desk.refresh();
                });
            };
            let dismiss = move |_| answer.dismiss(AnswerInvitation { account });
            view! { <div class="row">
                <button class="button small primary" prop:disabled=busy aria-busy=move || busy.get().to_string() aria-label=format!("Accept the invitation to {}", invitation.account_name) on:click=accept>"Accept"</button>
                <button class="button small" prop:disabled=busy aria-label=format!("Decline the invitation to {}", invitation.account_name) on:click=dismiss>"Decline"</button>
            </div> }
            .into_any()
        }
        What::Transfer(transfer) => {
            let (id, given) = (transfer.id, transfer.clone());
            let to = Memo::new(move |_| app.accounts.with(|all| taker(&given, app.account.get(), all)));
            let accept = move |_| to.get_untracked().into_iter().for_each(|to| answer.take(id, to));
            let into = move || to.get().map(|to| format!("Accept into {}", to.name));
            let decline = move |_| answer.decline(id);
            view! { <div class="row">
                {move || into().map(|into| view! { <button class="button small primary" prop:disabled=busy aria-busy=move || busy.get().to_string() on:click=accept>{into}</button> })}
                <button class="button small" prop:disabled=busy aria-label=format!("Decline {}", named(&transfer.integrations)) on:click=decline>"Decline"</button>
            </div> }
            .into_any()
        }
        What::Review(_) | What::Run { .. } | What::Assigned { .. } | What::Refused(_) | What::Notice { .. } => {
            ().into_any()
        }
    }
}

/// How answers are given.
#[derive(Clone, Copy)]
struct Answer {
    desk: Desk,
    busy: RwSignal<bool>,
}

impl Answer {
    fn begin(self) -> App {
        self.busy.set(true);
        self.desk.app()
    }

    /// The line may be gone by now.
    fn end(self) {
        self.busy.try_set(false);
        self.desk.refresh();
    }

    fn dismiss(self, body: AnswerInvitation) {
        let app = self.begin();
        spawn_local(async move {
            let path = "/api/bell/invitations/dismiss";
            match server::ask::<serde_json::Value>(Method::POST, path, Some(&body)).await {
                Ok(_) => app.toasts.say("The invitation is declined. Who invited you sees that."),
                Err(error) => app.toasts.fail(error.message),
            }
            self.end();
        });
    }

    fn decline(self, transfer: tombolo_model::Id) {
        let app = self.begin();
        spawn_local(async move {
            let body = AnswerTransfer { transfer };
            match server::ask::<Transfer>(Method::POST, "/api/transfers/decline", Some(&body)).await {
                Ok(_) => app.toasts.say("The offer is declined. Who made it sees that."),
                Err(error) => app.toasts.fail(error.message),
            }
            app.answered.update(|answered| *answered = answered.wrapping_add(1));
            self.end();
        });
    }

    fn take(self, transfer: tombolo_model::Id, to: AccountInfo) {
        let app = self.begin();
        spawn_local(async move {
            let path = format!("/api/accounts/{}/transfers/accept", to.id);
            match server::ask::<Transfer>(Method::POST, &path, Some(&AnswerTransfer { transfer })).await {
                Ok(transfer) => match became(&transfer, &to.name) {
                    Ok(said) => app.toasts.say(said),
                    Err(why) => app.toasts.fail(why),
                },
                Err(error) => app.toasts.fail(error.message),
            }
            app.answered.update(|answered| *answered = answered.wrapping_add(1));
            self.end();
        });
    }
}

/// What came of accepting an offer.
fn became(transfer: &Transfer, account: &str) -> Result<String, String> {
    let more = transfer.afterwards.join(" ");
    match transfer.status {
        TransferStatus::Done => Ok(format!("Handed over: it is in the account “{account}”. {more}").trim().to_owned()),
        TransferStatus::Failed => Err(format!("It was not handed over. {more}").trim().to_owned()),
        _ => Ok(format!("Accepted: it comes to “{account}” once its runs have ended.")),
    }
}

#[cfg(test)]
mod tests {
    use tombolo_model::Grants;
    use tombolo_wire::rest::WaitingReview;

    use super::*;

    #[test]
    fn a_change_to_review_leads_to_its_page_in_its_own_account_alone() {
        let [here, elsewhere] = [1, 2].map(|n| Id::from_parts(n, [1; 8]));
        let review = |name: &str| {
            What::Review(WaitingReview {
                id: Id::from_parts(3, [1; 8]),
                account: here,
                account_name: "Acme".into(),
                by: "Jonas".into(),
                name: name.into(),
                created_ms: 1,
            })
        };
        assert_eq!(leads_to(&review("Shop"), Some(here)).as_deref(), Some("/review"));
        assert_eq!(leads_to(&review("Shop"), Some(elsewhere)), None);
        assert_eq!(says(&review("Shop")), "Jonas asks you to take a change of “Shop” over in the account “Acme”.");
        assert_eq!(says(&review("")), "Jonas asks you to take a change over in the account “Acme”.");
    }

    fn account(n: u8, role: Role) -> AccountInfo {
        let id = Id::from_parts(1, [n; 8]);
        AccountInfo {
            id,
            name: format!("Account {n}"),
            local: false,
            user: None,
            role,
            grants: Grants::new(),
            ended: false,
        }
    }

    #[test]
    fn an_offer_goes_into_the_account_on_the_screen_or_into_one_that_may_take_it() {
        let sender = account(1, Role::Owner);
        let transfer = WaitingTransfer {
            id: Id::from_parts(2, [0; 8]),
            account: sender.id,
            from: String::new(),
            by: "Ines".into(),
            integrations: vec!["Shop".into()],
            resources: 3,
            created_ms: 0,
        };
        let all = [sender.clone(), account(2, Role::Monitor), account(3, Role::Owner), account(4, Role::Administer)];
        let chosen = |here: &AccountInfo| taker(&transfer, Some(here.clone()), &all).map(|account| account.name);
        assert_eq!(chosen(&all[3]).as_deref(), Some("Account 4"));
        assert_eq!(chosen(&all[1]).as_deref(), Some("Account 3"), "a monitor takes nothing");
        assert_eq!(chosen(&sender).as_deref(), Some("Account 3"), "nobody takes from themselves");
        assert_eq!(taker(&transfer, None, &all[..2]), None);
        assert_eq!(says(&What::Transfer(transfer)), "Ines hands “Shop” over to you, 3 resources in all.");
    }

    #[test]
    fn a_run_that_went_wrong_is_told_in_words() {
        let run =
            |ended, errors| says(&What::Run { flow: "Orders".into(), run: Id::from_parts(1, [0; 8]), ended, errors });
        assert_eq!(run(true, 4), "Orders was ended by an error.");
        assert_eq!(run(false, 1), "Orders ran; 1 record failed.");
    }
}
