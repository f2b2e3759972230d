//! Who may invite, whom, and for how long an invitation is good.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;
use tombolo_wire::rest::{Member, MemberStatus, Members, Policy};

use super::Desk;
use crate::browser::server;
use crate::components::{Dialog, Field, Icon, described_by};
use crate::state::App;
use crate::words;

const DOMAINS: &str = "policy-domains";
const DAYS: &str = "policy-days";
const TRUST: &str = "policy-trust";

#[component]
pub(super) fn PolicyForm(desk: Desk) -> impl IntoView {
    let policy = Memo::new(move |_| desk.known.with(|known| known.as_ref().map(|known| known.policy.clone())));
    move || policy.get().map(|policy| view! { <Form desk=desk policy=policy/> })
}

/// Saving the rules, and what is asked before.
#[derive(Clone, Copy)]
struct Rules {
    app: App,
    desk: Desk,
    problem: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
    /// Rules that are not saved yet, and what they would do to invitations.
    held: RwSignal<Option<(Policy, String)>>,
    asked: RwSignal<bool>,
}

impl Rules {
    fn save(self, body: Policy) {
        self.busy.set(true);
        spawn_local(async move {
            match server::ask::<Option<Kept>>(Method::PUT, &self.desk.path("/policy"), Some(&body)).await {
                Ok(kept) => {
                    self.asked.try_set(false);
                    self.problem.try_set(None);
                    self.app.toasts.say(saved(kept.unwrap_or_default().held_invitations));
                    self.desk.refresh();
                }
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
            self.busy.try_set(false);
        });
    }

    /// Asks before invitations that are out stop working, and saves at once where none does.
    fn look(self, body: Policy, managers_no_more: bool) {
        self.busy.set(true);
        spawn_local(async move {
            let found = server::ask::<Members>(Method::GET, &self.desk.path("/members"), None::<&()>).await;
            self.busy.try_set(false);
            match found.map(|found| holds(&found.members, &body, managers_no_more)) {
                Ok(None) => self.save(body),
                Ok(Some(says)) => {
                    self.problem.try_set(None);
                    self.held.try_set(Some((body, says)));
                    self.asked.try_set(true);
                }
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
        });
    }
}

#[component]
fn Form(desk: Desk, policy: Policy) -> impl IntoView {
    let managers = RwSignal::new(policy.managers_invite);
    let domains = RwSignal::new(policy.invite_domains.join(", "));
    let days = RwSignal::new(policy.invite_days.to_string());
    let trust = RwSignal::new(policy.trust_days.to_string());
    let rules = Rules {
        app: App::here(),
        desk,
        problem: RwSignal::new(None),
        busy: RwSignal::new(false),
        held: RwSignal::new(None),
        asked: RwSignal::new(false),
    };
    let (problem, busy) = (rules.problem, rules.busy);
    let before = StoredValue::new(policy);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = (&*domains.get_untracked(), &*days.get_untracked(), &*trust.get_untracked());
        let body = match read(managers.get_untracked(), typed) {
            Ok(policy) => policy,
            Err(why) => return problem.set(Some(why)),
        };
        let (fewer, managers_no_more) = before.with_value(|before| narrows(before, &body));
        if fewer || managers_no_more {
            rules.look(body, managers_no_more);
        } else {
            rules.save(body);
        }
    };
    view! {
        <form class="card setting" novalidate=true aria-label="Rules for members" on:submit=submit>
            <h2>"Rules for members"</h2>
            <label class="check"><input type="checkbox" prop:checked=move || managers.get() on:change=move |event| managers.set(event_target_checked(&event))/><span>"Managers may invite people, at most as managers"</span></label>
            <Field label="Domains" name=DOMAINS optional=true help="Only addresses of these may be invited, for example example.com. Several are parted by commas; none: any. Invitations that are out and do not fit let nobody in until the rules fit them again."><input class="input" id=DOMAINS autocomplete="off" aria-describedby=described_by(DOMAINS) prop:value=move || domains.get() on:input=move |event| domains.set(event_target_value(&event))/></Field>
            <Field label="Days of an invitation" name=DAYS help="For how long an invitation lets somebody in, 1 to 90."><input class="input" id=DAYS type="number" min="1" max="90" inputmode="numeric" aria-describedby=described_by(DAYS) prop:value=move || days.get() on:input=move |event| days.set(event_target_value(&event))/></Field>
            <Field label="Trusted browsers" name=TRUST help="For how many days somebody with a second factor may sign in without a code where they gave one before, 0 to 90. Of a person’s accounts the strictest counts."><input class="input" id=TRUST type="number" min="0" max="90" inputmode="numeric" aria-describedby=described_by(TRUST) prop:value=move || trust.get() on:input=move |event| trust.set(event_target_value(&event))/></Field>
            {move || problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            <footer><button class="button" type="submit" prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="check"/>"Save rules"</button></footer>
            <Held rules=rules/>
        </form>
    }
}

/// The question before rules that hold invitations back.
#[component]
fn Held(rules: Rules) -> impl IntoView {
    view! {
        <Dialog open=rules.asked title="Hold invitations back?">
            <div class="dialog-body">
                {move || rules.held.get().map(|(body, says)| view! {
                    <p>{says}</p>
                    <footer class="dialog-foot"><button class="button" type="button" on:click=move |_| rules.asked.set(false)>"Change nothing"</button>
                        <button class="button danger" type="button" prop:disabled=move || rules.busy.get() on:click=move |_| rules.save(body.clone())>"Save rules"</button></footer>
                })}
            </div>
        </Dialog>
    }
}

/// What the server answers to new rules.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Kept {
    /// So many open invitations let nobody in as the rules are now.
    held_invitations: usize,
}

/// Whether fewer addresses may be invited than before, and whether managers may invite no more.
fn narrows(before: &Policy, after: &Policy) -> (bool, bool) {
    let fewer = !after.invite_domains.is_empty() && after.invite_domains != before.invite_domains;
    (fewer, before.managers_invite && !after.managers_invite)
}

/// The addresses of open invitations outside the domains.
fn misfits(members: &[Member], policy: &Policy) -> Vec<String> {
    let fits = |email: &str| {
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        policy.invite_domains.is_empty() || policy.invite_domains.iter().any(|one| one.eq_ignore_ascii_case(domain))
    };
    let open = members.iter().filter(|member| member.status == MemberStatus::Pending);
    open.filter(|member| !fits(&member.email)).map(|member| member.email.clone()).collect()
}

/// What becomes of invitations that do not fit; nothing where all do. Which of them managers made, the server alone knows.
fn holds(members: &[Member], policy: &Policy, managers_no_more: bool) -> Option<String> {
    /// So many are named.
    const NAMED: usize = 5;
    let misfits = misfits(members, policy);
    if misfits.is_empty() {
        let open = members.iter().any(|member| member.status == MemberStatus::Pending);
        return (managers_no_more && open).then(|| {
            "Open invitations that managers made let nobody in as long as managers may not invite, and again once they may."
                .to_owned()
        });
    }
    let more = misfits.len().saturating_sub(NAMED);
    let named = misfits.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = if more == 0 { String::new() } else { format!(" and {} more", words::number(more as u64)) };
    let managers = if managers_no_more { " So do those that managers made." } else { "" };
    Some(format!(
        "These invitations do not fit the domains: {named}{more}. They let nobody in as long as the rules are so, and again once they fit.{managers}"
    ))
}

fn saved(held: usize) -> String {
    match held {
        0 => "The rules are saved.".to_owned(),
        held => {
            let (let_in, they) = if held == 1 { ("lets", "it fits") } else { ("let", "they fit") };
            format!("The rules are saved. {} {let_in} nobody in until {they} again.", words::count(held, "invitation"))
        }
    }
}

fn read(managers_invite: bool, (domains, days, trust): (&str, &str, &str)) -> Result<Policy, String> {
    let number = |text: &str, least: u32| text.trim().parse().ok().filter(|days| (least..=90).contains(days));
    let invite_days = number(days, 1).ok_or("An invitation lets somebody in for 1 to 90 days.")?;
    let trust_days = number(trust, 0).ok_or("A browser is trusted for 0 to 90 days.")?;
    let domains = domains.split([',', ';', ' ', '\n']).map(str::trim).filter(|domain| !domain.is_empty());
    Ok(Policy { managers_invite, invite_domains: domains.map(str::to_owned).collect(), invite_days, trust_days })
}

#[cfg(test)]
mod tests {
    use tombolo_model::Role;

