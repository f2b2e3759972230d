//! What a parked row holds: the refused changes themselves, and what they would have made of the document.
//!
//! Pure. The changes stay beside the row until it is tried again or thrown away: a change that another tab wrote on
//! top of them can be read with them alone.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tombolo_docs::{Chunk, Document, Hash, Written, hash_from_hex, hash_to_hex, inspect};
use tombolo_model::Intent;
use tombolo_wire::store::{Difference, Parked};

use super::again;

/// A parked change as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ParkedRow {
    /// What the screen shows.
    pub(crate) parked: Parked,
    /// What writes the difference anew, but for texts.
    pub(crate) intents: Vec<Intent>,
    /// What was typed, at the state that stayed: an edit of its own.
    #[serde(default)]
    pub(crate) texts: Vec<Intent>,
    /// The whole resource, when its creation was refused.
    pub(crate) create: Option<Value>,
    /// The refused changes.
    #[serde(default)]
    pub(crate) changes: Vec<Refused>,
}

/// A refused change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// Its hash (hex).
    hash: String,
    /// Its bytes (hex).
    bytes: String,
}

impl Refused {
    fn of(chunk: &Chunk) -> Self {
        let bytes = chunk.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { hash: hash_to_hex(&chunk.hash), bytes }
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        let digits = self.bytes.as_bytes().chunks(2);
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
    }
}

/// The document that the refused changes were taken out of.
#[derive(Clone, Copy)]
pub(super) enum Remains<'a> {
    /// It goes on without them.
    Kept(&'a Document),
    /// Its creation was among them.
    Nothing,
    /// Its pieces cannot be read as a document now.
    Unreadable,
}

impl<'a> Remains<'a> {
    pub(super) fn kept(self) -> Option<&'a Document> {
        match self {
            Self::Kept(document) => Some(document),
            Self::Nothing | Self::Unreadable => None,
        }
    }
}

impl ParkedRow {
    /// A row that says nothing yet.
    pub(super) fn empty(parked: Parked) -> Self {
        Self { parked, intents: Vec::new(), texts: Vec::new(), create: None, changes: Vec::new() }
    }

    /// Whether there is anything to say: what builds on parked changes may come to nothing.
    pub(super) fn says_something(&self) -> bool {
        self.create.is_some() || !self.parked.differences.is_empty()
    }

    /// Takes refused changes in; `whole` is the document with them.
    pub(super) fn take(&mut self, remains: Remains<'_>, whole: &Document, chunks: &[Chunk]) {
        self.changes.extend(chunks.iter().map(Refused::of));
        self.parked.kind = whole.kind();
        self.parked.name = whole.describe().name;
        match remains.kept() {
            Some(kept) => self.differ(kept, whole),
            None => {
                let value = whole.value();
                let fields = value.as_object().cloned().unwrap_or_default();
                let differences = fields.into_iter().map(|(name, refused)| Difference {
                    path: format!("/{name}"),
                    accepted: None,
                    refused: Some(refused),
                });
                self.parked.differences = differences.collect();
                self.create = Some(value);
            }
        }
    }

    fn differ(&mut self, kept: &Document, whole: &Document) {
        let differences = kept.differences(whole).into_iter().map(|difference| Difference {
            path: difference.path,
            accepted: difference.here,
            refused: difference.there,
        });
        self.parked.differences = differences.collect();
        let heads = kept.heads_hex();
        let differs = |path: &str| self.parked.differences.iter().any(|difference| difference.path == path);
        let mut splices = kept_to(kept, whole);
        // The texts of a row that came with the refused changes come again with the row.
        splices.retain(|splice| differs(&splice.path) && kept.is_text(&splice.path));
        let mut others = self.parked.differences.clone();
        others.retain(|difference| !splices.iter().any(|splice| splice.path == difference.path));
        self.intents = again::intents(&others, &whole.view());
        self.texts = splices
            .into_iter()
            .map(|splice| Intent::Splice {
                path: splice.path,
                at: splice.at,
                delete: splice.delete,
                insert: splice.insert,
                heads: heads.clone(),
            })
            .collect();
    }

