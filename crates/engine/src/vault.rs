//! The secrets of a run: what came with the bundle, by name, and how templates meet them.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use tombolo_model::{Id, Record, Val};
use tombolo_template::secret;

use crate::bundle::Bundle;
use crate::plan::auth::{REFRESH_TOKEN, TOKEN};
use crate::secret::name;

/// Where a connection's own encrypted fields are.
const FIELDS: &str = "/http/encrypted";
/// The clients' own.
const CLIENT_FIELDS: &str = "/encrypted";

/// Secrets by name. They are not printed.
#[derive(Clone, Default)]
pub(crate) struct Vault(BTreeMap<String, String>);

impl Vault {
    /// The secrets of a connection or client; encrypted fields may have been entered one by one or as one object.
    pub(crate) fn add(&mut self, bundle: &Bundle, owner: Id) {
        for (path, value) in bundle.secrets.get(&owner).into_iter().flatten().filter(|(_, value)| !value.is_empty()) {
            if [FIELDS, CLIENT_FIELDS].contains(&path.as_str())
                && let Ok(Value::Object(fields)) = serde_json::from_str(value)
            {
                for (field, value) in &fields {
                    let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                    self.0.entry(name(owner, &format!("{path}/{field}"))).or_insert(value);
                }
                continue;
            }
            self.0.insert(name(owner, path), value.clone());
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// A connection or client as templates read it: its secrets are there and cannot be read. `also` are paths of
    /// secrets that may come into being while the flow runs.
    pub(crate) fn hide(&self, owner: Id, value: &Value, also: &[&str]) -> Val {
        let mut hidden = Val::from(value);
        let declared = value.pointer("/http/encryptedFields").and_then(Value::as_array).into_iter().flatten();
        let declared = declared.filter_map(|field| field.get("id")?.as_str()).map(|field| format!("{FIELDS}/{field}"));
        let prefix = owner.to_string();
        let kept = self.0.keys().filter_map(|name| name.strip_prefix(&prefix)).map(ToOwned::to_owned);
        for path in kept.chain(declared).chain(also.iter().map(|path| (*path).to_owned())) {
            let steps: Vec<&str> = path.split('/').skip(1).collect();
            put(&mut hidden, &steps, secret(&name(owner, &path)));
        }
        hidden
    }
}

/// A field that is a secret under another name.
const ALIASES: [(&str, &str); 2] = [("refreshToken", REFRESH_TOKEN), ("accessToken", TOKEN)];

impl Vault {
    /// A client as templates of its connection read it: its own encrypted fields also stand at its top, and its tokens
    /// are those of the connection.
    pub(crate) fn hide_client(&self, client: Id, value: &Value, connection: Id) -> Val {
        let mut hidden = self.hide(client, value, &[]);
        for (field, path) in ALIASES {
            put(&mut hidden, &["oauth2", field], secret(&name(connection, path)));
        }
        let prefix = name(client, CLIENT_FIELDS);
        for full in self.0.keys() {
            if let Some(field) = full.strip_prefix(&prefix).and_then(|rest| rest.strip_prefix('/')) {
                put(&mut hidden, &[field], secret(full));
            }
        }
        hidden
    }
}

/// Sets a value below another; what is no object on the way becomes one.
fn put(at: &mut Val, path: &[&str], value: Val) {
    let [first, rest @ ..] = path else {
        *at = value;
        return;
    };
    if !matches!(at, Val::Map(_)) || at.as_hidden().is_some() {
        *at = Val::Map(Record::default());
    }
    if let Val::Map(record) = at {
        let mut below = record.get(first).cloned().unwrap_or_default();
        put(&mut below, rest, value);
        record.set(first, below);
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn encrypted_fields_come_one_by_one_or_as_one_object() {
        let id = Id::from_parts(1, [0; 8]);
        let fields = |secrets: &[(&str, &str)]| {
            let secrets = secrets.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
            let bundle = Bundle { secrets: BTreeMap::from([(id, secrets)]), ..Bundle::default() };
            let mut vault = Vault::default();
            vault.add(&bundle, id);
            vault
        };
        let apart = fields(&[("/http/encrypted/key", "hush"), ("/http/encrypted/none", "")]);
        let whole = fields(&[("/http/encrypted", r#"{"key":"hush","n":5}"#)]);
        for vault in [&apart, &whole] {
            assert_eq!(vault.get(&name(id, "/http/encrypted/key")), Some("hush"));
            let shown = vault.hide(id, &json!({"http": {"encrypted": "******", "baseURI": "x"}}), &[]);
            assert!(shown.to_json().contains(r#""encrypted":{"key":"******""#), "{}", shown.to_json());
            assert!(!format!("{vault:?}{shown:?}").contains("hush"));
        }
        assert_eq!(whole.get(&name(id, "/http/encrypted/n")), Some("5"));
        assert_eq!(apart.get(&name(id, "/http/encrypted/none")), None);
    }
}