    use super::*;

    #[test]
    fn open_invitations_outside_the_domains_are_named_before_new_rules_hold_them_back() {
        let invited = |email: &str, status| Member {
            user: None,
            email: email.to_owned(),
            name: String::new(),
            role: Role::Monitor,
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
        let all = [
            invited("a@Example.com", MemberStatus::Pending),
            invited("b@other.org", MemberStatus::Pending),
            invited("c@other.org", MemberStatus::Accepted),
        ];
        let any = read(true, ("", "14", "30")).unwrap();
        let few = read(true, ("example.com", "14", "30")).unwrap();
        assert_eq!(misfits(&all, &few), ["b@other.org"]);
        assert!(misfits(&all, &any).is_empty());
        assert!(holds(&all, &few, false).is_some_and(|says| says.contains("b@other.org. They let nobody in")));
        assert_eq!(holds(&all, &any, false), None);
        assert!(holds(&all, &any, true).is_some_and(|says| says.contains("managers made")));
        assert_eq!(holds(&all[2..], &any, true), None, "nobody is invited");
        assert_eq!((narrows(&any, &few), narrows(&few, &any)), ((true, false), (false, false)));
        assert_eq!(narrows(&any, &read(false, ("", "14", "30")).unwrap()), (false, true));
    }

    #[test]
    fn how_many_invitations_the_rules_hold_back_is_said_when_they_are_saved() {
        assert_eq!(saved(0), "The rules are saved.");
        assert_eq!(saved(1), "The rules are saved. 1 invitation lets nobody in until it fits again.");
        assert_eq!(saved(2), "The rules are saved. 2 invitations let nobody in until they fit again.");
    }

    #[test]
    fn domains_are_parted_by_commas_and_days_are_few() {
        let policy = read(true, ("example.com, example.org ,", " 30 ", "0")).unwrap();
        assert_eq!((policy.invite_domains.len(), policy.invite_days), (2, 30));
        assert!(
            read(false, ("", "0", "1")).is_err()
                && read(false, ("", "many", "1")).is_err()
                && read(false, ("", "1", "91")).is_err()
        );
        assert!(read(false, ("", "14", "30")).unwrap().invite_domains.is_empty());
    }
}
