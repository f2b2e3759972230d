//! A real Chromium with a profile of its own, driven as a person would: by what is read on the screen.
//!
//! Decides how things are found (role and accessible name) and how long is waited. Knows no screen of the product.

mod axe;
mod devtools;
mod driver;
mod find;
mod storage;

use crate::{places, process, wait};
use anyhow::{Context, Result};
use driver::Driver;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, WindowHandle};

pub use driver::cryptography;
pub use find::replace;
pub use storage::{Piece, Stored};

/// A device.
pub struct Browser {
    driver: Driver,
    web: WebDriver,
    device: Arc<Device>,
}

/// What outlives a killed browser: its profile and its downloads.
pub struct Device {
    profile: TempDir,
    downloads: TempDir,
}

impl Browser {
    /// Opens a browser that was never used.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub async fn open() -> Result<Self> {
        let device = Device { profile: TempDir::new()?, downloads: TempDir::new()? };
        Self::on(Arc::new(device)).await
    }

    /// Opens the browser of a device again, after it was closed or killed.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub async fn on(device: Arc<Device>) -> Result<Self> {
        let driver = Driver::start().await?;
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(&places::chromium().to_string_lossy())?;
        for flag in FLAGS {
            wanted.add_arg(flag)?;
        }
        wanted.add_arg(&format!("--user-data-dir={}", device.profile.path().display()))?;
        wanted.add_experimental_option("excludeSwitches", json!(["enable-automation"]))?;
        wanted.set("goog:loggingPrefs", json!({ "browser": "ALL" }))?;
        let web = WebDriver::new(driver.address(), wanted).await.context("starting Chromium")?;
        web.set_script_timeout(Duration::from_secs(60)).await?;
        let folder = device.downloads.path().to_string_lossy().into_owned();
        let downloads = json!({ "behavior": "allow", "downloadPath": folder });
        web.cdp().send_raw("Browser.setDownloadBehavior", downloads).await?;
        Ok(Self { driver, web, device })
    }

    /// The device, to open it again later.
    pub fn device(&self) -> Arc<Device> {
        Arc::clone(&self.device)
    }

    /// Where downloads land.
    pub fn downloads(&self) -> PathBuf {
        self.device.downloads.path().to_path_buf()
    }

    /// Closes it as a person does: pages hear of it and the profile is written.
    ///
    /// # Errors
    ///
    /// When the driver does not answer.
    pub async fn close(self) -> Result<()> {
        Ok(self.web.clone().quit().await?)
    }

    /// Kills all its processes at once, as a power cut would.
    pub fn kill(self) {
        process::kill_tree(self.driver.id());
    }

    /// Goes to an address.
    ///
    /// # Errors
    ///
    /// When the page does not load.
    pub async fn goto(&self, address: &str) -> Result<()> {
        self.web.goto(address).await.with_context(|| format!("opening {address}"))
    }

    /// Loads the page again.
    ///
    /// # Errors
    ///
    /// When it does not load.
    pub async fn reload(&self) -> Result<()> {
        Ok(self.web.refresh().await?)
    }

    /// The address that the page is at.
    ///
    /// # Errors
    ///
    /// When the driver does not answer.
    pub async fn address(&self) -> Result<String> {
        Ok(self.web.current_url().await?.to_string())
    }

    /// Runs JavaScript in the page and gives what it returns; `arguments` as in the source.
    ///
    /// # Errors
    ///
    /// When it throws.
    pub async fn js(&self, source: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.web.execute(source, arguments).await?.json().clone())
    }

    /// The same for JavaScript that waits: the source is the body of an async function.
    ///
    /// # Errors
    ///
    /// When it throws.
    pub async fn js_async(&self, source: &str, arguments: Vec<Value>) -> Result<Value> {
        let source = format!(
            "const done = arguments[arguments.length - 1]; (async (...arguments_) => {{ {source} }})(...arguments)\
             .then((value) => done({{ value }}), (error) => done({{ error: String(error) }}));"
        );
        let answer = self.web.execute_async(source, arguments).await?.json().clone();
        if let Some(error) = answer["error"].as_str() {
            anyhow::bail!("in the page: {error}");
        }
        Ok(answer["value"].clone())
    }

    /// A command of the `DevTools` protocol.
    ///
    /// # Errors
    ///
    /// When Chromium refuses it.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        Ok(self.web.cdp().send_raw(command, parameters).await?)
    }

    /// The driver, for what this type does not offer.
    pub fn web(&self) -> &WebDriver {
        &self.web
    }

    /// Opens another tab of the same browser at an address and stays in it.
    ///
    /// # Errors
    ///
    /// When the page does not load.
    pub async fn new_tab(&self, address: &str) -> Result<WindowHandle> {
        let tab = self.web.new_tab().await?;
        self.web.switch_to_window(tab.clone()).await?;
        self.goto(address).await?;
        Ok(tab)
    }

    /// The tab that is driven now.
    ///
    /// # Errors
    ///
    /// When it is closed.
    pub async fn tab(&self) -> Result<WindowHandle> {
        Ok(self.web.window().await?)
    }

    /// Goes to another tab.
    ///
    /// # Errors
    ///
    /// When it is closed.
    pub async fn switch(&self, tab: &WindowHandle) -> Result<()> {
        Ok(self.web.switch_to_window(tab.clone()).await?)
    }

    /// Closes the tab that is driven now; go to another one next.
    ///
    /// # Errors
    ///
    /// When it is closed already.
    pub async fn close_tab(&self) -> Result<()> {
        Ok(self.web.close_window().await?)
    }

    /// The processes that show pages and run their workers.
    pub fn renderers(&self) -> Vec<u32> {
        process::descendants(self.driver.id()).into_iter().filter(|id| process::is_renderer(*id)).collect()
    }

    /// Keeps at most so many bytes for an origin from now on; `None` lifts the limit.
    ///
    /// # Errors
    ///
    /// When Chromium refuses it.
    pub async fn quota(&self, origin: &str, bytes: Option<u64>) -> Result<()> {
        let mut parameters = json!({ "origin": origin });
        if let Some(bytes) = bytes {
            parameters["quotaSize"] = bytes.into();
        }
        self.devtools("Storage.overrideQuotaForOrigin", parameters).await?;
        Ok(())
    }

    /// Puts a file into the file field of this name.
    ///
    /// # Errors
    ///
    /// When there is no such field.
    pub async fn choose_file(&self, label: &str, file: &Path) -> Result<()> {
        let field = self.find("file", label).await?;
        Ok(field.send_keys(file.to_string_lossy()).await?)
    }

    /// What a person could read and use now, and what the page logged: for the message of a failing test.
    pub async fn outline(&self) -> String {
        let page = self.js(include_str!("browser/outline.js"), Vec::new()).await;
        let page = page.map_or_else(|error| format!("{error:#}"), |text| text.as_str().unwrap_or_default().to_owned());
        format!("{page}\n--- console\n{}", self.console().await)
    }

    /// What the page wrote to its console since this was last asked.
    pub async fn console(&self) -> String {
        let Ok(log) = self.driver.log(&self.web.session_id().to_string()).await else {
            return String::new();
        };
        let lines: Vec<_> = log.into_iter().map(|line| line.text).collect();
        lines.join("\n")
    }

    /// The warnings and errors that programs of the page wrote to its console since it was last asked.
    ///
    /// # Errors
    ///
    /// When the driver does not answer.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let log = self.driver.log(&self.web.session_id().to_string()).await?;
        Ok(log.into_iter().filter(driver::Line::is_complaint).map(|line| line.text).collect())
    }

    /// Waits until `script` returns something other than false and null.
    ///
    /// # Errors
    ///
    /// When it never does.
    pub async fn wait_js(&self, what: &str, script: &str, patience: Duration) -> Result<Value> {
        wait::until(what, patience, || async {
            let value = self.js(script, Vec::new()).await?;
            Ok((!value.is_null() && value != false).then_some(value))
        })
        .await
    }
}

/// A desktop window, no first-run questions, and no traffic but ours; timers of hidden tabs run as they do in front.
const FLAGS: [&str; 17] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--window-size=1440,1000",
    "--lang=en-US",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-breakpad",
    "--metrics-recording-only",
    "--password-store=basic",
    "--disable-features=Translate,OptimizationHints,MediaRouter,PasswordLeakDetection",
    "--hide-scrollbars",
];
