//! Scripts as authors write them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a script that is not called fails at the right line")]

use std::rc::Rc;

use serde_json::{Value, json};
use tombolo_script::{Answer, Api, ApiCall, Instance, Level, Limits, Line, Moment, NoApi, Place, ScriptError};

const AT: Moment = Moment { now_ms: 1_780_000_000_123, seed: 7 };

/// An instance, called with values.
struct Scripts(Instance);

impl Scripts {
    fn new(api: impl Api + 'static) -> Self {
        Self(Instance::new(Rc::new(api), Limits::default()))
    }

    fn load(&mut self, id: &str, source: &str) -> Result<(), ScriptError> {
        self.0.load(id, source, AT).map_err(|(error, _)| error)
    }

    fn answer(&mut self, id: &str, function: &str, argument: &Value) -> Answer {
        self.0.call(id, function, &argument.to_string(), AT)
    }

    fn call(&mut self, id: &str, function: &str, argument: &Value) -> Result<Option<Value>, ScriptError> {
        let text = self.answer(id, function, argument).result?;
        Ok(text.map(|text| serde_json::from_str(&text).unwrap()))
    }

    fn console(&mut self, id: &str, function: &str) -> Vec<Line> {
        self.answer(id, function, &Value::Null).console
    }
}

fn scripts() -> Scripts {
    Scripts::new(NoApi)
}

/// Calls `f` of a script.
fn call(source: &str, argument: &Value) -> Result<Option<Value>, ScriptError> {
    let mut scripts = scripts();
    scripts.load("s", source)?;
    scripts.call("s", "f", argument)
}

fn value(source: &str) -> Value {
    let Ok(Some(value)) = call(source, &Value::Null) else { panic!("{source}") };
    value
}

#[test]
fn a_function_is_found_however_it_is_written() {
    for source in [
        "function f(o) { return o.a + 1; }",
        "const f = (o) => o.a + 1;",
        "var f = function (o) { return o.a + 1; };",
        "export function f(o) { return o.a + 1; }",
        "import { state } from 'integrator-api';\nfunction f(o) { return o.a + 1; }",
        "import { state } from 'integrator-api';\nconst f = (o) => o.a + 1;\nexport { f };",
        "function g(o) { return o.a + 1; }\nexport { g as f };",
        "async function f(o) { return (await o.a) + 1; }",
        "f = function (o) { counter = o.a; return counter + 1; };",
    ] {
        assert_eq!(call(source, &json!({"a": 1})), Ok(Some(json!(2))), "{source}");
    }
}

#[test]
fn a_function_that_is_not_there_is_named() {
    for source in ["function g() {}", "export function g() {}", "const f = 1;", "import 'dayjs';\nconst f = 1;"] {
        let error = call(source, &Value::Null).unwrap_err();
        assert_eq!(error, ScriptError::NoFunction { function: "f".into() }, "{source}");
    }
    let mut scripts = scripts();
    scripts.load("s", "globalThis.hit = 1;").unwrap();
    let odd = scripts.call("s", "f); hit = 2; (f", &Value::Null);
    assert!(matches!(odd, Err(ScriptError::NoFunction { .. })), "{odd:?}");
    assert!(matches!(scripts.call("t", "f", &Value::Null), Err(ScriptError::NoScript { .. })));
}

#[test]
fn what_is_returned_is_what_json_stringify_writes() {
    for (source, want) in [
        (
            "({ d: new Date(0), n: NaN, i: -Infinity, u: undefined, g() {}, s: Symbol('x') })",
            json!({"d": "1970-01-01T00:00:00.000Z", "n": null, "i": null}),
        ),
        ("[undefined, () => 1, , 3]", json!([null, null, null, 3])),
        ("[1.0, 1.5, 1e21, -0, 2 ** 53 - 1]", json!([1, 1.5, 1e21, 0, 9_007_199_254_740_991_i64])),
        ("({ toJSON() { return { a: new String('x'), b: new Number(2) }; } })", json!({"a": "x", "b": 2})),
        ("new Map([[1, 2]])", json!({})),
        (
            "Object.create({ inherited: 1 }, { hidden: { value: 1 }, seen: { value: 2, enumerable: true } })",
            json!({"seen": 2}),
        ),
        ("new Proxy({ a: 1 }, {})", json!({"a": 1})),
        ("[new Boolean(false), 'a\\ud800']", json!([false, "a\u{fffd}"])),
        ("(() => { const x = { a: 1 }; return [x, x]; })()", json!([{"a": 1}, {"a": 1}])),
    ] {
        assert_eq!(value(&format!("function f() {{ return {source}; }}")), want, "{source}");
    }
    assert_eq!(call("function f() {}", &Value::Null), Ok(None));
}

