//! The time zones as the server knows them.
//!
//! The browser's own list leaves names out, and it understands others ("europe/oslo", "+02:00") that the server does
//! not; a zone that one of them cannot read would stop the schedule. `zones.txt` holds the names of chrono-tz.

const NAMES: &str = include_str!("zones.txt");

/// All names, in alphabetical order.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    NAMES.lines()
}

/// The name of a zone as the server writes it; nothing when there is no such zone.
pub(crate) fn known(typed: &str) -> Option<&'static str> {
    all().find(|name| name.eq_ignore_ascii_case(typed.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The list is the same text in the browser, where chrono-tz would be compiled for this alone.
    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn the_list_is_the_servers() {
        let mut theirs: Vec<_> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
        theirs.sort_unstable();
        assert_eq!(all().collect::<Vec<_>>(), theirs);
    }

    #[test]
    fn a_zone_is_written_as_the_server_writes_it() {
        assert_eq!(known(" europe/oslo "), Some("Europe/Oslo"));
        assert_eq!(known("US/Eastern"), Some("US/Eastern"));
        assert_eq!((known("+02:00"), known("Oslo"), known("")), (None, None, None));
    }
}
