//! A pattern to its tokens, in the order in which moment.js looks for them.

/// A piece of a pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'p> {
    /// A token or a character that stands for itself.
    Plain(&'p str),
    /// Text between brackets or behind a backslash.
    Literal(&'p str),
}

pub(super) fn tokens(pattern: &str) -> Vec<Token<'_>> {
    let mut made = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        let (token, length) = next(rest);
        made.push(token);
        rest = &rest[length..];
    }
    made
}

fn next(rest: &str) -> (Token<'_>, usize) {
    if let Some(inside) = rest.strip_prefix('[') {
        let most = inside.find('[').unwrap_or(inside.len());
        if let Some(end) = inside[..most].rfind(']') {
            return (Token::Literal(&inside[..end]), end + 2);
        }
    }
    if let Some(after) = rest.strip_prefix('\\').filter(|after| !after.is_empty()) {
        let length = length(after);
        return (Token::Literal(&after[..length]), length + 1);
    }
    let length = length(rest);
    (Token::Plain(&rest[..length]), length)
}

/// The longest token that the text begins with, or its first character.
fn length(rest: &str) -> usize {
    const TOKENS: [&str; 72] = [
        "Hmmss", "hmmss", "Hmm", "hmm", "LTS", "LT", "LLLL", "LLL", "LL", "L", "llll", "lll", "ll", "l", "Mo", "MMMM",
        "MMM", "MM", "M", "Do", "DDDo", "DDDD", "DDD", "DD", "D", "dddd", "ddd", "dd", "do", "d", "wo", "ww", "w",
        "Wo", "WW", "W", "Qo", "Q", "YYYYYY", "YYYYY", "YYYY", "YY", "Y", "ggggg", "gggg", "gg", "GGGGG", "GGGG", "GG",
        "e", "E", "a", "A", "hh", "h", "HH", "H", "kk", "k", "mm", "m", "ss", "s", "x", "X", "zz", "z", "ZZ", "Z",
        "NNNNN", "NN", "N",
    ];
    if rest.starts_with('S') {
        return rest.bytes().take(9).take_while(|byte| *byte == b'S').count();
    }
    let token = TOKENS.iter().find(|token| rest.starts_with(**token)).map(|token| token.len());
    token.unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8))
}

/// The pattern that a local format stands for (English).
pub(super) fn long(token: &str) -> Option<&'static str> {
    Some(match token {
        "LT" => "h:mm A",
        "LTS" => "h:mm:ss A",
        "L" => "MM/DD/YYYY",
        "LL" => "MMMM D, YYYY",
        "LLL" => "MMMM D, YYYY h:mm A",
        "LLLL" => "dddd, MMMM D, YYYY h:mm A",
        "l" => "M/D/YYYY",
        "ll" => "MMM D, YYYY",
        "lll" => "MMM D, YYYY h:mm A",
        "llll" => "ddd, MMM D, YYYY h:mm A",
        _ => return None,
    })
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_cut_as_moment_cuts_them() {
        use Token::{Literal, Plain};
        assert_eq!(
            tokens("YYYY[at[x]]-\\MM"),
            [Plain("YYYY"), Plain("["), Plain("a"), Plain("t"), Literal("x]"), Plain("-"), Literal("MM"),]
        );
        assert_eq!(tokens("DDDoéSSSS"), [Plain("DDDo"), Plain("é"), Plain("SSSS")]);
    }
}
