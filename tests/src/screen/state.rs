//! Where changes are, as the screen says it, and taking them out of it.

use super::Screen;
use crate::wait;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// What a person could read at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Everything is said to be safe, on this device at least.
    pub stored: bool,
    /// What was asked for.
    pub text: String,
}

/// JavaScript that finds the sync state in the top bar.
const STATE: &str = "const state = () => document.querySelector('header [aria-live]')?.textContent.trim() ?? null;";

fn read(answer: &Value) -> Result<Shown> {
    let state = answer[0].as_str().context("the screen says where changes are")?;
    let stored = ["On this device", "On the server", "Offline"].iter().any(|words| state.starts_with(words));
    Ok(Shown { stored, text: answer[1].as_str().unwrap_or_default().to_owned() })
}

impl Screen {
    /// Waits until everything is on this device, wherever else it may be.
    ///
    /// # Errors
    ///
    /// When it does not get there.
    pub async fn on_this_device(&self) -> Result<()> {
        self.state(&["On this device", "On the server", "Offline"], Duration::from_secs(10)).await
    }

    /// Waits until everything is on the server.
    ///
    /// # Errors
    ///
    /// When it does not get there.
    pub async fn on_the_server(&self) -> Result<()> {
        self.state(&["On the server"], Duration::from_secs(30)).await
    }

    /// Waits until something was not accepted.
    ///
    /// # Errors
    ///
    /// When nothing is.
    pub async fn not_accepted(&self) -> Result<()> {
        self.state(&["not accepted"], Duration::from_secs(10)).await
    }

    async fn state(&self, wanted: &[&str], patience: Duration) -> Result<()> {
        let shown = wait::until(&format!("the state {wanted:?}"), patience, || async {
            for word in wanted {
                for role in ["link", "status"] {
                    if !self.browser.all(role, word).await?.is_empty() {
                        return Ok(Some(()));
                    }
                }
            }
            Ok(None)
        })
        .await;
        match shown {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}\n--- the screen\n{}", self.browser.outline().await),
        }
    }

    /// Reads the sync state together with a text, which JavaScript gives: both of the same moment.
    ///
    /// # Errors
    ///
    /// When there is no sync state on the screen.
    pub async fn shown(&self, text: &str) -> Result<Shown> {
        let script = format!("{STATE} return [state(), (() => {{ {text} }})()];");
        read(&self.browser.js(&script, Vec::new()).await?)
    }

    /// Saves everything that is on this device to a file, and reads it.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn exported(&self) -> Result<Value> {
        let before = self.saved_json()?;
        self.browser.press("button", "Account menu").await?;
        self.browser.press("menuitem", "Export everything").await?;
        wait::until("the exported file", wait::PATIENCE, || async {
            let Some(file) = self.saved_json()?.difference(&before).next().cloned() else {
                return Ok(None);
            };
            Ok(Some(serde_json::from_slice(&std::fs::read(file)?)?))
        })
        .await
    }

    fn saved_json(&self) -> Result<BTreeSet<PathBuf>> {
        let mut found = BTreeSet::new();
        for entry in std::fs::read_dir(self.browser.downloads())? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                found.insert(path);
            }
        }
        Ok(found)
    }
}
