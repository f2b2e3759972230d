//! Reaching behind the screen into what the browser stores, to break it as a failing disk would.

use super::Browser;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Changes a byte in the stored chunk of a document that holds this text; gives how many chunks the document has.
///
/// `at` is counted round and round, so that any number means a byte.
///
/// # Errors
///
/// When there is no such chunk.
pub async fn damage_a_chunk(browser: &Browser, document: &str, text: &str, at: usize) -> Result<u64> {
    let script = include_str!("damage.js");
    let answer = browser.js_async(script, vec![json!(document), json!(text), json!(at)]).await?;
    answer.as_u64().with_context(|| format!("no chunk of {document} was found: {answer}"))
}

impl Browser {
    /// How many entries each object store of each database of the page holds.
    ///
    /// # Errors
    ///
    /// When a database cannot be opened.
    pub async fn stored_counts(&self) -> Result<Value> {
        self.js_async(include_str!("counts.js"), Vec::new()).await
    }
}
