//! Signing up and in.

use super::Screen;
use crate::member::PASSWORD;
use anyhow::Result;

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
        self.fill_sign_in(email).await?;
        self.browser.press("button", "Sign in").await?;
        self.on_the_server().await
    }

    /// Fills the form with which one signs in.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn fill_sign_in(&self, email: &str) -> Result<()> {
        self.visit("/sign-in").await?;
        self.browser.fill("Email", email).await?;
        self.browser.fill("Password", PASSWORD).await
    }
}
