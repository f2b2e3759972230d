//! Light, dark, or as the system says; the choice is of this device.
//!
//! Whatever shows the choice reads it here, so that the account menu and the page Preferences never disagree.

use leptos::prelude::*;
use leptos::reactive::graph::Observer;

const KEY: &str = "tombolo.theme";

thread_local! {
    static CHOSEN: ArcRwSignal<Option<String>> = ArcRwSignal::new(kept());
}

fn kept() -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(KEY).ok().flatten()
}

/// The theme that is chosen: `light`, `dark`, or nothing for the system's. Who asks while something is drawn is drawn
/// anew when it changes.
pub(crate) fn chosen() -> Option<String> {
    let signal = CHOSEN.with(Clone::clone);
    if Observer::get().is_some() { signal.get() } else { signal.get_untracked() }
}

/// Whether the dark theme shows.
pub(crate) fn is_dark() -> bool {
    match chosen().as_deref() {
        Some(theme) => theme == "dark",
        None => {
            window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|query| query.matches())
        }
    }
}

/// Shows the system's theme again.
pub(crate) fn forget() {
    let shown = document().document_element().map(|root| root.remove_attribute("data-theme"));
    let kept = window().local_storage().ok().flatten().map(|storage| storage.remove_item(KEY));
    CHOSEN.with(Clone::clone).set(None);
    for outcome in [shown, kept].into_iter().flatten() {
        if let Err(error) = outcome {
            leptos::logging::warn!("the choice of a theme is not forgotten: {error:?}");
        }
    }
}

/// Chooses a theme, shows it and keeps the choice; without storage it lasts until the page is left.
pub(crate) fn choose(theme: &str) {
    let shown = document().document_element().map(|root| root.set_attribute("data-theme", theme));
    let kept = window().local_storage().ok().flatten().map(|storage| storage.set_item(KEY, theme));
    CHOSEN.with(Clone::clone).set(Some(theme.to_owned()));
    for outcome in [shown, kept].into_iter().flatten() {
        if let Err(error) = outcome {
            leptos::logging::warn!("the theme is not kept: {error:?}");
        }
    }
}
