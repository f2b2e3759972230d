//! Finds which of many changes cannot stand beside the others, when applying all of them at once has failed.
//!
//! Two changes of one actor with the same number are told apart without applying anything; of such two the first counts.
//! Whatever else is wrong is found by halving: a few bad changes among many cost a few attempts, not one for each.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use automerge::{ActorId, Automerge, Change, ChangeHash};

/// Applies the changes that can be applied and returns how many were left out.
pub(crate) fn apply_what_fits(base: Automerge, changes: Vec<Change>) -> (Automerge, usize) {
    let given = changes.len();
    let changes = in_order(first_of_each_number(&base, changes));
    let twice = given - changes.len();
    let (am, refused) = sift(base, &changes, &mut |am, part| am.apply_changes(part.iter().cloned()).is_ok());
    (am, twice + refused)
}

/// Without those whose number the same actor has used before, in the base or among them. The same change again is none.
fn first_of_each_number(base: &Automerge, changes: Vec<Change>) -> Vec<Change> {
    let key = |change: &Change| (change.actor_id().clone(), change.seq());
    let mut known: HashMap<(ActorId, u64), ChangeHash> =
        base.get_changes(&[]).iter().map(|change| (key(change), change.hash())).collect();
    let mut kept = changes;
    kept.retain(|change| {
        let hash = change.hash();
        *known.entry(key(change)).or_insert(hash) == hash
    });
    kept
}

/// Each change after those it builds on; those that wait for one that is not here come last.
fn in_order(changes: Vec<Change>) -> Vec<Change> {
    let places: HashMap<ChangeHash, usize> =
        changes.iter().enumerate().map(|(place, change)| (change.hash(), place)).collect();
    let mut missing = vec![0_usize; changes.len()];
    let mut followers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, change) in changes.iter().enumerate() {
        for before in change.deps().iter().filter_map(|dep| places.get(dep)) {
            missing[place] += 1;
            followers.entry(*before).or_default().push(place);
        }
    }
    let mut ready: VecDeque<usize> = (0..changes.len()).filter(|place| missing[*place] == 0).collect();
    let mut order = Vec::with_capacity(changes.len());
    while let Some(place) = ready.pop_front() {
        order.push(place);
        for follower in followers.remove(&place).unwrap_or_default() {
            missing[follower] -= 1;
            if missing[follower] == 0 {
                ready.push_back(follower);
            }
        }
    }
    let done: HashSet<usize> = order.iter().copied().collect();
    order.extend((0..changes.len()).filter(|place| !done.contains(place)));
    let mut slots: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    order.into_iter().filter_map(|place| slots[place].take()).collect()
}

/// Applies items in their order and leaves out those at fault; returns how many they are.
///
/// A part that fails is tried again as two halves, each on what the part before it has made. With `k` bad items among `n`
/// that is at most about `2 k log n` attempts, and never more than `2 n`.
fn sift<S: Clone, T>(state: S, items: &[T], apply: &mut impl FnMut(&mut S, &[T]) -> bool) -> (S, usize) {
    let mut next = state.clone();
    if items.is_empty() || apply(&mut next, items) {
        return (next, 0);
    }
    if items.len() == 1 {
        return (state, 1);
    }
    let (first, second) = items.split_at(items.len() / 2);
    let (state, one) = sift(state, first, apply);
    let (state, two) = sift(state, second, apply);
    (state, one + two)
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use automerge::{ROOT, ReadDoc};

    use super::*;

    /// Writes one field and gives the change.
    fn write(am: &mut Automerge, key: &str) -> Change {
        let mut tx = am.transaction();
        tx.put(ROOT, key, true).unwrap();
        tx.commit();
        am.get_last_local_change().unwrap()
    }

    /// `count` changes, each on the one before, and beside those of these places another one with the same number.
    fn history(count: usize, twice: &[usize]) -> (Vec<Change>, Vec<Change>) {
        let mut am = Automerge::new();
        let (mut changes, mut again) = (Vec::new(), Vec::new());
        for n in 0..count {
            if twice.contains(&n) {
                again.push(write(&mut am.clone(), &format!("again{n}")));
            }
            changes.push(write(&mut am, &format!("field{n}")));
        }
        (changes, again)
    }

    #[test]
    fn of_two_thousand_changes_the_few_at_fault_are_found_in_few_attempts() {
        let (changes, again) = history(2_000, &[3, 1_000, 1_999]);
        let mut mixed = changes;
        for (place, change) in [10, 1_500, 2_000].into_iter().zip(again) {
            mixed.insert(place, change);
        }
        let (mut attempts, mut applied) = (0, 0);
        let (am, refused) = sift(Automerge::new(), &mixed, &mut |am: &mut Automerge, part| {
            attempts += 1;
            applied += part.len();
            am.apply_changes(part.iter().cloned()).is_ok()
        });
        assert_eq!((refused, am.length(ROOT)), (3, 2_000));
        assert!(attempts < 70, "{attempts} attempts");
        assert!(applied < 12 * mixed.len(), "{applied} applications");
    }

    #[test]
    fn a_number_that_is_used_twice_costs_the_second_change_and_what_builds_on_it() {
        let (changes, again) = history(2_000, &[700, 701]);
        // In the order in which they happen to be stored, the second ones behind.
        let mut mixed: Vec<Change> = changes.iter().rev().cloned().collect();
        mixed.extend(again);
        mixed.push(changes[0].clone());
        let (am, left_out) = apply_what_fits(Automerge::new(), mixed);
        assert_eq!((left_out, am.length(ROOT)), (2, 2_000));
        assert!(am.get(ROOT, "again700").unwrap().is_none() && am.get(ROOT, "field700").unwrap().is_some());
    }

    #[test]
    fn a_number_of_the_base_is_not_used_again() {
        let (changes, again) = history(20, &[7]);
        let mut base = Automerge::new();
        base.apply_changes(changes[..10].to_vec()).unwrap();
        let rest = again.into_iter().chain(changes[8..].iter().cloned()).collect();
        let (am, left_out) = apply_what_fits(base, rest);
        assert_eq!((left_out, am.length(ROOT)), (1, 20));
    }

    #[test]
    fn what_waits_for_a_missing_change_is_not_at_fault() {
        let (mut changes, _) = history(20, &[]);
        changes.remove(10);
        let (am, left_out) = apply_what_fits(Automerge::new(), changes);
        assert_eq!((left_out, am.length(ROOT), am.get_missing_deps(&[]).len()), (0, 10, 1));
    }

    #[test]
    fn items_that_are_all_at_fault_cost_two_attempts_each_at_most() {
        let mut attempts = 0;
        let (kept, refused) = sift(0, &[(); 64], &mut |_, _| {
            attempts += 1;
            false
        });
        assert_eq!((kept, refused, attempts), (0, 64, 127));
    }
}
