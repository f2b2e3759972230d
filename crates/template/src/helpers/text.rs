//! Texts: cutting, filling, replacing. Places and lengths count UTF-16 units, as in JavaScript.

use tombolo_model::Val;

use super::{Args, Inline, Made, made, nothing};
use crate::js;
use crate::render::MOST_BYTES;

pub(super) const ALL: &[Inline] = &[
    Inline {
        name: "trim",
        arguments: "text",
        least: 1,
        help: "The text without white space at both ends.",
        example: ("{{trim \" Lalo \"}}.", "Lalo."),
        run: |args| made(args.text(0).trim_matches(js::is_space)),
    },
    Inline {
        name: "trimLeft",
        arguments: "text",
        least: 1,
        help: "The text without white space at its beginning.",
        example: ("{{trimLeft \" ABC \"}}.", "ABC ."),
        run: |args| made(args.text(0).trim_start_matches(js::is_space)),
    },
    Inline {
        name: "trimRight",
        arguments: "text",
        least: 1,
        help: "The text without white space at its end.",
        example: ("{{trimRight \" ABC \"}}.", " ABC."),
        run: |args| made(args.text(0).trim_end_matches(js::is_space)),
    },
    Inline {
        name: "chop",
        arguments: "text",
        least: 1,
        help: "The text without anything but letters and digits at both ends.",
        example: ("{{chop \"_ABC_\"}}", "ABC"),
        run: |args| made(args.text(0).trim_matches(|character: char| !character.is_alphanumeric())),
    },
    Inline {
        name: "padLeft",
        arguments: "text length filler?",
        least: 2,
        help: "The text filled at its beginning up to a length.",
        example: ("{{padLeft record.count 5 \"0\"}}", "00003"),
        run: |args| pad(args, true),
    },
    Inline {
        name: "padRight",
        arguments: "text length filler?",
        least: 2,
        help: "The text filled at its end up to a length.",
        example: ("{{padRight \"XYZ\" 6 \"*\"}}", "XYZ***"),
        run: |args| pad(args, false),
    },
    Inline {
        name: "replace",
        arguments: "text old new",
        least: 2,
        help: "The text with each occurrence of one text replaced by another.",
        example: ("{{replace \"these & those\" \"&\" \"and\"}}", "these and those"),
        run: replace,
    },
    Inline {
        name: "replacefirst",
        arguments: "text old new",
        least: 2,
        help: "The text with the first occurrence of one text replaced by another.",
        example: ("{{replacefirst \"a b a\" \"a\" \"z\"}}", "z b a"),
        run: |args| made(args.text(0).replacen(&*args.text(1), &args.text(2), 1)),
    },
    Inline {
        name: "removefirst",
        arguments: "text part",
        least: 2,
        help: "The text without the first occurrence of another.",
        example: ("{{removefirst \"abcabc\" \"abc\"}}", "abc"),
        run: |args| made(args.text(0).replacen(&*args.text(1), "", 1)),
    },
    Inline {
        name: "reverse",
        arguments: "text | list",
        least: 1,
        help: "The text or list from its end to its beginning.",
        example: ("{{reverse \"abcde\"}}", "edcba"),
        run: |args| match args.list(0) {
            Some(items) => Ok(Val::List(items.iter().rev().cloned().collect())),
            None => made(args.text(0).chars().rev().collect::<String>()),
        },
    },
    Inline {
        name: "split",
        arguments: "text delimiter index?",
        least: 2,
        help: "One part of a text that is cut at a delimiter; the first unless an index is given.",
        example: ("{{split \"Hillary-Ann-Swank\" \"-\" 1}}", "Ann"),
        run: split,
    },
    Inline {
        name: "join",
        arguments: "delimiter value value …",
        least: 1,
        help: "Values and the items of lists as one text, with a delimiter between them.",
        example: ("{{join \"/\" \"root\" record.tags}}", "root/b/a/b"),
        run: join,
    },
    Inline {
        name: "substring",
        arguments: "text start end?",
        least: 2,
        help: "The part of a text from a place up to before another.",
        example: ("{{substring \"Celigo\" 1 4}}", "eli"),
        run: substring,
    },
    Inline {
        name: "occurrences",
        arguments: "text part",
        least: 2,
        help: "How often a text occurs in another.",
        example: ("{{occurrences \"foo bar foo\" \"foo\"}}", "2"),
        run: |args| {
            let part = args.text(1);
            Ok(js::count(if part.is_empty() { 0 } else { args.text(0).matches(&*part).count() }))
        },
    },
    Inline {
        name: "truncateWords",
        arguments: "text count suffix?",
        least: 2,
        help: "The first words of a text, with a suffix for those that are left out.",
        example: ("{{truncateWords \"foo bar baz\" 2}}", "foo bar…"),
        run: truncate_words,
    },
    Inline {
        name: "sanitize",
        arguments: "text",
        least: 1,
        help: "The text without its tags.",
        example: ("{{{sanitize record.html}}}", "A & B"),
        run: |args| made(without_tags(&args.text(0))),
    },
];

