//! Packages as zip archives: one JSON file a resource, the same bytes for the same package.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tombolo_formats::{ZipArchive, ZipWriter};
use tombolo_model::{Id, Kind};

use crate::closure::{capital, strip, without_data};
use crate::references::{self, Reference};
use crate::{MOST_PARTS, Package, PackageError, Part, fits, layout};

/// The largest archive that is looked at.
pub const MOST_ARCHIVE_BYTES: usize = 32 * 1024 * 1024;
/// The largest file in it: a document takes no more.
const MOST_FILE_BYTES: usize = 2 * 1024 * 1024;
/// All files together, inflated. A value of JSON in memory is many times its text.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// So many files, counted before any is opened.
const MOST_FILES: usize = 2 * MOST_PARTS;

/// Writes a package as an archive.
#[must_use]
pub fn write(package: &Package) -> Vec<u8> {
    write_files(&files_of(package))
}

/// The files of an archive, by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// One file a part.
pub(crate) fn files_of(package: &Package) -> Files {
    let file = |part: &Part| {
        let mut whole = Map::from_iter([("_id".to_owned(), Value::from(part.id.to_string()))]);
        whole.extend(part.value.as_object().cloned().unwrap_or_default());
        let mut text = serde_json::to_string_pretty(&Value::Object(whole)).unwrap_or_default();
        text.push('\n');
        (format!("{}/{}.json", part.kind.collection(), part.id), text.into_bytes())
    };
    package.parts.iter().map(file).collect()
}

/// The archive of some files.
pub(crate) fn write_files(files: &Files) -> Vec<u8> {
    let (mut zip, mut out) = (ZipWriter::default(), Vec::new());
    for (name, bytes) in files {
        zip.begin(name, &mut out);
        zip.push(bytes, &mut out);
    }
    zip.finish(&mut out);
    out
}

/// A name for the archive that every computer takes for a file.
#[must_use]
pub fn file_name(package: &Package) -> String {
    let name = package.part(package.root).map(Part::name).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(60).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { format!("{}.zip", package.root) } else { format!("{name}.zip") }
}

/// Reads an archive.
///
/// What belongs to the account or the machine that it comes from (other integrations, flows outside of it, agents) is taken
/// out of it and noted; secrets, should it hold any, are dropped.
///
/// # Errors
///
/// Returns what is wrong with it, with the name of the file: then nothing of it may be made.
pub fn read(bytes: Vec<u8>) -> Result<Package, PackageError> {
    if bytes.len() > MOST_ARCHIVE_BYTES {
        return Err(PackageError::TooMuch { what: "bytes", most: MOST_ARCHIVE_BYTES });
    }
    read_files(&files(&ZipArchive::open(bytes)?)?)
}

/// The same of files that were taken out of their archive.
pub(crate) fn read_files(files: &Files) -> Result<Package, PackageError> {
    let mut parts: BTreeMap<Id, (Part, String)> = BTreeMap::new();
    let mut notes = BTreeSet::new();
    for (name, bytes) in files {
        if !name.to_ascii_lowercase().ends_with(".json") {
            if !name.ends_with(".js") {
                notes.insert(format!("“{name}” is no resource and is left out."));
            }
            continue;
        }
        for part in read_file(name, bytes, files)? {
            // Before the next file is read: what would not fit is not kept beside the others.
            fits::check(&part)?;
            if let Some((_, other)) = parts.get(&part.id) {
                return Err(PackageError::SameId { name: name.clone(), other: other.clone() });
            }
            parts.insert(part.id, (part, name.clone()));
            if parts.len() > MOST_PARTS {
                return Err(PackageError::TooMuch { what: "resources", most: MOST_PARTS });
            }
        }
    }
    let mut parts: Vec<Part> = parts.into_values().map(|(part, _)| part).collect();
    parts.sort_by_key(|part| (part.kind, part.id));
    let root = root(&parts)?;
    for part in &mut parts {
        strip(part);
        notes.extend(without_data(part));
    }
    close(&mut parts, root, &mut notes)?;
    Ok(Package { root, parts, notes: notes.into_iter().collect() })
}

