//! JavaScript's syntax to that of the `regex` crate, where they differ: classes are of ASCII letters, `.` and `$` know
//! JavaScript's line ends, and what has no meaning stands for itself.

mod escape;

use std::fmt::Write;
use tombolo_model::excerpt;

use super::flags::Flags;

pub(super) struct Translated {
    pub(super) text: String,
    /// Whether it needs an engine that goes back.
    pub(super) fancy: bool,
    /// What its long repetitions run over, an expression each; nothing where one repeats a group.
    pub(super) runs: Option<Vec<String>>,
}

/// What is repeated so many times at most is short.
const FEW: u32 = 64;

pub(super) fn translate(pattern: &str, flags: Flags) -> Result<Translated, String> {
    let made = attempt(pattern, flags, false)?;
    // The engines write the border of a word differently, and which one it is shows only at the end.
    if made.fancy { attempt(pattern, flags, true) } else { Ok(made) }
}

fn attempt(pattern: &str, flags: Flags, fancy: bool) -> Result<Translated, String> {
    let mut translator = Translator {
        rest: pattern,
        flags,
        groups: count_groups(pattern),
        named: pattern.contains("(?<"),
        out: String::new(),
        fancy,
        open: Vec::new(),
        ahead: None,
        can_repeat: false,
        character: None,
        runs: Some(Vec::new()),
    };
    if flags.ignore_case {
        translator.out.push_str("(?i)");
    }
    if flags.sticky {
        translator.out.push_str(r"\G");
        translator.fancy = true;
    }
    translator.all()?;
    Ok(Translated { text: translator.out, fancy: translator.fancy, runs: translator.runs })
}

/// How many groups capture, which tells a back-reference from an old escape.
fn count_groups(pattern: &str) -> usize {
    let mut count = 0;
    let mut characters = pattern.chars().peekable();
    let mut class = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '[' => class = true,
            ']' => class = false,
            '(' if !class => {
                let mut ahead = characters.clone();
                let plain = ahead.next() != Some('?');
                let named = ahead.next() == Some('<') && !matches!(ahead.next(), Some('=' | '!'));
                count += usize::from(plain || named);
            }
            _ => {}
        }
    }
    count
}

struct Translator<'p> {
    rest: &'p str,
    flags: Flags,
    groups: usize,
    named: bool,
    out: String,
    fancy: bool,
    /// The groups that are open, and where each begins.
    open: Vec<(Group, usize)>,
    /// Where the look-ahead begins that was just closed.
    ahead: Option<usize>,
    /// Whether what stands before may be repeated.
    can_repeat: bool,
    /// Where that begins, unless it is a group.
    character: Option<usize>,
    runs: Option<Vec<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Plain,
    /// May be repeated in JavaScript, which changes only whether it must fit at all.
    Ahead,
    /// May not be repeated.
    Behind,
}

