//! Fractional positions: a text between any two texts, so that a move writes one field.
//!
//! Digits are `0-9A-Za-z` in byte order. A position never ends in `0`, else nothing would fit before it.
//! A chosen position carries a [`tail`] of its author and its row, because of two rows at the same position none
//! could be put between. Where that happened all the same the row id decides, the same on all devices.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn value(digit: u8) -> usize {
    DIGITS.iter().position(|have| *have == digit).unwrap_or(0)
}

/// A position after `low` and before `high`; an absent bound is the end of the list.
///
/// When the bounds leave no room (they are the same, or nothing fits before `high`), the result is only after `low`:
/// whoever writes it moves the rows that must follow.
pub(crate) fn between(low: Option<&str>, high: Option<&str>) -> String {
    let low = low.unwrap_or_default().as_bytes();
    let high = high.map(str::as_bytes).filter(|high| low < *high);
    let mut made = Vec::new();
    let mut at = 0;
    let mut bounded = high;
    loop {
        let from = low.get(at).map_or(0, |digit| value(*digit));
        // Where `high` is at its end nothing fits before it any more.
        bounded = bounded.filter(|high| at < high.len());
        let to = bounded.and_then(|high| high.get(at)).map_or(DIGITS.len(), |digit| value(*digit));
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

/// What a row's author appends to a position for it: two devices that choose a place at once choose apart.
///
/// Made from the actor, which is random, so that the same edit always writes the same.
pub(crate) fn tail(actor: &[u8], row: &str) -> String {
    const LENGTH: u32 = 3;
    let fold = |sum: u32, byte: &u8| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    let mut sum = actor.iter().chain(row.as_bytes()).fold(0x811c_9dc5, fold);
    let digit = |_| {
        // Never `0`, which a position must not end in.
        let digit = 1 + usize::try_from(sum % 61).unwrap_or(0);
        sum /= 61;
        char::from(DIGITS[digit])
    };
    (0..LENGTH).map(digit).collect()
}

/// Positions in order for these rows, for a list that is written at once: evenly apart, all equally long.
pub(crate) fn spread(actor: &[u8], rows: &[String]) -> Vec<String> {
    let mut whole = DIGITS.len();
    while whole <= rows.len() + 1 {
        whole *= DIGITS.len();
    }
    let at = |index: usize| {
        // In parts, because the product may not fit into 32 bits.
        let (each, rest) = (whole / (rows.len() + 1), whole % (rows.len() + 1));
        let mut left = each * (index + 1) + rest.min(index);
        let mut digits = Vec::new();
        let mut place = whole / DIGITS.len();
        while place > 0 {
            digits.push(char::from(DIGITS[left / place]));
            left %= place;
            place /= DIGITS.len();
        }
        String::from_iter(digits)
    };
    rows.iter().enumerate().map(|(index, row)| at(index) + &tail(actor, row)).collect()
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
        let rows: Vec<String> = (0..1000).map(|row| row.to_string()).collect();
        let all = spread(&[1; 16], &rows);
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(all.iter().all(|position| position.len() < 20));
    }

    #[test]
    fn bounds_that_leave_no_room_end_all_the_same() {
        for (low, high) in [(Some("1"), "10"), (None, "0"), (None, "00"), (Some("V"), "V"), (Some("z"), "1")] {
            let made = between(low, Some(high));
            assert!(made.as_str() > low.unwrap_or_default() && !made.ends_with('0'), "{low:?} {made} {high}");
        }
    }

    #[test]
    fn two_authors_and_two_rows_end_a_position_differently() {
        let all = [tail(&[1; 16], "a"), tail(&[2; 16], "a"), tail(&[1; 16], "b")];
        assert!(all[0] != all[1] && all[0] != all[2] && all[1] != all[2], "{all:?}");
        assert!(all.iter().all(|tail| tail.len() == 3 && !tail.contains('0')));
        assert_eq!(tail(&[1; 16], "a"), all[0]);
    }
}