/// The files by name, all of their names looked at before one of them is opened.
pub(crate) fn files(zip: &ZipArchive) -> Result<Files, PackageError> {
    let names: Vec<&String> = zip.names().iter().filter(|name| !layout::is_noise(name)).collect();
    if names.len() > MOST_FILES {
        return Err(PackageError::TooMuch { what: "files", most: MOST_FILES });
    }
    let mut seen = BTreeSet::new();
    for name in zip.names() {
        layout::checked(name)?;
        // Some computers take `A.json` and `a.json` for the same file, and unpack one of them.
        if !seen.insert(name.to_lowercase()) {
            return Err(PackageError::Twice { name: name.clone() });
        }
    }
    let (mut files, mut left) = (BTreeMap::new(), MOST_BYTES);
    for name in names {
        let most = left.min(MOST_FILE_BYTES);
        let damaged = |source| PackageError::Damaged { name: name.clone(), source };
        let Some(bytes) = zip.read(name, most).map_err(damaged)? else { continue };
        left -= bytes.len();
        files.insert(name.clone(), bytes);
    }
    Ok(files)
}

fn read_file(name: &str, bytes: &[u8], files: &Files) -> Result<Vec<Part>, PackageError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let not_json = |error: serde_json::Error| PackageError::NotJson { name: name.to_owned(), why: error.to_string() };
    let value: Value = serde_json::from_slice(bytes).map_err(not_json)?;
    let mut parts = Vec::new();
    for (kind, value) in layout::resources(name, value)? {
        let kind = kind.or_else(|| layout::kind_of_path(name));
        let kind = kind.ok_or_else(|| PackageError::KindUnknown { name: name.to_owned() })?;
        let id = value.get("_id").and_then(Value::as_str).unwrap_or_else(|| layout::stem(name));
        let id: Id = id.parse().map_err(|_| PackageError::NoId { name: name.to_owned() })?;
        let mut part = Part { kind, id, value };
        beside(&mut part, name, files);
        parts.push(part);
    }
    Ok(parts)
}

/// The text of a script may lie beside it, for people who keep it with their programs.
fn beside(part: &mut Part, name: &str, files: &Files) {
    let text = name.rsplit_once('.').and_then(|(stem, _)| files.get(&format!("{stem}.js")));
    if let (Kind::Script, Some(text), Value::Object(fields)) = (part.kind, text, &mut part.value)
        && !fields.contains_key("content")
    {
        fields.insert("content".to_owned(), String::from_utf8_lossy(text).into());
    }
}

/// The one integration; without one the flow, and without a flow the resource that comes last in the order of kinds, which is
/// the one that others serve.
fn root(parts: &[Part]) -> Result<Id, PackageError> {
    let of = |kind| parts.iter().filter(move |part| part.kind == kind).map(|part| part.id);
    let integrations = of(Kind::Integration).count();
    if integrations > 1 {
        return Err(PackageError::Several(integrations));
    }
    let first = [Kind::Integration, Kind::Flow, Kind::Api, Kind::Tool, Kind::Export, Kind::Import];
    let found = first.into_iter().find_map(|kind| of(kind).next());
    found.or_else(|| parts.first().map(|part| part.id)).ok_or(PackageError::Empty)
}

/// Takes out what belongs to where it comes from, and refuses what should be here and is not.
fn close(parts: &mut [Part], root: Id, notes: &mut BTreeSet<String>) -> Result<(), PackageError> {
    let kinds: BTreeMap<Id, Kind> = parts.iter().map(|part| (part.id, part.kind)).collect();
    let has_integration = kinds.get(&root) == Some(&Kind::Integration);
    for part in parts {
        let mut gone = Vec::new();
        for reference in references::of(part) {
            let Reference { place, kind, id } = &reference;
            match kinds.get(id) {
                Some(is) if is == kind => {}
                Some(is) => {
                    let (from, place) = (capital(&part.called()), place.clone());
                    return Err(PackageError::WrongKind { from, place, kind: *kind, is: *is, id: *id });
                }
                // Of a flow's integration only the place is kept: another one is chosen for it.
                None if *kind == Kind::Integration && !has_integration => {}
                None if matches!(kind, Kind::Integration | Kind::Flow | Kind::Agent) => gone.push(reference),
                None => {
                    let (from, place) = (capital(&part.called()), place.clone());
                    return Err(PackageError::Missing { from, place, kind: *kind, id: *id });
                }
            }
        }
        for reference in gone.iter().filter(|reference| reference.kind != Kind::Integration) {
            let from = capital(&part.called());
            notes.insert(format!(
                "{from} uses a {} that is not in the zip: choose another where it is installed.",
                reference.kind
            ));
        }
        references::take_out(part, &gone);
    }
    Ok(())
}
