//! The helpers, one table: name, arguments, what it needs at least, one line of help, one example.
//!
//! The compiler, the renderer, the tests and the playground read the same table. A helper is a function of its
//! arguments; what it cannot do is an error with a reason, which the renderer gives a place.

mod blocks;
mod case;
mod conditions;
mod crypto;
mod date;
mod encode;
mod format;
mod list;
mod logic;
mod number;
mod regex;
mod sign;
mod text;

pub use crypto::{hash, hmac};

use std::borrow::Cow;

use tombolo_model::{Record, Val};

use crate::{Env, js};

/// What a helper makes, or why not: a clause without a full stop.
pub(crate) type Made = Result<Val, String>;

/// An inline helper.
#[derive(Debug)]
pub(crate) struct Inline {
    pub(crate) name: &'static str,
    /// As they are written.
    pub(crate) arguments: &'static str,
    /// How many it needs.
    pub(crate) least: usize,
    pub(crate) help: &'static str,
    /// A template over [`EXAMPLE_CONTEXT`] and what it prints.
    pub(crate) example: (&'static str, &'static str),
    pub(crate) run: fn(&Args<'_>) -> Made,
}

/// A block helper.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) name: &'static str,
    pub(crate) arguments: &'static str,
    pub(crate) needs: Needs,
    /// Whether the name alone already means the helper and not a field.
    pub(crate) always: bool,
    pub(crate) help: &'static str,
    pub(crate) example: (&'static str, &'static str),
    pub(crate) run: Run,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Needs {
    Exactly(usize),
    AtLeast(usize),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Run {
    Test(fn(&Args<'_>) -> Result<bool, String>),
    Each,
    With,
    Filter,
}

/// What a helper is called with.
pub(crate) struct Args<'a> {
    pub(crate) values: &'a [Cow<'a, Val>],
    pub(crate) hash: &'a Record,
    pub(crate) env: &'a Env<'a>,
    /// Finds a path where the template stands.
    pub(crate) find: &'a dyn Fn(&str) -> Option<Val>,
}

const ABSENT: &Val = &Val::Absent;

impl Args<'_> {
    pub(crate) fn get(&self, at: usize) -> &Val {
        self.values.get(at).map_or(ABSENT, |value| &**value)
    }

    pub(crate) fn text(&self, at: usize) -> Cow<'_, str> {
        js::text(self.get(at))
    }

    /// The text, unless there is none.
    pub(crate) fn optional(&self, at: usize) -> Option<Cow<'_, str>> {
        Some(self.text(at)).filter(|text| !text.is_empty())
    }

    pub(crate) fn number(&self, at: usize) -> Option<f64> {
        js::numeric(self.get(at))
    }

    /// A whole number that is not negative; what stands behind the point is cut off.
    pub(crate) fn count(&self, at: usize) -> Option<usize> {
        let number = self.number(at).filter(|number| *number >= 0.0)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative; too big is the most"
        )]
        Some(number as usize)
    }

    pub(crate) fn list(&self, at: usize) -> Option<&[Val]> {
        match self.get(at) {
            Val::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether a hash argument says yes.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.hash.get(name).is_some_and(|value| matches!(&*js::text(value), "true"))
    }
}

/// A text as a helper's result.
pub(crate) fn made(text: impl AsRef<str>) -> Made {
    Ok(Val::text(text.as_ref()))
}

/// What most helpers give for what they cannot work on.
pub(crate) fn nothing() -> Made {
    made("")
}

const GROUPS: [(&str, &[Inline]); 10] = [
    ("number", number::ALL),
    ("case", case::ALL),
    ("text", text::ALL),
    ("list", list::ALL),
    ("date", date::ALL),
    ("encoding", encode::ALL),
    ("regular expression", regex::ALL),
    ("signature", crypto::ALL),
    ("logic", logic::ALL),
    ("format", format::ALL),
];

/// Another name of a helper.
struct Alias {
    name: &'static str,
    of: &'static str,
    /// The example of the helper under this name: it prints the same.
    example: &'static str,
}

