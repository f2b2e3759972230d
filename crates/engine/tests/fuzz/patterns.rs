//! Regular expressions: any pattern is translated or refused, and what it matches lies in the text.

use proptest::prelude::*;
use serde_json::Value;
use tombolo_template::Pattern;

use crate::harness::Target;
use crate::mutate::Kind;

const TOKENS: &[&str] = &[
    "(",
    ")",
    "(?:",
    "(?=",
    "(?!",
    "(?<=",
    "(?<!",
    "(?<n>",
    "\\k<n>",
    "\\1",
    "\\2",
    "[",
    "]",
    "[^",
    "-",
    "*",
    "+",
    "?",
    "{",
    "}",
    "{2,}",
    "{0,3}?",
    "|",
    "^",
    "$",
    ".",
    "\\b",
    "\\B",
    "\\d",
    "\\D",
    "\\w",
    "\\s",
    "\\S",
    "\\u{1F600}",
    "\\u0041",
    "\\x41",
    "\\cA",
    "\\0",
    "\\p{L}",
    "\\P{Lu}",
    "[\\b]",
    "&&",
    "--",
    "~~",
    "[[:alpha:]]",
    "\\",
    "/",
    "é",
    "😀",
    "a",
    "aaaaaaaaaa",
    "gimsuy",
    "(a+)+$",
    "#",
    " ",
];

#[test]
fn any_pattern_is_refused_or_matches_within_the_text() {
    let check = |input: &[u8]| {
        let value: Value = serde_json::from_slice(input).unwrap_or_default();
        let [Some(pattern), Some(flags), Some(text)] = ["pattern", "flags", "text"].map(|name| value[name].as_str())
        else {
            return Ok(());
        };
        let Ok(pattern) = Pattern::new(pattern, flags) else { return Ok(()) };
        // A pattern that takes too many steps is an error, which is an answer.
        if let Ok(found) = pattern.matches(text).take(100).collect::<Result<Vec<_>, _>>() {
            let mut last = 0;
            for one in &found {
                prop_assert!(last <= one.from && one.from <= one.to && text.get(one.from..one.to).is_some(), "{one:?}");
                for (from, to) in one.groups.iter().flatten() {
                    prop_assert!(text.get(*from..*to).is_some(), "{one:?}");
                }
                last = one.to;
            }
            if let Ok(any) = pattern.is_match(text) {
                prop_assert_eq!(any, !found.is_empty());
            }
        }
        Ok(())
    };
    Target { name: "pattern", kind: Kind::Json(TOKENS), check }.fuzz();
}
