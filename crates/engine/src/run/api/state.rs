//! State: values that scripts keep from run to run, of the account or of one resource.

use serde_json::Value;
use tombolo_model::kept::{STATE_KEY_BYTES, STATE_VALUE_BYTES};
use tombolo_model::{Kind, excerpt};

use super::RunApi;
use super::arguments::field;
use crate::data::StateOwner;

impl RunApi<'_, '_> {
    /// `get(key)`, `put(key, value)`, `delete(key)`, `list()`; or of a resource, with an object
    /// `{type: "imports", _id, key, value}` as the only argument.
    pub(super) async fn state(&self, function: &str, arguments: &[Value]) -> Result<Value, String> {
        let first = arguments.first().unwrap_or(&Value::Null);
        let owner = owner(first)?;
        match function {
            "get" => Ok(self.shared.state(owner, key(function, first)?).await?.unwrap_or_default()),
            "put" | "set" => {
                let value = if first.is_object() { first.get("value") } else { arguments.get(1) };
                let Some(value) = value else {
                    return Err(format!("state.{function} needs a value: state.{function}(\"key\", value)."));
                };
                if value.to_string().len() > STATE_VALUE_BYTES {
                    let most_mb = STATE_VALUE_BYTES / (1024 * 1024);
                    return Err(format!("A value of state has {most_mb} MB at most: keep less under this key."));
                }
                self.shared.put_state(owner, key(function, first)?, Some(value.clone())).await?;
                Ok(Value::Null)
            }
            "delete" | "remove" => {
                self.shared.put_state(owner, key(function, first)?, None).await?;
                Ok(Value::Null)
            }
            "list" => Ok(self.shared.state_keys(owner).await?.into()),
            other => Err(super::unknown("state", other)),
        }
    }
}

fn key<'v>(function: &str, asked: &'v Value) -> Result<&'v str, String> {
    let key = asked.as_str().filter(|key| !key.is_empty()).or_else(|| field(asked, "key"));
    match key {
        Some(key) if key.len() <= STATE_KEY_BYTES => Ok(key),
        Some(_) => Err(format!("A key of state has {STATE_KEY_BYTES} bytes at most.")),
        None => Err(format!("state.{function} needs a key: state.{function}(\"key\").")),
    }
}

fn owner(asked: &Value) -> Result<StateOwner, String> {
    let Some(id) = field(asked, "_id") else { return Ok(StateOwner::Account) };
    let named = field(asked, "type").unwrap_or_default();
    let kind = Kind::from_collection(named).or_else(|| named.parse().ok());
    match (kind, id.parse()) {
        (Some(kind), Ok(id)) => Ok(StateOwner::Resource(kind, id)),
        (None, _) => {
            Err(format!("State belongs to no “{named}”: name the type, such as \"imports\".", named = excerpt(&named)))
        }
        (_, Err(_)) => Err(format!("“{id}” is no id.", id = excerpt(&id))),
    }
}
