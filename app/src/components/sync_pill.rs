//! Where the changes are: on this device, on the server, or not accepted. Nothing else looks like it.
//!
//! Invariant: "on this device" and "on the server" are never said while something entered here is on its way to the
//! disk. They are said a moment late rather than coming and going at each key.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_wire::store::{Link, SyncStatus};

use crate::state::{App, Demand, is_removed};
use crate::words;

/// How long nothing may be on its way before that is said.
const SETTLE_MS: u32 = 400;

/// The state's name for the style sheet, its words, and the sentence behind them.
type Said = (&'static str, String, String);

/// What is said while something entered here is not stored yet. It looks like what was said `before`, so that only the
/// words change.
fn saving(before: &Said) -> Said {
    (before.0, "Saving".into(), "What you have just entered is being stored on this device.".into())
}

/// Whether something entered here is on its way to the disk, or was until a moment ago.
fn unsettled(app: App) -> Signal<bool> {
    let lately = RwSignal::new(false);
    // The clock is dropped, and with it stopped, when something more is entered.
    Effect::new(move |_: Option<Option<Timeout>>| {
        if app.unstored.get() > 0 {
            lately.set(true);
            return None;
        }
        lately.get_untracked().then(|| {
            Timeout::new(SETTLE_MS, move || {
                lately.try_set(false);
            })
        })
    });
    Signal::derive(move || app.unstored.get() > 0 || lately.get())
}

/// Whether the words say that everything is stored, which must not be said too early.
fn says_stored(sync: &SyncStatus) -> bool {
    sync.unsaved == 0 && sync.not_accepted == 0 && sync.link != Link::Stopped
}

/// One or many, in words that agree.
const fn agree(many: usize, one: &'static str, more: &'static str) -> &'static str {
    if many == 1 { one } else { more }
}

/// Where the changes are.
pub(crate) fn in_words(sync: &SyncStatus) -> Said {
    // Who was removed is signed in all the same: what is kept for them is a press away.
    let list = sync.not_accepted > 0 && is_removed(sync);
    if sync.link == Link::Stopped && sync.unsaved == 0 && !list {
        return stopped(sync);
    }
    if sync.not_accepted > 0 {
        let what = words::count(sync.not_accepted, "change");
        let (are, them) = (agree(sync.not_accepted, "It is", "They are"), agree(sync.not_accepted, "it", "them"));
        return (
            "refused",
            format!("{} not accepted", sync.not_accepted),
            format!(
                "The server did not accept {what}. {are} kept; open the list to try again, export or discard {them}."
            ),
        );
    }
    if sync.unsaved > 0 {
        let what = words::count(sync.unsaved, "change");
        let (are, them) = (agree(sync.unsaved, "It is", "They are"), agree(sync.unsaved, "it", "them"));
        return (
            "refused",
            "Not saved".into(),
            format!(
                "{what} could not be stored on this device. {are} in this tab: make room or export {them} before you close it."
            ),
        );
    }
    match (sync.link, sync.waiting) {
        (Link::Local, _) => (
            "device",
            "On this device".into(),
            "Every change is safe on this device. Sign in to have it on the server too.".into(),
        ),
        (Link::Online, 0) => ("server", "On the server".into(), "Every change is safe on the server.".into()),
        (_, 0) => (
            "device",
            "Offline".into(),
            sync.reason.clone().unwrap_or_else(|| {
                "The server does not answer. Everything here goes on; changes are safe on this device.".into()
            }),
        ),
        (_, waiting) => {
            let what = words::count(waiting, "change");
            (
                "device",
                format!("On this device, {waiting}"),
                format!(
                    "{what} {} safe on this device and on {} way to the server.",
                    agree(waiting, "is", "are"),
                    agree(waiting, "its", "their")
                ),
            )
        }
    }
}

/// The account asks for something before it lets the person in. What was not accepted or not stored is said before that.
fn demanded(demand: &Demand, sync: &SyncStatus) -> Option<Said> {
    let worse = sync.unsaved > 0 || sync.not_accepted > 0;
    (!worse).then(|| {
        let kept = match sync.waiting {
            0 => String::new(),
            many => format!(
                " {} {} on this device for the server.",
                words::count(many, "change"),
                agree(many, "waits", "wait")
            ),
        };
        ("refused", demand.short.to_owned(), format!("{}{kept}", demand.says))
    })
}