#[test]
fn hostile_keys_are_data_on_both_ways() {
    let record: Value = serde_json::from_str(
        r#"{"__proto__":{"polluted":true},"constructor":1,"prototype":2,"toString":"t","hasOwnProperty":3,"0":"zero"}"#,
    )
    .unwrap();
    assert_eq!(call("function f(r) { return r; }", &record), Ok(Some(record.clone())));
    let polluted = call("function f(r) { return [({}).polluted === undefined, r.__proto__.polluted]; }", &record);
    assert_eq!(polluted, Ok(Some(json!([true, true]))));
}

#[test]
fn what_cannot_be_passed_on_is_named_with_its_path() {
    let refused = |source: &str| match call(&format!("function f() {{ {source} }}"), &Value::Null) {
        Err(ScriptError::Result { what }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("return { a: [1n] };"), "a BigInt (at $.a[0])");
    assert!(refused("const a = {}; a.b = { a }; return a;").starts_with("an object that contains itself (at $.b.a"));
    assert!(
        refused("let a = []; for (let i = 0; i < 200; i++) a = [a]; return a;").starts_with("more than 100 levels")
    );
    assert!(refused("return 'x'.repeat(6e6);").starts_with("more than 5 MB"));
    assert!(refused("const a = []; a.length = 4e9; return a;").starts_with("more than 5 MB"));
}

#[test]
fn an_error_says_what_and_where() {
    let source = "function f(o) {\n  const a = undefined;\n  return a.b;\n}";
    let Err(ScriptError::Thrown { name, message, place, stack }) = call(source, &Value::Null) else { panic!() };
    assert_eq!(name, "TypeError");
    assert!(!message.is_empty());
    assert_eq!(place.map(|place| place.line), Some(3), "{stack}");
    let own = "class Refused extends Error { constructor(m) { super(m); this.name = 'Refused'; } }\nfunction f() { throw new Refused('no'); }";
    let Err(ScriptError::Thrown { name, message, .. }) = call(own, &Value::Null) else { panic!() };
    assert_eq!((name.as_str(), message.as_str()), ("Refused", "no"));
    for (thrown, want) in [("'plain'", "plain"), ("{ code: 7, message: 'coded' }", "coded"), ("null", "null")] {
        let Err(ScriptError::Thrown { message, .. }) =
            call(&format!("function f() {{ throw {thrown}; }}"), &Value::Null)
        else {
            panic!("{thrown}")
        };
        assert!(message.contains(want), "{thrown}: {message}");
    }
    let rejected = call("async function f() { throw new Error('later'); }", &Value::Null);
    assert!(matches!(rejected, Err(ScriptError::Thrown { message, .. }) if message == "later"));
    let pending = call("function f() { return new Promise(() => {}); }", &Value::Null);
    assert_eq!(pending, Err(ScriptError::Pending));
}

#[test]
fn text_that_is_no_javascript_is_refused_with_its_place() {
    let mut scripts = scripts();
    for (source, line) in
        [("function f( {\n}", 2), ("const a = 1;\nconst = 2;", 2), ("import x from 'dayjs';\nlet let = 1;", 2)]
    {
        let Err(ScriptError::Syntax { place, message }) = scripts.load("s", source) else { panic!("{source}") };
        assert_eq!(place.map(|Place { line, .. }| line), Some(line), "{source}: {message}");
    }
    let inner = scripts.load("s", "import { zoneOffset } from 'tombolo:zones';");
    assert!(inner.is_err(), "only what is built in imports what is inside");
    let error = scripts.load("s", "import fs from 'fs';").unwrap_err().to_string();
    assert!(error.contains("“fs”") && error.contains("integrator-api"), "{error}");
}

#[test]
fn there_is_nothing_around_a_script() {
    let source = "function f() { return ['require', 'process', 'fetch', 'XMLHttpRequest', 'setTimeout', 'window', 'self',
        'document', 'Deno', 'importScripts', 'WebAssembly'].filter((name) => typeof globalThis[name] !== 'undefined'); }";
    assert_eq!(value(source), json!([]));
    for code in ["eval('1')", "new Function('return 1')()", "(() => {}).constructor('return 1')()"] {
        let error = call(&format!("function f() {{ return {code}; }}"), &Value::Null).unwrap_err().to_string();
        assert!(error.contains("not available"), "{code}: {error}");
    }
}

