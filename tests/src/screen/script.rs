//! The code editor of a script.
//!
//! What an editor shows and where its cursor is are asked of the editor itself: it draws only the lines in view.

use super::Screen;
use anyhow::{Context, Result};
use serde_json::json;
use tombolo_model::Id;

/// `CodeMirror` hangs its view on its content element.
const VIEW: &str = "const element = document.querySelector('.cm-content'); \
    const view = element?.cmTile?.view ?? element?.cmView?.view ?? element?.cmView?.rootView?.view;";

/// JavaScript that gives the text in the editor.
pub const TEXT: &str = "const content = document.querySelector('.cm-content'); \
    const editor = content?.cmTile?.view ?? content?.cmView?.view ?? content?.cmView?.rootView?.view; \
    return editor?.state.doc.toString() ?? null;";

impl Screen {
    /// Opens a script in the code editor.
    ///
    /// # Errors
    ///
    /// When the editor does not come.
    pub async fn open_script(&self, script: Id) -> Result<()> {
        self.visit(&format!("/scripts/{script}")).await?;
        self.browser.find("textbox", "Content").await.map(|_| ())
    }

    /// What the editor holds.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn script_text(&self) -> Result<String> {
        let text = self.browser.js(TEXT, Vec::new()).await?;
        Ok(text.as_str().context("the editor's text")?.to_owned())
    }

    /// Puts the cursor before the character with this number.
    ///
    /// # Errors
    ///
    /// When there is no editor.
    pub async fn place_cursor(&self, at: usize) -> Result<()> {
        let script = format!("{VIEW} view.focus(); view.dispatch({{ selection: {{ anchor: arguments[0] }} }});");
        self.browser.js(&script, vec![json!(at)]).await.map(|_| ())
    }

    /// Where the cursor is; an error when a stretch is selected instead.
    ///
    /// # Errors
    ///
    /// When there is no editor, or no cursor in it.
    pub async fn cursor(&self) -> Result<usize> {
        let script = format!(
            "{VIEW} const {{ anchor, head }} = view.state.selection.main; return anchor === head ? head : null;"
        );
        let at = self.browser.js(&script, Vec::new()).await?.as_u64().context("a cursor")?;
        Ok(usize::try_from(at)?)
    }
}