    /// Takes those changes in that build on this row's; gives back the others.
    pub(super) fn adopt(&mut self, remains: Remains<'_>, loose: Vec<Chunk>) -> Vec<Chunk> {
        let Some(whole) = self.whole(remains, &loose) else {
            return loose;
        };
        let (own, others): (Vec<Chunk>, Vec<Chunk>) = loose.into_iter().partition(|chunk| whole.has(&chunk.hash));
        if !own.is_empty() {
            self.take(remains, &whole, &own);
        }
        others
    }

    /// The document as it was wanted, with further changes as far as they build on it.
    fn whole(&self, remains: Remains<'_>, more: &[Chunk]) -> Option<Document> {
        let own: Vec<Vec<u8>> = self.changes.iter().filter_map(Refused::bytes).collect();
        let all = own.iter().map(Vec::as_slice).chain(more.iter().map(|chunk| chunk.bytes.as_slice()));
        match remains {
            Remains::Unreadable => None,
            Remains::Nothing => Document::load(all).ok().map(|loaded| loaded.document),
            Remains::Kept(kept) => {
                let mut whole = kept.clone();
                whole.apply(all).ok()?;
                Some(whole)
            }
        }
    }

    /// Takes changes in whose beginning is nowhere: what they wrote is all that can be said.
    pub(super) fn take_loose(&mut self, remains: Remains<'_>, loose: &[Chunk]) {
        let value = remains.kept().map(Document::value).unwrap_or_default();
        for chunk in loose {
            self.changes.push(Refused::of(chunk));
            for write in inspect(&chunk.bytes).into_iter().flat_map(|change| change.writes) {
                let refused = match write.written {
                    Written::Leaf(refused) => Some(refused),
                    Written::Nothing => None,
                    Written::NewText | Written::Foreign => continue,
                };
                let accepted = value.pointer(&write.key).cloned();
                self.parked.differences.push(Difference { path: write.key, accepted, refused });
            }
            let typed = remains.kept().map(|kept| kept.typed(&chunk.bytes)).unwrap_or_default();
            for (path, text) in typed {
                let accepted = value.pointer(&path).cloned();
                self.parked.differences.push(Difference { path, accepted, refused: Some(Value::String(text)) });
            }
        }
    }

    /// Whether all of it is in a document after all: its acknowledgement was lost, and the server had taken it.
    pub(crate) fn is_in(&self, has: impl Fn(&Hash) -> bool) -> bool {
        !self.changes.is_empty()
            && self.changes.iter().all(|change| hash_from_hex(&change.hash).is_some_and(|hash| has(&hash)))
    }
}