#[test]
fn a_script_that_does_not_end_is_stopped_and_cannot_catch_it() {
    for body in [
        "while (true) {}",
        "for (;;) { try { while (true) {} } catch (e) {} }",
        "function g() { try { g(); } catch (e) { g(); } } g();",
        "[1].forEach(function g() { [1].forEach(g); });",
    ] {
        let stopped = call(&format!("function f() {{ {body} }}"), &Value::Null);
        assert!(matches!(stopped, Err(ScriptError::Limit { .. })), "{body}: {stopped:?}");
    }
}

#[test]
fn a_script_goes_on_after_a_call_that_failed() {
    let mut scripts = scripts();
    scripts
        .load("s", "let n = 0; function f(o) { n += 1; if (o.loop) while (true) {} if (o.bad) throw 1; return n; }")
        .unwrap();
    assert_eq!(scripts.call("s", "f", &json!({})), Ok(Some(json!(1))));
    assert!(scripts.call("s", "f", &json!({"bad": true})).is_err());
    assert!(scripts.call("s", "f", &json!({"loop": true})).is_err());
    assert_eq!(scripts.call("s", "f", &json!({})), Ok(Some(json!(4))), "what a script keeps, it keeps");
}

#[test]
fn scripts_see_nothing_of_each_other() {
    let mut scripts = scripts();
    scripts.load("a", "Array.prototype.map = 1; globalThis.left = 1; function f() { return left; }").unwrap();
    scripts.load("b", "function f() { return [typeof left, [1].map((x) => x + 1)]; }").unwrap();
    assert_eq!(scripts.call("a", "f", &Value::Null), Ok(Some(json!(1))));
    assert_eq!(scripts.call("b", "f", &Value::Null), Ok(Some(json!(["undefined", [2]]))));
}

#[test]
fn time_and_chance_are_those_of_the_run() {
    let source = "function f() { return [Date.now(), new Date().toISOString(), new Date(2026, 0, 1).getTimezoneOffset(), Math.random(), Math.random()]; }";
    let run = || {
        let mut scripts = scripts();
        scripts.load("s", source).unwrap();
        scripts.call("s", "f", &Value::Null).unwrap().unwrap()
    };
    let first = run();
    assert_eq!(first, run());
    assert_eq!(first[0], json!(1_780_000_000_123_i64));
    assert_eq!(first[1], json!("2026-05-28T20:26:40.123Z"));
    assert_eq!(first[2], json!(0));
    assert_ne!(first[3], first[4]);
}