fn too_long() -> String {
    format!("it would make more than {MOST_BYTES} bytes")
}

fn pad(args: &Args<'_>, left: bool) -> Made {
    let text = args.text(0);
    let filler = args.optional(2).unwrap_or(" ".into());
    let length = js::utf16_len(&text);
    let Some(missing) = args.count(1).and_then(|want| want.checked_sub(length)).filter(|missing| *missing > 0) else {
        return made(text);
    };
    if missing > MOST_BYTES {
        return Err(too_long());
    }
    let times = missing.div_ceil(js::utf16_len(&filler).max(1));
    let filled = filler.repeat(times);
    let filled = js::utf16_slice(&filled, 0, missing);
    made(if left { format!("{filled}{text}") } else { format!("{text}{filled}") })
}

fn replace(args: &Args<'_>) -> Made {
    let (text, old, new) = (args.text(0), args.text(1), args.text(2));
    if old.is_empty() {
        return made(text);
    }
    let times = text.matches(&*old).count();
    if times.saturating_mul(new.len()).saturating_add(text.len()) > MOST_BYTES {
        return Err(too_long());
    }
    made(text.replace(&*old, &new))
}

fn split(args: &Args<'_>) -> Made {
    let (text, delimiter) = (args.text(0), args.text(1));
    let index = if args.get(2).is_empty() { Some(0) } else { args.count(2) };
    let Some(index) = index else { return nothing() };
    if delimiter.is_empty() {
        return made(text.chars().nth(index).map(String::from).unwrap_or_default());
    }
    made(text.split(&*delimiter).nth(index).unwrap_or_default())
}

fn join(args: &Args<'_>) -> Made {
    fn flatten(value: &Val, into: &mut Vec<String>) {
        match value {
            Val::List(items) => items.iter().for_each(|item| flatten(item, into)),
            value => into.push(js::text(value).into_owned()),
        }
    }
    let mut parts = Vec::new();
    for value in args.values.iter().skip(1) {
        flatten(value, &mut parts);
    }
    let delimiter = args.text(0);
    let size = parts.iter().map(String::len).sum::<usize>() + delimiter.len().saturating_mul(parts.len());
    if size > MOST_BYTES {
        return Err(too_long());
    }
    made(parts.join(&delimiter))
}

fn substring(args: &Args<'_>) -> Made {
    let text = args.text(0);
    let length = js::utf16_len(&text);
    let place = |at: usize| args.count(at).unwrap_or(0).min(length);
    let start = place(1);
    let end = if matches!(args.get(2), Val::Absent) { length } else { place(2) };
    made(js::utf16_slice(&text, start.min(end), start.max(end)))
}

