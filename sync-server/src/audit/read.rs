//! The changes of one resource, one after the other, as entries.

use std::collections::BTreeMap;

use serde_json::Value;
use tombolo_docs::Document;
use tombolo_model::Id;
use tombolo_wire::rest::{AuditAction, FieldChange};

use super::fields;
use super::typing::Typing;
use crate::store::{AuditEvent, Unaudited};

/// What these changes, the last of all chunks, did; each entry with the number of the last change that is in it.
///
/// Nothing when the resource was handed over meanwhile: its history has gone, and the transfer has its own entry.
pub(super) fn read(id: Id, changes: &[Unaudited], chunks: &[Vec<u8>]) -> Vec<(u64, AuditEvent)> {
    let Some(known) = chunks.len().checked_sub(changes.len()) else {
        return Vec::new();
    };
    let (before, new) = chunks.split_at(known);
    let mut reader = Reader { id, document: open(before), told: Vec::new(), typing: None };
    let mut at = 0;
    while let Some(first) = changes.get(at) {
        let creates = reader.document.is_none();
        // What one request of the REST API wrote is one act, and a resource comes into being as a whole.
        let same_act = |next: &&Unaudited| {
            next.actor == first.actor
                && next.road == first.road
                && next.user == first.user
                && next.time_ms == first.time_ms
                && (creates || first.road.source != tombolo_wire::rest::AuditSource::Ui)
        };
        let many = 1 + changes.iter().skip(at + 1).take_while(same_act).count();
        if let (Some(last), Some(bytes)) = (changes.get(at + many - 1), new.get(at..at + many)) {
            reader.step(first, last.sequence, bytes);
        }
        at += many;
    }
    reader.finish();
    reader.told
}

fn open(chunks: &[Vec<u8>]) -> Option<Document> {
    Document::load(chunks.iter().map(Vec::as_slice)).ok().map(|loaded| loaded.document)
}

/// Where the reading of one resource has come to.
struct Reader {
    id: Id,
    document: Option<Document>,
    told: Vec<(u64, AuditEvent)>,
    typing: Option<(u64, AuditEvent, Typing)>,
}

impl Reader {
    fn step(&mut self, change: &Unaudited, sequence: u64, bytes: &[Vec<u8>]) {
        let Some(document) = &mut self.document else {
            self.document = open(bytes);
            if let Some(document) = &self.document {
                let whole = FieldChange {
                    field_path: String::new(),
                    old_value: None,
                    new_value: fields::shown(&document.value()),
                };
                let binned = document.binned();
                self.tell(change, sequence, AuditAction::Create, vec![whole]);
                if binned {
                    self.tell(change, sequence, AuditAction::Delete, Vec::new());
                }
            }
            return;
        };
        let (before, was_binned) = (document.flat(), document.binned());
        if let Err(error) = document.apply(bytes.iter().map(Vec::as_slice)) {
            tracing::error!(%error, document = %self.id, "a change cannot be read for the audit log");
        }
        let (after, binned) = (document.flat(), document.binned());
        let moved = match (was_binned, binned) {
            (false, true) => Some(AuditAction::Delete),
            (true, false) => Some(AuditAction::Restore),
            _ => None,
        };
        if moved.is_none() && self.types(change, sequence, &before, &after) {
            return;
        }
        self.finish();
        let kind = self.document.as_ref().map(Document::kind);
        let changed = kind.map_or_else(Vec::new, |kind| fields::changed(kind, &before, &after));
        // A change that another one outweighs shows nothing. That somebody made it is told all the same.
        if moved.is_none() || !changed.is_empty() {
            self.tell(change, sequence, AuditAction::Update, changed);
        }
        if let Some(action) = moved {
            self.tell(change, sequence, action, Vec::new());
        }
    }

    /// Takes a change as typing into one field, if it is that.
    fn types(
        &mut self,
        change: &Unaudited,
        sequence: u64,
        before: &BTreeMap<String, Value>,
        after: &BTreeMap<String, Value>,
    ) -> bool {
        let Some(document) = &self.document else { return false };
        let Some(stroke) = Typing::begin(document.kind(), before, after, change.time_ms) else {
            return false;
        };
        if let Some((last, event, typing)) = &mut self.typing
            && event.user == Some(change.user)
            && event.road == change.road
            && typing.goes_on(&stroke)
        {
            (*last, event.time_ms) = (sequence, change.time_ms);
            event.name = name(document);
            return true;
        }
        self.finish();
        if let Some(event) = self.event(change, AuditAction::Update, Vec::new()) {
            self.typing = Some((sequence, event, stroke));
        }
        true
    }

    fn tell(&mut self, change: &Unaudited, sequence: u64, action: AuditAction, fields: Vec<FieldChange>) {
        if let Some(event) = self.event(change, action, fields) {
            self.told.push((sequence, event));
        }
    }

