//! What the account may have, beside what it has. The owner writes the limits; they stop nobody.

use std::collections::BTreeMap;

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use serde_json::Value;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::{Amounts, KeepLimits, Metered, Subscription};
use tombolo_wire::store::AccountInfo;

use crate::browser::{page, server};
use crate::components::{AsOf, Icon, NeedsServer, RemovedBanner};
use crate::state::{App, LastKnown};
use crate::words;

/// Limits of what is counted in bytes are typed in megabytes.
const MEGABYTE: u64 = 1_000_000;

/// The page.
#[component]
pub(crate) fn SubscriptionPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Subscription".into());
    let account = Memo::new(move |_| app.account.get());
    let removed = Memo::new(move |_| app.removed().is_some());
    move || match account.get() {
        None => ().into_any(),
        Some(account) if account.local => view! {
            <div class="page-head"><div><h1>"Subscription"</h1></div></div>
            <div class="empty"><span class="kind"><Icon name="laptop"/></span><h2>"Only on this device"</h2>
                <p>"Limits are for accounts that several people share. This one is on this device alone."</p>
                <A href="/sign-in" attr:class="button primary">"Sign in"</A></div>
        }
        .into_any(),
        Some(_) if removed.get() => view! {
            <div class="page-head"><div><h1>"Subscription"</h1></div></div><RemovedBanner/>
        }
        .into_any(),
        Some(account) if !account.role.may(Action::ManageMembers, Kind::Integration) => view! {
            <div class="page-head"><div><h1>"Subscription"</h1></div></div>
            <div class="empty"><span class="kind"><Icon name="lock"/></span><h2>"This page is not open to you"</h2>
                <p>"What the account may have is seen by its owner and administrators."</p></div>
        }
        .into_any(),
        Some(account) => view! { <Sheet account=account/> }.into_any(),
    }
}

/// What the server says of it.
#[derive(Clone, Copy)]
struct Desk {
    account: Id,
    known: RwSignal<Option<Subscription>>,
    last: LastKnown,
    problem: RwSignal<Option<String>>,
}

