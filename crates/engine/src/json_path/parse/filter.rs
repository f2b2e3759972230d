//! Filters of a path: comparisons, functions and what joins them.

use tombolo_model::Val;

use super::super::{Comparison, Matching, Operand, PatternOf, Query, Test, is_many, pattern};
use super::{DEEPEST, Parsed, Parser, Term};
use crate::mapper::number;

impl Parser<'_> {
    /// `a || b && !c`
    pub(super) fn test(&mut self) -> Parsed<Test> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.fail("filters are nested too deep");
        }
        let mut any = vec![self.all()?];
        while self.joined("||") {
            any.push(self.all()?);
        }
        self.depth -= 1;
        Ok(if any.len() == 1 { any.swap_remove(0) } else { Test::Any(any) })
    }

    fn all(&mut self) -> Parsed<Test> {
        let mut all = vec![self.basic()?];
        while self.joined("&&") {
            all.push(self.basic()?);
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { Test::All(all) })
    }

    fn joined(&mut self, token: &str) -> bool {
        let before = self.at;
        self.blanks();
        let found = self.eat(token);
        if found {
            self.blanks();
        } else {
            self.at = before;
        }
        found
    }

    fn basic(&mut self) -> Parsed<Test> {
        if self.eat("!") {
            self.blanks();
            let at = self.at;
            return match self.part()? {
                Term::Test(test) => Ok(Test::Not(Box::new(test))),
                Term::Query(query) => Ok(Test::Not(Box::new(Test::Exists(query)))),
                Term::Value(_) => self.fail_at(at, "a value alone is no condition"),
            };
        }
        let at = self.at;
        let left = self.part()?;
        let Some(comparison) = self.comparison() else {
            return match left {
                Term::Test(test) => Ok(test),
                Term::Query(query) => Ok(Test::Exists(query)),
                Term::Value(_) => self.fail("a value alone is no condition"),
            };
        };
        self.blanks();
        let left = self.comparable(left, at)?;
        let at = self.at;
        let right = self.part()?;
        Ok(Test::Compare(left, comparison, self.comparable(right, at)?))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        const ALL: [(&str, Comparison); 6] = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        ALL.into_iter().find(|(token, _)| self.joined(token)).map(|(_, comparison)| comparison)
    }

    fn comparable(&self, term: Term, at: usize) -> Parsed<Operand> {
        match term {
            Term::Value(operand) => Ok(operand),
            Term::Query(query) if query.steps.iter().any(is_many) => {
                self.fail_at(at, "a path that may name many values cannot be compared")
            }
            Term::Query(query) => Ok(Operand::At(query)),
            Term::Test(_) => self.fail_at(at, "a condition cannot be compared"),
        }
    }

    /// A path, a value, a function, or a condition in parentheses.
    fn part(&mut self) -> Parsed<Term> {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                self.blanks();
                let test = self.test()?;
                self.blanks();
                self.expect(")")?;
                Ok(Term::Test(test))
            }
            Some(root @ ('@' | '$')) => {
                self.at += 1;
                Ok(Term::Query(Query { from_root: root == '$', steps: self.steps()? }))
            }
            Some('\'' | '"') => Ok(Term::Value(Operand::Literal(Val::Str(self.quoted()?.into())))),
            Some('-' | '0'..='9') => self.number().map(|number| Term::Value(Operand::Literal(number))),
            Some('a'..='z') => self.word(),
            _ => self.fail("a value is missing"),
        }
    }

    fn number(&mut self) -> Parsed<Val> {
        let rest = self.rest();
        let end = rest.find(|next: char| !next.is_ascii_digit() && !matches!(next, '-' | '+' | '.' | 'e' | 'E'));
        let written = &rest[..end.unwrap_or(rest.len())];
        let is_json = serde_json::from_str::<serde_json::Number>(written).is_ok();
        match number::parse(written).filter(|_| is_json) {
            Some(number) => {
                self.at += written.len();
                Ok(number)
            }
            None => self.fail("this is no number"),
        }
    }

    fn word(&mut self) -> Parsed<Term> {
        let start = self.at;
        let rest = self.rest();
        let end = rest.find(|next: char| !next.is_ascii_lowercase() && !next.is_ascii_digit() && next != '_');
        let word = rest[..end.unwrap_or(rest.len())].to_owned();
        self.at += word.len();
        let literal = match word.as_str() {
            "true" => Some(Val::Bool(true)),
            "false" => Some(Val::Bool(false)),
            "null" => Some(Val::Null),
            _ => None,
        };
        if let Some(value) = literal {
            return Ok(Term::Value(Operand::Literal(value)));
        }
        if !["length", "count", "value", "match", "search"].contains(&word.as_str()) || !self.eat("(") {
            return self.fail_at(start, "there is no such word or function");
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.fail("functions are nested too deep");
        }
        let term = self.call(&word)?;
        self.depth -= 1;
        self.blanks();
        self.expect(")")?;
        Ok(term)
    }

    fn call(&mut self, name: &str) -> Parsed<Term> {
        Ok(match name {
            "length" => Term::Value(Operand::Length(Box::new(self.argument()?))),
            "count" => Term::Value(Operand::Count(self.nodes()?)),
            "value" => Term::Value(Operand::Value(self.nodes()?)),
            name => {
                let whole = name == "match";
                let text = self.argument()?;
                self.blanks();
                self.expect(",")?;
                let written = match self.argument()? {
                    // A text that is no pattern matches nothing, here as in a record.
                    Operand::Literal(Val::Str(text)) => match pattern(&text, whole) {
                        Ok(pattern) => PatternOf::Written(pattern.into()),
                        Err(reason) => return self.fail(&reason),
                    },
                    other => PatternOf::Found(other),
                };
                Term::Test(Test::Matches(Matching { text, whole, pattern: written }))
            }
        })
    }

    /// One value.
    fn argument(&mut self) -> Parsed<Operand> {
        self.blanks();
        let at = self.at;
        let part = self.part()?;
        self.comparable(part, at)
    }

    /// Any number of values.
    fn nodes(&mut self) -> Parsed<Query> {
        self.blanks();
        let at = self.at;
        match self.part()? {
            Term::Query(query) => Ok(query),
            _ => self.fail_at(at, "a path is missing"),
        }
    }
}
