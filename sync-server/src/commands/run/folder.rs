//! A folder of resources as `tombolo run` reads it: what a team keeps beside its code.
//!
//! `flows/NAME.json`, `exports/NAME.json`, `connections/NAME.json` and so on, by the names that the collections have in
//! the REST API: each file is one resource with its `_id`, or a list of them. The content of `scripts/NAME.json` may
//! lie beside it as `scripts/NAME.js`, and `secrets.json` has the secrets of connections. Other files and folders are
//! not looked at.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use tombolo_model::{Id, Kind};

use super::file::BundleFile;
use crate::job::{JobResource, Secrets};

/// Where the secrets are.
const SECRETS: &str = "secrets.json";

/// Reads the resources of a folder and chooses the flow.
pub(super) fn read(folder: &Path, flow: Option<&str>) -> anyhow::Result<BundleFile> {
    let resources = resources(folder)?;
    if !resources.values().any(|found| found.kind == Kind::Flow) {
        bail!(
            "there is no flow in it: a folder has flows/NAME.json, exports/NAME.json, connections/NAME.json and so on"
        );
    }
    let path = folder.join(SECRETS);
    let secrets = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| {
            format!("{} is not {{\"ID OF THE CONNECTION\": {{\"/PATH/TO/FIELD\": \"SECRET\"}}}}", path.display())
        })?,
        Err(error) if error.kind() == ErrorKind::NotFound => Secrets::default(),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    BundleFile::choose(resources, secrets, flow)
}

/// All resources of a folder.
pub(super) fn resources(folder: &Path) -> anyhow::Result<BTreeMap<Id, JobResource>> {
    let mut resources = BTreeMap::new();
    for kind in Kind::ALL {
        for path in files(&folder.join(kind.collection()))? {
            let read = of_file(kind, &path).with_context(|| format!("{} cannot be read", path.display()))?;
            for (id, value) in read {
                if resources.insert(id, JobResource { kind, value }).is_some() {
                    bail!("{}: {id} is the id of another resource too", path.display());
                }
            }
        }
    }
    Ok(resources)
}

/// The JSON files of a folder, in the order of their names; a folder that is not there has none.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", folder.display())),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("{} cannot be read", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The resources of a file, with their ids.
fn of_file(kind: Kind, path: &Path) -> anyhow::Result<Vec<(Id, Value)>> {
    let read: Value = serde_json::from_slice(&std::fs::read(path)?).context("it is no JSON")?;
    let list = match read {
        Value::Array(list) => list,
        one => vec![one],
    };
    let mut found = Vec::new();
    for value in list {
        let Value::Object(mut fields) = value else {
            bail!("a resource is an object with its _id, or a list of such objects");
        };
        let id = fields.get("_id").and_then(Value::as_str).unwrap_or_default();
        let id: Id = id.parse().context("give it an _id of 24 hexadecimal digits")?;
        if kind == Kind::Script {
            add_content(&mut fields, path)?;
        }
        found.push((id, Value::Object(fields)));
    }
    Ok(found)
}

/// The text of a script that lies beside its resource.
fn add_content(fields: &mut Map<String, Value>, path: &Path) -> anyhow::Result<()> {
    if fields.contains_key("content") {
        return Ok(());
    }
    let beside = path.with_extension("js");
    let text = std::fs::read_to_string(&beside)
        .with_context(|| format!("it has no content, and {} cannot be read", beside.display()))?;
    fields.insert("content".to_owned(), Value::String(text));
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    const FLOW: &str = "000000010000000000000000";
    const SCRIPT: &str = "000000020000000000000000";
    const CONNECTION: &str = "000000030000000000000000";

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn folder() -> TempDir {
        let folder = TempDir::new().unwrap();
        write(folder.path(), "flows/daily.json", &json!({"_id": FLOW, "name": "Daily"}).to_string());
        folder
    }

    fn wrong(folder: &Path) -> String {
        read(folder, None).err().map(|error| format!("{error:#}")).unwrap_or_default()
    }

    #[test]
    fn a_folder_has_a_file_for_each_resource_and_scripts_as_they_are() {
        let folder = folder();
        write(folder.path(), "scripts/hooks.json", &json!([{"_id": SCRIPT, "name": "Hooks"}]).to_string());
        write(folder.path(), "scripts/hooks.js", "function f() {}");
        write(folder.path(), "secrets.json", &json!({CONNECTION: {"/http/auth/token/token": "t"}}).to_string());
        write(folder.path(), "README.md", "Ours.");
        let bundle = read(folder.path(), None).unwrap();
        assert_eq!(bundle.flow["name"], "Daily");
        assert_eq!(bundle.resources[&SCRIPT.parse().unwrap()].value["content"], "function f() {}");
        assert_eq!(bundle.secrets.0[&CONNECTION.parse().unwrap()]["/http/auth/token/token"], "t");
    }

    #[test]
    fn a_folder_that_cannot_be_read_says_which_file_is_wrong_and_what_to_do() {
        assert!(wrong(TempDir::new().unwrap().path()).contains("there is no flow in it"));
        let without_id = folder();
        write(without_id.path(), "exports/a.json", r#"{"name": "A"}"#);
        assert!(wrong(without_id.path()).contains("a.json cannot be read: give it an _id"));
        let twice = folder();
        write(twice.path(), "flows/again.json", &json!({"_id": FLOW, "name": "Again"}).to_string());
        assert!(wrong(twice.path()).contains("is the id of another resource too"));
        let empty = folder();
        write(empty.path(), "scripts/a.json", &json!({"_id": SCRIPT}).to_string());
        assert!(wrong(empty.path()).contains("a.js cannot be read"));
        let secret = folder();
        write(secret.path(), "secrets.json", "[]");
        assert!(wrong(secret.path()).contains("ID OF THE CONNECTION"));
    }
}