impl Desk {
    fn refresh(self) {
        spawn_local(async move {
            let path = format!("/api/accounts/{}/subscription", self.account);
            let take = |found: Subscription| drop(self.known.try_set(Some(found)));
            match self.last.hear(&path, take).await {
                Ok(()) => drop(self.problem.try_set(None)),
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
        });
    }
}

#[component]
fn Sheet(account: AccountInfo) -> impl IntoView {
    let last = LastKnown::new(App::here());
    let desk = Desk { account: account.id, known: RwSignal::new(None), last, problem: RwSignal::new(None) };
    desk.refresh();
    last.follow(move || desk.refresh());
    // What comes again unchanged leaves alone what is being typed.
    let known = Memo::new(move |_| desk.known.get());
    let owns = account.role.may(Action::ManageAccount, Kind::Integration);
    let says = if owns {
        "What is in use beside the limits that you set. A limit stops nobody: what is over it is marked here. Without a number there is none."
    } else {
        "What is in use beside the limits that the owner set. A limit stops nobody: what is over it is marked here."
    };
    view! {
        <div class="page-head"><div><h1>"Subscription"</h1><p class="sub">{says}</p></div></div>
        <AsOf last=last/>
        <div class="page-body settings">
            {move || desk.problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            <NeedsServer last=last>{move || known.get().map(|known| view! { <Amount desk=desk known=known owns=owns/> })}</NeedsServer>
        </div>
    }
}

type Typed = BTreeMap<Metered, RwSignal<String>>;

#[component]
fn Amount(desk: Desk, known: Subscription, owns: bool) -> impl IntoView {
    let app = App::here();
    let busy = RwSignal::new(false);
    let typed: Typed = Metered::ALL
        .into_iter()
        .map(|metered| {
            (
                metered,
                RwSignal::new(known.limits.get(&metered).map_or_else(String::new, |limit| as_typed(metered, *limit))),
            )
        })
        .collect();
    let rows = Metered::ALL
        .into_iter()
        .map(|metered| {
            let used = known.usage.get(&metered).copied().unwrap_or(0);
            let limit = known.limits.get(&metered).copied();
            let over = known.is_over(metered);
            let text = typed.get(&metered).copied().filter(|_| owns);
            view! { <Line metered=metered used=used limit=limit over=over text=text/> }
        })
        .collect_view();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let limits = match read(&typed.iter().map(|(metered, text)| (*metered, text.get_untracked())).collect()) {
            Ok(limits) => limits,
            Err(why) => return desk.problem.set(Some(why)),
        };
        busy.set(true);
        spawn_local(async move {
            let path = format!("/api/accounts/{}/limits", desk.account);
            match server::ask::<Value>(Method::PUT, &path, Some(&KeepLimits { limits })).await {
                Ok(_) => {
                    app.toasts.say("The limits are saved.");
                    desk.refresh();
                }
                Err(error) => drop(desk.problem.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="card setting" novalidate=true aria-label="Limits and usage" on:submit=submit>
            <table class="table compact limits">
                <thead><tr><th>"Counted"</th><th class="num">"In use"</th><th>"Limit"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {owns.then(|| view! { <footer><button class="button" type="submit" prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="check"/>"Save limits"</button></footer> })}
        </form>
    }
}

#[component]
fn Line(metered: Metered, used: u64, limit: Option<u64>, over: bool, text: Option<RwSignal<String>>) -> impl IntoView {
    let (name, id) = (named(metered), format!("limit-{}", metered.name()));
    let unit = metered.is_bytes().then(|| view! { <span class="muted">" MB"</span> });
    let label = format!("Limit: {name}");
    view! {
        <tr>
            <td class="name">{name}</td>
            <td class="num" data-label="In use">{amount(metered, used)}{over.then(|| view! { " "<span class="badge danger">"Over the limit"</span> })}</td>
            <td data-label="Limit">{match text {
                Some(text) => view! { <span class="row"><input class="input" id=id aria-label=label type="text" inputmode="decimal" autocomplete="off" placeholder="None" prop:value=move || text.get() on:input=move |event| text.set(event_target_value(&event))/>{unit}</span> }.into_any(),
                None => limit.map_or_else(|| "None".to_owned(), |limit| amount(metered, limit)).into_any(),
            }}</td>
        </tr>
    }
}

const fn named(metered: Metered) -> &'static str {
    match metered {
        Metered::Integrations => "Integrations",
        Metered::Flows => "Flows",
        Metered::FlowsOn => "Flows that are switched on",
        Metered::Connections => "Connections",
        Metered::LookupCaches => "Lookup caches",
        Metered::Members => "Members and open invitations",
        Metered::ApiTokens => "API tokens",
        Metered::FileBytes => "Stored files",
        Metered::CacheBytes => "Entries of lookup caches",
    }
}

fn amount(metered: Metered, count: u64) -> String {
    if metered.is_bytes() { words::size(count) } else { words::number(count) }
}

fn as_typed(metered: Metered, limit: u64) -> String {
    let rest = limit % MEGABYTE;
    if !metered.is_bytes() {
        return limit.to_string();
    }
    // What was set elsewhere is saved as it was.
    if rest == 0 {
        (limit / MEGABYTE).to_string()
    } else {
        format!("{}.{rest:06}", limit / MEGABYTE).trim_end_matches('0').to_owned()
    }
}

/// Bytes of a number of megabytes, to the last of them.
fn bytes(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 6 {
        return None;
    }
    whole.parse::<u64>().ok()?.checked_mul(MEGABYTE)?.checked_add(format!("{part:0<6}").parse().ok()?)
}

fn read(typed: &BTreeMap<Metered, String>) -> Result<Amounts, String> {
    let mut limits = Amounts::new();
    for (metered, text) in typed.iter().filter(|(_, text)| !text.trim().is_empty()) {
        let most = if metered.is_bytes() { 1_000_000_000 * MEGABYTE } else { 1_000_000_000 };
        let number = if metered.is_bytes() { bytes(text.trim()) } else { text.trim().parse().ok() };
        let number = number.filter(|number| *number <= most).ok_or_else(|| {
            let what = if metered.is_bytes() { "number of megabytes" } else { "whole number" };
            format!("The limit of “{}” is no {what} up to a billion. Leave it empty for none.", named(*metered))
        })?;
        limits.insert(*metered, number);
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_whole_numbers_and_an_empty_field_is_none() {
        let typed = |metered, text: &str| BTreeMap::from([(metered, text.to_owned())]);
        assert_eq!(read(&typed(Metered::Flows, " 12 ")).unwrap(), Amounts::from([(Metered::Flows, 12)]));
        assert_eq!(read(&typed(Metered::FileBytes, "3")).unwrap(), Amounts::from([(Metered::FileBytes, 3_000_000)]));
        assert!(read(&typed(Metered::Flows, " ")).unwrap().is_empty());
        for wrong in ["-1", "1.5", "many", "1000000001"] {
            assert!(read(&typed(Metered::Flows, wrong)).is_err(), "{wrong}");
        }
        assert_eq!(as_typed(Metered::CacheBytes, 3_000_000), "3");
        // Saving anything changes no limit that was set to the byte elsewhere.
        for (limit, text) in [(1_500_000, "1.5"), (1, "0.000001"), (3_000_010, "3.00001")] {
            assert_eq!(as_typed(Metered::FileBytes, limit), text);
            assert_eq!(read(&typed(Metered::FileBytes, text)).unwrap(), Amounts::from([(Metered::FileBytes, limit)]));
        }
        assert_eq!(read(&typed(Metered::FileBytes, "1,5")).unwrap(), Amounts::from([(Metered::FileBytes, 1_500_000)]));
        for wrong in ["1e3", "1.", ".5", "-1", "1.0000001", "1 000", "1000000001"] {
            assert!(read(&typed(Metered::FileBytes, wrong)).is_err(), "{wrong}");
        }
    }
}
