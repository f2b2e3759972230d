//! Texts as dates, as the engine that scripts were written for reads them.
//!
//! The language fixes ISO 8601 alone; what else is read is custom (`1/5/2026 3:04 PM`, `Jan 5, 2026`,
//! `2026-01-05 10:00`), and scripts rely on it for dates out of files and databases. Local time is UTC.
//!
//! A text is cut into numbers, words and signs. A number before a colon belongs to the time, one behind a sign that
//! follows the time to the offset, every other to the date. Words before the first number are passed over; of a month
//! three letters count.

mod tokens;

use tokens::{Token, Tokens, Word};

/// Milliseconds since 1970 of a text; nothing for what is no date.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let mut tokens = Tokens::of(text);
    let mut parts = Parts::default();
    match parts.iso(&mut tokens) {
        Iso::Whole => {}
        Iso::Not => return None,
        Iso::Rest(first) => parts.loose(first, &mut tokens)?,
    }
    parts.milliseconds()
}

/// What of a date is known so far.
#[derive(Default)]
struct Parts {
    day: Vec<i64>,
    month: Option<i64>,
    time: Vec<i64>,
    /// Hours that AM or PM add.
    half: Option<i64>,
    offset: Offset,
    is_iso: bool,
}

#[derive(Default)]
struct Offset {
    sign: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
}

/// What came of reading a text as ISO 8601.
enum Iso {
    Whole,
    Not,
    /// It begins like one, or not at all: the token at which to go on.
    Rest(Option<Token>),
}

impl Parts {
    fn iso(&mut self, tokens: &mut Tokens<'_>) -> Iso {
        match tokens.peek() {
            Some(Token::Sign(sign @ ('+' | '-'))) => {
                tokens.next();
                let Some(Token::Number(year, 6)) = tokens.peek() else { return Iso::Rest(Some(Token::Sign(sign))) };
                tokens.next();
                if sign == '-' && year == 0 {
                    return Iso::Rest(Some(Token::Sign(sign)));
                }
                self.day.push(if sign == '-' { -year } else { year });
            }
            Some(Token::Number(year, 4)) => {
                self.day.push(year);
                tokens.next();
            }
            _ => return Iso::Rest(tokens.next()),
        }
        for most in [12, 31] {
            if !tokens.skip('-') {
                break;
            }
            match tokens.peek() {
                Some(Token::Number(number, 2)) if (1..=most).contains(&number) => self.day.push(number),
                _ => return Iso::Rest(tokens.next()),
            }
            tokens.next();
        }
        match tokens.peek() {
            None => {}
            Some(Token::Word(Word::Time)) => {
                tokens.next();
                // Behind the T nothing else is understood.
                if self.iso_time(tokens).is_none() || tokens.peek().is_some() {
                    return Iso::Not;
                }
            }
            Some(_) => return Iso::Rest(tokens.next()),
        }
        self.is_iso = true;
        Iso::Whole
    }

    /// `HH:mm[:ss[.sss]]` and an offset.
    fn iso_time(&mut self, tokens: &mut Tokens<'_>) -> Option<()> {
        let hour = tokens.two_digits(24)?;
        self.time.push(hour);
        // The end of a day may be written as 24:00.
        let most = if hour == 24 { 0 } else { 59 };
        tokens.skip(':').then_some(())?;
        self.time.push(tokens.two_digits(most)?);
        if tokens.skip(':') {
            self.time.push(tokens.two_digits(most)?);
            if tokens.skip('.') {
                self.time.push(tokens.thousandths().filter(|thousandths| hour < 24 || *thousandths == 0)?);
            }
        }
        match tokens.peek() {
            Some(Token::Word(Word::Zone(0, true))) => {
                tokens.next();
                self.offset = Offset::hours(0);
            }
            Some(Token::Sign(sign @ ('+' | '-'))) => {
                tokens.next();
                let (hour, minute) = if let Some(Token::Number(number, 4)) = tokens.peek() {
                    tokens.next();
                    (number / 100, number % 100)
                } else {
                    let hour = tokens.two_digits(23)?;
                    tokens.skip(':').then_some(())?;
                    (hour, tokens.two_digits(59)?)
                };
                if hour > 23 || minute > 59 {
                    return None;
                }
                let sign = if sign == '-' { -1 } else { 1 };
                self.offset = Offset { sign: Some(sign), hour: Some(hour), minute: Some(minute) };
            }
            _ => {}
        }
        Some(())
    }

    /// All that is no ISO 8601, from a token on.
    fn loose(&mut self, first: Option<Token>, tokens: &mut Tokens<'_>) -> Option<()> {
        let mut has_number = !self.day.is_empty();
        let mut next = first;
        while let Some(token) = next {
            match token {
                Token::Number(number, _) => {
                    has_number = true;
                    self.number(number, tokens)?;
                }
                Token::Word(Word::Half(hours)) if !self.time.is_empty() => self.half = Some(hours),
                Token::Word(Word::Month(month)) => {
                    self.month = Some(month);
                    tokens.skip('-');
                }
                Token::Word(Word::Zone(hours, _)) if has_number => self.offset = Offset::hours(hours),
                // Words are passed over before the first number, which must not stick to them.
                Token::Word(_) if has_number || matches!(tokens.peek(), Some(Token::Number(..))) => return None,
                Token::Word(_) => {}
                Token::Sign(sign @ ('+' | '-')) if self.offset.is_utc() || !self.time.is_empty() => {
                    has_number = true;
                    self.offset_from(sign, tokens)?;
                }
                Token::Sign('+' | '-' | ')') if has_number => return None,
                Token::Sign('(') => tokens.skip_brackets(),
                Token::Sign(_) | Token::Blank => {}
            }
            next = tokens.next();
        }
        Some(())
    }

