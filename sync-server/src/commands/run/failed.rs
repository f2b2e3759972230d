//! Records that failed: written down by one run, tried again by another (`--errors`, `--retry`).
//!
//! A line of JSON for each: `{"flow", "step", "index", "traceKey", "code", "message", "record"}`. Whoever edits `record` tries it
//! with that. Without a record there is nothing to try again, and the last line on stderr says how many were so.
//!
//! Of each step of a run the latest errors are kept, as everywhere. Lines are not taken out one by one: the file is written
//! anew, without them, when they are many and at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_engine::Retry;
use tombolo_model::Id;
use tombolo_model::run::RunError;

/// So many lines that are no longer wanted stay in the file until it is written anew.
const MOST_FORGOTTEN: usize = 20_000;

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
    /// As whoever runs the command wrote it.
    named: PathBuf,
    /// Where it is.
    path: PathBuf,
    file: BufWriter<File>,
    /// Lines in the file.
    written: usize,
    /// Which line an error is, by its run and its number there; only where lines can be taken out again.
    lines: Option<BTreeMap<(Id, u64), usize>>,
    /// Lines whose records are kept no longer.
    forgotten: BTreeSet<usize>,
    most_forgotten: usize,
    /// Errors whose lines were taken out or will be.
    earlier: u64,
    /// Errors of records that nobody has any more.
    without_record: u64,
}

impl Failed {
    /// Makes the file anew.
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("{} cannot be written", path.display());
        let file = File::create(path).with_context(cannot)?;
        // What was said to a pipe or a terminal stays said.
        let is_file = file.metadata().with_context(cannot)?.is_file();
        // A link stays one when the file is written anew.
        let place = if is_file { path.canonicalize().with_context(cannot)? } else { path.to_owned() };
        Ok(Self {
            named: path.to_owned(),
            path: place,
            file: BufWriter::new(file),
            written: 0,
            lines: is_file.then(BTreeMap::new),
            forgotten: BTreeSet::new(),
            most_forgotten: MOST_FORGOTTEN,
            earlier: 0,
            without_record: 0,
        })
    }

    /// Takes an error of a run with its number there.
    pub(super) fn take(&mut self, run: Id, flow: Id, n: u64, error: &RunError) -> anyhow::Result<()> {
        self.add(run, flow, n, error).with_context(|| format!("{} cannot be written", self.named.display()))
    }

    fn add(&mut self, run: Id, flow: Id, n: u64, error: &RunError) -> anyhow::Result<()> {
        let lines = self.lines.as_mut();
        if let Some(line) = lines.zip(error.forgets).and_then(|(lines, earlier)| lines.remove(&(run, earlier))) {
            self.forgotten.insert(line);
            self.earlier += 1;
        }
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
        self.write(&line)?;
        if let Some(lines) = &mut self.lines {
            lines.insert((run, n), self.written);
        }
        self.written += 1;
        // Also half of the file: each line is then copied once or twice, however many come.
        if self.forgotten.len() > self.most_forgotten.max(self.written / 2) { self.write_anew() } else { Ok(()) }
    }

    fn write(&mut self, line: &Line) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.file, line)?;
        self.file.write_all(b"\n")?;
        // A run that is killed has written what failed until then.
        Ok(self.file.flush()?)
    }

    /// Writes the file without the lines that are no longer wanted. It is whole at any time, the old one or the new one.
    fn write_anew(&mut self) -> anyhow::Result<()> {
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        let mut file = BufWriter::new(File::create(&beside)?);
        for (at, line) in BufReader::new(File::open(&self.path)?).split(b'\n').enumerate() {
            let line = line?;
            if !self.forgotten.contains(&at) {
                file.write_all(&line)?;
                file.write_all(b"\n")?;
            }
        }
        file.flush()?;
        std::fs::rename(&beside, &self.path)?;
        self.file = file;
        let gone: Vec<usize> = std::mem::take(&mut self.forgotten).into_iter().collect();
        self.written -= gone.len();
        for line in self.lines.iter_mut().flat_map(BTreeMap::values_mut) {
            let before = gone.partition_point(|one| *one < *line);
            *line -= before;
        }
        Ok(())
    }

    /// Ends the file and says what is in it, in a sentence.
    pub(super) fn finish(mut self) -> anyhow::Result<String> {
        if !self.forgotten.is_empty() {
            self.write_anew().with_context(|| format!("{} cannot be written", self.named.display()))?;
        }
        Ok(self.sentence())
    }

    fn sentence(&self) -> String {
        let path = self.named.display();
        let earlier = match self.earlier {
            0 => String::new(),
            count => format!(" {count} earlier errors are not in it any more: of a step, the latest are kept."),
        };
        let without = match self.without_record {
            0 => String::new(),
            count => format!(" {count} more errors have no record to be tried again with."),
        };
        match self.written {
            0 => format!("Nothing to try again is in {path}.{earlier}{without}"),
            count => {
                format!("{count} errors are in {path}: --retry {path} tries their records again.{earlier}{without}")
            }
        }
    }
}

