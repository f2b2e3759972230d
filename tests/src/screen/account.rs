//! Signing up and in, and where changes are.

use super::Screen;
use crate::member::PASSWORD;
use crate::wait;
use anyhow::{Result, bail};
use std::time::Duration;

impl Screen {
    /// Signs up; what is on this device goes along.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it or the server refuses.
    pub async fn sign_up(&self, name: &str, email: &str) -> Result<()> {
        self.visit("/sign-up").await?;
        self.browser.fill("Name", name).await?;
        self.browser.fill("Email", email).await?;
        self.browser.fill("Password", PASSWORD).await?;
        self.browser.press("button", "Sign up").await?;
        self.on_the_server().await
    }

    /// Signs in.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it or the server refuses.
    pub async fn sign_in(&self, email: &str) -> Result<()> {
        self.visit("/sign-in").await?;
        self.browser.fill("Email", email).await?;
        self.browser.fill("Password", PASSWORD).await?;
        self.browser.press("button", "Sign in").await?;
        self.on_the_server().await
    }

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
}
