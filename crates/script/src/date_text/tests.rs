//! `cases.json` has texts, written by hand and made of pieces at random, with what V8 reads them as when its time zone is
//! UTC.

use super::parse;

#[test]
fn texts_are_the_dates_that_v8_reads() {
    let cases: Vec<(String, Option<f64>)> = serde_json::from_str(include_str!("cases.json")).unwrap();
    let wrong: Vec<_> = cases.iter().filter(|(text, want)| parse(text) != *want).collect();
    let shown: Vec<_> = wrong.iter().map(|(text, want)| format!("{text:?}: {:?}, not {want:?}", parse(text))).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), shown.join("\n"));
    assert!(cases.len() >= 400);
}
