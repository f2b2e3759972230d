//! A note of this device: how much of what was made here waits for its person's own account, while an invitation has led
//! them to another's. It goes to the server once that account is open.

use leptos::prelude::*;
use tombolo_model::Id;

const KEY: &str = "tombolo.waits";

/// For which account, and how many things.
pub(crate) type Waits = (Id, usize);

/// What was noted.
pub(crate) fn noted() -> Option<Waits> {
    let kept = window().local_storage().ok().flatten()?.get_item(KEY).ok().flatten()?;
    read(&kept)
}

/// Notes it, or that nothing waits any more; without storage that lasts until the page is left.
pub(crate) fn note(waits: Option<Waits>) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    let kept = match waits {
        Some((account, things)) => storage.set_item(KEY, &format!("{account} {things}")),
        None => storage.remove_item(KEY),
    };
    if let Err(error) = kept {
        leptos::logging::warn!("what waits for another account is not noted: {error:?}");
    }
}

fn read(kept: &str) -> Option<Waits> {
    let (account, things) = kept.split_once(' ')?;
    Some((account.parse().ok()?, things.parse().ok().filter(|things| *things > 0)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_that_is_not_understood_is_none() {
        let account = Id::from_parts(1, [2; 8]);
        assert_eq!(read(&format!("{account} 3")), Some((account, 3)));
        for kept in ["", "3", "x 3", "000000000000000000000001 many"] {
            assert_eq!(read(kept), None, "{kept}");
        }
        assert_eq!(read(&format!("{account} 0")), None);
    }
}
