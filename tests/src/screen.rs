//! The product's screens in a person's words: what is pressed to get something done.
//!
//! The one place that changes when a screen says something in other words.

mod account;
mod flow;
mod playground;
mod script;
mod state;

use crate::{Browser, browser, wait};
use anyhow::{Result, bail};
use std::time::Duration;

pub use flow::{Counts, Paging};
pub use script::TEXT as SCRIPT_TEXT;
pub use state::Shown;

/// A person at a browser, at one address of the product.
pub struct Screen {
    /// The browser.
    pub browser: Browser,
    /// The address, without a slash at its end.
    pub address: String,
}

impl Screen {
    /// Opens the product in a browser that was never used.
    ///
    /// # Errors
    ///
    /// When it does not become usable.
    pub async fn open(address: &str) -> Result<Self> {
        let screen = Self { browser: Browser::open().await?, address: address.to_owned() };
        screen.home().await?;
        Ok(screen)
    }

    /// Goes to the first page.
    ///
    /// # Errors
    ///
    /// When it does not become usable.
    pub async fn home(&self) -> Result<()> {
        self.browser.goto(&format!("{}/", self.address)).await?;
        self.usable().await
    }

    /// Goes to a path of the product.
    ///
    /// # Errors
    ///
    /// When the page does not load.
    pub async fn visit(&self, path: &str) -> Result<()> {
        self.browser.goto(&format!("{}{path}", self.address)).await
    }

    /// Waits until the first page can be used.
    ///
    /// # Errors
    ///
    /// When that takes too long.
    pub async fn usable(&self) -> Result<()> {
        let usable = wait::until("the first page", Duration::from_secs(30), || async {
            let buttons = self.browser.all("button", "Create integration").await?;
            Ok((!buttons.is_empty()).then_some(()))
        })
        .await;
        match usable {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}\n--- the screen\n{}", self.browser.outline().await),
        }
    }

    /// Makes an integration on the first page and opens it.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn create_integration(&self, name: &str) -> Result<()> {
        self.dialog("Create integration", name).await?;
        self.browser.find("button", "Create flow").await?;
        self.browser.see(name).await
    }

    /// Presses a button that opens a dialog of the same name, gives a name, and presses the dialog's button.
    async fn dialog(&self, action: &str, name: &str) -> Result<()> {
        self.browser.press("button", action).await?;
        let dialog = self.browser.find("dialog", action).await?;
        let field = self.browser.find_in(Some(&dialog), "textbox", "Name").await?;
        browser::replace(&field, name).await?;
        self.browser.press_in(Some(&dialog), "button", action).await
    }

    /// Opens something by its name in a list.
    ///
    /// # Errors
    ///
    /// When it is not listed.
    pub async fn open_named(&self, name: &str) -> Result<()> {
        self.browser.press("link", name).await
    }

    /// From the first page to a flow.
    ///
    /// # Errors
    ///
    /// When it is not listed.
    pub async fn open_flow(&self, integration: &str, flow: &str) -> Result<()> {
        self.home().await?;
        self.open_named(integration).await?;
        self.open_named(flow).await?;
        self.browser.find("button", "Run flow").await.map(|_| ())
    }

    /// Waits until the page and its modules are kept for use without the server.
    ///
    /// # Errors
    ///
    /// When they never are.
    pub async fn wait_until_offline_ready(&self) -> Result<()> {
        let ready = "return navigator.serviceWorker?.controller?.state === 'activated';";
        let patience = Duration::from_secs(30);
        self.browser.wait_js("the service worker in charge", ready, patience).await.map(|_| ())
    }

    /// Gives the flow that is open another name.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn rename_flow(&self, name: &str) -> Result<()> {
        self.rename("Rename flow", name).await
    }

    /// Gives the integration that is open another name.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn rename_integration(&self, name: &str) -> Result<()> {
        self.rename("Rename integration", name).await
    }

    async fn rename(&self, action: &str, name: &str) -> Result<()> {
        self.browser.press("button", action).await?;
        self.browser.fill("Name", name).await?;
        self.browser.find("button", action).await.map(|_| ())
    }

    /// Goes over to another account that this person may open.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn switch_account(&self, name: &str) -> Result<()> {
        self.browser.press("button", "Switch account").await?;
        self.browser.press("menuitem", name).await?;
        wait::until(&format!("the account of {name}"), wait::PATIENCE, || async {
            let shown = self.browser.find("button", "Switch account").await?.text().await?;
            Ok(shown.contains(name).then_some(()))
        })
        .await?;
        self.on_the_server().await
    }
}
