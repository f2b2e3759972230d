//! Where the changes are: on this device, on the server, or not accepted. Nothing else looks like it.

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_wire::store::{Link, SyncStatus};

use crate::state::App;
use crate::words;

/// The state's name for the style sheet, its words, and the sentence behind them.
pub(crate) fn in_words(sync: &SyncStatus) -> (&'static str, String, String) {
    if sync.not_accepted > 0 {
        let what = words::count(sync.not_accepted, "change");
        return (
            "refused",
            format!("{} not accepted", sync.not_accepted),
            format!(
                "The server did not accept {what}. They are kept; open the list to try again, export or discard them."
            ),
        );
    }
    if sync.unsaved > 0 {
        let what = words::count(sync.unsaved, "change");
        return (
            "refused",
            "Not saved".into(),
            format!(
                "{what} could not be stored on this device. They are in this tab: make room or export them before you close it."
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
                format!("{what} are safe on this device and on their way to the server."),
            )
        }
    }
}

/// Where the changes are, in one sentence.
pub(crate) fn sync_words(sync: &SyncStatus) -> String {
    in_words(sync).2
}

/// The pill in the top bar.
#[component]
pub(crate) fn SyncPill() -> impl IntoView {
    let app = App::here();
    let shown = Memo::new(move |_| app.sync.with(in_words));
    let place = move || {
        if app.sync.with(|sync| sync.not_accepted > 0) { "/not-accepted".to_owned() } else { "/sign-in".to_owned() }
    };
    view! {
        <A href=place attr:class="sync" attr:data-state=move || shown.with(|shown| shown.0) attr:title=move || shown.with(|shown| shown.2.clone()) attr:aria-live="polite">
            <svg viewBox="0 0 18 12" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" aria-hidden="true">
                <circle cx="4" cy="6" r="3" fill="currentColor" stroke="none"></circle>
                {move || (shown.with(|shown| shown.0) == "server").then(|| view! { <path d="M7 6h7"></path> })}
                <path d="M17.5 1.2a5 5 0 0 0 0 9.6z" fill="currentColor" stroke="none" opacity=move || if shown.with(|shown| shown.0) == "server" { "1" } else { ".38" }></path>
            </svg>
            <span>{move || shown.with(|shown| shown.1.clone())}</span>
        </A>
    }
}

#[cfg(test)]
mod tests {
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
}
