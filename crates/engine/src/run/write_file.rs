//! Writes records into files: one a run, one a page or one a record.
//!
//! A step makes one file. Where its records are to be several, these stand in one archive, in the order in which they
//! were made.

use std::collections::BTreeMap;

use tombolo_formats::{RecordWriter, ZipWriter};
use tombolo_model::run::RunFile;
use tombolo_model::{Record, Val};
use tombolo_template::{Named, Template};

use super::shaped::wrapped;
use super::shared::{Place, Shared};
use super::write::{Answered, Failure, Fatal, Outgoing, Submitted};
use crate::host::FileWriter;
use crate::plan::{FileWrite, Import, Parts};
use crate::size::Memory;
use crate::units::{MAX_GATHERED_BYTES, WRITE_BYTES};

pub(super) struct FileDestination<'a, 's> {
    shared: &'a Shared<'s>,
    place: Place,
    import: &'a Import,
    write: &'a FileWrite,
    /// Begun with the first record, whose values its name may have.
    out: Option<Out<'a>>,
    /// The records of a file that a template writes.
    gathered: Vec<Val>,
    gathered_memory: Memory,
    /// The files that are complete, where each is one of its own.
    several: Several,
}

/// Files that were made: the first one's name, how many they are, and how big together.
#[derive(Default)]
struct Several {
    first: String,
    count: u64,
    size_bytes: u64,
}

/// The name and the bytes of a file, and what became of each of its records.
type Made = (String, Vec<u8>, Vec<Submitted>);

/// The file of the step.
struct Out<'a> {
    name: String,
    file: Box<dyn FileWriter + 'a>,
    content: Content,
    buffer: Vec<u8>,
    size_bytes: u64,
}

enum Content {
    Records(Box<RecordWriter>),
    Archive { writer: Box<ZipWriter>, taken: BTreeMap<String, u64> },
}

impl<'a, 's> FileDestination<'a, 's> {
    pub(super) fn new(shared: &'a Shared<'s>, place: Place, import: &'a Import, write: &'a FileWrite) -> Self {
        Self {
            shared,
            place,
            import,
            write,
            out: None,
            gathered: Vec::new(),
            gathered_memory: Memory::default(),
            several: Several::default(),
        }
    }

    pub(super) async fn write(&mut self, records: Vec<Outgoing<'_>>) -> Result<Vec<Submitted>, Fatal> {
        match (&self.write.parts, &self.write.body) {
            (Parts::All, None) => self.append(records).await,
            (Parts::All, Some(_)) => self.gather(records),
            (Parts::Page(_), _) => self.part(&records).await,
            (Parts::Record(_), _) => {
                let mut all = Vec::with_capacity(records.len());
                for one in records {
                    all.extend(self.part(std::slice::from_ref(&one)).await?);
                }
                Ok(all)
            }
        }
    }

    pub(super) async fn finish(mut self) -> Result<Option<RunFile>, Fatal> {
        if self.makes_several() {
            return Ok(self.several.shown());
        }
        let gathered = std::mem::take(&mut self.gathered);
        let records: Vec<&Val> = gathered.iter().collect();
        let mut out = self.begun(&records).await?;
        match (&mut out.content, &self.write.body) {
            (Content::Archive { writer, .. }, _) => writer.finish(&mut out.buffer),
            (Content::Records(_), Some(body)) => {
                let text = self.text(body, &records).map_err(|message| ("template", message))?;
                let writer = RecordWriter::new(&self.write.options, &out.name);
                writer.write_text(&text, &mut out.buffer).map_err(|message| ("file", message))?;
            }
            (Content::Records(writer), None) => {
                writer.finish(&mut out.buffer).map_err(|message| ("file", message))?;
            }
        }
        out.flush().await?;
        out.file.finish().await.map_err(|error| ("file", error.to_string()))?;
        Ok(Some(RunFile { name: out.name, size_bytes: out.size_bytes }))
    }

    /// Whether each file of some records is one of its own.
    pub(super) fn makes_several(&self) -> bool {
        !matches!(self.write.parts, Parts::All) && self.shared.host.files().takes_several()
    }

    /// Appends to the only file.
    async fn append(&mut self, records: Vec<Outgoing<'_>>) -> Result<Vec<Submitted>, Fatal> {
        let first: Vec<&Val> = records.iter().take(1).map(|one| &*one.mapped).collect();
        let mut out = self.begun(&first).await?;
        let mut all = Vec::with_capacity(records.len());
        for one in &records {
            let Out { content, buffer, .. } = &mut out;
            let result = match content {
                Content::Records(writer) => rows(writer, &one.mapped, buffer),
                Content::Archive { .. } => Ok(()),
            };
            all.push(submitted(one.at, result));
            if out.buffer.len() >= WRITE_BYTES {
                out.flush().await?;
            }
        }
        self.out = Some(out);
        Ok(all)
    }

