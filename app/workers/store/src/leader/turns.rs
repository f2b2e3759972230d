//! Whose turn it is, as far as one tab knows: which of its requests for the lock holds it, and whether it wants it.
//!
//! Invariant: a tab has at most one request waiting in line, and counts as leading only by the request whose lock it
//! holds; the loss of any other changes nothing.

use crate::locks::Ask;

/// Why a tab stays out of line.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// It does not.
    #[default]
    No,
    /// It can do nothing until somebody has signed in again.
    UntilOnline,
    /// Its page or its database is of the past.
    ForGood,
}

/// What to do with a lock that was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grant {
    /// Begin to lead.
    Start,
    /// Go on leading with this lock: the one before is gone.
    Replace,
    /// Let it go.
    Release,
}

/// The requests of a tab.
#[derive(Debug, Default)]
pub(super) struct Turns {
    last: u32,
    held: Option<u32>,
    in_line: bool,
    rest: Rest,
}

impl Turns {
    /// Whether this tab leads.
    pub(super) const fn leads(&self) -> bool {
        self.held.is_some()
    }

    /// The number of a new request; none when it is waiting already or must not lead.
    pub(super) fn ask(&mut self, ask: Ask) -> Option<u32> {
        if self.rest != Rest::No || (ask == Ask::InTurn && self.in_line) {
            return None;
        }
        self.in_line |= ask == Ask::InTurn;
        self.last += 1;
        Some(self.last)
    }

    /// A request was granted.
    pub(super) fn granted(&mut self, turn: u32, ask: Ask) -> Grant {
        self.left_line(ask);
        if self.rest != Rest::No {
            return Grant::Release;
        }
        match self.held.replace(turn) {
            Some(_) => Grant::Replace,
            None => Grant::Start,
        }
    }

    /// A request came to nothing.
    pub(super) fn left_line(&mut self, ask: Ask) {
        self.in_line &= ask != Ask::InTurn;
    }

    /// The lock of a request was taken away; whether this tab led by it.
    pub(super) fn lost(&mut self, turn: u32) -> bool {
        self.held.take_if(|held| *held == turn).is_some()
    }

    /// This tab leads no longer by its own will.
    pub(super) const fn let_go(&mut self) {
        self.held = None;
    }

    /// Stays out of line until the link of another tab is up.
    pub(super) fn rest(&mut self) {
        if self.rest == Rest::No {
            self.rest = Rest::UntilOnline;
        }
    }

    /// Never leads again.
    pub(super) const fn retire(&mut self) {
        self.rest = Rest::ForGood;
    }

    /// May lead again; whether it had rested.
    pub(super) fn wake(&mut self) -> bool {
        let rested = self.rest == Rest::UntilOnline;
        if rested {
            self.rest = Rest::No;
        }
        rested
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loss_of_the_held_lock_ends_the_lead_whatever_was_asked_since() {
        let mut turns = Turns::default();
        let waiting = turns.ask(Ask::InTurn).unwrap();
        let stolen = turns.ask(Ask::Steal).unwrap();
        assert_eq!(turns.granted(stolen, Ask::Steal), Grant::Start);
        assert!(turns.lost(stolen));
        assert_eq!(turns.ask(Ask::InTurn), None, "it is in line still");
        assert_eq!(turns.granted(waiting, Ask::InTurn), Grant::Start);
        assert!(turns.ask(Ask::Steal).is_some());
        assert!(!turns.lost(stolen) && turns.leads());
        assert!(turns.lost(waiting) && !turns.leads());
    }

    #[test]
    fn a_lock_that_comes_while_leading_takes_the_place_of_the_one_before() {
        let mut turns = Turns::default();
        let first = turns.ask(Ask::InTurn).unwrap();
        turns.granted(first, Ask::InTurn);
        let second = turns.ask(Ask::Steal).unwrap();
        assert_eq!(turns.granted(second, Ask::Steal), Grant::Replace);
        assert!(!turns.lost(first) && turns.leads());
        assert!(turns.lost(second) && !turns.leads());
    }

    #[test]
    fn a_tab_that_can_do_nothing_leaves_the_lead_to_others_until_one_is_online() {
        let mut turns = Turns::default();
        let waiting = turns.ask(Ask::InTurn).unwrap();
        turns.rest();
        assert_eq!(turns.granted(waiting, Ask::InTurn), Grant::Release);
        assert!(!turns.leads() && turns.ask(Ask::InTurn).is_none());
        assert!(turns.wake() && turns.ask(Ask::InTurn).is_some());
        turns.retire();
        assert!(!turns.wake() && turns.ask(Ask::Steal).is_none());
    }
}
