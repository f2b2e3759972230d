//! The manifest against what is here: what to fetch, what to offer, what to forget.
//!
//! Needed when the server was restored from a backup (it may lack what it once acknowledged) and when the
//! rights changed. Heads from the catalogue suffice; no document is loaded unless it differs.

use std::collections::BTreeMap;

use tombolo_docs::Hash;
use tombolo_model::Id;
use tombolo_wire::sync::{Course, ManifestEntry};

/// A document as the device has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Local {
    /// Its heads.
    pub heads: Vec<Hash>,
    /// It has rows in the outbox.
    pub pending: bool,
}

/// What to do about the differences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// To be fetched whole: the server knows changes that the device may lack.
    pub fetch: Vec<Id>,
    /// To be offered: load the document, and put every change that is neither among the server's heads
    /// (given here) nor before one of them into the outbox, each after those it builds on.
    pub offer: Vec<(Id, Vec<Hash>)>,
    /// No longer visible.
    pub forget: Vec<Id>,
    /// Not listed, and offered all the same: new, or no longer visible. The server's answer to what is pushed says which.
    pub unlisted: Vec<Id>,
}

/// Compares. `knows` says whether a document here has a change; asked only where heads differ.
pub fn plan(
    manifest: &[ManifestEntry],
    course: Course,
    local: &BTreeMap<Id, Local>,
    mut knows: impl FnMut(Id, &Hash) -> bool,
) -> Plan {
    let mut plan = Plan::default();
    let theirs: BTreeMap<Id, &[Hash]> = manifest.iter().map(|entry| (entry.document, entry.heads.as_slice())).collect();
    for (document, heads) in &theirs {
        let Some(here) = local.get(document) else {
            plan.fetch.push(*document);
            continue;
        };
        if heads.iter().any(|head| !knows(*document, head)) {
            plan.fetch.push(*document);
        }
        if here.heads.iter().any(|head| !heads.contains(head)) {
            plan.offer.push((*document, heads.to_vec()));
        }
    }
    for (document, here) in local {
        if theirs.contains_key(document) {
            continue;
        }
        match course {
            Course::Restored => {
                plan.offer.push((*document, Vec::new()));
                plan.unlisted.push(*document);
            }
            _ if here.pending => plan.unlisted.push(*document),
            _ => plan.forget.push(*document),
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn local(heads: &[u8]) -> Local {
        Local { heads: heads.iter().map(|n| [*n; 32]).collect(), pending: false }
    }

    fn entry(document: u8, heads: &[u8]) -> ManifestEntry {
        ManifestEntry { document: id(document), heads: heads.iter().map(|n| [*n; 32]).collect() }
    }

    #[test]
    fn equal_heads_need_nothing() {
        let here = BTreeMap::from([(id(1), local(&[7]))]);
        let plan = plan(&[entry(1, &[7])], Course::Restored, &here, |_, _| true);
        assert_eq!(plan, Plan::default());
    }

    #[test]
    fn what_a_restored_server_lacks_is_offered() {
        let here = BTreeMap::from([(id(1), local(&[8])), (id(2), local(&[9]))]);
        let plan = plan(&[entry(1, &[7])], Course::Restored, &here, |_, _| true);
        assert_eq!(plan.offer, vec![(id(1), vec![[7; 32]]), (id(2), vec![])]);
        assert!(plan.fetch.is_empty() && plan.forget.is_empty());
    }

    #[test]
    fn narrowed_rights_forget_what_is_not_listed_unless_it_was_never_sent() {
        let mut unsent = local(&[9]);
        unsent.pending = true;
        let here = BTreeMap::from([(id(1), local(&[8])), (id(2), unsent)]);
        let plan = plan(&[], Course::Rights, &here, |_, _| true);
        assert_eq!((plan.forget, plan.unlisted), (vec![id(1)], vec![id(2)]));
        assert!(plan.offer.is_empty());
    }

    #[test]
    fn heads_unknown_here_are_fetched() {
        let here = BTreeMap::from([(id(1), local(&[8]))]);
        let manifest = [entry(1, &[7]), entry(2, &[1])];
        let plan = plan(&manifest, Course::Rights, &here, |_, _| false);
        assert_eq!(plan.fetch, vec![id(1), id(2)]);
    }
}