    /// Keeps records until all are there.
    fn gather(&mut self, records: Vec<Outgoing<'_>>) -> Result<Vec<Submitted>, Fatal> {
        let mut all = Vec::with_capacity(records.len());
        for one in records {
            self.gathered_memory.add(&one.mapped);
            if self.gathered_memory.bytes() > MAX_GATHERED_BYTES {
                let most = MAX_GATHERED_BYTES / (1024 * 1024);
                let message = format!(
                    "the records of a file that a template writes take more than {most} MB of memory. Write a file a page, or one without a template."
                );
                return Err(("too_big", message));
            }
            self.gathered.push(one.mapped.into_owned());
            all.push(submitted(one.at, Ok(())));
        }
        Ok(all)
    }

    /// Makes a file of its own of some records.
    async fn part(&mut self, records: &[Outgoing<'_>]) -> Result<Vec<Submitted>, Fatal> {
        let values: Vec<&Val> = records.iter().map(|one| &*one.mapped).collect();
        let (name, bytes, results) = match self.made(records, &values) {
            Ok(made) => made,
            Err((code, message)) => {
                let failed = |one: &Outgoing<'_>| submitted(one.at, Err(Failure::new(code, message.clone())));
                return Ok(records.iter().map(failed).collect());
            }
        };
        if self.makes_several() {
            self.own(name, bytes).await?;
        } else {
            self.archived(&name, &bytes, &values).await?;
        }
        Ok(results)
    }

    /// Writes a file of its own.
    async fn own(&mut self, name: String, bytes: Vec<u8>) -> Result<(), Fatal> {
        let failed = |error: crate::host::FileError| ("file", error.to_string());
        let size_bytes = bytes.len() as u64;
        let mut file = self.shared.host.files().create(&self.import.named.id, &name).await.map_err(failed)?;
        file.write(bytes).await.map_err(failed)?;
        file.finish().await.map_err(failed)?;
        self.several.add(name, size_bytes);
        Ok(())
    }

    /// Writes a file into the archive.
    async fn archived(&mut self, name: &str, bytes: &[u8], values: &[&Val]) -> Result<(), Fatal> {
        let mut out = self.begun(values).await?;
        if let Content::Archive { writer, taken } = &mut out.content {
            writer.begin(&unique(name, taken), &mut out.buffer);
            writer.push(bytes, &mut out.buffer);
            writer.end(&mut out.buffer);
        }
        if out.buffer.len() >= WRITE_BYTES {
            out.flush().await?;
        }
        self.out = Some(out);
        Ok(())
    }

    /// The name and the bytes of such a file, and what became of each record.
    fn made(&self, records: &[Outgoing<'_>], values: &[&Val]) -> Result<Made, Fatal> {
        let name = self.text(&self.write.name, values).map_err(|message| ("template", message))?;
        let name = safe_name(&name);
        let mut writer = RecordWriter::new(&self.write.options, &name);
        let mut bytes = Vec::new();
        if let Some(body) = &self.write.body {
            let text = self.text(body, values).map_err(|message| ("template", message))?;
            writer.write_text(&text, &mut bytes).map_err(|message| ("file", message))?;
            return Ok((name, bytes, records.iter().map(|one| submitted(one.at, Ok(()))).collect()));
        }
        let results: Vec<Submitted> =
            records.iter().map(|one| submitted(one.at, rows(&mut writer, &one.mapped, &mut bytes))).collect();
        if let ([_], [Submitted { result: Err(failure), .. }]) = (records, &*results) {
            // A record that cannot be written makes no file without one.
            return Err((failure.code, failure.message.clone()));
        }
        writer.finish(&mut bytes).map_err(|message| ("file", message))?;
        Ok((name, bytes, results))
    }

    /// The file of the step, begun where it was not yet.
    async fn begun(&mut self, records: &[&Val]) -> Result<Out<'a>, Fatal> {
        if let Some(out) = self.out.take() {
            return Ok(out);
        }
        let name = match &self.write.parts {
            Parts::All => self.text(&self.write.name, records).map_err(|message| ("template", message))?,
            Parts::Page(name) | Parts::Record(name) => name.clone(),
        };
        let name = safe_name(&name);
        let created = self.shared.host.files().create(&self.import.named.id, &name).await;
        let content = match &self.write.parts {
            Parts::All => Content::Records(Box::new(RecordWriter::new(&self.write.options, &name))),
            Parts::Page(_) | Parts::Record(_) => Content::Archive { writer: Box::default(), taken: BTreeMap::new() },
        };
        let file = created.map_err(|error| ("file", error.to_string()))?;
        Ok(Out { name, file, content, buffer: Vec::new(), size_bytes: 0 })
    }

    /// What a template makes of the records of a file.
    fn text(&self, template: &Template, records: &[&Val]) -> Result<String, String> {
        let list = |value: &dyn Fn(&Val) -> Val| Val::List(records.iter().map(|record| value(record)).collect());
        let page = if template.reads(&["page_of_records"]) { list(&|record| wrapped(record)) } else { Val::Absent };
        let data = if template.reads(&["data"]) { list(&Val::clone) } else { Val::Absent };
        let scope = |name: &str| match (name, records.first()) {
            ("timestamp", _) => Some(&self.shared.started),
            ("page_of_records", _) => Some(&page),
            ("data", _) => Some(&data),
            ("rows", Some(rows @ Val::List(_))) => Some(*rows),
            ("record", Some(record)) => Some(*record),
            _ => self.import.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
        };
        template.render_in(&Named(&scope), self.shared.env(self.place)).map_err(|error| error.to_string())
    }
}

impl Several {
    fn add(&mut self, name: String, size_bytes: u64) {
        if self.count == 0 {
            self.first = name;
        }
        self.count += 1;
        self.size_bytes += size_bytes;
    }