    /// Ends what was being typed.
    fn finish(&mut self) {
        if let Some((sequence, event, typing)) = self.typing.take() {
            self.told.push((sequence, AuditEvent { fields: typing.fields(), ..event }));
        }
    }

    fn event(&self, change: &Unaudited, action: AuditAction, fields: Vec<FieldChange>) -> Option<AuditEvent> {
        let document = self.document.as_ref()?;
        Some(AuditEvent {
            time_ms: change.time_ms,
            user: Some(change.user),
            road: change.road.clone(),
            kind: document.kind().name().to_owned(),
            resource: Some(self.id),
            name: name(document),
            action,
            fields,
        })
    }
}

fn name(document: &Document) -> String {
    let value = document.value();
    value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tombolo_docs::Author;
    use tombolo_model::{Intent, Kind};
    use tombolo_wire::rest::AuditSource;

    use super::*;
    use crate::store::Road;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    /// A connection, changed as this says: user, second, road, field, value.
    fn told(edits: &[(u8, i64, &str, &str, &str)]) -> Vec<(AuditAction, Vec<(String, String)>)> {
        let author = Author { actor: [1; 16], time_ms: 0 };
        let value = json!({ "name": "Shop", "type": "http", "http": { "baseURI": "https://shop.example" } });
        let made = Document::create(Kind::Connection, id(1), &value, &author, &mut || "r".to_owned()).unwrap();
        let (mut document, chunk) = made;
        let mut chunks = vec![chunk.bytes];
        let mut changes = Vec::new();
        for (n, (user, second, token, path, value)) in edits.iter().enumerate() {
            let set = Intent::Set { path: (*path).to_owned(), value: (*value).into() };
            chunks.push(document.edit(&author, &[set], &mut || "r".to_owned()).unwrap().unwrap().bytes);
            let source = if token.is_empty() { AuditSource::Ui } else { AuditSource::Api };
            changes.push(Unaudited {
                sequence: n as u64 + 2,
                document: id(1),
                user: id(*user),
                time_ms: second * 1_000,
                road: Road { source, token: (*token).to_owned() },
                actor: vec![u8::try_from(n).unwrap()],
            });
        }
        let read = read(id(1), &changes, &chunks);
        let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).unwrap_or("-").to_owned();
        let fields = |event: &AuditEvent| {
            event.fields.iter().map(|field| (text(&field.old_value), text(&field.new_value))).collect()
        };
        read.iter().map(|(_, event)| (event.action, fields(event))).collect()
    }

    fn pairs(told: &[(AuditAction, Vec<(String, String)>)]) -> Vec<Vec<(&str, &str)>> {
        told.iter().map(|(_, fields)| fields.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect()).collect()
    }

    #[test]
    fn what_is_changed_and_changed_back_is_told_both_times() {
        let (good, evil) = ("https://shop.example", "https://evil.example");
        let path = "/http/baseURI";
        let found = told(&[(1, 0, "", path, evil), (1, 1, "", path, good)]);
        assert_eq!(pairs(&found), [vec![(good, evil)], vec![(evil, good)]]);
    }

    #[test]
    fn typing_is_one_entry_and_every_turn_of_it_is_told() {
        let typed = ["Shop 2", "Shop 2 w", "Shop 2 we", "Shop 2 w", "Shop 2", "Shop"];
        let edits: Vec<_> = typed.iter().zip(0..).map(|(name, second)| (1, second, "", "/name", *name)).collect();
        assert_eq!(pairs(&told(&edits)), [vec![("Shop", "Shop 2 we"), ("Shop 2 we", "Shop")]]);
    }

    #[test]
    fn another_field_person_token_or_a_pause_ends_what_is_typed() {
        let name = |user, second, token, value| (user, second, token, "/name", value);
        let found = told(&[
            name(1, 0, "", "Shop1"),
            name(2, 1, "", "Shop12"),
            name(2, 2, "ci", "Shop123"),
            name(2, 3, "cd", "Shop1234"),
            name(2, 4, "cd", "Shop12345"),
            name(2, 30, "cd", "Shop123456"),
            (2, 31, "cd", "/externalId", "x"),
            name(2, 32, "cd", "Shop1234567"),
        ]);
        let mut wanted = vec![vec![("Shop", "Shop1")], vec![("Shop1", "Shop12")], vec![("Shop12", "Shop123")]];
        wanted.push(vec![("Shop123", "Shop12345")]);
        wanted.push(vec![("Shop12345", "Shop123456")]);
        wanted.push(vec![("-", "x")]);
        wanted.push(vec![("Shop123456", "Shop1234567")]);
        assert_eq!(pairs(&found), wanted);
    }

    #[test]
    fn a_history_that_has_gone_is_told_by_what_took_it() {
        let change =
            Unaudited { sequence: 2, document: id(1), user: id(1), time_ms: 1, road: Road::app(), actor: vec![1] };
        assert!(read(id(1), &[change], &[]).is_empty());
    }
}
