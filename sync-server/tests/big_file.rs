//! `tombolo run` on a file that is bigger than the memory it may have.
//!
//! `TOMBOLO_ROUNDS` is the file's size in megabytes: a gigabyte in the long round.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a command that does not run fails at the right line")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

const SHORT_MEGABYTES: usize = 16;
/// All addresses of the process, also those that are never touched.
const MOST_KIB: u64 = 256 * 1024;
/// What a run really holds does not depend on the file; a build for tests is bigger.
const HELD_KIB: u64 = if cfg!(debug_assertions) { 48 * 1024 } else { 32 * 1024 };

#[test]
fn a_file_bigger_than_the_memory_goes_through_a_run_also_compressed() {
    let asked = std::env::var("TOMBOLO_ROUNDS").ok().and_then(|text| text.parse().ok());
    let megabytes: usize = asked.unwrap_or(SHORT_MEGABYTES);
    let folder = tempfile::tempdir().unwrap();
    let (plain, packed) = (folder.path().join("records.csv"), folder.path().join("records.csv.gz"));
    let count = write(&plain, &packed, megabytes * 1_000_000);
    for (file, compression) in [(&plain, "none"), (&packed, "gzip")] {
        let made = folder.path().join(compression);
        let peak = run(folder.path(), file, &bundle_of(compression), &made, true);
        let text = fs::read(made.join("kept.csv")).unwrap();
        let lines = text.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(lines, 1 + count.div_ceil(1000), "{compression}");
        println!("{megabytes} MB, {compression}: {count} records, {} MiB at most", peak / 1024);
        assert!(peak <= HELD_KIB, "{compression}: {peak} KiB");
    }
}

/// Writes the same records twice; returns how many.
fn write(plain: &Path, packed: &Path, bytes: usize) -> usize {
    let mut out = BufWriter::new(File::create(plain).unwrap());
    let mut zipped = GzEncoder::new(BufWriter::new(File::create(packed).unwrap()), Compression::fast());
    let mut text = String::from("id,kept,name,note\n");
    let (mut count, mut written) = (0, 0);
    while written < bytes {
        for _ in 0..1000 {
            let kept = if count % 1000 == 0 { "yes" } else { "no" };
            writeln!(text, "{count},{kept},\"Schneider, Maria {count}\",a hundred letters are in a usual row and that is what makes files long").unwrap();
            count += 1;
        }
        out.write_all(text.as_bytes()).unwrap();
        zipped.write_all(text.as_bytes()).unwrap();
        written += text.len();
        text.clear();
    }
    out.flush().unwrap();
    zipped.finish().unwrap().flush().unwrap();
    count
}

/// Records of twenty fields with a letter each: a page of them is cut at 5 MB, and is half a million values.
#[test]
fn a_page_of_the_smallest_values_goes_through_a_run_with_its_script() {
    const RECORDS: usize = 40_000;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("small.csv");
    let names: Vec<String> = (0..20).map(|column| format!("c{column}")).collect();
    fs::write(&file, format!("{}\n{}", names.join(","), format!("{}a\n", "a,".repeat(19)).repeat(RECORDS))).unwrap();
    let map = |column: usize| json!({"generate": format!("m{column}"), "dataType": "string", "extract": format!("$.c{column}"), "status": "Active"});
    let mut bundle = bundle_of("none");
    let (export, import, script) = ("000000020000000000000000", "000000030000000000000000", "000000040000000000000000");
    let resources = &mut bundle["resources"];
    resources[export]["value"]["pageSize"] = json!(50_000);
    let value = &mut resources[import]["value"];
    value["filter"]["expression"]["rules"] = json!(["equals", ["extract", "c1"], "a"]);
    value["mappings"] = (0..10).map(map).collect();
    value["hooks"] = json!({"postMap": {"_scriptId": script, "function": "postMap"}});
    value["file"] = json!({"type": "json", "fileName": "made.json"});
    let content =
        "function postMap(options) { return options.postMapData.map((data) => ({ data: { ...data, n: 1 } })); }";
    resources[script] = json!({"kind": "script", "value": {"name": "Hook", "content": content}});
    let made = folder.path().join("made");
    let peak = run(folder.path(), &file, &bundle, &made, false);
    let text = fs::read_to_string(made.join("made.json")).unwrap();
    assert_eq!(text.matches("\"m9\":\"a\",\"n\":1}").count(), RECORDS);
    println!("{RECORDS} records of 20 values: {} MiB at most in each process", peak / 1024);
    assert!(peak <= MOST_KIB, "{peak} KiB");
}

/// Runs a flow over the file and returns the most memory that it, or a process of its scripts, held, in KiB.
fn run(folder: &Path, file: &Path, bundle: &Value, made: &Path, caged: bool) -> u64 {
    let path = folder.join("bundle.json");
    fs::write(&path, bundle.to_string()).unwrap();
    // The process of scripts has more addresses, and a limit of its own on what it writes to.
    let limit = if caged { format!("ulimit -v {MOST_KIB} && ") } else { String::new() };
    let mut child = Command::new("sh")
        .args(["-c", &format!("{limit}exec \"$0\" run \"$1\" --file \"$2\" --out \"$3\"")])
        .arg(env!("CARGO_BIN_EXE_tombolo"))
        .args([path.as_path(), file, made])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let ended = loop {
        peak = peak.max(held_below(child.id()));
        match child.try_wait().unwrap() {
            Some(ended) => break ended,
            None => thread::park_timeout(Duration::from_millis(10)),
        }
    };
    assert!(ended.success(), "{ended}");
    peak
}

/// The most that one of a process and those below it held so far, in KiB.
fn held_below(root: u32) -> u64 {
    let number = |text: &str, name: &str| -> Option<u64> {
        text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
    };
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let all: Vec<(u64, u64, u64)> = entries
        .filter_map(|entry| {
            let text = fs::read_to_string(entry.path().join("status")).ok()?;
            Some((number(&text, "Pid:")?, number(&text, "PPid:")?, number(&text, "VmHWM:").unwrap_or(0)))
        })
        .collect();
    let mut family = vec![u64::from(root)];
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        family.extend(all.iter().filter(|(_, of, _)| *of == parent).map(|(id, ..)| *id));
        at += 1;
    }
    all.iter().filter(|(id, ..)| family.contains(id)).map(|(.., held)| *held).max().unwrap_or(0)
}

fn bundle_of(compression: &str) -> Value {
    let (flow, export, import) = ("000000010000000000000000", "000000020000000000000000", "000000030000000000000000");
    let csv = json!({"columnDelimiter": ",", "hasHeaderRow": true});
    let reads = json!({
        "_id": export, "name": "Records", "adaptorType": "SimpleExport", "type": "simple", "rawData": "file",
        "file": {"type": "csv", "compressionFormat": compression, "csv": csv},
    });
    let filter = json!({"version": "1", "rules": ["equals", ["extract", "kept"], "yes"]});
    let writes = json!({
        "_id": import, "name": "Kept", "adaptorType": "SimpleImport", "filter": {"type": "expression", "expression": filter},
        "mappings": [{"generate": "name", "dataType": "string", "extract": "{{record.id}} {{record.name}}", "status": "Active"}],
        "file": {"type": "csv", "fileName": "kept.csv", "csv": {"columnDelimiter": ",", "includeHeader": true}},
    });
    json!({
        "flow": {
            "_id": flow, "name": "Big", "pageGenerators": [{"_exportId": export}],
            "pageProcessors": [{"type": "import", "_importId": import}],
        },
        "resources": {
            export: {"kind": "export", "value": reads},
            import: {"kind": "import", "value": writes},
        },
    })
}
