//! Writes records into one file a run.

use tombolo_formats::RecordWriter;
use tombolo_model::Val;
use tombolo_model::run::RunFile;
use tombolo_template::Named;

use super::shared::Shared;
use super::write::{Answered, Failure, Fatal, Outgoing, Submitted};
use crate::host::FileWriter;
use crate::plan::{FileWrite, Import};
use crate::units::WRITE_BYTES;

pub(super) struct FileDestination<'a> {
    name: String,
    format: Box<RecordWriter>,
    file: Box<dyn FileWriter + 'a>,
    buffer: Vec<u8>,
    size_bytes: u64,
}

impl<'a> FileDestination<'a> {
    pub(super) async fn open(shared: &'a Shared<'_>, step: &Import, write: &FileWrite) -> Result<Self, Fatal> {
        let scope = |name: &str| match name {
            "timestamp" => Some(&shared.started),
            _ => step.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
        };
        let rendered = write.name.render_in(&Named(&scope), &shared.env);
        let name = safe_name(&rendered.map_err(|error| ("template", error.to_string()))?);
        let created = shared.host.files().create(&step.named.id, &name).await;
        Ok(Self {
            format: Box::new(RecordWriter::new(&write.options, &name)),
            name,
            file: created.map_err(|error| ("file", error.to_string()))?,
            buffer: Vec::new(),
            size_bytes: 0,
        })
    }

    pub(super) async fn write(&mut self, records: Vec<Outgoing<'_>>) -> Result<Vec<Submitted>, Fatal> {
        let mut all = Vec::with_capacity(records.len());
        for Outgoing { at, mapped, .. } in records {
            let result = self.one(&mapped);
            all.push(Submitted { at, result: result.map(|()| Answered { status_code: 200, ..Answered::default() }) });
            if self.buffer.len() >= WRITE_BYTES {
                self.flush().await?;
            }
        }
        Ok(all)
    }

    /// A record, or the rows that a mapping made of one.
    fn one(&mut self, mapped: &Val) -> Result<(), Failure> {
        let failed = |message| Failure::new("file", message);
        match mapped {
            Val::Map(record) => self.format.write(record, &mut self.buffer).map_err(failed),
            Val::List(rows) => rows.iter().try_for_each(|row| self.one(row)),
            _ => Err(failed("What the mapping made is no record, so it cannot be written into a file.".to_owned())),
        }
    }

    pub(super) async fn finish(mut self) -> Result<RunFile, Fatal> {
        self.format.finish(&mut self.buffer).map_err(|message| ("file", message))?;
        self.flush().await?;
        let finished = self.file.finish().await;
        finished.map_err(|error| ("file", error.to_string()))?;
        Ok(RunFile { name: self.name, size_bytes: self.size_bytes })
    }

    async fn flush(&mut self) -> Result<(), Fatal> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.size_bytes += self.buffer.len() as u64;
        let bytes = std::mem::take(&mut self.buffer);
        let written = self.file.write(bytes).await;
        written.map_err(|error| ("file", error.to_string()))
    }
}

/// A name that is a file's name everywhere and never a path.
fn safe_name(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|character| match character {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            character if character.is_control() => '-',
            character => character,
        })
        .take(200)
        .collect();
    let safe = safe.trim().trim_start_matches('.');
    if safe.is_empty() { "output".to_owned() } else { safe.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_never_a_path() {
        assert_eq!(safe_name("orders 2026-11-24T04:00:00Z.csv"), "orders 2026-11-24T04-00-00Z.csv");
        assert_eq!(safe_name("../../etc/passwd"), "-..-etc-passwd");
        assert_eq!(safe_name(" "), "output");
    }
}
