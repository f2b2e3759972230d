//! Reaching behind the screen into what the browser stores, to break it as a failing disk would.

use super::Browser;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What one database holds of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    database: String,
    /// The pieces, ordered by where they lie.
    pub pieces: Vec<Piece>,
    /// The rows of the list: their keys and what is in them.
    rows: Vec<(Value, Value)>,
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Piece {
    /// `snapshots`, `chunks` or `quarantine`.
    pub store: String,
    /// The document's id.
    pub document: String,
    /// The change's hash, or what a saved document is called.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Stored {
    /// The pieces of a document.
    pub fn of<'a>(&'a self, document: &'a str) -> impl Iterator<Item = &'a Piece> {
        self.pieces.iter().filter(move |piece| piece.document == document)
    }

    /// Which documents are marked as damaged in the list.
    ///
    /// # Errors
    ///
    /// When a row is not what it was when this was written.
    pub fn damaged(&self) -> Result<Vec<String>> {
        let mut damaged = Vec::new();
        for (key, row) in &self.rows {
            let row: Value = serde_json::from_str(row.as_str().context("a row is a text")?)?;
            if row["row"]["damaged"].as_bool().context("a row says whether it is damaged")? {
                damaged.push(key.as_str().context("a row is under its document's id")?.to_owned());
            }
        }
        Ok(damaged)
    }
}

impl Browser {
    /// What is stored of documents in the one account of this browser.
    ///
    /// # Errors
    ///
    /// When there is more than one, or a database cannot be read.
    pub async fn stored(&self) -> Result<Stored> {
        let found = self.js_async(include_str!("pieces.js"), vec![Value::Null]).await?;
        let mut all: Vec<Stored> = serde_json::from_value(found)?;
        let mut one = all.pop().context("no account is stored")?;
        anyhow::ensure!(all.is_empty(), "more than one account is stored");
        one.pieces.sort();
        Ok(one)
    }

    /// Puts this in the place of everything that is stored of documents. The page is to be loaded anew then.
    ///
    /// # Errors
    ///
    /// When a database cannot be written.
    pub async fn store(&self, stored: &Stored) -> Result<()> {
        self.js_async(include_str!("pieces.js"), vec![json!([stored])]).await.map(|_| ())
    }

    /// Where any of these texts lies in what the browser keeps for the page: "place has text". What is encrypted or saved
    /// deflated as a whole is found by its key alone.
    ///
    /// # Errors
    ///
    /// When a database cannot be read, or nothing at all is kept.
    pub async fn finds(&self, texts: &[String]) -> Result<Vec<String>> {
        let answer = self.js_async(include_str!("finds.js"), vec![json!(texts)]).await?;
        anyhow::ensure!(answer["looked_at"].as_u64() > Some(3), "there is nothing to look at: {answer}");
        Ok(serde_json::from_value(answer["found"].clone())?)
    }

    /// How many entries each object store of each database of the page holds.
    ///
    /// # Errors
    ///
    /// When a database cannot be opened.
    pub async fn stored_counts(&self) -> Result<Value> {
        self.js_async(include_str!("counts.js"), Vec::new()).await
    }
}
