//! The lines that two texts have in common: a longest common subsequence, found in time that grows with the number of
//! changes (E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986).

/// Texts with more changes than this have nothing in common but their beginning and end: memory grows with the square.
const MOST_CHANGES: usize = 2_000;

/// The common lines, as pairs of their places.
pub(super) fn common<T: PartialEq>(before: &[T], after: &[T]) -> Vec<(usize, usize)> {
    let head = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let least = before.len().min(after.len()) - head;
    let tail = before.iter().rev().zip(after.iter().rev()).take(least).take_while(|(one, other)| one == other).count();
    let inner = within(&before[head..before.len() - tail], &after[head..after.len() - tail]);
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|at| (at, at)).collect();
    pairs.extend(inner.into_iter().map(|(at, there)| (head + at, head + there)));
    pairs.extend((1..=tail).rev().map(|back| (before.len() - back, after.len() - back)));
    pairs
}

/// The same where beginnings and ends differ.
fn within<T: PartialEq>(before: &[T], after: &[T]) -> Vec<(usize, usize)> {
    // For each number of changes: how far into `before` one gets with so many. Of `changes` there are `changes + 1` ways;
    // on the way `at` one is `changes - 2 * at` lines further in `after` than in `before`.
    let mut reached: Vec<Vec<usize>> = Vec::new();
    for changes in 0..=MOST_CHANGES.min(before.len() + after.len()) {
        let mut ways = Vec::with_capacity(changes + 1);
        for at in 0..=changes {
            let mut line = reached.last().map_or(0, |shorter| step(shorter, at).1);
            let mut there = line + changes - 2 * at;
            while line < before.len() && there < after.len() && before[line] == after[there] {
                (line, there) = (line + 1, there + 1);
            }
            ways.push(line);
            if line == before.len() && there == after.len() {
                reached.push(ways);
                return walked_back(&reached, at);
            }
        }
        reached.push(ways);
    }
    Vec::new()
}

/// The way that a way continues, and the line of `before` to which its last change leads: a new line, which leads to no
/// other, or one that is gone.
fn step(shorter: &[usize], at: usize) -> (usize, usize) {
    match (at.checked_sub(1).map(|left| shorter[left]), shorter.get(at)) {
        (Some(gone), Some(new)) if gone < *new => (at, *new),
        (Some(gone), _) => (at - 1, gone + 1),
        (None, new) => (at, new.copied().unwrap_or_default()),
    }
}

/// The lines in common on the way that reached the end.
fn walked_back(reached: &[Vec<usize>], end: usize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut at = end;
    for changes in (0..reached.len()).rev() {
        let last = reached[changes][at];
        let (earlier, first) = match changes.checked_sub(1) {
            Some(shorter) => step(&reached[shorter], at),
            None => (0, 0),
        };
        pairs.extend((first..last).rev().map(|line| (line, line + changes - 2 * at)));
        at = earlier;
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The length of the longest common subsequence, by the table that everybody knows.
    fn longest(before: &[u8], after: &[u8]) -> usize {
        let mut lengths = vec![0; after.len() + 1];
        for one in before {
            let mut corner = 0;
            for (at, other) in after.iter().enumerate() {
                let above = lengths[at + 1];
                lengths[at + 1] = if one == other { corner + 1 } else { above.max(lengths[at]) };
                corner = above;
            }
        }
        lengths[after.len()]
    }

    #[test]
    fn what_is_in_common_is_the_longest_that_there_is() {
        let seed: u64 = 0x2545_f491_4f6c_dd1d;
        let mut state = seed;
        let mut text = |most: u64, letters: u64| -> Vec<u8> {
            let mut dice = |sides: u64| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state % sides
            };
            (0..dice(most)).map(|_| b'a' + u8::try_from(dice(letters)).unwrap()).collect()
        };
        for round in 0..2_000 {
            let (before, after) = (text(12, 3), text(12, 3));
            let pairs = common(&before, &after);
            let words = format!("seed {seed:x}, round {round}: {before:?} {after:?} {pairs:?}");
            assert!(pairs.iter().all(|(at, there)| before[*at] == after[*there]), "{words}");
            assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1), "{words}");
            assert_eq!(pairs.len(), longest(&before, &after), "{words}");
        }
    }

    #[test]
    fn long_texts_with_few_changes_are_compared_and_very_different_ones_are_not() {
        let before: Vec<u32> = (0..50_000).collect();
        let mut after = before.clone();
        after[10] = 1_000_000;
        after.remove(40_000);
        assert_eq!(common(&before, &after).len(), 49_998);
        let other: Vec<u32> = (100_000..100_000 + 5_000).collect();
        assert_eq!(common(&before, &other), []);
    }
}
