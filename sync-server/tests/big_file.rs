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
        let peak = run(folder.path(), file, compression, &made);
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

/// Runs a flow over the file and returns the most memory that it held, in KiB.
fn run(folder: &Path, file: &Path, compression: &str, made: &Path) -> u64 {
    let bundle = folder.join("bundle.json");
    fs::write(&bundle, bundle_of(compression).to_string()).unwrap();
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MOST_KIB} && exec \"$0\" run \"$1\" --file \"$2\" --out \"$3\"")])
        .arg(env!("CARGO_BIN_EXE_tombolo"))
        .args([bundle.as_path(), file, made])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        peak = peak.max(line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0));
        match child.try_wait().unwrap() {
            Some(ended) => break ended,
            None => thread::park_timeout(Duration::from_millis(10)),
        }
    };
    assert!(ended.success(), "{ended}");
    peak
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