    fn shown(self) -> Option<RunFile> {
        let name = match self.count {
            0 => return None,
            1 => self.first,
            count => format!("{} and {} more", self.first, count - 1),
        };
        Some(RunFile { name, size_bytes: self.size_bytes })
    }
}

impl Out<'_> {
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

/// A record, or the rows that a mapping made of one.
fn rows(writer: &mut RecordWriter, mapped: &Val, buffer: &mut Vec<u8>) -> Result<(), Failure> {
    match mapped {
        Val::Map(record) => writer.write(record, buffer).map_err(|message| Failure::new("file", message)),
        Val::List(_) => {
            let mut all = Vec::new();
            if !gather_rows(mapped, &mut all) {
                return Err(no_record());
            }
            writer.write_all(&all, buffer).map_err(|message| Failure::new("file", message))
        }
        _ => Err(no_record()),
    }
}

/// The rows of a list, and of lists in it; whether all of them are records.
fn gather_rows<'v>(value: &'v Val, into: &mut Vec<&'v Record>) -> bool {
    match value {
        Val::Map(record) => {
            into.push(record);
            true
        }
        Val::List(all) => all.iter().all(|row| gather_rows(row, into)),
        _ => false,
    }
}

fn no_record() -> Failure {
    Failure::new("file", "What the mapping made is no record, so it cannot be written into a file.")
}

fn submitted(at: usize, result: Result<(), Failure>) -> Submitted {
    Submitted { at, result: result.map(|()| Answered { status_code: 200, ..Answered::default() }) }
}

/// A name that no file in the archive has yet.
fn unique(name: &str, taken: &mut BTreeMap<String, u64>) -> String {
    let (stem, ending) = name.split_once('.').map_or((name, String::new()), |(stem, rest)| (stem, format!(".{rest}")));
    let mut made = name.to_owned();
    let mut count = taken.get(name).copied().unwrap_or_default();
    while taken.contains_key(&made) {
        count += 1;
        made = format!("{stem} ({count}){ending}");
    }
    // The next one of this name goes on counting here.
    if let Some(last) = taken.get_mut(name) {
        *last = count;
    }
    taken.insert(made.clone(), 1);
    made
}

/// As many bytes as the name of a file has on most systems, and some room for what is added while it is written.
const MAX_NAME_BYTES: usize = 240;

/// A name that is a file's name everywhere and never a path.
fn safe_name(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|character| match character {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            character if character.is_control() => '-',
            character => character,
        })
        .collect();
    let safe = safe.trim().trim_start_matches('.');
    if safe.is_empty() {
        return "output".to_owned();
    }
    if safe.len() <= MAX_NAME_BYTES {
        return safe.to_owned();
    }
    // What it is called after the last dot says what kind of file it is.
    let ending = safe.rfind('.').map_or("", |dot| &safe[dot..]);
    let ending = if ending.len() <= 20 { ending } else { "" };
    let end = safe.floor_char_boundary(MAX_NAME_BYTES - ending.len());
    format!("{}{ending}", &safe[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_same_name_are_numbered() {
        let mut taken = BTreeMap::new();
        let names = ["a.csv", "a.csv", "a (2).csv", "a.csv", "b", "b", "b"].map(|name| unique(name, &mut taken));
        assert_eq!(names, ["a.csv", "a (2).csv", "a (2) (2).csv", "a (3).csv", "b", "b (2)", "b (3)"]);
    }

    #[test]
    fn a_file_name_is_never_a_path() {
        assert_eq!(safe_name("orders 2026-11-24T04:00:00Z.csv"), "orders 2026-11-24T04-00-00Z.csv");
        assert_eq!(safe_name("../../etc/passwd"), "-..-etc-passwd");
        assert_eq!(safe_name(" "), "output");
        let long = safe_name(&format!("{}.csv.gz", "日".repeat(200)));
        assert!(long.len() <= MAX_NAME_BYTES && long.ends_with("日.gz"), "{long}");
    }
}