/// What was typed between what stayed and what was wanted.
fn kept_to(kept: &Document, whole: &Document) -> Vec<tombolo_docs::Splice> {
    whole.between(&kept.heads(), &whole.heads()).splices
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tombolo_docs::Author;
    use tombolo_model::{Id, Kind};

    const ME: Author = Author { actor: [1; 16], time_ms: 1 };
    const OTHER: Author = Author { actor: [2; 16], time_ms: 2 };

    fn script() -> Document {
        let value = json!({"name": "S", "content": "abc"});
        Document::create(Kind::Script, Id::from_parts(1, [2; 8]), &value, &ME, &mut String::new).unwrap().0
    }

    fn edit(document: &mut Document, author: &Author, intents: &[Intent]) -> Chunk {
        document.edit(author, intents, &mut || "row".to_owned()).unwrap().unwrap()
    }

    fn set(path: &str, value: Value) -> Intent {
        Intent::Set { path: path.to_owned(), value }
    }

    fn typing(document: &Document, at: usize, insert: &str) -> Intent {
        let (path, insert) = ("/content".to_owned(), insert.to_owned());
        Intent::Splice { path, at, delete: 0, insert, heads: document.heads_hex() }
    }

    fn row() -> ParkedRow {
        ParkedRow::empty(Parked {
            id: "p".to_owned(),
            document: Id::from_parts(1, [2; 8]),
            kind: Kind::Flow,
            name: String::new(),
            reason: String::new(),
            time_ms: 0,
            differences: Vec::new(),
        })
    }

    fn refused(before: &Document, first: &Chunk) -> (Document, ParkedRow) {
        let (kept, taken) = before.without(&[first.hash]).unwrap();
        let mut made = row();
        made.take(Remains::Kept(&kept), before, &taken);
        (kept, made)
    }

    #[test]
    fn text_tried_again_keeps_what_a_colleague_typed_since() {
        let mut mine = script();
        let typed = typing(&mine, 3, "DEF");
        let change = edit(&mut mine, &ME, &[typed]);
        let (mut kept, row) = refused(&mine, &change);
        assert!(row.intents.is_empty());
        let theirs = typing(&kept, 0, "__");
        edit(&mut kept, &OTHER, &[theirs]);
        edit(&mut kept, &ME, &row.texts);
        assert_eq!(kept.value()["content"], "__abcDEF");
    }

    #[test]
    fn a_refused_row_comes_again_with_its_texts() {
        let value = json!({"name": "I", "mappings": [{"generate": "a"}]});
        let id = Id::from_parts(1, [2; 8]);
        let mut mine = Document::create(Kind::Import, id, &value, &ME, &mut || "r1".to_owned()).unwrap().0;
        let (list, value) = ("/mappings".to_owned(), json!({"generate": "b", "dataType": "string"}));
        let change =
            edit(&mut mine, &ME, &[Intent::InsertRow { list, row: "r2".into(), after: Some("r1".into()), value }]);
        let path = "/mappings/r2/generate".to_owned();
        edit(&mut mine, &ME, &[Intent::Splice { path, at: 1, delete: 0, insert: "c".into(), heads: Vec::new() }]);
        let (mut kept, row) = refused(&mine, &change);
        assert!(row.texts.is_empty(), "{:?}", row.texts);
        edit(&mut kept, &ME, &row.intents);
        assert_eq!(kept.value(), mine.value());
    }

    #[test]
    fn a_later_change_of_another_tab_joins_the_row_that_it_builds_on() {
        let mut mine = script();
        let first = edit(&mut mine, &ME, &[set("/name", json!("Refused"))]);
        let (kept, mut row) = refused(&mine, &first);
        let typed = typing(&mine, 3, "DEF");
        let typed = edit(&mut mine, &OTHER, &[typed]);
        let removed = edit(&mut mine, &OTHER, &[Intent::Remove { path: "/name".to_owned() }]);
        let stored: ParkedRow = serde_json::from_str(&serde_json::to_string(&row).unwrap()).unwrap();
        row = stored;
        assert!(row.adopt(Remains::Kept(&kept), vec![typed.clone(), removed]).is_empty());
        let named = |path: &str| row.parked.differences.iter().find(|difference| difference.path == path).unwrap();
        assert_eq!(named("/content").refused, Some(json!("abcDEF")));
        assert_eq!((named("/name").accepted.clone(), named("/name").refused.clone()), (Some(json!("S")), None));
        assert_eq!(row.changes.len(), 3);
    }

    #[test]
    fn a_change_whose_beginning_is_gone_still_says_what_was_written_and_typed() {
        let mut mine = script();
        let first = edit(&mut mine, &ME, &[set("/name", json!("Refused"))]);
        let (kept, _) = refused(&mine, &first);
        let typed = typing(&mine, 3, "DEF");
        let typed = edit(&mut mine, &OTHER, &[typed]);
        let removed = edit(&mut mine, &OTHER, &[Intent::Remove { path: "/name".to_owned() }]);
        let mut other = row();
        let loose = other.adopt(Remains::Kept(&kept), vec![typed, removed]);
        assert_eq!(loose.len(), 2);
        other.take_loose(Remains::Kept(&kept), &loose);
        let said: Vec<_> =
            other.parked.differences.iter().map(|one| (one.path.as_str(), one.refused.clone())).collect();
        assert_eq!(said, [("/content", Some(json!("DEF"))), ("/name", None)]);
    }

    #[test]
    fn a_row_is_done_when_a_document_holds_all_of_it() {
        let mut mine = script();
        let first = edit(&mut mine, &ME, &[set("/name", json!("One"))]);
        edit(&mut mine, &ME, &[set("/name", json!("Two"))]);
        let (kept, made) = refused(&mine, &first);
        assert!(made.is_in(|hash| mine.has(hash)));
        assert!(!made.is_in(|hash| kept.has(hash) || *hash == first.hash));
        assert!(!row().is_in(|_| true), "an old row does not know its changes");
    }
}