#[test]
fn the_console_is_kept_with_the_call_up_to_its_limits() {
    let mut scripts = scripts();
    let source = "console.info('loaded');\nfunction f() { console.log('a', 1, { b: [null] }, undefined, new Error('e')); console.warn(1n); console.error(Symbol('s')); console.debug(function g() {}.name, f.missing); }\nfunction many() { for (let i = 0; i < 3000; i++) console.log(i); }\nfunction big() { console.log('x'.repeat(300000)); console.log('after'); }";
    scripts.load("s", source).unwrap();
    let lines = scripts.console("s", "f");
    let texts: Vec<_> = lines.iter().map(|line| (line.level, line.text.as_str())).collect();
    assert_eq!(
        texts,
        [
            (Level::Info, "loaded"),
            (Level::Info, r#"a 1 {"b":[null]} undefined Error: e"#),
            (Level::Warn, "1n"),
            (Level::Error, "Symbol(s)"),
            (Level::Debug, "g undefined"),
        ]
    );
    let lines = scripts.console("s", "many");
    assert_eq!(lines.len(), 1_001);
    assert!(lines[1_000].text.contains("more to the console than is kept"));
    let lines = scripts.console("s", "big");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(scripts.console("s", "f").len(), 4, "each call has its own");
}

/// Answers `state` and `exports`, and refuses the rest.
struct Shelf;

impl Api for Shelf {
    fn call(&self, call: ApiCall) -> Result<String, String> {
        match (call.object.as_str(), call.function.as_str()) {
            ("state", "get") => Ok(format!(r#"{{"of":{}}}"#, call.arguments)),
            ("", "request") => Ok(r#""requested""#.to_owned()),
            _ => Err("you may not".to_owned()),
        }
    }
}

#[test]
fn integrator_api_asks_the_outside_and_waits() {
    let mut scripts = Scripts::new(Shelf);
    let source = "import { state, exports, request } from 'integrator-api';
        function f(o) {
            let refused;
            try { exports.run({ _id: o.id }); } catch (error) { refused = error.message; }
            return [state.get({ key: 'k', at: new Date(0) }, undefined), refused, request({})];
        }";
    scripts.load("s", source).unwrap();
    assert_eq!(
        scripts.call("s", "f", &json!({"id": 1})),
        Ok(Some(json!([{"of": [{"key": "k", "at": "1970-01-01T00:00:00.000Z"}, null]}, "you may not", "requested"])))
    );
    let outside = call("import { flows } from 'integrator-api';\nfunction f() { return flows.run({}); }", &Value::Null);
    assert!(outside.unwrap_err().to_string().contains("flows.run cannot be called here"));
}

/// Evaluates the cases of a built-in module: what the library of that name answers.
fn cases_of(module: &str, cases: &str) {
    let cases: Vec<Value> = serde_json::from_str(cases).unwrap();
    let functions: Vec<_> = cases
        .iter()
        .enumerate()
        .map(|(at, case)| format!("export function f{at}() {{ return {}; }}", case["code"].as_str().unwrap()))
        .collect();
    let mut scripts = scripts();
    scripts.load("s", &format!("import {module} from '{module}';\n{}", functions.join("\n"))).unwrap();
    for (at, case) in cases.iter().enumerate() {
        let got = scripts.call("s", &format!("f{at}"), &Value::Null);
        assert_eq!(got, Ok(Some(case["want"].clone())), "{}", case["code"]);
    }
    assert!(cases.len() > 100);
}

#[test]
fn dayjs_answers_as_the_library_of_that_name() {
    cases_of("dayjs", include_str!("modules/dayjs.json"));
}

#[test]
fn sjcl_answers_as_the_library_of_that_name() {
    cases_of("sjcl", include_str!("modules/sjcl.json"));
}

#[test]
fn a_function_of_a_module_that_nobody_named_before_can_be_called() {
    let mut scripts = scripts();
    let source = "import { state } from 'integrator-api';
        export default function main() { return 'main'; }
        const helper = () => { const inner = 1; var deep = 2; return 'helper'; };
        var late = function () { return 'late'; }, other = 1;
        let { picked } = { picked: () => 'picked' };
        if (other) { var branch = () => 'branch'; }";
    scripts.load("s", source).unwrap();
    for name in ["main", "helper", "late", "picked", "branch"] {
        assert_eq!(scripts.call("s", name, &Value::Null), Ok(Some(json!(name))));
    }
    for name in ["inner", "deep", "other"] {
        assert!(matches!(scripts.call("s", name, &Value::Null), Err(ScriptError::NoFunction { .. })), "{name}");
    }
}

#[test]
fn each_call_of_a_script_has_the_whole_of_its_limits() {
    let limits = Limits { loops: 10_000, ..Limits::default() };
    let mut scripts = Scripts(Instance::new(Rc::new(NoApi), limits));
    let source = "function rounds() { for (let i = 0; i < 9e3; i++) {} }
        function deep(n = 0) { return n < 400 ? deep(n + 1) : n; }
        function large() { let t = 'x'.repeat(8e3); for (let i = 0; i < 9; i++) { t += t; } return t; }";
    scripts.load("s", source).unwrap();
    for _ in 0..3 {
        assert_eq!(scripts.call("s", "rounds", &Value::Null), Ok(None));
        assert_eq!(scripts.call("s", "deep", &json!(0)), Ok(Some(json!(400))));
        assert_eq!(scripts.call("s", "large", &Value::Null).map(|text| text.is_some()), Ok(true));
    }
}

#[test]
fn chance_begins_anew_with_each_call_and_is_not_that_of_loading() {
    let mut scripts = scripts();
    scripts.load("s", "const first = Math.random(); function f() { return [first, Math.random()]; }").unwrap();
    let one = scripts.call("s", "f", &Value::Null).unwrap().unwrap();
    assert_eq!(scripts.call("s", "f", &Value::Null), Ok(Some(one.clone())));
    assert_ne!(one[0], one[1]);
    let other = scripts.0.call("s", "f", "null", Moment { now_ms: 0, seed: 8 }).result.unwrap().unwrap();
    let other: Value = serde_json::from_str(&other).unwrap();
    assert_eq!((&other[0], other[1] == one[1]), (&one[0], false));
}

#[test]
fn what_a_call_left_to_be_done_is_not_done_in_the_next() {
    let mut scripts = scripts();
    let source = "let log = [];
        function f(how) {
            Promise.resolve().then(() => { log.push('then'); if (how === 'loop') while (true) {} })
                .then(() => log.push('later'));
            if (how === 'throw') throw new Error('no');
        }
        function g() { const all = log; log = []; return all; }";
    scripts.load("s", source).unwrap();
    assert!(scripts.call("s", "f", &json!("throw")).is_err());
    assert_eq!(scripts.call("s", "g", &Value::Null), Ok(Some(json!(["then", "later"]))));
    assert!(matches!(scripts.call("s", "f", &json!("loop")), Err(ScriptError::Limit { .. })));
    assert_eq!(scripts.call("s", "g", &Value::Null), Ok(Some(json!(["then"]))));
    assert_eq!(scripts.call("s", "g", &Value::Null), Ok(Some(json!([]))));
}

#[test]
fn an_argument_that_is_no_json_or_too_deep_is_refused() {
    let mut scripts = scripts();
    scripts.load("s", "function f(o) { return o; }").unwrap();
    for argument in ["", "{", "1 2", &"[".repeat(100_000)] {
        let answer = scripts.0.call("s", "f", argument, AT).result;
        assert!(matches!(answer, Err(ScriptError::Argument { .. })), "{answer:?}");
    }
    for argument in ["12345678901234567890", "-0", "1e400", "0.1", "9007199254740993", r#"{"a":1,"b":2,"a":3}"#] {
        let answer = scripts.0.call("s", "f", argument, AT).result;
        let want = match argument {
            "12345678901234567890" => "12345678901234567000",
            "-0" => "0",
            "1e400" => {
                assert!(answer.is_err());
                continue;
            }
            "9007199254740993" => "9007199254740992",
            r#"{"a":1,"b":2,"a":3}"# => r#"{"a":3,"b":2}"#,
            other => other,
        };
        assert_eq!(answer, Ok(Some(want.to_owned())));
    }
}

#[test]
fn dates_are_made_of_the_texts_that_files_and_databases_have() {
    for (expression, want) in [
        ("new Date('01/05/2026').toISOString()", json!("2026-01-05T00:00:00.000Z")),
        ("new Date('2026-01-05 10:00:00').getHours()", json!(10)),
        ("Date.parse('Jan 5, 2026')", json!(1_767_571_200_000_i64)),
        ("isNaN(new Date('soon'))", json!(true)),
        ("new Date({ toString: () => '1/5/2026' }).getDate()", json!(5)),
        ("new Date(new Date(5)).getTime() + new Date(7).getTime() + new Date(2026, 0, 5).getDate()", json!(17)),
        (
            "[Date.name, Date.length, typeof Date(), typeof Date.now(), Date.UTC(1970, 0)]",
            json!(["Date", 7, "string", "number", 0]),
        ),
        ("new Date() instanceof Date && new Date().constructor === Date", json!(true)),
        ("(new (class extends Date { day() { return this.getDate(); } })('1/5/2026')).day()", json!(5)),
        ("Object.keys(globalThis).includes('Date')", json!(false)),
        ("new Date(NaN).getTime() || new Date(undefined).getTime() || new Date(null).getTime()", json!(0)),
    ] {
        assert_eq!(value(&format!("function f() {{ return {expression}; }}")), want, "{expression}");
    }
}

/// `modules/locale.json` has expressions with what V8 makes of them when its time zone is UTC.
#[test]
fn texts_for_people_are_those_of_v8() {
    let cases: Vec<(String, Value)> = serde_json::from_str(include_str!("modules/locale.json")).unwrap();
    let mut wrong = Vec::new();
    for (expression, want) in &cases {
        let source =
            format!("const d = new Date('2026-01-02T03:04:05.678Z');\nfunction f() {{ return {expression}; }}");
        let got = call(&source, &Value::Null);
        if got.as_ref().ok().and_then(Option::as_ref) != Some(want) {
            wrong.push(format!("{expression}: {got:?}, not {want}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_locale_or_an_option_that_is_not_known_is_an_error_and_no_text() {
    for expression in [
        "new Date(0).toLocaleDateString('ja-JP')",
        "new Date(0).toLocaleString('en-US', { timeZone: 'Mars/Base' })",
        "new Date(0).toLocaleDateString('de-DE', { month: 'long' })",
        "(5).toLocaleString('en-US', { notation: 'compact' })",
        "(5).toLocaleString('en-US', { minimumFractionDigits: 200 })",
    ] {
        let source =
            format!("function f() {{ try {{ return {expression}; }} catch (error) {{ return error.name; }} }}");
        assert_eq!(value(&source), json!("RangeError"), "{expression}");
    }
}
