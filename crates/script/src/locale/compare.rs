//! The order of texts in dictionaries: letters first, then accents, then small before capital.

use std::cmp::Ordering;

/// Letters with accents, each behind the letter that it is.
const ACCENTS: [(char, &str); 20] = [
    ('a', "áàăâåäãąā"),
    ('c', "ćĉčċç"),
    ('d', "ďđ"),
    ('e', "éèĕêěëėęē"),
    ('g', "ğĝġģ"),
    ('h', "ĥħ"),
    ('i', "íìĭîïĩįīı"),
    ('j', "ĵ"),
    ('k', "ķ"),
    ('l', "ĺľļłŀ"),
    ('n', "ńňñņŉ"),
    ('o', "óòŏôöőõøō"),
    ('r', "ŕřŗ"),
    ('s', "śŝšş"),
    ('t', "ťţŧ"),
    ('u', "úùŭûůüűũųū"),
    ('w', "ŵ"),
    ('y', "ýŷÿ"),
    ('z', "źžż"),
    ('\'', "’"),
];
/// Signs and digits in their order, before all letters.
const SIGNS: &str = "\t\n\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789";

/// How two texts compare.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Order {
    /// Accents make no difference.
    pub(crate) no_accents: bool,
    /// Neither do capitals.
    pub(crate) no_case: bool,
    /// Digits are numbers: 2 before 10.
    pub(crate) numeric: bool,
}

/// A letter in three levels.
#[derive(Debug, PartialEq, Eq)]
struct Letter {
    base: u64,
    accent: usize,
    capital: bool,
}

pub(crate) fn compare(left: &str, right: &str, order: Order) -> Ordering {
    let (left, right) = (letters(left, order), letters(right, order));
    let level = |by: &dyn Fn(&Letter) -> u64| left.iter().map(by).cmp(right.iter().map(by));
    let accents = || if order.no_accents { Ordering::Equal } else { level(&|letter| letter.accent as u64) };
    let capitals = || if order.no_case { Ordering::Equal } else { level(&|letter| u64::from(letter.capital)) };
    level(&|letter| letter.base).then_with(accents).then_with(capitals)
}

fn letters(text: &str, order: Order) -> Vec<Letter> {
    let mut made = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if order.numeric
            && let Some(digit) = character.to_digit(10)
        {
            let mut number = u64::from(digit);
            while let Some(digit) = characters.peek().and_then(|next| next.to_digit(10)) {
                number = number.saturating_mul(10).saturating_add(u64::from(digit));
                characters.next();
            }
            // Between the signs and the letters.
            made.push(Letter { base: 100, accent: 0, capital: false });
            made.push(Letter { base: number, accent: 0, capital: false });
            continue;
        }
        match character {
            'ß' => made.extend(joined('s', 's')),
            'æ' | 'Æ' => made.extend(joined('a', 'e')),
            'œ' | 'Œ' => made.extend(joined('o', 'e')),
            other => made.push(letter(other)),
        }
    }
    made
}

/// Two letters that are written as one, which comes behind the two.
fn joined(first: char, second: char) -> [Letter; 2] {
    [letter(first), Letter { accent: 1, ..letter(second) }]
}

fn letter(character: char) -> Letter {
    let small = character.to_lowercase().next().unwrap_or(character);
    let capital = small != character;
    let found = ACCENTS.iter().find_map(|(base, accents)| {
        let place = accents.chars().position(|accent| accent == small)?;
        Some((*base, place + 1))
    });
    let (base, accent) = found.unwrap_or((small, 0));
    let base = match SIGNS.chars().position(|sign| sign == base) {
        Some(place) => place as u64,
        None => 1_000 + u64::from(u32::from(base)),
    };
    Letter { base, accent, capital }
}
