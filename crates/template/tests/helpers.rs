//! Each helper by its name, as the specification words it: what it makes, and what of things it cannot work on.
//!
//! Written from the specification and not from the code; the tests beside the code go deeper.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that stops fails at the right line")]

use std::collections::BTreeSet;

use tombolo_model::{KeyPool, Val};
use tombolo_template::{Env, Target, Template, helpers};

/// 2025-04-20T17:38:20.123Z.
const NOW_MS: i64 = 1_745_170_700_123;

const CONTEXT: &str = r#"{"n":5,"neg":-5.5,"s":"hello big World","list":["c","a","b","a"],"nums":[10,9,1],"none":null,"empty":[],
"blank":"","o":{"k":{"v":7}},"people":[{"n":{"f":"Ann"}},{"n":{"f":"Bob"}}],"yes":true,"zero":0,"html":"<b>x & y</b>",
"url":"https://a.example/p?q=1?r","json":"{\"a\":[1]}","day":"2025-03-26T12:34:56Z",
"hmacOptions":{"method":"GET","URI":"https://example.amazonaws.com/","headers":{"X-Amz-Date":"20150830T123600Z"}}}"#;

/// Helper, template, what it prints; behind `!`, a part of its error.
const INLINE: &[(&str, &str, &str)] = &[
    ("abs", "{{abs neg}} {{abs \"-3\"}}", "5.5 3"),
    ("add", "{{add 1 2 3}} {{add n \"2\"}}", "6 7"),
    ("subtract", "{{subtract 10 2 3}}", "5"),
    ("multiply", "{{multiply 2 3 4}}", "24"),
    ("divide", "{{divide 7 2}}", "3.5"),
    ("modulo", "{{modulo 7 3}}", "1"),
    ("avg", "{{avg 1 2 6}}", "3"),
    ("sum", "{{sum nums}} {{sum 1 2 3}}", "20 6"),
    ("ceil", "{{ceil 1.2}} {{ceil neg}}", "2 -5"),
    ("floor", "{{floor 1.8}} {{floor neg}}", "1 -6"),
    ("round", "{{round 2.5}} {{round 2.4}}", "3 2"),
    ("toFixed", "{{toFixed 3.14159 2}} {{toFixed 3 2}}", "3.14 3.00"),
    ("toPrecision", "{{toPrecision 123.456 4}}", "123.5"),
    ("toExponential", "{{toExponential 12345 2}}", "1.23e+4"),
    ("uppercase", "{{uppercase s}}", "HELLO BIG WORLD"),
    ("lowercase", "{{lowercase s}}", "hello big world"),
    ("capitalize", "{{capitalize s}}", "Hello big World"),
    ("capitalizeAll", "{{capitalizeAll \"hello bIG world\"}}", "Hello BIG World"),
    ("sentence", "{{sentence \"hELLO Big world\"}}", "Hello big world"),
    ("camelcase", "{{camelcase \"foo bar-baz 2\"}}", "fooBarBaz2"),
    ("pascalcase", "{{pascalcase \"foo bar-baz\"}}", "FooBarBaz"),
    ("snakecase", "{{snakecase \"fooBar  Baz\"}}", "foo_bar_baz"),
    ("dashcase", "{{dashcase \"fooBar_Baz\"}}", "foo-bar-baz"),
    ("dotcase", "{{dotcase \"foo-BarBaz\"}}", "foo.bar.baz"),
    ("pathcase", "{{pathcase \"foo BarBaz\"}}", "foo/bar/baz"),
    ("trim", "[{{trim \"  a b  \"}}]", "[a b]"),
    ("trimLeft", "[{{trimLeft \"  a \"}}]", "[a ]"),
    ("trimRight", "[{{trimRight \" a  \"}}]", "[ a]"),
    ("chop", "[{{chop \"__-a_b-!\"}}]", "[a_b]"),
    ("padLeft", "{{padLeft n 3 \"0\"}}|{{padLeft s 3}}", "005|hello big World"),
    ("padRight", "{{padRight n 4 \"ab\"}}|{{padRight n \"x\"}}", "5aba|5"),
    ("replace", "{{replace \"a.a\" \".\" \"-\"}} {{replace \"aAa\" \"a\" \"b\"}}", "a-a bAb"),
    ("replacefirst", "{{replacefirst \"aaa\" \"a\" \"b\"}}", "baa"),
    ("removefirst", "{{removefirst \"abab\" \"b\"}}", "aab"),
    ("reverse", "{{reverse \"abc\"}} {{reverse nums}}", "cba 1,9,10"),
    ("split", "{{split \"a-b-c\" \"-\"}}{{split \"a-b-c\" \"-\" 2}}", "ac"),
    ("join", "{{join \"/\" \"x\" list}}", "x/c/a/b/a"),
    ("substring", "{{substring s 6 9}}", "big"),
    ("occurrences", "{{occurrences \"banana\" \"an\"}} {{occurrences \"aaa\" \"aa\"}}", "2 1"),
    ("truncateWords", "{{truncateWords s 2}}|{{truncateWords s 0}}|{{truncateWords s \"x\"}}", "hello big…|…|"),
    ("sanitize", "{{{sanitize html}}}", "x & y"),
    ("after", "{{after list 2}}", "b,a"),
    ("before", "{{before list 2}}", "c,a"),
    ("arrayify", "{{{jsonSerialize (arrayify none)}}}{{{jsonSerialize (arrayify n)}}}", "[][5]"),
    ("first", "{{first list}} {{first list 2}}", "c c,a"),
    ("last", "{{last list}} {{last list 2}}", "a b,a"),
    ("pluck", "{{pluck people \"n.f\"}}", "Ann,Bob"),
    ("sort", "{{sort nums}} {{sort nums number=\"true\"}} {{sort list reverse=\"true\"}}", "1,10,9 1,9,10 c,b,a,a"),
    ("unique", "{{unique list}}", "c,a,b"),
    ("getValue", "{{getValue \"o.k.v\"}}{{getValue \"o.no\" \"d\"}}", "7d"),
    ("lookup", "{{lookup \"states\" \"TX\"}}", "Texas"),
    ("dateFormat", "{{dateFormat \"DD/MM/YYYY HH:mm\" day}}", "26/03/2025 12:34"),
    (
        "dateFormat",
        "{{dateFormat \"YYYY-MM-DD HH:mm\" \"26.03.2025 09:00\" \"DD.MM.YYYY HH:mm\" \"America/New_York\"}}",
        "2025-03-26 05:00",
    ),
    (
        "dateAdd",
        "{{dateAdd day 1000}} {{dateAdd day 0 \"Asia/Tokyo\"}}",
        "2025-03-26T12:34:57.000Z 2025-03-26T21:34:56.000+09:00",
    ),
    (
        "timestamp",
        "{{timestamp}} {{timestamp \"YYYY-MM-DD HH:mm\" \"Asia/Tokyo\"}}",
        "2025-04-20T17:38:20.123Z 2025-04-21 02:38",
    ),
    ("base64Encode", "{{base64Encode \"héy\"}}", "aMOpeQ=="),
    ("base64Decode", "{{base64Decode \"aMOpeQ==\"}} {{base64Decode \"aGk=\" \"hex\"}}", "héy 6869"),
    ("encodeURI", "{{{encodeURI \"a b,/?:@&=+$#\"}}}", "a%20b%2C%2F%3F%3A%40%26%3D%2B%24%23"),
    ("decodeURI", "{{{decodeURI \"a%20b%2C\"}}}", "a b,"),
    ("htmlEncode", "{{{htmlEncode html}}}", "&lt;b&gt;x &amp; y&lt;/b&gt;"),
    ("htmlDecode", "{{{htmlDecode \"&lt;&eacute;&#65;&gt;\"}}}", "<éA>"),
    ("jsonEncode", "{{{jsonEncode \"a\\\"b\"}}} {{{jsonEncode o}}}", "a\\\"b [object Object]"),
    ("jsonParse", "{{#with (jsonParse json)}}{{a}}{{/with}}", "1"),
    ("jsonSerialize", "{{{jsonSerialize o}}}", "{\"k\":{\"v\":7}}"),
    ("jsonStringify", "{{{jsonStringify list}}}", "[\"c\",\"a\",\"b\",\"a\"]"),
    ("stripProtocol", "{{{stripProtocol url}}}", "//a.example/p?q=1?r"),
    ("stripQuerystring", "{{{stripQuerystring url}}}", "https://a.example/p"),
    (
        "regexMatch",
        "{{regexMatch \"a1b22\" \"[0-9]+\"}} {{regexMatch \"a1b22\" \"[0-9]+\" 1}} {{regexMatch \"AB\" \"b\" \"i\"}}|{{regexMatch \"a\" \"z\"}}|",
        "1 22 B||",
    ),
    ("regexReplace", "{{regexReplace \"aaa\" \"b\" \"a\"}} {{regexReplace \"aaa\" \"b\" \"a\" \"g\"}}", "baa bbb"),
    (
        "regexSearch",
        "{{regexSearch \"ab1\" \"[0-9]\"}} {{regexSearch \"ab\" \"[0-9]\"}} {{regexSearch \"xay\" \"(?<=x)a\"}}",
        "2 -1 1",
    ),
    (
        "hash",
        "{{hash \"sha1\" \"hex\" \"abc\"}} {{{hash \"md5\" \"base64\" \"abc\"}}}",
        "a9993e364706816aba3e25717850c26c9cd0d89d kAFQmDzST7DWlj99KOF/cg==",
    ),
    (
        "hmac",
        "{{hmac \"sha256\" \"key\" \"hex\" \"The quick brown fox jumps over the lazy dog\"}}",
        "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
    ),
    // “get-vanilla” of the suite that AWS published for signatures of version 4.
    (
        "aws4",
        "{{{aws4 \"AKIDEXAMPLE\" \"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\" \"\" \"us-east-1\" \"service\"}}}",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    ("eq", "{{eq 5 \"5\"}} {{eq 5 6}}", "true false"),
    (
        "typeOf",
        "{{typeOf none}} {{typeOf list}} {{typeOf n}} {{typeOf s}} {{typeOf o}}",
        "object array number string object",
    ),
    ("isTruthy", "{{isTruthy n}} {{isTruthy zero}}", "true false"),
    ("isFalsey", "{{isFalsey blank}} {{isFalsey s}}", "true false"),
    ("hasOwn", "{{hasOwn o \"k\"}} {{hasOwn o \"toString\"}}", "true false"),
    ("hasNoItems", "{{hasNoItems empty}} {{hasNoItems list}}", "true false"),
    ("addCommas", "{{addCommas 1234567.5}}|{{addCommas \"x\"}}|", "1,234,567.5||"),
    ("bytes", "{{bytes 1500}} {{bytes \"héllo\"}}", "1.5 kB 6 B"),
    ("ordinalize", "{{ordinalize 2}} {{ordinalize 13}} {{ordinalize 21}}", "2nd 13th 21st"),
];

const BLOCKS: &[(&str, &str, &str)] = &[
    ("and", "{{#and n s}}y{{else}}n{{/and}}{{#and n zero}}y{{else}}n{{/and}}", "yn"),
    ("or", "{{#or zero n}}y{{else}}n{{/or}}{{#or zero blank}}y{{else}}n{{/or}}", "yn"),
    ("neither", "{{#neither zero blank}}y{{else}}n{{/neither}}{{#neither zero n}}y{{else}}n{{/neither}}", "yn"),
    ("not", "{{#not zero}}y{{else}}n{{/not}}{{#not empty}}y{{else}}n{{/not}}", "yn"),
    ("if", "{{#if zero}}a{{else if n}}b{{else}}c{{/if}}{{#if empty}}y{{else}}n{{/if}}", "bn"),
    ("unless", "{{#unless zero}}y{{else}}n{{/unless}}{{#unless n}}y{{else}}n{{/unless}}", "yn"),
    ("with", "{{#with o.k}}{{v}}{{/with}}{{#with none}}y{{else}}n{{/with}}", "7n"),
    (
        "each",
        "{{#each list}}{{@index}}{{this}}{{#if @last}}.{{/if}}{{/each}}{{#each o}}{{@key}}{{/each}}{{#each \"hi\"}}<{{this}}>{{/each}}{{#each empty}}x{{else}}none{{/each}}",
        "0c1a2b3a.k<h><i>none",
    ),
    (
        "compare",
        "{{#compare n \"==\" \"5\"}}y{{else}}n{{/compare}}{{#compare n \"===\" \"5\"}}y{{else}}n{{/compare}}{{#compare \"10\" \"<\" \"9\"}}y{{/compare}}{{#compare n \">\" 9}}a{{else compare n \"<=\" 5}}b{{else}}c{{/compare}}",
        "ynyb",
    ),
    ("contains", "{{#contains s \"big\"}}y{{else}}n{{/contains}}{{#contains list \"z\"}}y{{else}}n{{/contains}}", "yn"),
    (
        "inArray",
        "{{#inArray nums 9}}y{{else}}n{{/inArray}}{{#inArray nums \"9\"}}y{{else}}n{{/inArray}}{{#inArray o 7}}y{{else}}n{{/inArray}}",
        "ynn",
    ),
    (
        "filter",
        "{{#filter list \"a\"}}<{{this}}>{{else}}none{{/filter}}{{#filter people \"Bob\" \"n.f\"}}{{n.f}}{{/filter}}{{#filter list \"z\"}}x{{else}}none{{/filter}}[{{#filter s \"a\"}}x{{else}}y{{/filter}}]",
        "<a><a>Bobnone[]",
    ),
    ("some", "{{#some nums isNumber}}y{{else}}n{{/some}}{{#some nums isString}}y{{else}}n{{/some}}", "yn"),
    (
        "startsWith",
        "{{#startsWith \"hel\" s}}y{{else}}n{{/startsWith}}{{#startsWith \"x\" s}}y{{else}}n{{/startsWith}}",
        "yn",
    ),
    (
        "isEmpty",
        "{{#isEmpty empty}}y{{else}}n{{/isEmpty}}{{#isEmpty missing}}y{{else}}n{{/isEmpty}}{{#isEmpty list}}y{{else}}n{{/isEmpty}}",
        "yyn",
    ),
    ("ifEven", "{{#ifEven 4}}y{{else}}n{{/ifEven}}{{#ifEven n}}y{{else}}n{{/ifEven}}", "yn"),
];

fn render(template: &str) -> Result<String, String> {
    let Val::Map(context) = Val::parse(CONTEXT.as_bytes(), &mut KeyPool::default()).unwrap() else {
        panic!("no object")
    };
    let states = |name: &str, key: &Val| {
        (name == "states").then(|| if key.as_str() == Some("TX") { Ok(Val::text("Texas")) } else { Ok(Val::Absent) })
    };
    let env = Env::new(NOW_MS, 7).with_lookups(&states);
    let compiled = Template::compile(template, Target::Plain).map_err(|error| error.to_string())?;
    compiled.render_in(&context, &env).map_err(|error| error.to_string())
}

fn wrong(rows: &[(&str, &str, &str)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, template, want) in rows {
        assert!(template.contains(name), "{name} is not in its own case");
        let made = render(template);
        let fits = match (&made, want.strip_prefix('!')) {
            (Ok(made), None) => made == want,
            (Err(error), Some(part)) => error.contains(part),
            _ => false,
        };
        if !fits {
            wrong.push(format!("{name}: {template}\n  want {want:?}\n  made {made:?}"));
        }
    }
    wrong
}

#[test]
fn every_inline_helper_does_what_the_specification_says() {
    let wrong = wrong(INLINE);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let random = render("{{random \"crypto\" 16}} {{random \"uuid\"}} {{random \"number\" 9}}").unwrap();
    let parts: Vec<&str> = random.split(' ').collect();
    assert_eq!((parts[0].len(), parts[1].len(), parts[2].len()), (16, 36, 9), "{random}");
    assert!(parts[2].bytes().all(|byte| byte.is_ascii_digit()));
    let named: BTreeSet<&str> = INLINE.iter().map(|(name, ..)| *name).chain(["random", "encodeURIComponent"]).collect();
    let all: Vec<_> = helpers().filter(|helper| helper.group != "block").map(|helper| helper.name).collect();
    let missing: Vec<_> = all.iter().filter(|name| !named.contains(**name)).collect();
    assert!(missing.is_empty() && named.len() == 79 + 4, "{missing:?} {}", named.len());
}

#[test]
fn every_block_helper_does_what_the_specification_says() {
    let wrong = wrong(BLOCKS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let named: BTreeSet<&str> = BLOCKS.iter().map(|(name, ..)| *name).collect();
    let all: BTreeSet<_> = helpers().filter(|helper| helper.group == "block").map(|helper| helper.name).collect();
    assert_eq!(named, all);
}