/// What is to be tried again of a flow, step by step in the order in which their errors came.
pub(super) fn read(path: &Path, flow: Id) -> anyhow::Result<Vec<Retry>> {
    let unread = || format!("{} cannot be read", path.display());
    let file = BufReader::new(File::open(path).with_context(unread)?);
    let mut rounds: Vec<Retry> = Vec::new();
    // A record may have several errors at a step, and is tried once.
    let mut seen = BTreeSet::new();
    for (number, line) in file.lines().enumerate() {
        let line = line.with_context(unread)?;
        if line.trim().is_empty() {
            continue;
        }
        let place = || format!("line {} of {}", number + 1, path.display());
        let line: Line =
            serde_json::from_str(&line).with_context(|| format!("{} is no record that failed", place()))?;
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

    fn run() -> Id {
        Id::from_parts(3, [0; 8])
    }

    fn error(step: &str, index: Option<u64>, record: Option<Value>) -> RunError {
        RunError { step: step.into(), index, record, message: "No.".into(), ..RunError::default() }
    }

    #[test]
    fn records_that_failed_are_read_as_they_were_written_each_at_its_step() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("failed.jsonl");
        let mut failed = Failed::create(&path).unwrap();
        for (n, (step, index)) in (1..).zip([("a", 3), ("b", 1), ("a", 3), ("a", 5)]) {
            failed.take(run(), flow(), n, &error(step, Some(index), Some(json!({"n": index})))).unwrap();
        }
        failed.take(run(), flow(), 5, &error("a", Some(7), None)).unwrap();
        failed.take(run(), flow(), 6, &error("a", None, None)).unwrap();
        let said = failed.finish().unwrap();
        assert!(said.starts_with("4 errors are in"), "{said}");
        assert!(said.ends_with("1 more errors have no record to be tried again with."), "{said}");
        let round = |step: &str, records: &[u64]| Retry {
            step: step.into(),
            records: records.iter().map(|n| (*n, json!({"n": n}))).collect(),
        };
        assert_eq!(read(&path, flow()).unwrap(), [round("a", &[3, 5]), round("b", &[1])]);
        let other = read(&path, Id::from_parts(2, [0; 8])).unwrap_err().to_string();
        assert!(other.starts_with("line 1 of ") && other.contains("--flow"), "{other}");
    }

    #[test]
    fn what_a_later_error_forgets_is_taken_out_now_and_then_and_at_the_end() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("failed.jsonl");
        let indexes = || {
            let rounds = read(&path, flow()).unwrap();
            rounds.iter().flat_map(|round| round.records.iter().map(|(index, _)| *index)).collect::<Vec<_>>()
        };
        let mut failed = Failed { most_forgotten: 2, ..Failed::create(&path).unwrap() };
        // Another run has numbers of its own.
        let other = Id::from_parts(4, [0; 8]);
        failed.take(other, flow(), 1, &error("a", Some(100), Some(json!({})))).unwrap();
        for n in 1..=7_u64 {
            let forgets = (n > 2).then_some(n.saturating_sub(2));
            let error = RunError { forgets, ..error("a", Some(n), Some(json!({"n": n}))) };
            failed.take(run(), flow(), n, &error).unwrap();
        }
        // 1 to 4 were taken out with 6; 5 has been forgotten since.
        assert_eq!(indexes(), [100, 5, 6, 7]);
        let said = failed.finish().unwrap();
        assert!(said.starts_with("3 errors are in") && said.contains("5 earlier errors"), "{said}");
        assert_eq!(indexes(), [100, 6, 7]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
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
