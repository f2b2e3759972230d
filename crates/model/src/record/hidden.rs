//! Values that may be named but not read: secrets, as templates, mappings and scripts meet them (decision 23).
//!
//! A hidden value says which secret is meant and what is to be done to it, never what it is: whoever handles it wrongly
//! gives nothing away. It is printed and written as `******`. It is told apart by its keys, which are one object in
//! memory, so no data that comes from outside can pass for one.

use std::sync::{Arc, LazyLock};

use super::{Keys, Record, Val};

/// What is printed in the place of a secret.
pub const MASK: &str = "******";

static KEYS: LazyLock<Arc<Keys>> = LazyLock::new(|| Arc::new(Keys::new([MASK])));

impl Val {
    /// Hides a value; `how` says what it will be made of, and must hold nothing secret itself.
    #[must_use]
    pub fn hidden(how: Self) -> Self {
        Self::Map(Record { keys: Arc::clone(&KEYS), values: vec![how] })
    }

    /// What a hidden value will be made of; nothing when it is an ordinary one.
    #[must_use]
    pub fn as_hidden(&self) -> Option<&Self> {
        match self {
            Self::Map(record) if record.is_hidden() => record.values.first(),
            _ => None,
        }
    }
}

impl Record {
    pub(super) fn is_hidden(&self) -> bool {
        Arc::ptr_eq(&self.keys, &KEYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyPool;

    #[test]
    fn a_hidden_value_is_printed_and_written_as_stars() {
        let mut record = Record::default();
        record.set("key", Val::hidden(Val::text("which")));
        let value = Val::Map(record);
        assert_eq!(value.to_json(), r#"{"key":"******"}"#);
        assert_eq!(serde_json::Value::from(&value), serde_json::json!({"key": "******"}));
        assert_eq!(Val::hidden(Val::text("which")).display(), MASK);
        let Val::Map(hidden) = Val::hidden(Val::text("which")) else { panic!("an object inside") };
        assert_eq!(hidden.to_json(), "\"******\"");
    }

    #[test]
    fn no_data_passes_for_a_hidden_value() {
        let forged = Val::parse(br#"{"******":"which"}"#, &mut KeyPool::default()).unwrap();
        assert_eq!(forged.as_hidden(), None);
        assert_eq!(forged.to_json(), r#"{"******":"which"}"#);
        assert_eq!(Val::hidden(Val::Int(1)).as_hidden(), Some(&Val::Int(1)));
    }
}