impl<'p> Translator<'p> {
    fn take(&mut self) -> Option<char> {
        let first = self.rest.chars().next()?;
        self.rest = &self.rest[first.len_utf8()..];
        Some(first)
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn all(&mut self) -> Result<(), String> {
        while let Some(character) = self.take() {
            let mut repeatable = true;
            let from = self.out.len();
            if !matches!(character, '*' | '+' | '?' | '{') {
                self.ahead = None;
            }
            match character {
                '\\' => repeatable = self.escape()?,
                '[' => self.class()?,
                '(' => repeatable = self.open()?,
                ')' => {
                    let (group, from) = self.open.pop().ok_or("a group is closed that was never opened")?;
                    self.out.push_str(if group == Group::Ahead { "))" } else { ")" });
                    self.ahead = (group == Group::Ahead).then_some(from);
                    repeatable = group != Group::Behind;
                }
                '|' => {
                    self.out.push('|');
                    repeatable = false;
                }
                '.' => self.out.push_str(if self.flags.dot_all { "(?s:.)" } else { r"[^\n\r\u{2028}\u{2029}]" }),
                '^' => {
                    self.out.push_str(if self.flags.multi_line { "(?m:^)" } else { r"\A" });
                    repeatable = false;
                }
                '$' => {
                    self.out.push_str(if self.flags.multi_line { "(?m:$)" } else { r"\z" });
                    repeatable = false;
                }
                '*' | '+' | '?' => {
                    self.repeat(&character.to_string())?;
                    repeatable = false;
                }
                '{' => repeatable = self.braces()?,
                other => literal(other, &mut self.out),
            }
            self.can_repeat = repeatable;
            self.character = (character != ')').then_some(from);
        }
        Ok(())
    }

    fn repeat(&mut self, quantifier: &str) -> Result<(), String> {
        if !self.can_repeat {
            return Err(format!(
                "there is nothing that “{quantifier}” could repeat",
                quantifier = excerpt(&quantifier)
            ));
        }
        let lazy = if self.eat("?") { "?" } else { "" };
        match self.ahead.take() {
            Some(from) if quantifier.starts_with(['*', '?']) || quantifier.starts_with("{0") => {
                self.out.insert(from + "(?:".len(), '|');
            }
            Some(_) => {}
            None => {
                self.runs_over(quantifier);
                self.out.push_str(quantifier);
                self.out.push_str(lazy);
            }
        }
        Ok(())
    }

    /// Notes what a repetition runs over.
    fn runs_over(&mut self, quantifier: &str) {
        let most = quantifier.trim_matches(['{', '}']).rsplit(',').next().and_then(|most| most.parse::<u32>().ok());
        let short = self.character.is_some() && most.is_some_and(|most| most <= FEW);
        if quantifier == "?" || short {
            return;
        }
        let case = if self.flags.ignore_case { "(?i)" } else { "" };
        let run = self.character.map(|from| format!("{case}(?:{})+", &self.out[from..]));
        match (&mut self.runs, run) {
            (Some(runs), Some(run)) => runs.push(run),
            _ => self.runs = None,
        }
    }

    /// A count in braces, or a brace that stands for itself.
    fn braces(&mut self) -> Result<bool, String> {
        let counts = self.rest.split_once('}').filter(|(inside, _)| {
            let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            !least.is_empty() && digits(least) && digits(most)
        });
        match counts {
            Some((inside, rest)) => {
                self.rest = rest;
                self.repeat(&format!("{{{inside}}}"))?;
                Ok(false)
            }
            None => {
                self.ahead = None;
                self.out.push_str(r"\{");
                Ok(true)
            }
        }
    }

    fn open(&mut self) -> Result<bool, String> {
        let marks = [
            ("?:", Group::Plain),
            ("?=", Group::Ahead),
            ("?!", Group::Ahead),
            ("?<=", Group::Behind),
            ("?<!", Group::Behind),
        ];
        for (mark, group) in marks {
            if self.eat(mark) {
                self.open.push((group, self.out.len()));
                self.out.push_str(if group == Group::Ahead { "(?:(" } else { "(" });
                self.out.push_str(mark);
                self.fancy |= group != Group::Plain;
                return Ok(false);
            }
        }
        self.open.push((Group::Plain, self.out.len()));
        if self.eat("?<") {
            let (name, rest) = self.rest.split_once('>').ok_or("a group's name has no end")?;
            self.rest = rest;
            if name.is_empty() || !name.chars().all(|character| character.is_alphanumeric() || character == '_') {
                return Err(format!("“{name}” is no name for a group", name = excerpt(&name)));
            }
            if write!(self.out, "(?P<{name}>").is_err() {
                return Err("the group is too long".to_owned());
            }
            return Ok(false);
        }
        if self.rest.starts_with('?') {
            return Err("a group begins with ?, and then with nothing that JavaScript knows".to_owned());
        }
        self.out.push('(');
        Ok(false)
    }

    /// Behind a backslash; says whether it may be repeated.
    fn escape(&mut self) -> Result<bool, String> {
        let Some(next) = self.rest.chars().next() else { return Err("it ends with a backslash".to_owned()) };
        if let 'b' | 'B' = next {
            self.take();
            self.border(next == 'b');
            return Ok(false);
        }
        if self.named
            && let Some((name, rest)) = self.rest.strip_prefix("k<").and_then(|rest| rest.split_once('>'))
        {
            self.rest = rest;
            self.fancy = true;
            self.out.push_str(&format!("(?P={name})"));
            return Ok(true);
        }
        if matches!(next, '1'..='9') {
            let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
            if let Some(group) = self.rest[..digits].parse::<usize>().ok().filter(|group| *group <= self.groups) {
                self.rest = &self.rest[digits..];
                self.fancy = true;
                // A group that took no part is empty here.
                self.out.push_str(&format!("(?:(?({group})\\{group}|))"));
                return Ok(true);
            }
        }
        match self.set()? {
            Some(set) => self.out.push_str(&format!("[{set}]")),
            None => {
                let character = self.character()?;
                literal(character, &mut self.out);
            }
        }
        Ok(true)
    }

    /// The border of a word of ASCII letters, or no border.
    fn border(&mut self, there: bool) {
        let (inside, ends) = ("(?=[0-9A-Za-z_])", "(?![0-9A-Za-z_])");
        let (after, begins) = ("(?<=[0-9A-Za-z_])", "(?<![0-9A-Za-z_])");
        let border = match (there, self.fancy) {
            (true, false) => r"(?-u:\b)".to_owned(),
            (true, true) => format!("(?:{after}{ends}|{begins}{inside})"),
            (false, _) => format!("(?:{after}{inside}|{begins}{ends})"),
        };
        self.fancy |= !there;
        self.out.push_str(&border);
    }

    fn class(&mut self) -> Result<(), String> {
        let negated = self.eat("^");
        if self.eat("]") {
            // Nothing at all, or anything at all.
            self.out.push_str(if negated { "(?s:.)" } else { r"[^\x00-\u{10ffff}]" });
            return Ok(());
        }
        self.out.push_str(if negated { "[^" } else { "[" });
        loop {
            if self.rest.is_empty() {
                return Err("a class has no end: add “]”".to_owned());
            }
            if self.eat("]") {
                self.out.push(']');
                return Ok(());
            }
            let from = self.member()?;
            let range = self.rest.starts_with('-') && !self.rest[1..].starts_with(']') && self.rest.len() > 1;
            match (from, range) {
                (Ok(from), true) => {
                    self.eat("-");
                    match self.member()? {
                        Ok(to) if from <= to => {
                            literal(from, &mut self.out);
                            self.out.push('-');
                            literal(to, &mut self.out);
                        }
                        Ok(to) => return Err(format!("the range from “{from}” to “{to}” is the wrong way round")),
                        Err(set) => {
                            literal(from, &mut self.out);
                            self.out.push_str(r"\-");
                            self.out.push_str(&set);
                        }
                    }
                }
                (Ok(from), false) => literal(from, &mut self.out),
                (Err(set), _) => self.out.push_str(&set),
            }
        }
    }

    /// A member of a class: a character, or else a set.
    fn member(&mut self) -> Result<Result<char, String>, String> {
        let Some(character) = self.take() else { return Err("a class has no end: add “]”".to_owned()) };
        if character != '\\' {
            return Ok(Ok(character));
        }
        if self.eat("b") {
            return Ok(Ok('\u{8}'));
        }
        match self.set()? {
            Some(set) => Ok(Err(set)),
            None => Ok(Ok(self.character()?)),
        }
    }
}

/// A character that stands for itself, in a class or outside.
fn literal(character: char, out: &mut String) {
    if character.is_ascii_punctuation() {
        out.push('\\');
        out.push(character);
    } else if character.is_control() {
        out.push_str(&format!("\\x{{{:x}}}", u32::from(character)));
    } else {
        out.push(character);
    }
}
