//! Keeps `tests/behaviours.md` honest: a row counts only when its test exists and runs.

use std::collections::BTreeSet;
use std::fs;
use tombolo_tests::{places, table};

#[test]
fn every_listed_behaviour_names_a_test_that_runs() {
    let text = fs::read_to_string(places::root().join("tests/behaviours.md")).unwrap();
    let rows = table::rows(&text, "system");
    assert!(!rows.is_empty(), "the table is empty");
    let wrong: Vec<_> = rows.iter().filter_map(|row| problem(row).err()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_behaviour_is_listed_twice() {
    let text = fs::read_to_string(places::root().join("tests/behaviours.md")).unwrap();
    let mut seen = BTreeSet::new();
    for row in table::rows(&text, "system") {
        assert!(seen.insert(row[1].clone()), "twice: {}", row[1]);
    }
}

/// Checks `system | behaviour | file.rs::name`.
fn problem(row: &[String]) -> Result<(), String> {
    let [_, behaviour, test] = row else {
        return Err(format!("not three cells: {row:?}"));
    };
    let Some((file, name)) = test.rsplit_once("::") else {
        return Err(format!("{behaviour}: \"{test}\" is not `path/file.rs::test_name`"));
    };
    let source = fs::read_to_string(places::root().join(file)).map_err(|_| format!("{behaviour}: no file {file}"))?;
    match attributes(&source, name) {
        None => Err(format!("{behaviour}: {file} has no fn {name}")),
        Some(lines) if !lines.iter().any(|line| line.contains("test")) => {
            Err(format!("{behaviour}: {name} is not a test"))
        }
        Some(lines) if lines.iter().any(|line| line.contains("ignore")) => {
            Err(format!("{behaviour}: {name} is ignored"))
        }
        Some(_) => Ok(()),
    }
}

/// The attribute lines above a function, or nothing when there is no such function.
fn attributes<'a>(source: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let wanted = format!("fn {name}(");
    let at = lines.iter().position(|line| line.contains(&wanted))?;
    let above = lines[..at].iter().rev().take_while(|line| {
        line.starts_with("#[") || line.starts_with("//") || line.ends_with(")]") || line.ends_with(',')
    });
    Some(above.copied().filter(|line| !line.starts_with("//")).collect())
}

#[test]
fn an_ignored_or_missing_test_is_noticed() {
    let source = "#[test]\n#[ignore = \"slow\"]\nfn slow() {}\n\n#[tokio::test]\nasync fn good() {}\nfn helper() {}";
    assert!(attributes(source, "slow").unwrap().iter().any(|line| line.contains("ignore")));
    assert_eq!(attributes(source, "good").unwrap(), ["#[tokio::test]"]);
    assert!(attributes(source, "helper").unwrap().is_empty());
    assert!(attributes(source, "absent").is_none());
}
