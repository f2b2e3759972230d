//! What scripts count and sort: the same everywhere, and without an end by the interpreter's own panic.
#![expect(clippy::unwrap_used, reason = "a script that is not called fails at the right line")]

use std::rc::Rc;

use proptest::prelude::*;
use serde_json::{Value, json};
use tombolo_script::{Instance, Limits, Moment, NoApi};

/// What a function `f` of a script makes of an argument.
fn made(source: &str, argument: &Value) -> Result<Value, String> {
    let (at, mut scripts) = (Moment { now_ms: 0, seed: 7 }, Instance::new(Rc::new(NoApi), Limits::default()));
    scripts.load("s", source, at).map_err(|(error, _)| error.to_string())?;
    let text = scripts.call("s", "f", &argument.to_string(), at).result.map_err(|error| error.to_string())?;
    Ok(serde_json::from_str(&text.unwrap()).unwrap())
}

#[test]
fn a_comparison_that_contradicts_itself_orders_somehow_and_loses_nothing() {
    let shuffle = "const f = (items) => { const order = items.sort(() => Math.random() - 0.5); \
        return [order.length, order.reduce((sum, item) => sum + item, 0)]; }";
    let items: Vec<u64> = (0..5_000).collect();
    assert_eq!(made(shuffle, &json!(items)), Ok(json!([5_000, 12_497_500])));
    assert_eq!(made("const f = (items) => items.sort(() => 1).length", &json!(items)), Ok(json!(5_000)));
    assert_eq!(made("const f = (items) => items.toSorted(() => -1).length", &json!(items)), Ok(json!(5_000)));
}

#[test]
fn arrays_are_sorted_as_the_language_says() {
    for (source, wanted) in [
        ("const f = () => [10, 9, 1, undefined, 'b', null].sort()", json!([1, 10, 9, "b", null, null])),
        ("const f = () => [3, 1, 2].sort((a, b) => b - a)", json!([3, 2, 1])),
        ("const f = () => { const a = [2, 1]; return [a.toSorted(), a] }", json!([[1, 2], [2, 1]])),
        (
            "const f = () => { const a = [2, , 1]; a.sort(); return [a, 2 in a, a.toSorted().length] }",
            json!([[1, 2, null], false, 3]),
        ),
        (
            "const f = () => [[1, 'b'], [0, 'x'], [1, 'a']].sort((a, b) => a[0] - b[0]).map((i) => i[1]).join('')",
            json!("xba"),
        ),
        ("const f = () => ['é', 'z', '😀', '\\uff5e'].sort()", json!(["z", "é", "😀", "～"])),
        ("const f = () => [2, 1].sort((a, b) => ({ valueOf: () => a - b }))", json!([1, 2])),
        ("const f = () => Array.prototype.sort.call({ length: 2, 0: 'b', 1: 'a' })[0]", json!("a")),
        ("const f = () => Object.keys(Array.prototype).length", json!(0)),
    ] {
        assert_eq!(made(source, &json!(null)), Ok(wanted), "{source}");
    }
    let thrown = made("const f = () => [2, 1].sort(() => { throw new Error('not these') })", &json!(null));
    assert!(thrown.unwrap_err().contains("not these"));
    let wrong = made("const f = () => [2, 1].sort('up')", &json!(null)).unwrap_err();
    assert!(wrong.contains("must be either a function or undefined"), "{wrong}");
}

#[test]
fn a_typed_array_loses_nothing_by_a_comparison_that_contradicts_itself() {
    let items: Vec<u64> = (0..5_000).collect();
    for by in [
        "sort(() => Math.random() - 0.5)",
        "toSorted(() => Math.random() - 0.5)",
        "sort(() => 1)",
        "toSorted(() => -1)",
    ] {
        let source = format!("const f = (items) => Array.from(Float64Array.from(items).{by}).sort((a, b) => a - b)");
        assert_eq!(made(&source, &json!(items)), Ok(json!(items)), "{by}");
    }
}

#[test]
fn typed_arrays_are_sorted_as_the_language_says() {
    for (source, wanted) in [
        (
            "const f = () => Array.from(new Float64Array([10, 9, -1, NaN, 0, -0]).sort(), (n) => Object.is(n, -0) ? '-0' : `${n}`)",
            json!(["-1", "-0", "0", "9", "10", "NaN"]),
        ),
        (
            "const f = () => { const a = new Uint8Array([3, 1, 2]); const b = a.toSorted((x, y) => y - x); \
             return [a.join(), b.join(), b.constructor.name, a.sort() === a, a.join()] }",
            json!(["3,1,2", "3,2,1", "Uint8Array", true, "1,2,3"]),
        ),
        ("const f = () => new BigInt64Array([3n, -1n, 2n]).sort().join()", json!("-1,2,3")),
        ("const f = () => new BigInt64Array([3n, -1n, 2n]).toSorted((a, b) => Number(b - a)).join()", json!("3,2,-1")),
        ("const f = () => new Int8Array([2, 1]).sort(() => NaN).join()", json!("2,1")),
        ("const f = () => new Int8Array(0).sort().length", json!(0)),
    ] {
        assert_eq!(made(source, &json!(null)), Ok(wanted), "{source}");
    }
    for wrong in
        ["Int8Array.prototype.sort.call([2, 1])", "new Int8Array(2).sort('up')", "new Int8Array(2).toSorted(1)"]
    {
        let said = made(&format!("const f = () => {wrong}"), &json!(null)).unwrap_err();
        assert!(
            said.contains("not a TypedArray") || said.contains("must be either a function or undefined"),
            "{wrong}: {said}"
        );
    }
}

#[test]
fn powers_of_nothing_are_those_of_the_language() {
    let source = "const f = () => [Math.pow(1, Infinity), (-1) ** -Infinity, Math.pow(2, NaN), Math.pow(NaN, 0), \
        Math.hypot(), Math.hypot(NaN, Infinity), 2 ** -1, 10 ** 21, Math.sqrt(2)].map(String)";
    let wanted = ["NaN", "NaN", "NaN", "1", "0", "Infinity", "0.5", "1e+21", "1.4142135623730951"];
    assert_eq!(made(source, &json!(null)), Ok(json!(wanted)));
}

proptest! {
    /// The browser's interpreter has these of `libm`; here the platform's would differ in the last digit.
    #[test]
    fn numbers_have_the_last_digit_that_they_have_in_a_browser(x in 0.001_f64..50.0, y in -9.0_f64..9.0) {
        let source = "const f = ([x, y]) => [Math.pow(x, y), Math.exp(y), Math.log10(x), Math.atan2(x, y), Math.hypot(x, y)].map(String)";
        let bits = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap().to_bits();
        let made = made(source, &json!([x, y])).unwrap();
        let made: Vec<u64> = made.as_array().unwrap().iter().map(bits).collect();
        let wanted = [libm::pow(x, y), libm::exp(y), libm::log10(x), libm::atan2(x, y), libm::hypot(libm::hypot(0.0, x), y)];
        prop_assert_eq!(made, wanted.map(f64::to_bits));
    }
}
