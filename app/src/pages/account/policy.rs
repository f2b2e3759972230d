//! Who may invite, whom, and for how long an invitation is good.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::rest::Policy;

use super::Desk;
use crate::browser::server;
use crate::components::{Field, Icon, described_by};
use crate::state::App;

const DOMAINS: &str = "policy-domains";
const DAYS: &str = "policy-days";
const TRUST: &str = "policy-trust";

#[component]
pub(super) fn PolicyForm(desk: Desk) -> impl IntoView {
    let policy = Memo::new(move |_| desk.known.with(|known| known.as_ref().map(|known| known.policy.clone())));
    move || policy.get().map(|policy| view! { <Form desk=desk policy=policy/> })
}

#[component]
fn Form(desk: Desk, policy: Policy) -> impl IntoView {
    let app = App::here();
    let managers = RwSignal::new(policy.managers_invite);
    let domains = RwSignal::new(policy.invite_domains.join(", "));
    let days = RwSignal::new(policy.invite_days.to_string());
    let trust = RwSignal::new(policy.trust_days.to_string());
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = (&*domains.get_untracked(), &*days.get_untracked(), &*trust.get_untracked());
        let body = match read(managers.get_untracked(), typed) {
            Ok(policy) => policy,
            Err(why) => return problem.set(Some(why)),
        };
        busy.set(true);
        spawn_local(async move {
            match server::ask::<serde_json::Value>(Method::PUT, &desk.path("/policy"), Some(&body)).await {
                Ok(_) => {
                    problem.try_set(None);
                    app.toasts.say("The rules are saved.");
                    desk.refresh();
                }
                Err(error) => drop(problem.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="card setting" novalidate=true aria-label="Rules for members" on:submit=submit>
            <h2>"Rules for members"</h2>
            <label class="check"><input type="checkbox" prop:checked=move || managers.get() on:change=move |event| managers.set(event_target_checked(&event))/><span>"Managers may invite people, at most as managers"</span></label>
            <Field label="Domains" name=DOMAINS optional=true help="Only addresses of these may be invited, for example example.com. Several are parted by commas; none: any."><input class="input" id=DOMAINS autocomplete="off" aria-describedby=described_by(DOMAINS) prop:value=move || domains.get() on:input=move |event| domains.set(event_target_value(&event))/></Field>
            <Field label="Days of an invitation" name=DAYS help="For how long an invitation lets somebody in, 1 to 90."><input class="input" id=DAYS type="number" min="1" max="90" inputmode="numeric" aria-describedby=described_by(DAYS) prop:value=move || days.get() on:input=move |event| days.set(event_target_value(&event))/></Field>
            <Field label="Trusted browsers" name=TRUST help="For how many days somebody with a second factor may sign in without a code where they gave one before, 0 to 90. Of a person’s accounts the strictest counts."><input class="input" id=TRUST type="number" min="0" max="90" inputmode="numeric" aria-describedby=described_by(TRUST) prop:value=move || trust.get() on:input=move |event| trust.set(event_target_value(&event))/></Field>
            {move || problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            <footer><button class="button" type="submit" prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="check"/>"Save rules"</button></footer>
        </form>
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
    use super::*;

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
