//! Whether the navigation shows its icons alone; the choice is of this device.

use leptos::prelude::*;

const KEY: &str = "tombolo.nav";
const FOLDED: &str = "folded";

/// Whether it was chosen.
pub(crate) fn is_folded() -> bool {
    let kept = window().local_storage().ok().flatten().and_then(|storage| storage.get_item(KEY).ok().flatten());
    kept.as_deref() == Some(FOLDED)
}

/// Keeps the choice; without storage it lasts until the page is left.
pub(crate) fn choose(folded: bool) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    let kept = if folded { storage.set_item(KEY, FOLDED) } else { storage.remove_item(KEY) };
    if let Err(error) = kept {
        leptos::logging::warn!("that the navigation is folded is not kept: {error:?}");
    }
}
