//! What single edits do to rows, places and the way back.
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod long;
mod rows;
mod typing;
mod undo;

use serde_json::{Value, json};
use tombolo_docs::{Author, Chunk, Document};
use tombolo_model::{Id, Intent, Kind};

/// Somebody with a document.
struct Device {
    document: Document,
    author: Author,
    rows: u32,
}

impl Device {
    fn first(kind: Kind, value: &Value) -> Self {
        let author = Author { actor: [1; 16], time_ms: 1_000 };
        let mut rows = 0;
        let mut next = || {
            rows += 1;
            format!("r{rows}")
        };
        let id = Id::from_parts(1, [2; 8]);
        let (document, _) = Document::create(kind, id, value, &author, &mut next).unwrap();
        Self { document, author, rows }
    }

    fn copy(&self, actor: u8) -> Self {
        let document = Document::load([self.document.save().as_slice()]).unwrap().document;
        Self { document, author: Author { actor: [actor; 16], time_ms: 2_000 }, rows: u32::from(actor) * 1000 }
    }

    fn edit(&mut self, intents: &[Intent]) -> Option<Chunk> {
        let rows = &mut self.rows;
        let mut next = || {
            *rows += 1;
            format!("r{rows}")
        };
        self.document.edit(&self.author, intents, &mut next).unwrap()
    }

    fn set(&mut self, path: &str, value: Value) -> Option<Chunk> {
        self.edit(&[Intent::Set { path: path.into(), value }])
    }

    fn insert(&mut self, row: &str, after: Option<&str>) -> Option<Chunk> {
        self.edit(&[insert(row, after)])
    }

    fn take(&mut self, other: &Self) {
        let all = other.document.chunks_since(&[]);
        self.document.apply(all.iter().map(|chunk| chunk.bytes.as_slice())).unwrap();
    }

    fn rows(&self) -> Vec<String> {
        self.document.view().rows.get(LIST).cloned().unwrap_or_default()
    }
}

const LIST: &str = "/mappings";

fn insert(row: &str, after: Option<&str>) -> Intent {
    Intent::InsertRow {
        list: LIST.into(),
        row: row.into(),
        after: after.map(Into::into),
        value: json!({"generate": row}),
    }
}

/// An import with the rows `r1`, `r2`, ….
fn import(names: &[&str]) -> Device {
    let rows: Vec<Value> = names.iter().map(|name| json!({"generate": name})).collect();
    Device::first(Kind::Import, &json!({"name": "Orders", "mappings": rows}))
}