/// The link is down until somebody acts: why comes first.
fn stopped(sync: &SyncStatus) -> Said {
    if is_removed(sync) {
        return ("refused", "Not a member".into(), "The account does not have you as a member.".into());
    }
    let reason = sync.reason.clone().unwrap_or_else(|| "You are signed out. Sign in again to go on.".into());
    let short = reason.split_once('.').map_or(reason.as_str(), |(first, _)| first);
    let short = if short.chars().count() <= 40 { short.to_owned() } else { "Not connected".to_owned() };
    let kept = match sync.waiting {
        0 => "Everything here goes on; new changes are safe on this device.".to_owned(),
        many => {
            let wait = agree(many, "waits", "wait");
            format!("{} {wait} on this device for the server.", words::count(many, "change"))
        }
    };
    ("refused", short, format!("{reason} {kept}"))
}

/// Where the changes are, in one sentence.
pub(crate) fn sync_words(sync: &SyncStatus) -> String {
    in_words(sync).2
}

/// What those who listen hear. Each key is being saved for a moment: they hear only what stays, and once. While
/// something is on its way to the disk nothing is said, least of all what was true before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Spoken {
    heard: String,
    says: String,
}

impl Spoken {
    fn next(&self, saves: bool, settled: &str) -> Self {
        match (saves, self.heard == settled) {
            (true, _) => Self { heard: self.heard.clone(), says: String::new() },
            (false, true) => self.clone(),
            (false, false) => Self { heard: settled.to_owned(), says: settled.to_owned() },
        }
    }
}

/// The pill in the top bar.
#[component]
pub(crate) fn SyncPill() -> impl IntoView {
    let app = App::here();
    let unsettled = unsettled(app);
    let saves = Memo::new(move |_| unsettled.get() && app.sync.with(says_stored));
    let settled = Memo::new(move |before: Option<&Said>| {
        let demanded =
            app.demand.with(|demand| demand.as_ref().and_then(|demand| app.sync.with(|sync| demanded(demand, sync))));
        let now = demanded.unwrap_or_else(|| app.sync.with(in_words));
        if saves.get() { before.cloned().unwrap_or(now) } else { now }
    });
    let shown = Memo::new(move |_| settled.with(|settled| if saves.get() { saving(settled) } else { settled.clone() }));
    let unsaved = Memo::new(move |_| app.sync.with(|sync| sync.unsaved > 0 && sync.not_accepted == 0));
    let place = move || {
        let list = app.sync.with(|sync| sync.not_accepted > 0 && (sync.link != Link::Stopped || is_removed(sync)));
        let way = app.demand.with(|demand| demand.as_ref().map(|demand| demand.to));
        if list { "/not-accepted" } else { way.unwrap_or("/sign-in") }.to_owned()
    };
    let state = move || shown.with(|shown| shown.0);
    let title = move || match app.removed() {
        Some(removed) => removed,
        None => shown.with(|shown| shown.2.clone()),
    };
    let spoken = Memo::new(move |before: Option<&Spoken>| {
        let before = before.cloned().unwrap_or_default();
        settled.with(|settled| before.next(saves.get(), &settled.1))
    });
    view! {
        <Show when=move || unsaved.get() fallback=move || view! {
            <A href=place attr:class="sync" attr:data-state=state attr:title=title attr:aria-live="off"><Face shown=shown saves=saves/></A>
        }>
            // Signing in saves nothing; taking a copy does.
            <button class="sync" data-state=state title=title aria-live="off" on:click=move |_| crate::pages::export_all(app)><Face shown=shown saves=saves/></button>
        </Show>
        <span class="sr" aria-live="polite">{move || spoken.with(|spoken| spoken.says.clone())}</span>
    }
}

