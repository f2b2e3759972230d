//! Fractional positions: a text between any two texts, so that a move writes one field.
//!
//! Digits are `0-9A-Za-z` in byte order. A position never ends in `0`, else nothing would fit before it.
//! Two devices may choose the same position; the row id then decides, the same on both.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn value(digit: u8) -> usize {
    DIGITS.iter().position(|have| *have == digit).unwrap_or(0)
}

/// A position after `low` and before `high`; an absent bound is the end of the list.
///
/// When the bounds leave no room (two devices chose the same), the result is right after `low`.
pub(crate) fn between(low: Option<&str>, high: Option<&str>) -> String {
    let low = low.unwrap_or_default().as_bytes();
    let high = high.map(str::as_bytes).filter(|high| low < *high);
    let mut made = Vec::new();
    let mut at = 0;
    let mut bounded = high;
    loop {
        let from = low.get(at).map_or(0, |digit| value(*digit));
        let to = match bounded {
            Some(high) => high.get(at).map_or(0, |digit| value(*digit)),
            None => DIGITS.len(),
        };
        if to > from + 1 {
            // At an open end a small step leaves room for many rows appended one after the other.
            let step = if bounded.is_none() && high.is_none() { from + 1 } else { usize::midpoint(from, to) };
            made.push(DIGITS[step.max(1)]);
            return String::from_utf8_lossy(&made).into_owned();
        }
        made.push(DIGITS[from]);
        if to == from + 1 {
            bounded = None;
        }
        at += 1;
    }
}

/// `count` positions in order, for a list that is written at once.
pub(crate) fn spread(count: usize) -> impl Iterator<Item = String> {
    let mut last: Option<String> = None;
    (0..count).map(move |_| {
        let next = between(last.as_deref(), None);
        last = Some(next.clone());
        next
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_room_between_two_positions() {
        let mut low = between(None, None);
        let high = between(Some(&low), None);
        assert!(low < high);
        for _ in 0..200 {
            let middle = between(Some(&low), Some(&high));
            assert!(low < middle && middle < high, "{low} {middle} {high}");
            assert!(!middle.ends_with('0'));
            low = middle;
        }
    }

    #[test]
    fn there_is_always_room_at_both_ends() {
        let (mut first, mut last) = (between(None, None), between(None, None));
        for _ in 0..500 {
            let before = between(None, Some(&first));
            assert!(before < first && !before.ends_with('0'), "{before} {first}");
            first = before;
            let after = between(Some(&last), None);
            assert!(after > last, "{after} {last}");
            last = after;
        }
        assert!(first.len() < 120, "{}", first.len());
    }

    #[test]
    fn a_list_written_at_once_is_in_order() {
        let all: Vec<_> = spread(1000).collect();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(all.iter().all(|position| position.len() < 20));
    }
}
