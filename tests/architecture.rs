//! The one-way rule between the parts, and what every source file has in common.

use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tombolo_tests::places;

/// Who uses whom, exactly: an edge that nobody needs any more goes from here too. `app`, `sync-server` and `tests` may
/// use anything below them and are not listed.
const EDGES: [(&str, &[&str]); 10] = [
    ("tombolo-model", &[]),
    ("tombolo-formats", &["tombolo-model"]),
    ("tombolo-template", &["tombolo-model"]),
    ("tombolo-script", &["tombolo-wire"]),
    ("tombolo-script-host", &["tombolo-engine", "tombolo-model", "tombolo-wire"]),
    ("tombolo-docs", &["tombolo-model"]),
    ("tombolo-package", &["tombolo-formats", "tombolo-model"]),
    ("tombolo-wire", &["tombolo-model"]),
    ("tombolo-engine", &["tombolo-formats", "tombolo-model", "tombolo-template"]),
    ("tombolo-sync", &["tombolo-docs", "tombolo-model", "tombolo-wire"]),
];

/// What the tests of a part use beside that.
const EDGES_OF_TESTS: [(&str, &[&str]); 1] = [("tombolo-engine", &["tombolo-script", "tombolo-wire"])];

/// What runs, and is therefore used by nothing but tests.
const PROGRAMS: [&str; 6] =
    ["tombolo-app", "tombolo-store-worker", "tombolo-run-worker", "tombolo-script-worker", "tombolo-server", "xtask"];

#[test]
fn each_part_uses_exactly_the_parts_below_it() {
    let metadata = MetadataCommand::new().current_dir(places::root()).no_deps().exec().unwrap();
    let edges: BTreeMap<_, BTreeSet<_>> =
        EDGES.iter().map(|(from, to)| (*from, to.iter().map(|name| (*name).to_owned()).collect())).collect();
    let members: BTreeSet<_> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    for package in &metadata.packages {
        let used: BTreeSet<_> =
            package.dependencies.iter().map(|d| d.name.clone()).filter(|d| members.contains(d)).collect();
        if let Some(edges) = edges.get(package.name.as_str()) {
            let in_tests = EDGES_OF_TESTS.iter().filter(|(from, _)| *from == package.name.as_str());
            let in_tests: BTreeSet<_> = in_tests.flat_map(|(_, to)| *to).map(|name| (*name).to_owned()).collect();
            let tested = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Development);
            let tested: BTreeSet<_> = tested.map(|d| d.name.clone()).filter(|d| members.contains(d)).collect();
            assert_eq!(tested, in_tests, "the tests of {} use other parts than they may", package.name);
            let used: BTreeSet<_> = used.difference(&tested).cloned().collect();
            assert_eq!(used, *edges, "{} uses other parts than it may", package.name);
        }
        if package.name.as_str() != "tombolo-tests" {
            let programs: Vec<_> = used.iter().filter(|name| PROGRAMS.contains(&name.as_str())).collect();
            assert!(programs.is_empty(), "{} uses the program {programs:?}", package.name);
        }
    }
    let listed: BTreeSet<_> = edges.keys().map(|name| (*name).to_owned()).collect();
    let libraries: BTreeSet<_> =
        members.into_iter().filter(|name| !PROGRAMS.contains(&name.as_str()) && name != "tombolo-tests").collect();
    assert_eq!(listed, libraries, "a new part needs a line in the list of edges");
}

#[test]
fn the_model_knows_only_its_data_formats() {
    let metadata = MetadataCommand::new().current_dir(places::root()).no_deps().exec().unwrap();
    let model = metadata.packages.iter().find(|package| package.name.as_str() == "tombolo-model").unwrap();
    for dependency in &model.dependencies {
        let known =
            ["compact_str", "serde", "serde_json", "serde_bytes", "thiserror"].contains(&dependency.name.as_str());
        assert!(known || dependency.kind == DependencyKind::Development, "model uses {}", dependency.name);
    }
}

