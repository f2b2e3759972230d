//! What the page says as a whole.
//!
//! Invariant: that everything was accepted is said only when nothing is in the list, the count agrees, and nothing that
//! was tried again is still on its way.

use tombolo_wire::store::{Link, SyncStatus};

/// What the page shows besides the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The list is not read yet, or what was read is not the newest.
    Reading,
    /// There is a list.
    Some,
    /// Everything was accepted.
    Nothing,
    /// What was tried again has not been answered, and nothing else is here.
    OnItsWay,
}

/// `listed`: how many are in the list as last read.
pub(super) fn stage(listed: Option<usize>, sync: &SyncStatus, tried: bool) -> Stage {
    match listed {
        None => Stage::Reading,
        Some(1..) => Stage::Some,
        Some(0) if sync.not_accepted > 0 => Stage::Reading,
        Some(0) if tried => Stage::OnItsWay,
        Some(0) => Stage::Nothing,
    }
}

/// Whether the server has taken what was tried again, or has sent it back.
pub(super) fn is_answered(sync: &SyncStatus) -> bool {
    sync.waiting == 0 && (sync.link == Link::Online || sync.not_accepted > 0)
}

/// What is said of changes that were tried again and have no answer yet; nothing when none are, or when they are back.
pub(super) fn on_its_way(tried: bool, sync: &SyncStatus) -> Option<&'static str> {
    let back = sync.waiting == 0 && sync.not_accepted > 0;
    (tried && !back).then_some(match sync.link {
        Link::Online => {
            "What you tried again is on its way to the server. If it is not accepted, it comes back here with the reason."
        }
        _ => "What you tried again waits on this device and goes to the server once that answers.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_was_accepted_only_when_list_count_and_what_was_tried_again_agree() {
        let clear = SyncStatus { link: Link::Online, ..SyncStatus::default() };
        let waits = SyncStatus { waiting: 1, ..clear.clone() };
        let counted = SyncStatus { not_accepted: 1, ..clear.clone() };
        assert_eq!(stage(None, &clear, false), Stage::Reading);
        assert_eq!(stage(Some(0), &clear, false), Stage::Nothing);
        assert_eq!(stage(Some(0), &clear, true), Stage::OnItsWay, "it may be on its way back");
        assert_eq!(stage(Some(0), &waits, true), Stage::OnItsWay);
        assert_eq!(stage(Some(0), &waits, false), Stage::Nothing, "an edit of another page is not about this list");
        assert_eq!(stage(Some(0), &counted, true), Stage::Reading, "it came back, and the list is read again");
        assert_eq!(stage(Some(1), &waits, true), Stage::Some);
    }

    #[test]
    fn a_retry_says_whether_the_server_hears_of_it() {
        let online = SyncStatus { link: Link::Online, waiting: 1, ..SyncStatus::default() };
        assert!(on_its_way(true, &online).is_some_and(|says| says.contains("on its way")));
        let away = SyncStatus { link: Link::Offline, ..online.clone() };
        assert!(on_its_way(true, &away).is_some_and(|says| says.contains("waits on this device")));
        assert_eq!(on_its_way(false, &online), None);
        let back = SyncStatus { waiting: 0, not_accepted: 1, ..online.clone() };
        assert_eq!(on_its_way(true, &back), None);
        assert!(is_answered(&back) && !is_answered(&online));
        assert!(is_answered(&SyncStatus { waiting: 0, ..online }));
        assert!(!is_answered(&SyncStatus { waiting: 0, ..away }), "it was withdrawn and is not kept yet");
    }
}
