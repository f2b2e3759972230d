//! A text as numbers, words and signs.

use std::iter::Peekable;
use std::str::Chars;

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// A number and how many digits it has.
    Number(i64, usize),
    Word(Word),
    Sign(char),
    Blank,
}

/// A word that means something, or one that does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Month(i64),
    /// AM or PM, and the hours that it adds.
    Half(i64),
    /// A zone, its hours east of UTC, and whether it is the letter Z.
    Zone(i64, bool),
    /// The T between date and time.
    Time,
    Other,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WORDS: [(&str, Word); 16] = [
    ("am", Word::Half(0)),
    ("pm", Word::Half(12)),
    ("ut", Word::Zone(0, false)),
    ("utc", Word::Zone(0, false)),
    ("gmt", Word::Zone(0, false)),
    ("z", Word::Zone(0, true)),
    ("est", Word::Zone(-5, false)),
    ("edt", Word::Zone(-4, false)),
    ("cst", Word::Zone(-6, false)),
    ("cdt", Word::Zone(-5, false)),
    ("mst", Word::Zone(-7, false)),
    ("mdt", Word::Zone(-6, false)),
    ("pst", Word::Zone(-8, false)),
    ("pdt", Word::Zone(-7, false)),
    ("t", Word::Time),
    ("", Word::Other),
];
/// Digits of a number that count; the others are passed over.
const DIGITS: usize = 9;

/// The tokens of a text, from a place on.
pub(super) struct Tokens<'t> {
    rest: Peekable<Chars<'t>>,
    ahead: Option<Token>,
    /// The digits of the last number.
    digits: String,
}

impl<'t> Tokens<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { rest: text.chars().peekable(), ahead: None, digits: String::new() }
    }

    pub(super) fn peek(&mut self) -> Option<Token> {
        if self.ahead.is_none() {
            self.ahead = self.read();
        }
        self.ahead
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let next = self.peek();
        self.ahead = None;
        next
    }

    /// Takes a sign, if it comes next.
    pub(super) fn skip(&mut self, sign: char) -> bool {
        let is_there = self.peek() == Some(Token::Sign(sign));
        if is_there {
            self.ahead = None;
        }
        is_there
    }

    /// Takes a number of two digits that is not more.
    pub(super) fn two_digits(&mut self, most: i64) -> Option<i64> {
        match self.peek() {
            Some(Token::Number(number, 2)) if number <= most => {
                self.ahead = None;
                Some(number)
            }
            _ => None,
        }
    }

    /// Takes the number that comes next as the digits behind a point, of which three count.
    pub(super) fn thousandths(&mut self) -> Option<i64> {
        let Some(Token::Number(..)) = self.peek() else { return None };
        self.ahead = None;
        let three: String = self.digits.chars().chain("00".chars()).take(3).collect();
        three.parse().ok()
    }

    /// Passes over what stands in brackets, to the end when they are not closed.
    pub(super) fn skip_brackets(&mut self) {
        let mut open = 1;
        while open > 0 {
            match self.next() {
                None => return,
                Some(Token::Sign('(')) => open += 1,
                Some(Token::Sign(')')) => open -= 1,
                Some(_) => {}
            }
        }
    }

    fn read(&mut self) -> Option<Token> {
        let first = *self.rest.peek()?;
        if first.is_ascii_digit() {
            self.digits.clear();
            while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
                self.digits.push(digit);
            }
            let counted: String = self.digits.trim_start_matches('0').chars().take(DIGITS).collect();
            return Some(Token::Number(counted.parse().unwrap_or(0), self.digits.len()));
        }
        if is_letter(first) {
            let mut word = String::new();
            while let Some(letter) = self.rest.next_if(|c| is_letter(*c)) {
                word.push(letter.to_ascii_lowercase());
            }
            return Some(Token::Word(meaning(&word)));
        }
        self.rest.next();
        if !first.is_whitespace() && first != '\u{feff}' {
            return Some(Token::Sign(first));
        }
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
        Some(Token::Blank)
    }
}

/// Everything beyond the signs of ASCII is part of a word, but blanks are not.
fn is_letter(c: char) -> bool {
    c >= 'A' && !c.is_whitespace() && c != '\u{feff}'
}

fn meaning(word: &str) -> Word {
    let begins: String = word.chars().take(3).collect();
    if let Some(month) = (1..).zip(MONTHS).find(|(_, name)| *name == begins) {
        return Word::Month(month.0);
    }
    WORDS.iter().find(|(name, _)| *name == word).map_or(Word::Other, |(_, word)| *word)
}
