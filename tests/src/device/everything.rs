//! All that an account holds on the server, as an empty device gets it.

use super::Device;
use crate::Member;
use anyhow::Result;
use flate2::read::DeflateDecoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use tombolo_docs::Document;
use tombolo_model::Id;
use tombolo_wire::run::RunRow;
use tombolo_wire::sync::{ByteBuf, Down, Entry, RunErrorRow, RunRows, decode_page};

/// Documents, runs and their errors.
#[derive(Default)]
pub struct Everything {
    /// All documents, ordered by id.
    pub documents: Vec<Document>,
    /// The last row of each run.
    pub runs: BTreeMap<Id, RunRow>,
    /// The errors of all runs.
    pub errors: Vec<RunErrorRow>,
}

impl Everything {
    /// What a member's own account holds now.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub async fn of(member: &Member) -> Result<Self> {
        member.device(member.account()).await?.everything().await
    }

    /// A resource; null when there is none.
    pub fn value(&self, id: Id) -> Value {
        let found = self.documents.iter().find(|document| document.id() == id);
        found.map_or(Value::Null, Document::value)
    }

    /// The names of all resources.
    pub fn names(&self) -> Vec<String> {
        self.documents.iter().map(|document| document.describe().name).collect()
    }

    fn take(&mut self, rows: RunRows) {
        for row in rows.runs {
            let newer = self.runs.get(&row.id).is_none_or(|have| have.n <= row.n);
            if newer {
                self.runs.insert(row.id, row);
            }
        }
        self.errors.extend(rows.errors);
    }
}

impl Device {
    /// Reads the whole account as an empty device does; gives its documents.
    ///
    /// # Errors
    ///
    /// When the socket is closed or a document cannot be read.
    pub async fn bootstrap(&mut self) -> Result<Vec<Document>> {
        Ok(self.everything().await?.documents)
    }

    /// The same, with the runs.
    ///
    /// # Errors
    ///
    /// When the socket is closed or a document cannot be read.
    pub async fn everything(&mut self) -> Result<Everything> {
        let mut all = Everything::default();
        let mut chunks: BTreeMap<Id, Vec<Vec<u8>>> = BTreeMap::new();
        loop {
            match self.next().await? {
                Down::Bundle { page, .. } => {
                    let mut plain = Vec::new();
                    DeflateDecoder::new(&page[..]).read_to_end(&mut plain)?;
                    let page = decode_page(&plain)?;
                    for snapshot in page.documents {
                        let all = snapshot.chunks.into_iter().map(ByteBuf::into_vec);
                        chunks.entry(snapshot.document).or_default().extend(all);
                    }
                    all.take(page.runs);
                }
                Down::Changes { entries, complete, .. } => {
                    for entry in entries {
                        match entry {
                            Entry::Change { document, bytes, .. } => {
                                chunks.entry(document).or_default().push(bytes.into_vec());
                            }
                            Entry::Run(row) => all.take(RunRows { runs: vec![row], ..RunRows::default() }),
                            Entry::RunError(error) => all.errors.push(error),
                            Entry::Purged { .. } | Entry::RunMark(_) => {}
                        }
                    }
                    if complete {
                        break;
                    }
                }
                _ => {}
            }
        }
        let load = |chunks: &Vec<Vec<u8>>| Ok(Document::load(chunks.iter().map(Vec::as_slice))?.document);
        all.documents = chunks.values().map(load).collect::<Result<_>>()?;
        Ok(all)
    }
}