#[component]
fn Face(shown: Memo<Said>, saves: Memo<bool>) -> impl IntoView {
    let app = App::here();
    let joined = move || !saves.get() && shown.with(|shown| shown.0) == "server";
    // Where there is no room for words, the number says how many were not accepted.
    let refused = move || app.sync.with(|sync| (sync.not_accepted > 0).then_some(sync.not_accepted));
    view! {
        <span class="face">
            <svg viewBox="0 0 18 12" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" aria-hidden="true">
                <circle cx="4" cy="6" r="3" fill="currentColor" stroke="none"></circle>
                {move || joined().then(|| view! { <path d="M7 6h7"></path> })}
                <path d="M17.5 1.2a5 5 0 0 0 0 9.6z" fill="currentColor" stroke="none" opacity=move || if joined() { "1" } else { ".38" }></path>
            </svg>
            <span class="words">{move || shown.with(|shown| shown.1.clone())}</span>
            {move || refused().map(|many| view! { <span class="brief" aria-hidden="true">{many}</span> })}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use tombolo_wire::store::Access;

    use super::*;

    #[test]
    fn the_worst_state_is_the_one_shown() {
        let all = SyncStatus { link: Link::Online, waiting: 2, unsaved: 1, not_accepted: 3, ..SyncStatus::default() };
        assert_eq!(in_words(&all).1, "3 not accepted");
        assert_eq!(in_words(&SyncStatus { not_accepted: 0, ..all.clone() }).1, "Not saved");
        assert_eq!(in_words(&SyncStatus { not_accepted: 0, unsaved: 0, ..all.clone() }).1, "On this device, 2");
        assert_eq!(in_words(&SyncStatus { not_accepted: 0, unsaved: 0, waiting: 0, ..all }).1, "On the server");
        assert_eq!(in_words(&SyncStatus::default()).1, "On this device");
    }

    #[test]
    fn while_something_is_saved_only_the_words_change() {
        let server = in_words(&SyncStatus { link: Link::Online, ..SyncStatus::default() });
        assert_eq!((saving(&server).0, saving(&server).1.as_str()), ("server", "Saving"));
        assert_eq!(saving(&in_words(&SyncStatus::default())).0, "device");
    }

    #[test]
    fn while_something_is_saved_nothing_says_that_it_is_stored() {
        let first = Spoken::default().next(false, "On the server");
        assert_eq!(first.says, "On the server");
        let typing = first.next(true, "On the server");
        assert_eq!(typing.says, "");
        let same = typing.next(false, "On the server");
        assert_eq!(same.says, "", "they have heard it");
        assert_eq!(same.next(false, "On this device, 1").says, "On this device, 1");
        assert_eq!(first.next(false, "On the server").says, "On the server", "what is said stands");
    }

    #[test]
    fn one_change_and_several_are_told_in_words_that_agree() {
        let said = |waiting| in_words(&SyncStatus { link: Link::Online, waiting, ..SyncStatus::default() }).2;
        assert_eq!(said(1), "1 change is safe on this device and on its way to the server.");
        assert_eq!(said(2), "2 changes are safe on this device and on their way to the server.");
    }

    #[test]
    fn who_was_removed_comes_to_what_was_not_accepted() {
        let removed = SyncStatus { link: Link::Stopped, access: Access::Ended, ..SyncStatus::default() };
        assert_eq!(in_words(&removed).1, "Not a member");
        assert_eq!(in_words(&SyncStatus { not_accepted: 2, ..removed }).1, "2 not accepted");
    }

    #[test]
    fn what_the_account_asks_for_is_said_with_what_waits_and_after_what_was_not_accepted() {
        let demand = Demand { short: "Second factor needed", says: "Set one up.".into(), way: "", to: "/security" };
        let waits = SyncStatus { link: Link::Offline, waiting: 1, ..SyncStatus::default() };
        let said = demanded(&demand, &waits);
        assert_eq!(said.as_ref().map(|said| &*said.1), Some("Second factor needed"));
        assert_eq!(
            said.map(|said| said.2).as_deref(),
            Some("Set one up. 1 change waits on this device for the server.")
        );
        assert_eq!(demanded(&demand, &SyncStatus { not_accepted: 1, ..waits }), None);
    }

    #[test]
    fn only_what_says_stored_gives_way_to_saving() {
        assert!(says_stored(&SyncStatus { link: Link::Online, waiting: 2, ..SyncStatus::default() }));
        assert!(says_stored(&SyncStatus { link: Link::Offline, ..SyncStatus::default() }));
        for worse in [
            SyncStatus { unsaved: 1, ..SyncStatus::default() },
            SyncStatus { not_accepted: 1, ..SyncStatus::default() },
            SyncStatus { link: Link::Stopped, ..SyncStatus::default() },
        ] {
            assert!(!says_stored(&worse), "{worse:?}");
        }
    }

    #[test]
    fn a_link_that_needs_somebody_says_why_and_what_waits() {
        let reason = Some("You are signed out. Sign in again to go on.".to_owned());
        let ended = SyncStatus { link: Link::Stopped, waiting: 2, not_accepted: 1, reason, ..SyncStatus::default() };
        let (_, short, sentence) = in_words(&ended);
        assert_eq!(short, "You are signed out");
        assert_eq!(
            sentence,
            "You are signed out. Sign in again to go on. 2 changes wait on this device for the server."
        );
        let long = Some("This page is too old for the server and has to be loaded anew. Reload.".to_owned());
        assert_eq!(in_words(&SyncStatus { reason: long, ..ended }).1, "Not connected");
    }
}
