//! Records that failed: written down by one run, tried again by another (`--errors`, `--retry`).
//!
//! A line of JSON for each: `{"flow", "step", "index", "traceKey", "code", "message", "record"}`. Whoever edits `record` tries it
//! with that. Without a record there is nothing to try again, and the last line on stderr says how many were so.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_engine::Retry;
use tombolo_model::Id;
use tombolo_model::run::RunError;

/// A record that failed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    flow: Id,
    step: String,
    index: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace_key: Option<String>,
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    record: Value,
}

/// Where records that fail are written.
pub(super) struct Failed {
    path: PathBuf,
    file: BufWriter<File>,
    written: u64,
    /// Errors of records that nobody has any more.
    without_record: u64,
}

impl Failed {
    /// Makes the file anew.
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), written: 0, without_record: 0 })
    }

    /// Takes an error of a run.
    pub(super) fn take(&mut self, flow: Id, error: &RunError) -> anyhow::Result<()> {
        let (Some(index), Some(record)) = (error.index, &error.record) else {
            self.without_record += u64::from(error.index.is_some());
            return Ok(());
        };
        let line = Line {
            flow,
            step: error.step.clone(),
            index,
            trace_key: error.trace_key.clone(),
            code: error.code.clone(),
            message: error.message.clone(),
            record: record.clone(),
        };
        self.write(&line).with_context(|| format!("{} cannot be written", self.path.display()))?;
        self.written += 1;
        Ok(())
    }

    fn write(&mut self, line: &Line) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.file, line)?;
        self.file.write_all(b"\n")?;
        // A run that is killed has written what failed until then.
        Ok(self.file.flush()?)
    }

    /// What is in the file, in a sentence.
    pub(super) fn sentence(&self) -> String {
        let path = self.path.display();
        let without = match self.without_record {
            0 => String::new(),
            count => format!(" {count} more errors have no record to be tried again with."),
        };
        match self.written {
            0 => format!("Nothing to try again is in {path}.{without}"),
            count => format!("{count} errors are in {path}: --retry {path} tries their records again.{without}"),
        }
    }
}

/// What is to be tried again of a flow, step by step in the order in which their errors came.
pub(super) fn read(path: &Path, flow: Id) -> anyhow::Result<Vec<Retry>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut rounds: Vec<Retry> = Vec::new();
    // A record may have several errors at a step, and is tried once.
    let mut seen = BTreeSet::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("line {} of {}", number + 1, path.display());
        let line: Line = serde_json::from_str(line).with_context(|| format!("{} is no record that failed", place()))?;
        if line.flow != flow {
            bail!("{} is of the flow {}: name it with --flow, or take the line out", place(), line.flow);
        }
        if !seen.insert((line.step.clone(), line.index, line.record.to_string())) {
            continue;
        }
        let record = (line.index, line.record);
        match rounds.iter_mut().find(|round| round.step == line.step) {
            Some(round) => round.records.push(record),
            None => rounds.push(Retry { step: line.step, records: vec![record] }),
        }
    }
    if rounds.is_empty() {
        bail!("there is nothing to try again in {}", path.display());
    }
    Ok(rounds)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    fn flow() -> Id {
        Id::from_parts(1, [0; 8])
    }

    fn error(step: &str, index: Option<u64>, record: Option<Value>) -> RunError {
        RunError { step: step.into(), index, record, message: "No.".into(), ..RunError::default() }
    }

    #[test]
    fn records_that_failed_are_read_as_they_were_written_each_at_its_step() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("failed.jsonl");
        let mut failed = Failed::create(&path).unwrap();
        for (step, index) in [("a", 3), ("b", 1), ("a", 3), ("a", 5)] {
            failed.take(flow(), &error(step, Some(index), Some(json!({"n": index})))).unwrap();
        }
        failed.take(flow(), &error("a", Some(7), None)).unwrap();
        failed.take(flow(), &error("a", None, None)).unwrap();
        assert!(failed.sentence().starts_with("4 errors are in"), "{}", failed.sentence());
        assert!(failed.sentence().ends_with("1 more errors have no record to be tried again with."));
        let round = |step: &str, records: &[u64]| Retry {
            step: step.into(),
            records: records.iter().map(|n| (*n, json!({"n": n}))).collect(),
        };
        assert_eq!(read(&path, flow()).unwrap(), [round("a", &[3, 5]), round("b", &[1])]);
        let other = read(&path, Id::from_parts(2, [0; 8])).unwrap_err().to_string();
        assert!(other.starts_with("line 1 of ") && other.contains("--flow"), "{other}");
    }

    #[test]
    fn a_file_without_records_to_try_again_says_so() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("failed.jsonl");
        for (text, want) in [("\n", "nothing to try again"), ("\n{}", "line 2 of")] {
            std::fs::write(&path, text).unwrap();
            let said = read(&path, flow()).unwrap_err().to_string();
            assert!(said.contains(want), "{said}");
        }
    }
}
