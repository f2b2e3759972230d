//! Any text is rendered or refused with a place, whatever it holds and however it is nested or cut off.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that stops fails at the right line")]

use proptest::prelude::*;
use tombolo_model::{KeyPool, Record, Val};
use tombolo_template::{EXAMPLE_CONTEXT, Env, Options, SqlDialect, Target, Template, TemplateError, helpers};

fn context() -> Record {
    match Val::parse(EXAMPLE_CONTEXT.as_bytes(), &mut KeyPool::default()).unwrap() {
        Val::Map(context) => context,
        other => panic!("{other:?}"),
    }
}

fn try_out(source: &str, strict: bool) -> Result<String, TemplateError> {
    let partials = [("p", "<{{this}}{{#if name}}{{> p name=\"\"}}{{/if}}>"), ("deep", "{{> deep}}")];
    let options = Options { target: Target::Sql(SqlDialect::default()), strict, partials: &partials };
    Template::compile_with(source, &options)?.render_in(&context(), &Env::new(1_745_170_700_123, 1))
}

#[test]
fn a_big_value_that_is_copied_very_often_is_too_much_work() {
    let template = |source| Template::compile_with(source, &Options::default()).unwrap();
    let list: Vec<String> = (0..5_000).map(|number| number.to_string()).collect();
    let fields: Vec<String> = (0..20_000).map(|number| format!("\"{number}\":{number}")).collect();
    let text = format!("{{\"list\":[{}],\"big\":{{{}}}}}", list.join(","), fields.join(","));
    let Val::Map(context) = Val::parse(text.as_bytes(), &mut KeyPool::default()).unwrap() else { panic!("an object") };
    for source in [
        "{{#each list}}{{#if (lookup @root \"big\")}}{{/if}}{{/each}}",
        "{{#each list}}{{#if (getValue \"big\" 1)}}{{/if}}{{/each}}",
    ] {
        let made = template(source).render_in(&context, &Env::new(0, 1));
        assert!(matches!(made, Err(TemplateError::TooMuchWork { .. })), "{source}: {made:?}");
    }
    let made = template("{{#each list}}{{lookup @root.big this}}{{/each}}").render_in(&context, &Env::new(0, 1));
    assert_eq!(made.as_deref(), Ok(&*list.concat()), "what is only looked into is not copied");
}

fn argument() -> impl Strategy<Value = String> {
    let paths =
        ["record.name", "record.tags", "record.lines", "record.none", "record.price", "this", "record", "..", "@index"];
    prop_oneof![
        3 => prop::sample::select(paths.to_vec()).prop_map(str::to_owned),
        2 => (-3_i64..100).prop_map(|number| number.to_string()),
        3 => "[^\"{}\\\\]{0,6}".prop_map(|text| format!("\"{text}\"")),
        1 => prop::sample::select(vec!["\"(a+)+$\"", "\"[\"", "\"\\\\d{2,}\"", "\"YYYY [x] dddd Z\"", "\"😀é\"", "true", "null"])
            .prop_map(str::to_owned),
    ]
}

fn call() -> impl Strategy<Value = String> {
    let names: Vec<(&str, bool)> = helpers().map(|helper| (helper.name, helper.group == "block")).collect();
    (prop::sample::select(names), prop::collection::vec(argument(), 0..5)).prop_map(|((name, block), arguments)| {
        let call = format!("{name} {}", arguments.join(" "));
        if block {
            format!("{{{{#{call}}}}}{{{{this}}}}{{{{else}}}}no{{{{/{name}}}}}")
        } else {
            format!("{{{{{call}}}}}")
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_rendered_or_refused(
        pieces in prop::collection::vec(
            prop_oneof![
                3 => "[{}()\\[\\]\"'.!&#/~^>|@= -]{1,3}",
                3 => prop::sample::select(vec![
                    "{{", "}}", "{{{", "}}}", "{{{{raw}}}}", "{{{{/raw}}}}", "{{!--", "--}}", "\\{{", "\\\\{{", "{{#if record}}",
                    "{{/if}}", "{{#each record}}", "{{/each}}", "{{else}}", "{{else if this}}", "{{> p}}", "{{#> p}}", "{{/p}}",
                    "{{#*inline \"p\"}}", "{{/inline}}", " as |a b|", "../", "@root", "record.tags", "\r\n", "\n  ",
                ]).prop_map(str::to_owned),
                1 => "\\PC{0,3}",
            ],
            0..24,
        ),
        strict: bool,
    ) {
        if let Err(error) = try_out(&pieces.concat(), strict) {
            prop_assert!(error.at() <= pieces.concat().chars().count() + 1, "{error}");
        }
    }

    #[test]
    fn every_helper_takes_any_arguments(calls in prop::collection::vec(call(), 1..4)) {
        if let Err(error) = try_out(&calls.concat(), false) {
            prop_assert!(!error.to_string().is_empty() && !error.code().is_empty());
        }
    }
}

#[test]
fn nesting_output_and_work_have_limits() {
    let nested = |levels: usize| format!("{}{}", "{{#if record}}".repeat(levels), "{{/if}}".repeat(levels));
    let chain = |links: usize| format!("{{{{#if no}}}}{}{{{{/if}}}}", "{{else if no}}x".repeat(links));
    let calls = |levels: usize| format!("é{{{{trim {}record.name{}}}}}", "(trim ".repeat(levels), ")".repeat(levels));
    for source in [nested(120), chain(120), calls(30)] {
        assert!(try_out(&source, false).is_ok(), "{}", &source[..40]);
    }
    for source in [
        nested(100_000),
        chain(100_000),
        calls(100_000),
        "{{> deep}}".to_owned(),
        "é{{".to_owned() + &"(".repeat(1_000_000) + "}}",
    ] {
        let error = try_out(&source, false).unwrap_err();
        let is_limit = matches!(error, TemplateError::TooDeep { .. } | TemplateError::TooLarge { .. });
        assert!(is_limit || matches!(error, TemplateError::Syntax { .. }), "{error}");
    }
    let many = "{{#each @root.record.name}}".repeat(12) + "x" + &"{{/each}}".repeat(12);
    assert!(matches!(try_out(&many, false).unwrap_err(), TemplateError::TooMuchWork { at: 1.., .. }));
    let whole =
        "{{#each @root.record.numbers}}{{lookup @root \"x\"}}{{#with this}}{{lookup @root \"x\"}}{{/with}}{{/each}}";
    assert_eq!(try_out(whole, false).as_deref(), Ok("''''''''''''"));
    let long = "{{padLeft 1 9000000}}{{padLeft 1 9000000}}";
    assert!(matches!(try_out(long, false).unwrap_err(), TemplateError::TooLong { at: 22, .. }));
}

#[test]
fn prototype_names_are_fields_like_any_other() {
    let json = r#"{"__proto__":{"a":1},"constructor":"c","prototype":[2],"o":{"__proto__":"p"}}"#;
    let Val::Map(context) = Val::parse(json.as_bytes(), &mut KeyPool::default()).unwrap() else { panic!("an object") };
    let source = "{{__proto__.a}}{{constructor}}{{prototype.[0]}}{{o.__proto__}}{{#each this}}{{@key}},{{/each}}{{o.constructor}}{{toString}}";
    let made = Template::compile(source, Target::Plain).unwrap().render_in(&context, &Env::default());
    assert_eq!(made.as_deref(), Ok("1c2p__proto__,constructor,prototype,o,"));
}
