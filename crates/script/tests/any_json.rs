//! Any JSON goes into a script and comes back as it was; any text is a script or an error, and never a panic.

use std::rc::Rc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tombolo_script::{Instance, Limits, Moment, NoApi};

const AT: Moment = Moment { now_ms: 1_780_000_000_123, seed: 7 };

fn instance() -> Instance {
    Instance::new(Rc::new(NoApi), Limits::default())
}

/// JSON as JavaScript can keep it: whole numbers up to 2^53.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has it", |number| number.is_finite() && number.fract() != 0.0)
            .prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["\u{0}\u{8}\u{c}\u{2028}\u{2029}\\\"/", "\u{feff}", "😀\u{301}", "</script>"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let name = prop_oneof![
            4 => "[a-z]{1,4}",
            1 => prop::sample::select(vec!["__proto__", "constructor", "prototype", "toJSON", "length", "0", "-1", "", "then", "valueOf"])
                .prop_map(ToOwned::to_owned),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_comes_back_from_a_script_as_it_went_in(value in value()) {
        let mut scripts = instance();
        let source = "function same(x) { return x; }\nfunction again(x) { return JSON.parse(JSON.stringify(x)); }\nfunction spread(x) { return { ...x }; }";
        scripts.load("s", source, AT).unwrap();
        let text = value.to_string();
        for function in ["same", "again"] {
            let made = scripts.call("s", function, &text, AT).result.unwrap().unwrap();
            let made: Value = serde_json::from_str(&made).unwrap();
            prop_assert_eq!(&made, &value, "{}", function);
        }
        if value.is_object() {
            let made = scripts.call("s", "spread", &text, AT).result.unwrap().unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&made).unwrap(), value);
        }
    }

    #[test]
    fn any_text_is_a_script_or_an_error(
        pieces in prop::collection::vec(
            prop_oneof![
                3 => prop::sample::select(vec![
                    "function f(o) {", "}", "return ", "o.data", "[", "]", "(", ")", "=>", "`${", "`", "'", "\"", "/", "/*", "*/", "//", "\n", ";",
                    "import x from 'dayjs';", "import './y';", "export ", "default ", "class A extends ", "get ", "async ", "await ", "yield ", "function* g() {",
                    "new Proxy({}, {})", "Symbol.iterator", "throw ", "try {", "} catch {", "} finally {", "label: for (;;) {", "break label;", "while (true) {",
                    "let x = ", "var f", "const {", "...", "?.", "??=", "**", "<!--", "#x", "\\u{41}", "0n", "1e999", "with (o) {", "eval('1')", "debugger;",
                    "new Function('return this')()", "JSON.parse('[1')", "o.toJSON = () => o;", "return o;",
                ]).prop_map(str::to_owned),
                1 => "\\PC{0,4}",
            ],
            0..24,
        ),
    ) {
        let limits = Limits { loops: 10_000, ..Limits::default() };
        let mut scripts = Instance::new(Rc::new(NoApi), limits);
        let source = pieces.concat();
        if scripts.load("s", &source, AT).is_ok()
            && let Err(error) = scripts.call("s", "f", &json!({"data": [1, {"a": null}]}).to_string(), AT).result
        {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

/// Takes a script, or says what is wrong with it.
fn taken(source: &str) {
    let mut scripts = Instance::new(Rc::new(NoApi), Limits { loops: 10_000, ..Limits::default() });
    if scripts.load("s", source, AT).is_ok()
        && let Err(error) = scripts.call("s", "f", &json!({"data": [1, {"a": null}]}).to_string(), AT).result
    {
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn the_kept_scripts_and_what_is_left_of_them_when_they_are_cut_are_taken_or_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/fuzz/script");
    let kept: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(kept.len() >= 5);
    for script in kept {
        taken(&script);
        for at in (0..script.len()).step_by(7).filter(|at| script.is_char_boundary(*at)) {
            taken(&script[..at]);
            taken(&script[at..]);
        }
    }
}
