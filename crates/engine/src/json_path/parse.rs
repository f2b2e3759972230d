//! Paths as they are written, by the grammar of RFC 9535.

mod filter;

use super::{JsonPath, JsonPathError, Operand, Query, Selector, Step, Test};

/// How deep filters may be nested.
const DEEPEST: usize = 32;

impl JsonPath {
    /// Compiles a path.
    ///
    /// # Errors
    ///
    /// Says at which character it is none.
    pub(crate) fn compile(text: &str) -> Result<Self, JsonPathError> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        parser.expect("$")?;
        let steps = parser.steps()?;
        if parser.at < text.len() {
            return parser.fail("nothing may follow here");
        }
        Ok(Self(steps))
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, JsonPathError>;

/// What stands in a filter before it is known whether it is compared.
enum Term {
    Query(Query),
    Value(Operand),
    Test(Test),
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn fail<T>(&self, reason: &str) -> Parsed<T> {
        self.fail_at(self.at, reason)
    }

    fn fail_at<T>(&self, at: usize, reason: &str) -> Parsed<T> {
        let at = self.text.get(..at).map_or(at, |before| before.chars().count());
        Err(JsonPathError::Syntax { at, reason: reason.to_owned() })
    }

    fn eat(&mut self, token: &str) -> bool {
        let is_there = self.rest().starts_with(token);
        if is_there {
            self.at += token.len();
        }
        is_there
    }

    fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { self.fail(&format!("“{token}” is missing")) }
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|next| matches!(next, ' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn steps(&mut self) -> Parsed<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            let before = self.at;
            self.blanks();
            let deep = self.eat("..");
            if !deep && self.eat(".") || deep && self.peek() != Some('[') {
                let selector = if self.eat("*") { Selector::All } else { Selector::Name(self.short_name()?.into()) };
                steps.push(Step { deep, selectors: vec![selector] });
            } else if self.eat("[") {
                steps.push(Step { deep, selectors: self.selectors()? });
            } else {
                self.at = before;
                return Ok(steps);
            }
        }
    }

    fn short_name(&mut self) -> Parsed<String> {
        let is_first = |next: char| next.is_ascii_alphabetic() || next == '_' || !next.is_ascii();
        if !self.peek().is_some_and(is_first) {
            return self.fail("a name is missing");
        }
        let rest = self.rest();
        let end = rest.find(|next: char| !is_first(next) && !next.is_ascii_digit()).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        self.at += end;
        Ok(name)
    }

    fn selectors(&mut self) -> Parsed<Vec<Selector>> {
        let mut selectors = Vec::new();
        loop {
            self.blanks();
            selectors.push(self.selector()?);
            self.blanks();
            if self.eat("]") {
                return Ok(selectors);
            }
            self.expect(",")?;
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Selector::All)
            }
            Some('\'' | '"') => Ok(Selector::Name(self.quoted()?.into())),
            Some('?') => {
                self.at += 1;
                self.blanks();
                Ok(Selector::Filter(self.test()?))
            }
            Some(':' | '-' | '0'..='9') => self.index_or_slice(),
            _ => self.fail("a name in quotes, a number, * or a filter is missing"),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let start = self.integer()?;
        let before = self.at;
        self.blanks();
        if !self.eat(":") {
            self.at = before;
            return match start {
                Some(index) => Ok(Selector::Index(index)),
                None => self.fail("a number is missing"),
            };
        }
        self.blanks();
        let end = self.integer()?;
        self.blanks();
        let step = if self.eat(":") {
            self.blanks();
            self.integer()?
        } else {
            None
        };
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }

    /// A whole number as RFC 9535 has it: no leading zeros, no -0, within 53 bits.
    fn integer(&mut self) -> Parsed<Option<i64>> {
        const MOST: i64 = 9_007_199_254_740_991;
        let rest = self.rest();
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let length = digits.find(|next: char| !next.is_ascii_digit()).unwrap_or(digits.len());
        let written = &rest[..rest.len() - digits.len() + length];
        if written.is_empty() {
            return Ok(None);
        }
        let bare = &digits[..length];
        if bare.len() > 1 && bare.starts_with('0') || written == "-0" {
            return self.fail_at(self.at + 1, "a number begins with 0");
        }
        match written.parse::<i64>() {
            Ok(number) if number.abs() <= MOST => {
                self.at += written.len();
                Ok(Some(number))
            }
            _ => self.fail("the number is too big, or none"),
        }
    }

    fn quoted(&mut self) -> Parsed<String> {
        let Some(quote) = self.peek() else { return self.fail("a text is missing") };
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(next) = self.peek() else { return self.fail("the quote is not closed") };
            if next < ' ' {
                return self.fail("a control character has to be escaped");
            }
            self.at += next.len_utf8();
            match next {
                next if next == quote => return Ok(text),
                '\\' => text.push(self.escaped(quote)?),
                other => text.push(other),
            }
        }
    }

    fn escaped(&mut self, quote: char) -> Parsed<char> {
        let Some(next) = self.peek() else { return self.fail("the quote is not closed") };
        self.at += next.len_utf8();
        Ok(match next {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '/' | '\\' => next,
            next if next == quote => next,
            'u' => {
                let high = self.hex()?;
                let low = if (0xd800..0xdc00).contains(&high) && self.eat("\\u") { Some(self.hex()?) } else { None };
                let units: Vec<u16> = [Some(high), low].into_iter().flatten().collect();
                match char::decode_utf16(units).next() {
                    Some(Ok(character)) => character,
                    _ => return self.fail("half a character"),
                }
            }
            _ => return self.fail_at(self.at - next.len_utf8(), "there is no such escape"),
        })
    }

    fn hex(&mut self) -> Parsed<u16> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.map(|digits| u16::from_str_radix(digits, 16)) {
            Some(Ok(unit)) => {
                self.at += 4;
                Ok(unit)
            }
            _ => self.fail("four hexadecimal digits are missing"),
        }
    }
}
