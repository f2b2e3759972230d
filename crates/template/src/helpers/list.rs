//! Lists and objects: taking parts, ordering, finding.

use std::cmp::Ordering;

use tombolo_model::Val;

use super::{Args, Inline, Made, nothing};
use crate::js;
use crate::render::property;

pub(super) const ALL: &[Inline] = &[
    Inline {
        name: "after",
        arguments: "list count",
        least: 2,
        help: "The list without its first items.",
        example: ("{{after record.numbers 2}}", "8"),
        run: |args| part(args, |length, count| (count.min(length), length)),
    },
    Inline {
        name: "before",
        arguments: "list count",
        least: 2,
        help: "The list without its last items.",
        example: ("{{before record.numbers 1}}", "10,9"),
        run: |args| part(args, |length, count| (0, length.saturating_sub(count))),
    },
    Inline {
        name: "first",
        arguments: "list count?",
        least: 1,
        help: "The first item of the list, or its first items.",
        example: ("{{first record.numbers}}", "10"),
        run: |args| ends(args, |length, count| (0, count.min(length))),
    },
    Inline {
        name: "last",
        arguments: "list count?",
        least: 1,
        help: "The last item of the list, or its last items.",
        example: ("{{last record.numbers}}", "8"),
        run: |args| ends(args, |length, count| (length.saturating_sub(count), length)),
    },
    Inline {
        name: "arrayify",
        arguments: "value",
        least: 1,
        help: "The value as a list: itself when it is one, empty for no value.",
        example: ("{{{jsonSerialize (arrayify \"foo\")}}}", "[\"foo\"]"),
        run: |args| {
            Ok(match args.get(0) {
                Val::Absent | Val::Null => Val::List(Vec::new()),
                list @ Val::List(_) => list.clone(),
                other => Val::List(vec![other.clone()]),
            })
        },
    },
    Inline {
        name: "pluck",
        arguments: "list path",
        least: 2,
        help: "One field of each item.",
        example: ("{{pluck record.lines \"sku\"}}", "A1,B2"),
        run: |args| match args.list(0) {
            Some(items) => {
                let path = args.text(1);
                Ok(Val::List(items.iter().filter_map(|item| property(item, &path)).collect()))
            }
            None => nothing(),
        },
    },
    Inline {
        name: "sort",
        arguments: "list number=\"true\"? reverse=\"true\"?",
        least: 1,
        help: "The list in order: as texts, or as numbers, and the other way round when asked.",
        example: ("{{sort record.numbers number=\"true\"}}", "8,9,10"),
        run: sort,
    },
    Inline {
        name: "unique",
        arguments: "list",
        least: 1,
        help: "The list with each plain value once.",
        example: ("{{unique record.tags}}", "b,a"),
        run: unique,
    },
    Inline {
        name: "getValue",
        arguments: "path default?",
        least: 1,
        help: "The value at a path that may be computed, or a default where there is none.",
        example: ("{{getValue \"record.address.street\" \"unknown\"}}", "unknown"),
        run: |args| {
            let found = (args.find)(&args.text(0)).filter(|value| !matches!(value, Val::Null));
            Ok(found.unwrap_or_else(|| args.get(1).clone()))
        },
    },
    Inline {
        name: "lookup",
        arguments: "\"static lookup\" key | object key",
        least: 2,
        help: "The value of a key in a static lookup, an object or a list.",
        example: ("{{lookup record.tags 1}}", "a"),
        run: lookup,
    },
];

fn part(args: &Args<'_>, range: fn(usize, usize) -> (usize, usize)) -> Made {
    match (args.list(0), args.count(1)) {
        (Some(items), Some(count)) => {
            let (from, to) = range(items.len(), count);
            Ok(Val::List(items[from..to].to_vec()))
        }
        _ => nothing(),
    }
}

/// One item, or a list of them where it is said how many.
fn ends(args: &Args<'_>, range: fn(usize, usize) -> (usize, usize)) -> Made {
    if !matches!(args.get(1), Val::Absent | Val::Null) {
        return part(args, range);
    }
    let Some(items) = args.list(0) else { return nothing() };
    let (from, to) = range(items.len(), 1);
    Ok(items[from..to].first().cloned().unwrap_or_default())
}

fn sort(args: &Args<'_>) -> Made {
    let Some(items) = args.list(0) else { return nothing() };
    let mut items = items.to_vec();
    if args.flag("number") {
        items.sort_by(|left, right| {
            let (left, right) = (js::to_number(left), js::to_number(right));
            left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
        });
    } else {
        let mut keyed: Vec<(Vec<u16>, Val)> =
            items.into_iter().map(|item| (js::text(&item).encode_utf16().collect(), item)).collect();
        // No value comes last, as in JavaScript.
        keyed.sort_by(|(left, one), (right, other)| match (one, other) {
            (Val::Absent, Val::Absent) => Ordering::Equal,
            (Val::Absent, _) => Ordering::Greater,
            (_, Val::Absent) => Ordering::Less,
            _ => left.cmp(right),
        });
        items = keyed.into_iter().map(|(_, item)| item).collect();
    }
    if args.flag("reverse") {
        items.reverse();
    }
    Ok(Val::List(items))
}