const ALIASES: [Alias; 2] = [
    Alias { name: "jsonStringify", of: "jsonSerialize", example: "{{{jsonStringify record.address}}}" },
    Alias { name: "encodeURIComponent", of: "encodeURI", example: "{{{encodeURIComponent \"overseas order/flow\"}}}" },
];

/// The inline helper of a name.
pub(crate) fn inline(name: &str) -> Option<&'static Inline> {
    let name = ALIASES.iter().find(|alias| alias.name == name).map_or(name, |alias| alias.of);
    let listed = GROUPS.iter().flat_map(|(_, group)| group.iter());
    listed.chain(logic::UNLISTED).find(|helper| helper.name == name)
}

/// The block helper of a name.
pub(crate) fn block(name: &str) -> Option<&'static Block> {
    blocks::ALL.iter().find(|helper| helper.name == name)
}

/// What a name with arguments calls: an inline helper, or a block's condition as a value: `{{#if (and a b)}}`.
pub(crate) fn callable(name: &str) -> Option<&'static Inline> {
    inline(name).or_else(|| conditions::AS_VALUES.iter().find(|helper| helper.name == name))
}

/// How many times as long as by a usual helper a long text is read by this one.
pub(crate) fn weight(helper: &Inline) -> u64 {
    if case::ALL.iter().any(|slow| slow.name == helper.name) { 8 } else { 1 }
}

/// Whether it names a test of `{{#some}}`.
pub(crate) fn is_test(name: &str) -> bool {
    conditions::KINDS.iter().any(|(kind, _)| *kind == name)
}

/// A helper for those who write templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HelperInfo {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in a word or two; `block` for blocks.
    pub group: &'static str,
    /// Its arguments as they are written; those with a question mark may be left out.
    pub arguments: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// A template over [`EXAMPLE_CONTEXT`].
    pub example: &'static str,
    /// What the example prints.
    pub prints: &'static str,
}

/// The context of the examples, in JSON.
pub const EXAMPLE_CONTEXT: &str = r#"{"record":{"name":"Ann Lee","price":1234.5,"count":3,"empty":"","none":null,"zero":0,"yes":true,
"tags":["b","a","b"],"numbers":[10,9,8],"lines":[{"sku":"A1","qty":2},{"sku":"B2","qty":5}],"address":{"city":"Oslo","zip":"0150"},
"date":"2025-03-26T12:34:56Z","html":"<p>A & B</p>","url":"https://a.example/b?c=d","json":"{\"a\":[1,2]}"}}"#;

/// All helpers, by group, and then their other names.
pub fn helpers() -> impl Iterator<Item = HelperInfo> {
    let of_group = |group: &'static str, helpers: &'static [Inline]| {
        helpers.iter().map(move |helper| HelperInfo {
            name: helper.name,
            group,
            arguments: helper.arguments,
            help: helper.help,
            example: helper.example.0,
            prints: helper.example.1,
        })
    };
    let inline = GROUPS.iter().flat_map(move |(group, helpers)| of_group(group, helpers));
    let aliases = ALIASES.iter().filter_map(move |alias| {
        let all = GROUPS.iter().flat_map(move |(group, helpers)| of_group(group, helpers));
        let helper = all.into_iter().find(|helper| helper.name == alias.of)?;
        Some(HelperInfo { name: alias.name, example: alias.example, ..helper })
    });
    let blocks = blocks::ALL.iter().map(|helper| HelperInfo {
        name: helper.name,
        group: "block",
        arguments: helper.arguments,
        help: helper.help,
        example: helper.example.0,
        prints: helper.example.1,
    });
    inline.chain(blocks).chain(aliases)
}

/// Tables of templates over one context, for the tests beside the helpers.
#[cfg(test)]
pub(crate) mod checks {
    use tombolo_model::{KeyPool, Record, Val};

    use crate::{Env, Target, Template, TemplateError};