    fn number(&mut self, number: i64, tokens: &mut Tokens<'_>) -> Option<()> {
        if tokens.skip(':') {
            if tokens.skip(':') {
                if !self.time.is_empty() {
                    return None;
                }
                self.time.extend([number, 0]);
                return Some(());
            }
            if self.time.len() == 4 {
                return None;
            }
            self.time.push(number);
            tokens.skip('.');
        } else if tokens.skip('.') && self.time_wants(number) {
            self.time.push(number);
            self.time.push(tokens.thousandths()?);
            self.time.resize(4, 0);
        } else if self.offset.hour.is_some() && self.offset.minute.is_none() && number < 60 {
            self.offset.minute = Some(number);
        } else if self.time_wants(number) {
            self.time.push(number);
            self.time.resize(4, 0);
            let ends = matches!(
                tokens.peek(),
                None | Some(Token::Blank | Token::Word(Word::Zone(0, true)) | Token::Sign('+' | '-'))
            );
            return ends.then_some(());
        } else {
            if self.day.len() == 4 {
                return None;
            }
            self.day.push(number);
            tokens.skip('-');
        }
        Some(())
    }

    /// Whether a number would be the next part of the time.
    fn time_wants(&self, number: i64) -> bool {
        match self.time.len() {
            1 | 2 => number < 60,
            3 => number < 1_000,
            _ => false,
        }
    }

    fn offset_from(&mut self, sign: char, tokens: &mut Tokens<'_>) -> Option<()> {
        self.offset.sign = Some(if sign == '-' { -1 } else { 1 });
        let (number, digits) = match tokens.peek() {
            Some(Token::Number(number, digits)) => {
                tokens.next();
                (number, digits)
            }
            _ => (0, 0),
        };
        let (hour, minute) = match digits {
            _ if tokens.peek() == Some(Token::Sign(':')) => (number, None),
            1 | 2 => (number, Some(0)),
            3 | 4 => (number / 100, Some(number % 100)),
            _ => return None,
        };
        (self.offset.hour, self.offset.minute) = (Some(hour), minute);
        Some(())
    }

    fn milliseconds(self) -> Option<f64> {
        let [year, month, day] = self.date()?;
        let mut time = self.time;
        time.resize(4, 0);
        let [mut hour, minute, second, thousandths] = time[..] else { return None };
        if let Some(half) = self.half {
            if hour > 12 {
                return None;
            }
            hour = hour % 12 + half;
        }
        let is_midnight = hour == 24 && minute == 0 && second == 0 && thousandths == 0;
        if !(hour < 24 || is_midnight) || minute > 59 || second > 59 || thousandths > 999 {
            return None;
        }
        let offset = self
            .offset
            .sign
            .map_or(0, |sign| sign * (self.offset.hour.unwrap_or(0) * 60 + self.offset.minute.unwrap_or(0)));
        let minutes = (days(year, month) + day - 1) * 24 * 60 + hour * 60 + minute - offset;
        let time = minutes.checked_mul(60_000)? + second * 1_000 + thousandths;
        #[expect(clippy::cast_precision_loss, reason = "checked to be what a date can have, which is exact")]
        (time.abs() <= 8_640_000_000_000_000).then_some(time as f64)
    }

    /// Year, month and day. Two numbers and a month may stand in any order that tells them apart.
    fn date(&self) -> Option<[i64; 3]> {
        let mut given = self.day.clone();
        if given.is_empty() {
            return None;
        }
        while given.len() < 3 {
            given.push(1);
        }
        let [first, second, third] = given[..3] else { return None };
        let is_day = |number: i64| (1..=31).contains(&number);
        let [mut year, month, day] = match self.month {
            None if self.is_iso || (given.len() == 3 && !is_day(first)) => [first, second, third],
            None if given.len() == 3 => [third, first, second],
            None => [0, first, second],
            Some(month) if !is_day(first) => [first, month, second],
            Some(month) => [second, month, first],
        };
        if !self.is_iso {
            year += match year {
                0..=49 => 2_000,
                50..=99 => 1_900,
                _ => 0,
            };
        }
        ((1..=12).contains(&month) && is_day(day)).then_some([year, month, day])
    }
}

impl Offset {
    fn hours(hours: i64) -> Self {
        Self { sign: Some(if hours < 0 { -1 } else { 1 }), hour: Some(hours.abs()), minute: Some(0) }
    }

    fn is_utc(&self) -> bool {
        self.hour == Some(0) && self.minute == Some(0)
    }
}

/// Days from 1970 to the first of a month, in the calendar of today at all times.
fn days(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests;
