//! Dates from one format and zone to another.

use serde_json::Value;
use tombolo_model::{Val, excerpt};
use tombolo_template::moment::{INVALID, Zone, format, iso, parse};

/// How a date is read and written.
#[derive(Debug, Clone)]
pub(crate) struct Dates {
    read: Option<Box<str>>,
    read_zone: Zone,
    write: Option<Box<str>>,
    write_zone: Zone,
}

impl Dates {
    /// The four settings of a rule; nothing when none is set.
    pub(crate) fn compile(row: &Value) -> Result<Option<Self>, (&'static str, String)> {
        let text = |field: &str| row.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        let zone = |field: &'static str| {
            text(field).map_or(Ok(Zone::UTC), Zone::named).map_err(|error| (field, format!("{error}.")))
        };
        const FIELDS: [&str; 4] =
            ["extractDateFormat", "extractDateTimezone", "generateDateFormat", "generateDateTimezone"];
        if FIELDS.iter().all(|field| text(field).is_none()) {
            return Ok(None);
        }
        Ok(Some(Self {
            read: text(FIELDS[0]).map(Into::into),
            read_zone: zone(FIELDS[1])?,
            write: text(FIELDS[2]).map(Into::into),
            write_zone: zone(FIELDS[3])?,
        }))
    }

    /// The date as it is to be written. Without a format a number counts milliseconds.
    pub(crate) fn convert(&self, value: &Val, now_ms: i64) -> Result<Val, String> {
        let text = value.display();
        let ms = match (value, &self.read) {
            (Val::Int(ms), None) => Some(*ms),
            (Val::List(_) | Val::Map(_), _) => None,
            _ => parse(&text, self.read.as_deref(), self.read_zone, now_ms),
        };
        let Some(ms) = ms else {
            return Err(match &self.read {
                Some(read) => format!(
                    "“{text}” is not a date in the format “{read}”.",
                    text = excerpt(&text),
                    read = excerpt(&read)
                ),
                None => {
                    format!("“{text}” is not a date in ISO 8601. Set the format that it has.", text = excerpt(&text))
                }
            });
        };
        let written = match &self.write {
            Some(write) => format(ms, write, self.write_zone),
            None => iso(ms, self.write_zone),
        };
        if written == INVALID {
            return Err(format!("“{text}” is so far away that no calendar has it.", text = excerpt(&text)));
        }
        Ok(Val::text(&written))
    }
}