#[test]
fn every_shared_dependency_is_used() {
    let manifest = fs::read_to_string(places::root().join("Cargo.toml")).unwrap();
    let (_, shared) = manifest.split_once("[workspace.dependencies]\n").unwrap();
    let (shared, _) = shared.split_once("\n[").unwrap();
    let shared: BTreeSet<_> = shared.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    assert!(shared.len() > 20, "the list was not found: {shared:?}");
    let metadata = MetadataCommand::new().current_dir(places::root()).no_deps().exec().unwrap();
    let used: BTreeSet<_> =
        metadata.packages.iter().flat_map(|package| &package.dependencies).map(|d| d.name.as_str()).collect();
    let unused: Vec<_> = shared.difference(&used).collect();
    assert!(unused.is_empty(), "no part uses {unused:?}: take them out of the workspace's Cargo.toml");
}

#[test]
fn the_crates_and_the_server_forbid_unsafe_code() {
    let metadata = MetadataCommand::new().current_dir(places::root()).no_deps().exec().unwrap();
    let mut roots = 0;
    for package in &metadata.packages {
        let folder = package.manifest_path.parent().unwrap().strip_prefix(places::root()).unwrap();
        if !folder.starts_with("crates") && !folder.starts_with("sync-server") {
            continue;
        }
        for target in package.targets.iter().filter(|target| target.is_lib() || target.is_bin()) {
            let source = fs::read_to_string(&target.src_path).unwrap();
            assert!(source.contains("\n#![forbid(unsafe_code)]\n"), "{} does not forbid unsafe code", target.src_path);
            roots += 1;
        }
    }
    assert!(roots >= 10, "only {roots} programs and libraries were found");
}

#[test]
fn every_source_file_says_what_it_decides() {
    let silent: Vec<_> = sources(&["app", "crates", "sync-server", "tests"])
        .into_iter()
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "these files do not open with `//!`: {silent:#?}");
}

#[test]
fn no_source_file_is_longer_than_600_lines() {
    let mut too_long = Vec::new();
    for path in sources(&["app", "crates", "sync-server", "tests"]) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        if lines > 600 {
            too_long.push((lines, path));
        } else if lines > 400 {
            println!("long: {} has {lines} lines", path.display());
        }
    }
    assert!(too_long.is_empty(), "too long: {too_long:#?}");
}

#[test]
fn the_crates_read_no_clock_thread_socket_file_or_environment() {
    let banned =
        ["Instant::now", "SystemTime::now", "std::thread", "std::fs", "std::net", "std::env", "std::process::"];
    let mut found = Vec::new();
    for path in sources(&["crates"]) {
        let text = path.to_string_lossy().into_owned();
        if text.contains("/xtask/") || text.contains("/tests/") || text.contains("/benches/") || text.contains("/build")
        {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        // Tests stand at the foot of their file and may read what they like.
        let program = source.split("#[cfg(test)]").next().unwrap();
        for (number, line) in program.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            if let Some(word) = banned.iter().find(|word| code.contains(**word)) {
                found.push(format!("{}:{} {word}", path.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A name is read out only with a role that may have one, and these have none by themselves.
#[test]
fn nothing_on_the_screen_has_a_name_that_nobody_is_told() {
    let mut unsaid = Vec::new();
    for path in sources(&["app/src"]) {
        let text = fs::read_to_string(&path).unwrap();
        for tag in ["<p ", "<span ", "<div ", "<b ", "<code ", "<strong ", "<em ", "<i ", "<small "] {
            let opened = text.split(tag).skip(1).map(|rest| rest.split('<').next().unwrap_or_default());
            let is_unsaid = |element: &&str| element.contains("aria-label=") && !element.contains("role=");
            unsaid.extend(opened.filter(is_unsaid).map(|element| format!("{}: {tag}{element}", path.display())));
        }
    }
    assert!(unsaid.is_empty(), "give these a role, or say it in a text with the class sr: {unsaid:#?}");
}

#[test]
fn every_file_beside_this_one_is_run() {
    let manifest = fs::read_to_string(places::root().join("tests/Cargo.toml")).unwrap();
    for entry in fs::read_dir(places::root().join("tests")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if name.ends_with(".rs") {
            assert!(manifest.contains(&format!("path = \"{name}\"")), "tests/{name} is in no [[test]]");
        }
    }
}

/// Every Rust file below these folders.
fn sources(folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&places::root().join(folder), &mut found);
    }
    assert!(!found.is_empty());
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "node_modules" && name != "target" {
                collect(&path, found);
            }
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}
