//! Regular expressions of JavaScript. Places count UTF-16 units.

use tombolo_model::Val;

use super::{Args, Inline, Made, made, nothing};
use crate::js;
use crate::pattern::{Match, Pattern, PatternError};
use crate::render::MOST_BYTES;

pub(super) const ALL: &[Inline] = &[
    Inline {
        name: "regexMatch",
        arguments: "text expression index? flags?",
        least: 2,
        help: "The part of a text that an expression fits; the first, or that of an index.",
        example: ("{{regexMatch \"Order 12345 of 7\" \"[0-9]+\" 1}}", "7"),
        run: regex_match,
    },
    Inline {
        name: "regexReplace",
        arguments: "text replacement expression flags?",
        least: 3,
        help: "The text with what an expression fits replaced: the first, or with the flag g each.",
        example: ("{{regexReplace \"ABC-123 45\" \"\" \"[ -]\" \"g\"}}", "ABC12345"),
        run: regex_replace,
    },
    Inline {
        name: "regexSearch",
        arguments: "text expression flags?",
        least: 2,
        help: "Where an expression fits first; -1 when it does not.",
        example: ("{{regexSearch \"$1499.95\" \"\\.\"}}", "5"),
        run: |args| {
            let (text, pattern) = (args.text(0), pattern(args, 1, 2)?);
            let found = pattern.find_at(&text, 0).map_err(said)?;
            Ok(found.map_or(Val::Int(-1), |found| js::count(js::utf16_len(&text[..found.from]))))
        },
    },
];

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn said(error: PatternError) -> String {
    error.to_string()
}

fn pattern(args: &Args<'_>, pattern: usize, flags: usize) -> Result<std::rc::Rc<Pattern>, String> {
    Pattern::cached(&args.text(pattern), &args.text(flags)).map_err(said)
}

fn regex_match(args: &Args<'_>) -> Made {
    let text = args.text(0);
    // Flags may stand where the index does.
    let (index, flags) = match (args.count(2), args.get(2).is_empty()) {
        (Some(index), _) => (index, 3),
        (None, true) => (0, 3),
        (None, false) => (0, 2),
    };
    let pattern = pattern(args, 1, flags)?;
    for (at, found) in pattern.matches(&text).enumerate() {
        let found = found.map_err(said)?;
        if at == index {
            return made(&text[found.from..found.to]);
        }
    }
    nothing()
}

fn regex_replace(args: &Args<'_>) -> Made {
    let (text, replacement, pattern) = (args.text(0), args.text(1), pattern(args, 2, 3)?);
    let most = if pattern.is_global() { usize::MAX } else { 1 };
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    // Each is used before the next is looked for: all of a long text's take much memory.
    for found in pattern.matches(&text).take(most) {
        let found = found.map_err(said)?;
        out.push_str(&text[from..found.from]);
        expand(&replacement, &text, &found, &pattern, &mut out);
        from = found.to;
        if out.len() > MOST_BYTES {
            return Err(format!("it would make more than {MOST_BYTES} bytes"));
        }
    }
    out.push_str(&text[from..]);
    made(out)
}

/// Writes a replacement: `$1`, `$<name>`, `$&`, `` $` ``, `$'` and `$$` have a meaning.
fn expand(replacement: &str, text: &str, found: &Match, pattern: &Pattern, out: &mut String) {
    let group = |at: usize| found.groups.get(at).copied().flatten().map_or("", |(from, to)| &text[from..to]);
    let mut rest = replacement;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let digits = after.bytes().take(2).take_while(u8::is_ascii_digit).count();
        let number = (1..=digits).rev().find_map(|length| {
            let number: usize = after[..length].parse().ok()?;
            (number > 0 && number < found.groups.len()).then_some((number, length))
        });
        let named = after.strip_prefix('<').and_then(|name| name.split_once('>')).and_then(|(name, _)| {
            let place = pattern.group(name)?;
            Some((place, name.len() + 2))
        });
        let used = match (number.or(named), after.chars().next()) {
            (Some((place, length)), _) => {
                out.push_str(group(place));
                length
            }
            (None, Some('$')) => {
                out.push('$');
                1
            }
            (None, Some('&')) => {
                out.push_str(group(0));
                1
            }
            (None, Some('`')) => {
                out.push_str(&text[..found.from]);
                1
            }
            (None, Some('\'')) => {
                out.push_str(&text[found.to..]);
                1
            }
            _ => {
                out.push('$');
                0
            }
        };
        rest = &after[used..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use crate::helpers::checks;

    #[test]
    fn parts_are_matched_by_their_place_and_flags() {
        checks::all(
            r#"{"t":"Order 12 and ORDER 345","none":null}"#,
            &[
                (r#"{{regexMatch t "[0-9]+"}} {{regexMatch t "[0-9]+" 1}} {{regexMatch t "[0-9]+" 9}}|"#, "12 345 |"),
                (r#"{{regexMatch t "order \d+" "i"}} {{regexMatch t "order \d+" 1 "gi"}}"#, "Order 12 ORDER 345"),
                (r#"{{regexMatch t "(?<=and )\w+"}} {{regexMatch none "a"}}|"#, "ORDER |"),
                (r#"{{regexMatch t "("}}"#, "!not a regular expression"),
                (r#"{{regexMatch t "a" 0 "q"}}"#, "!flags"),
                (
                    r#"{{regexSearch t "\d"}} {{regexSearch t "z"}} {{regexSearch t "AND" "i"}} {{regexSearch "😀x" "x"}}"#,
                    "6 -1 9 2",
                ),
            ],
        );
    }

    #[test]
    fn replacements_are_those_of_javascript() {
        checks::all(
            r#"{"t":"John Smith, Ann Lee"}"#,
            &[
                (r#"{{regexReplace t "$2 $1" "(\w+) (\w+)"}}"#, "Smith John, Ann Lee"),
                (r#"{{regexReplace t "$<b>.$<a>" "(?<a>\w+) (?<b>\w+)" "g"}}"#, "Smith.John, Lee.Ann"),
                (r#"{{{regexReplace "abc" "[$&$$$`$'$9$1]" "b"}}}"#, "a[b$ac$9$1]c"),
                (
                    r#"{{regexReplace "aaa" "b" "a"}} {{regexReplace "aaa" "-" "" "g"}} {{regexReplace "x" "y" "z"}}"#,
                    "baa -a-a-a- x",
                ),
                (r#"{{regexReplace "" "x" "^"}}"#, "x"),
            ],
        );
    }
}