fn unique(args: &Args<'_>) -> Made {
    let Some(items) = args.list(0) else { return nothing() };
    let mut seen = std::collections::HashSet::new();
    let mut kept = Vec::new();
    for item in items {
        let new = match item {
            Val::List(_) | Val::Map(_) => true,
            plain => seen.insert((js::type_of(plain), js::text(plain).into_owned())),
        };
        if new {
            kept.push(item.clone());
        }
    }
    Ok(Val::List(kept))
}

fn lookup(args: &Args<'_>) -> Made {
    if let (Val::Str(name), Some(lookups)) = (args.get(0), args.env.lookups)
        && let Some(found) = lookups(name, args.get(1))
    {
        return found;
    }
    match args.get(0) {
        falsy if !js::truthy(falsy) => Ok(falsy.clone()),
        value => Ok(js::own(value, &args.text(1)).map(std::borrow::Cow::into_owned).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use tombolo_model::Val;

    use crate::helpers::checks;
    use crate::{Env, Target, Template};

    #[test]
    fn parts_of_lists_are_taken_and_nothing_of_anything_else() {
        checks::all(
            r#"{"l":["a","b","c"],"o":{"a":1},"t":"abc"}"#,
            &[
                ("{{after l 1}} {{after l 9}}|{{after t 1}}|{{after l \"x\"}}", "b,c ||"),
                ("{{before l 1}} {{before l 0}} {{before l 9}}|{{before o 1}}", "a,b a,b,c |"),
                (
                    "{{first l}}{{last l}} {{first l 2}} {{last l 2}} {{last l 9}}|{{first t}}{{first missing}}{{first o}}|",
                    "ac a,b b,c a,b,c||",
                ),
                ("{{{jsonSerialize (arrayify missing)}}} {{{jsonSerialize (arrayify o)}}}", "[] [{\"a\":1}]"),
                ("{{{jsonSerialize (after l 2)}}}", "[\"c\"]"),
            ],
        );
    }

    #[test]
    fn lists_are_sorted_as_texts_or_numbers() {
        checks::all(
            r#"{"n":[10,9,1,"2"],"m":["b","B","a",null],"p":[{"a":{"b":1}},{"a":{}},{"a":{"b":3}}],"u":[1,"1",1,{},{}]}"#,
            &[
                (
                    "{{sort n}} {{sort n number=\"true\"}} {{sort n number=true reverse=\"true\"}}",
                    "1,10,2,9 1,2,9,10 10,9,2,1",
                ),
                ("{{sort m}} {{sort m reverse=\"true\"}} {{sort \"x\"}}|", ",B,a,b b,a,B, |"),
                ("{{pluck p \"a.b\"}} {{pluck \"x\" \"a\"}}|", "1,3 |"),
                ("{{{jsonSerialize (unique u)}}}", "[1,\"1\",{},{}]"),
            ],
        );
    }

    #[test]
    fn values_are_found_by_paths_and_keys() {
        checks::all(
            r#"{"o":{"k":"v","__proto__":"own"},"key":"k","n":null,"l":[{"x":1},{"x":2}],"s":"héy"}"#,
            &[
                (
                    "{{getValue \"o.k\" \"d\"}}{{getValue (join \".\" \"o\" key)}}{{getValue \"n\" \"d\"}}{{getValue \"l.1.x\"}}",
                    "vvd2",
                ),
                ("{{getValue \"o.constructor\" \"d\"}}{{getValue \"missing\"}}|", "d|"),
                ("{{#each l}}{{getValue \"x\"}}{{getValue \"key\"}}{{/each}}", "1k2k"),
                ("{{lookup o key}}{{lookup l 5}}{{lookup n \"x\"}}{{lookup s 1}}{{lookup l \"length\"}}", "vé2"),
                ("{{lookup o \"toString\"}}|{{lookup o \"__proto__\"}}", "|own"),
            ],
        );
    }

    #[test]
    fn static_lookups_are_found_by_their_name() {
        let states = |name: &str, key: &Val| {
            (name == "states").then(|| match key.as_str() {
                Some("Texas") => Ok(Val::text("TX")),
                _ => Err("“states” has no such key".to_owned()),
            })
        };
        let context = checks::context(r#"{"state":"Texas","other":"Ohio"}"#);
        let render = |source| {
            let env = Env::new(0, 0).with_lookups(&states);
            Template::compile(source, Target::Plain).unwrap().render_in(&context, &env)
        };
        assert_eq!(render("{{lookup \"states\" state}}{{lookup \"other\" 0}}").as_deref(), Ok("TXo"));
        assert!(render("{{lookup \"states\" other}}").unwrap_err().to_string().contains("no such key"));
    }
}
