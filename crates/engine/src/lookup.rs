//! Static lookups: tables of an import or a transformation, compiled once.

use std::collections::HashMap;

use serde_json::Value;
use tombolo_model::Val;

/// A table from keys to values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StaticLookup {
    name: Box<str>,
    map: HashMap<Box<str>, Val>,
    /// What stands for a key that is not in it.
    default: Option<Val>,
    /// Without a default: whether such a key is no value, and no error.
    allow_failures: bool,
}

impl StaticLookup {
    /// The static ones of a list of lookups; those of other kinds have no table.
    pub(crate) fn all(lookups: Option<&Value>) -> Vec<Self> {
        lookups.and_then(Value::as_array).into_iter().flatten().filter_map(Self::one).collect()
    }

    fn one(lookup: &Value) -> Option<Self> {
        let map = lookup.get("map")?.as_object()?;
        Some(Self {
            name: lookup.get("name")?.as_str()?.into(),
            map: map.iter().map(|(key, value)| (key.as_str().into(), Val::from(value))).collect(),
            default: lookup.get("default").map(Val::from),
            allow_failures: lookup.get("allowFailures").and_then(Value::as_bool) == Some(true),
        })
    }

    pub(crate) fn named<'l>(lookups: &'l [Self], name: &str) -> Option<&'l Self> {
        lookups.iter().find(|lookup| *lookup.name == *name)
    }

    /// The value for a key, absent where there may be none.
    pub(crate) fn get(&self, key: &Val) -> Result<Val, String> {
        let key = key.display();
        match self.map.get(&*key).or(self.default.as_ref()) {
            Some(value) => Ok(value.clone()),
            None if self.allow_failures => Ok(Val::Absent),
            None => Err(format!("the lookup “{}” has nothing for “{key}”: add it, or a default", self.name)),
        }
    }
}
