//! The playground: what is typed into its panels and what they show.
//!
//! An editor draws only the lines in view, so what it holds is asked of the editor itself, found by its label.

use super::Screen;
use crate::wait;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::time::Duration;
use thirtyfour::Key;

/// The text of the code editor with a label.
const TEXT: &str = "const content = [...document.querySelectorAll('.cm-content')].find((e) => e.getAttribute('aria-label') === arguments[0]); \
    const view = content?.cmTile?.view ?? content?.cmView?.view ?? content?.cmView?.rootView?.view; \
    return view?.state.doc.toString() ?? null;";

impl Screen {
    /// Opens an editor of the playground at its address.
    ///
    /// # Errors
    ///
    /// When its output does not come onto the screen.
    pub async fn open_editor(&self, slug: &str) -> Result<()> {
        self.visit(&format!("/playground/{slug}")).await?;
        self.browser.find("textbox", "Output").await.map(|_| ())
    }

    /// What a panel holds.
    ///
    /// # Errors
    ///
    /// When there is no such panel.
    pub async fn panel_text(&self, label: &str) -> Result<String> {
        let text = self.browser.js(TEXT, vec![json!(label)]).await?;
        Ok(text.as_str().with_context(|| format!("the text of {label}"))?.to_owned())
    }

    /// Types a text in the place of what a panel holds.
    ///
    /// # Errors
    ///
    /// When there is no such panel, or it does not take keys.
    pub async fn type_over(&self, label: &str, text: &str) -> Result<()> {
        let panel = self.browser.find("textbox", label).await?;
        panel.click().await?;
        panel.send_keys(Key::Control + "a").await?;
        panel.send_keys(Key::Backspace + "").await?;
        panel.send_keys(text).await?;
        Ok(())
    }

    /// Puts a text that is too long to be typed into a panel, as pasting does.
    ///
    /// # Errors
    ///
    /// When there is no such panel.
    pub async fn paste_over(&self, label: &str, text: &str) -> Result<()> {
        let script = TEXT.replace(
            "return view?.state.doc.toString() ?? null;",
            "view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: arguments[1] } }); return true;",
        );
        self.browser.js(&script, vec![json!(label), json!(text)]).await.map(|_| ())
    }

    /// Waits until the output holds a text.
    ///
    /// # Errors
    ///
    /// When it does not; the message shows the screen.
    pub async fn output_has(&self, wanted: &str) -> Result<String> {
        self.output_within(wanted, Duration::from_secs(30)).await
    }

    async fn output_within(&self, wanted: &str, patience: Duration) -> Result<String> {
        let found = wait::until(&format!("an output with {wanted:?}"), patience, || async {
            let text = self.panel_text("Output").await.unwrap_or_default();
            Ok(text.contains(wanted).then_some(text))
        })
        .await;
        match found {
            Ok(text) => Ok(text),
            Err(error) => {
                let now = self.panel_text("Output").await.unwrap_or_default();
                bail!("{error:#}\n--- the output\n{now}\n--- the screen\n{}", self.browser.outline().await)
            }
        }
    }
}