    /// 2025-04-20T17:38:20.123Z.
    pub(crate) const NOW_MS: i64 = 1_745_170_700_123;

    pub(crate) fn context(json: &str) -> Record {
        match Val::parse(json.as_bytes(), &mut KeyPool::default()).unwrap() {
            Val::Map(record) => record,
            other => panic!("{other:?} is no object"),
        }
    }

    pub(crate) fn render(template: &str, context: &Record) -> Result<String, TemplateError> {
        Template::compile(template, Target::Plain)?.render_in(context, &Env::new(NOW_MS, 7))
    }

    /// Each template prints what stands beside it; a text after `!` is part of the error.
    pub(crate) fn all(json: &str, rows: &[(&str, &str)]) {
        let context = context(json);
        for (template, want) in rows {
            match (render(template, &context), want.strip_prefix('!')) {
                (Ok(made), None) => assert_eq!(made, *want, "{template}"),
                (Err(error), Some(want)) => assert!(error.to_string().contains(want), "{template}: {error}"),
                (made, _) => panic!("{template}: {made:?} and not {want}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_79_inline_and_16_block_helpers_of_the_specification_are_here() {
        let names = "abs add subtract multiply divide modulo avg sum ceil floor round toFixed toPrecision toExponential random
            uppercase lowercase capitalize capitalizeAll sentence camelcase pascalcase snakecase dashcase dotcase pathcase
            trim trimLeft trimRight chop padLeft padRight replace replacefirst removefirst reverse split join substring
            occurrences truncateWords sanitize after before arrayify pluck sort unique getValue lookup
            dateFormat dateAdd timestamp base64Encode base64Decode encodeURI decodeURI htmlEncode htmlDecode jsonEncode
            jsonParse jsonSerialize stripProtocol stripQuerystring regexMatch regexReplace regexSearch hash hmac aws4
            eq typeOf isTruthy isFalsey hasOwn hasNoItems addCommas bytes ordinalize
            first last";
        let blocks =
            "and or neither not if unless with each compare contains inArray filter some startsWith isEmpty ifEven";
        let want: BTreeSet<_> = names.split_whitespace().collect();
        let have: Vec<_> = GROUPS.iter().flat_map(|(_, group)| group.iter().map(|helper| helper.name)).collect();
        assert_eq!((have.iter().copied().collect::<BTreeSet<_>>(), have.len()), (want, 79 + 2));
        let want: BTreeSet<_> = blocks.split_whitespace().collect();
        assert_eq!(
            (blocks::ALL.iter().map(|helper| helper.name).collect::<BTreeSet<_>>(), blocks::ALL.len()),
            (want, 16)
        );
    }

    /// The editors offer what templates know, and the help of each is that of a helper which is there.
    #[test]
    fn every_name_that_templates_know_has_help_and_an_example() {
        let shown: Vec<_> = helpers().map(|helper| helper.name).collect();
        let known = GROUPS.iter().flat_map(|(_, group)| group.iter().map(|helper| helper.name));
        for name in known.chain(blocks::ALL.iter().map(|helper| helper.name)).chain(ALIASES.map(|alias| alias.name)) {
            assert_eq!(shown.iter().filter(|shown| **shown == name).count(), 1, "{name}");
        }
        assert_eq!(shown.len(), 79 + 2 + 16 + ALIASES.len());
        let of = |name: &str| helpers().find(|helper| helper.name == name).unwrap();
        assert_eq!(of("jsonStringify").help, of("jsonSerialize").help);
        for alias in &ALIASES {
            assert!(inline(alias.name).is_some() && alias.example.contains(alias.name), "{}", alias.name);
        }
    }

    #[test]
    fn every_helper_prints_what_its_example_says() {
        let context = checks::context(EXAMPLE_CONTEXT);
        for helper in helpers() {
            let made = checks::render(helper.example, &context);
            assert_eq!(made.as_deref(), Ok(helper.prints), "{}", helper.example);
            assert!(helper.example.contains(helper.name) && !helper.help.is_empty(), "{}", helper.name);
        }
    }
}
