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

/// What the panel or field is called that has the focus.
const NAME_OF_FOCUS: &str =
    "const here = document.activeElement; return here?.getAttribute('aria-label') ?? here?.labels?.[0]?.textContent;";

/// A first visit loads the page, the code editor and the module that evaluates.
const LOADED: Duration = Duration::from_secs(30);

impl Screen {
    /// Opens an editor of the playground at its address.
    ///
    /// # Errors
    ///
    /// When its output does not come onto the screen.
    pub async fn open_editor(&self, slug: &str) -> Result<()> {
        self.visit(&format!("/playground/{slug}")).await?;
        self.panel_there("Output").await
    }

    /// Waits until a panel has its text: the code editor is a module of its own, which comes later than the panel.
    async fn panel_there(&self, label: &str) -> Result<()> {
        let there = wait::until(&format!("the text of {label}"), LOADED, || async {
            Ok(self.panel_text(label).await.is_ok().then_some(()))
        })
        .await;
        match there {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}\n--- the screen\n{}", self.browser.outline().await),
        }
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
        self.panel_there(label).await?;
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
        self.panel_there(label).await?;
        let script = TEXT.replace(
            "return view?.state.doc.toString() ?? null;",
            "view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: arguments[1] } }); return true;",
        );
        self.browser.js(&script, vec![json!(label), json!(text)]).await.map(|_| ())
    }

    /// Waits until a panel holds a text.
    ///
    /// # Errors
    ///
    /// When it does not; the message shows the screen.
    pub async fn panel_has(&self, label: &str, wanted: &str) -> Result<()> {
        self.panel_within(label, wanted).await.map(|_| ())
    }

    /// Presses a problem that says something and leads somewhere, until the focus is in the panel or field that it is about.
    ///
    /// Each key is evaluated: before the last one the same may be said with another place, and what is pressed then is
    /// drawn anew.
    ///
    /// # Errors
    ///
    /// When nothing says so, or the focus does not come; the message shows the screen.
    pub async fn follow_problem(&self, said: &str, place: &str, panel: &str) -> Result<()> {
        let followed = wait::until(&format!("{panel:?} behind {said:?} at {place:?}"), LOADED, || async {
            for problem in self.browser.all("button", said).await? {
                if problem.text().await?.contains(place) {
                    problem.click().await?;
                    // The focus comes with the next frame.
                    return wait::until("the focus", Duration::from_secs(1), || async {
                        Ok((self.browser.js(NAME_OF_FOCUS, Vec::new()).await? == panel).then_some(()))
                    })
                    .await
                    .map(Some);
                }
            }
            Ok(None)
        })
        .await;
        match followed {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}\n--- the screen\n{}", self.browser.outline().await),
        }
    }

    /// Waits for a problem that says something and leads somewhere.
    ///
    /// # Errors
    ///
    /// When nothing says so; the message shows the screen.
    pub async fn problem_at(&self, said: &str, place: &str) -> Result<()> {
        let there = wait::until(&format!("a problem with {said:?} at {place:?}"), LOADED, || async {
            for problem in self.browser.all("button", said).await? {
                if problem.text().await?.contains(place) {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await;
        match there {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}\n--- the screen\n{}", self.browser.outline().await),
        }
    }

    /// Waits until the output holds a text.
    ///
    /// # Errors
    ///
    /// When it does not; the message shows the screen.
    pub async fn output_has(&self, wanted: &str) -> Result<String> {
        self.panel_within("Output", wanted).await
    }

    async fn panel_within(&self, label: &str, wanted: &str) -> Result<String> {
        let found = wait::until(&format!("{label} with {wanted:?}"), LOADED, || async {
            let text = self.panel_text(label).await.unwrap_or_default();
            Ok(text.contains(wanted).then_some(text))
        })
        .await;
        match found {
            Ok(text) => Ok(text),
            Err(error) => {
                let now = self.panel_text(label).await.unwrap_or_default();
                bail!("{error:#}\n--- {label}\n{now}\n--- the screen\n{}", self.browser.outline().await)
            }
        }
    }
}
