//! The one stretch in which two texts differ. Counts UTF-16 code units, as browsers and documents do.

use tombolo_wire::store::TextSplice;

/// A stretch of a text that is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Where it begins.
    pub(crate) at: usize,
    /// How many units go.
    pub(crate) delete: usize,
    /// What comes.
    pub(crate) insert: String,
}

impl From<&TextSplice> for Stretch {
    fn from(splice: &TextSplice) -> Self {
        Self { at: splice.at, delete: splice.delete, insert: splice.insert.clone() }
    }
}

impl Stretch {
    /// How one text becomes another; nothing when they are the same.
    pub(crate) fn between(have: &str, want: &str) -> Option<Self> {
        let start: usize = have.chars().zip(want.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let (have_rest, want_rest) = (&have[start..], &want[start..]);
        let back = have_rest.chars().rev().zip(want_rest.chars().rev());
        let end: usize = back.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let gone = &have_rest[..have_rest.len() - end];
        let insert = &want_rest[..want_rest.len() - end];
        (!gone.is_empty() || !insert.is_empty()).then(|| Self {
            at: units(&have[..start]),
            delete: units(gone),
            insert: insert.to_owned(),
        })
    }

    fn end(&self) -> usize {
        self.at + self.delete
    }

    /// The text with the stretch replaced; nothing when it is not in it.
    fn apply(&self, text: &[u16]) -> Option<Vec<u16>> {
        let (before, behind) = (text.get(..self.at)?, text.get(self.end()..)?);
        Some([before, &self.insert.encode_utf16().collect::<Vec<_>>(), behind].concat())
    }

    /// Where a place in the text is once the stretch is replaced. What is inserted at the place itself comes behind it.
    fn carry(&self, place: usize) -> usize {
        if place <= self.at { place } else { self.at + units(&self.insert) + place.saturating_sub(self.end()) }
    }
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// `mine` with what turned `base` into `theirs`: nothing that was inserted on either side is missing.
///
/// At one place mine comes first: it goes on from the letter before it, which may be mine as well, and what came from
/// elsewhere must not part the two.
pub(crate) fn merged(base: &str, mine: &str, theirs: &str) -> String {
    let (Some(here), Some(there)) = (Stretch::between(base, mine), Stretch::between(base, theirs)) else {
        return if base == mine { theirs } else { mine }.to_owned();
    };
    let (first, second) = if there.at < here.at { (&there, &here) } else { (&here, &there) };
    let text: Vec<u16> = base.encode_utf16().collect();
    let mut out = text[..first.at].to_vec();
    out.extend(first.insert.encode_utf16());
    // Where both took something away, what lies between their ends is gone as well.
    out.extend(text.get(first.end()..second.at).unwrap_or_default());
    out.extend(second.insert.encode_utf16());
    out.extend(&text[first.end().max(second.end())..]);
    String::from_utf16_lossy(&out)
}

/// Where a caret belongs when the text it is in changes; `moves` are how it changed, when that is known.
pub(crate) fn carried(have: &str, want: &str, moves: &[Stretch], caret: usize) -> usize {
    let start: Vec<u16> = have.encode_utf16().collect();
    let told = moves.iter().try_fold(start, |text, stretch| stretch.apply(&text));
    if !moves.is_empty() && told.is_some_and(|text| text.iter().copied().eq(want.encode_utf16())) {
        return moves.iter().fold(caret, |caret, stretch| stretch.carry(caret));
    }
    Stretch::between(have, want).map_or(caret, |stretch| stretch.carry(caret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(at: usize, delete: usize, insert: &str) -> Stretch {
        Stretch { at, delete, insert: insert.into() }
    }

    #[test]
    fn a_stretch_is_the_smallest_and_never_splits_a_character() {
        assert_eq!(Stretch::between("abc", "abc"), None);
        assert_eq!(Stretch::between("abc", "abXc"), Some(stretch(2, 0, "X")));
        assert_eq!(Stretch::between("aa", "aaa"), Some(stretch(2, 0, "a")));
        assert_eq!(Stretch::between("😀x", "😃x"), Some(stretch(0, 2, "😃")));
        assert_eq!(Stretch::between("é😀", ""), Some(stretch(0, 3, "")));
    }

    #[test]
    fn two_changes_of_one_text_are_both_in_it() {
        for (base, mine, theirs, both) in [
            ("", "mine", "theirs", "minetheirs"),
            ("d17 end", "d17_ end", "d17c end", "d17_c end"),
            ("ab", "Xab", "abY", "XabY"),
            ("ab", "abY", "Xab", "XabY"),
            ("abcdef", "af", "abcXdef", "aXf"),
            ("abcdef", "abXf", "aYef", "aYXf"),
            ("city", "", "city_name", "_name"),
            ("city", "", "", ""),
            ("a", "a", "b", "b"),
            ("a", "b", "a", "b"),
        ] {
            assert_eq!(merged(base, mine, theirs), both, "{base}: {mine}, {theirs}");
        }
    }

    #[test]
    fn a_caret_stays_at_its_letter() {
        assert_eq!(carried("city", "my_city", &[], 4), 7);
        assert_eq!(carried("city", "city_name", &[], 4), 4, "what comes behind it stays behind it");
        assert_eq!(carried("city", "c", &[], 3), 1);
        assert_eq!(carried("aa", "aaa", &[stretch(0, 0, "a")], 2), 3, "the stretch is known");
        assert_eq!(carried("aa", "aXa", &[stretch(0, 0, "a")], 2), 3, "what is told does not fit, the texts do");
    }
}
