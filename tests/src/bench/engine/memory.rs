//! What `tombolo run` holds in memory at most, for files of any length.

use super::{data, flows};
use crate::Row;
use anyhow::{Context, Result, ensure};
use std::io::{BufWriter, Write};
use std::process::Stdio;
use std::time::Duration;
use tombolo_tests::{bundle, process};

/// How often the process is looked at; it remembers its peak itself.
const LOOK: Duration = Duration::from_millis(5);
/// The peak of a run of a hundred times as many records may be this many times as high.
const FLAT: f64 = 1.25;

/// Three lengths of file.
pub(crate) async fn measure(rows: &mut Vec<Row>) -> Result<()> {
    let mut first = None;
    for (name, records) in [("10,000", 10_000), ("100,000", 100_000), ("1,000,000", 1_000_000)] {
        let kib = peak(records).await?;
        let mib = |kib: f64| format!("{:.0} MiB", kib / 1024.0);
        let name = format!("peak memory of tombolo run, {name} records");
        let least = *first.get_or_insert(kib);
        rows.push(Row::at_most(name, kib, least * FLAT, mib));
    }
    Ok(())
}

async fn peak(records: usize) -> Result<f64> {
    let file = tempfile::NamedTempFile::with_suffix(".csv")?;
    let mut out = BufWriter::new(file.as_file());
    let head = data::csv(0);
    out.write_all(head.as_bytes())?;
    let mut text = String::new();
    for n in 0..records {
        text.clear();
        data::row(n, &mut text);
        out.write_all(text.as_bytes())?;
    }
    out.flush()?;
    drop(out);
    let flow = flows::flow("file", Some(data::filter()), &data::mapping());
    let (_folder, mut command) = bundle::command(&flow, &[file.path()])?;
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("starting tombolo run")?;
    let mut most = 0;
    let status = loop {
        most = most.max(process::memory_kib(child.id(), "VmHWM").unwrap_or(0));
        match child.try_wait()? {
            Some(status) => break status,
            None => tokio::time::sleep(LOOK).await,
        }
    };
    ensure!(status.success() && most > 0, "the run ended with {status}");
    Ok(f64::from(u32::try_from(most)?))
}
