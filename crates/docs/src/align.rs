//! Splices of an older state as splices of the present one.
//!
//! Automerge does an edit at an older state itself, and then finds each deleted character by walking over the text: a
//! long stretch would take minutes. Here both states are laid side by side once.

use std::collections::BTreeMap;

use automerge::{ChangeHash, ObjType, Patch, PatchAction, ROOT, ReadDoc, Value as AmValue};

use crate::texts::within;
use crate::{Document, EditError, Splice};

/// From how many characters on a deletion is long.
const LONG: usize = 64;

impl Document {
    /// Splices of the state at `heads` as they are to be made at the present one, when one of them deletes much.
    pub(crate) fn at_present(
        &self,
        heads: &[ChangeHash],
        splices: &[Splice],
    ) -> Result<Option<Vec<Splice>>, EditError> {
        if splices.iter().all(|splice| splice.delete < LONG) {
            return Ok(None);
        }
        let mut aligned: BTreeMap<&str, Aligned> = BTreeMap::new();
        let mut present = Vec::new();
        for splice in splices {
            let path = splice.path.as_str();
            if !aligned.contains_key(path) {
                // One that is another object by now is left to Automerge.
                let Some((AmValue::Object(ObjType::Text), text)) = self.am.get(ROOT, path)? else {
                    return Ok(None);
                };
                if self.am.get_at(ROOT, path, heads)?.is_none_or(|(_, then)| then != text) {
                    return Ok(None);
                }
                let patches = self.am.diff_obj(&text, heads, &self.am.get_heads(), false)?;
                aligned.insert(path, Aligned::new(self.am.length_at(&text, heads), patches));
            }
            if let Some(text) = aligned.get_mut(path) {
                within(path, splice.at, splice.delete, text.older())?;
                present.extend(text.splice(splice));
            }
        }
        Ok(Some(present))
    }
}

/// A stretch of UTF-16 code units, and which of the two states has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    length: usize,
    older: bool,
    present: bool,
}

/// An older state of a text beside the present one.
#[derive(Debug)]
struct Aligned(Vec<Run>);

impl Aligned {
    fn new(length: usize, patches: Vec<Patch>) -> Self {
        let mut aligned = Self(vec![Run { length, older: true, present: true }]);
        for patch in patches {
            match patch.action {
                PatchAction::SpliceText { index, value, .. } => {
                    let length = value.make_string().encode_utf16().count();
                    let place = aligned.cut(index, |run| run.present);
                    aligned.0.insert(place, Run { length, older: false, present: true });
                }
                PatchAction::DeleteSeq { index, length } => {
                    let (from, to) = aligned.stretch(index, length, |run| run.present);
                    aligned.0[from..to].iter_mut().for_each(|run| run.present = false);
                }
                _ => {}
            }
        }
        aligned
    }

    /// How long the older state is.
    fn older(&self) -> usize {
        self.0.iter().filter(|run| run.older).map(|run| run.length).sum()
    }

    /// Makes a splice of the older state in both; gives what that is in the present one.
    fn splice(&mut self, splice: &Splice) -> Vec<Splice> {
        let (from, to) = self.stretch(splice.at, splice.delete, |run| run.older);
        let mut at: usize = self.0[..from].iter().filter(|run| run.present).map(|run| run.length).sum();
        let mut made = Vec::new();
        let came = splice.insert.encode_utf16().count();
        if came > 0 {
            made.push(Splice { path: splice.path.clone(), at, delete: 0, insert: splice.insert.clone() });
            at += came;
        }
        for run in &mut self.0[from..to] {
            match (run.older, run.present) {
                (true, true) => {
                    let path = splice.path.clone();
                    made.push(Splice { path, at, delete: run.length, insert: String::new() });
                    run.present = false;
                }
                (false, true) => at += run.length,
                _ => {}
            }
            run.older = false;
        }
        self.0.insert(from, Run { length: came, older: true, present: true });
        self.0.retain(|run| run.length > 0 && (run.older || run.present));
        made
    }

    /// The runs of a stretch of one of the states, cut at its ends.
    fn stretch(&mut self, at: usize, length: usize, has: impl Fn(&Run) -> bool) -> (usize, usize) {
        let from = self.cut(at, &has);
        (from, self.cut(at + length, &has).max(from))
    }

    /// The place among the runs at which so much of one of the states has gone by.
    fn cut(&mut self, at: usize, has: impl Fn(&Run) -> bool) -> usize {
        let mut left = at;
        for place in 0..self.0.len() {
            if left == 0 {
                return place;
            }
            let run = self.0[place];
            if !has(&run) {
                continue;
            }
            if run.length > left {
                self.0[place].length = left;
                self.0.insert(place + 1, Run { length: run.length - left, ..run });
                return place + 1;
            }
            left -= run.length;
        }
        self.0.len()
    }
}