fn truncate_words(args: &Args<'_>) -> Made {
    let text = args.text(0);
    let suffix = if matches!(args.get(2), Val::Absent) { "…".into() } else { args.text(2) };
    let Some(count) = args.count(1) else { return nothing() };
    // The first words alone are looked at, however long the text is.
    let kept = text.split([' ', '\t']).take(count).map(str::len).sum::<usize>();
    let kept = kept.saturating_add(count.saturating_sub(1));
    if count > 0 && kept >= text.len() {
        return made(text);
    }
    let words = text[..kept].replace('\t', " ");
    made(format!("{}{suffix}", words.trim_matches(js::is_space)))
}

fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let tag = &rest[open..];
        match tag.find('>') {
            // `<>` is no tag.
            Some(end) if end > 1 => {
                out.push_str(&rest[..open]);
                rest = &tag[end + 1..];
            }
            Some(_) => {
                out.push_str(&rest[..=open]);
                rest = &tag[1..];
            }
            None => break,
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use crate::helpers::checks;

    #[test]
    fn texts_are_filled_up_to_a_length() {
        checks::all(
            r#"{"id":"CUST","n":12,"none":null}"#,
            &[
                ("{{padLeft id 10 \"0\"}}|{{padLeft id 6}}|{{padRight n \"5\"}}|", "000000CUST|  CUST|12   |"),
                (
                    "{{padLeft id 4 \"0\"}} {{padLeft id 2}} {{padLeft id \"x\"}} {{padLeft id -9}}",
                    "CUST CUST CUST CUST",
                ),
                ("{{padLeft id 6.9 \"0\"}} {{padRight id 9 \"abc\"}}", "00CUST CUSTabcab"),
                ("{{padLeft none 2 \"x\"}} {{padRight \"é\" 3 \"ü\"}}", "xx éüü"),
                ("{{padLeft id 99999999999 \"0\"}}", "!more than"),
            ],
        );
    }

    #[test]
    fn texts_are_replaced_literally() {
        checks::all(
            r#"{"a":"a.a.A","list":["x","y"]}"#,
            &[
                ("{{replace a \".\" \"$1\"}} {{replace a \"\" \"x\"}} {{replace a \"a\"}}", "a$1a$1A a.a.A ..A"),
                ("{{replace list \",\" \";\"}}", "x;y"),
                ("{{replacefirst a \"a\" \"b\"}} {{removefirst a \".\"}}", "b.a.A aa.A"),
                ("{{replacefirst a \"z\" \"b\"}}", "a.a.A"),
            ],
        );
    }

    #[test]
    fn texts_are_cut_as_javascript_cuts_them() {
        checks::all(
            r#"{"e":"a😀b","list":["x","y","z"],"words":"one  two three"}"#,
            &[
                ("{{substring \"abcdef\" 4 1}} {{substring \"abcdef\" 2}} {{substring \"abc\" -2 9}}", "bcd cdef abc"),
                ("{{substring e 1 3}} {{substring e 3 4}}", "😀 b"),
                (
                    "{{split \"a,b\" \",\"}}{{split \"a,b\" \",\" 5}}{{split \"a,b\" \",\" -1}}{{split \"abc\" \"\" 1}}",
                    "ab",
                ),
                ("{{split list \",\" 2}} {{reverse list}} {{reverse \"é1\"}}", "z z,y,x 1é"),
                (
                    "{{truncateWords words 0}}|{{truncateWords words \"x\"}}|{{truncateWords words 9}}",
                    "…||one  two three",
                ),
                ("{{truncateWords words 2 \"!\"}} {{truncateWords words 3 \"\"}}", "one! one  two"),
                ("{{occurrences \"aaaa\" \"aa\"}} {{occurrences \"a\" \"\"}}", "2 0"),
                ("{{chop \" -é1- \"}}|{{chop \"--\"}}|", "é1||"),
            ],
        );
    }

    #[test]
    fn lists_within_lists_are_joined_and_tags_taken_out() {
        checks::all(
            r#"{"list":[1,[2,[3]],null],"html":"<b a=\">\">x</b> <> a<b"}"#,
            &[
                ("{{join \"-\" list \"x\"}}", "1-2-3--x"),
                ("{{{sanitize html}}}", "\">x <> a<b"),
                ("{{join \",\"}}|", "|"),
            ],
        );
    }
}
