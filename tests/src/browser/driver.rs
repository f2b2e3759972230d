//! One `chromedriver` for one browser, so that ending its processes ends exactly that browser.

use crate::{places, process, wait};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::Duration;

/// A running driver.
pub(super) struct Driver {
    child: Child,
    port: u16,
    http: reqwest::Client,
}

impl Driver {
    /// Starts a driver on a free port.
    pub(super) async fn start() -> Result<Self> {
        cryptography();
        // The driver cannot choose a port and say which; the system rarely gives the same one twice in a row.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(places::chromedriver())
            .arg(format!("--port={port}"))
            .args(["--log-level=SEVERE", "--allowed-ips=127.0.0.1"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting chromedriver")?;
        let driver = Self { child, port, http: reqwest::Client::new() };
        wait::until("chromedriver", Duration::from_secs(20), || async {
            let status: Value = driver.http.get(format!("{}/status", driver.address())).send().await?.json().await?;
            Ok((status["value"]["ready"] == true).then_some(()))
        })
        .await?;
        Ok(driver)
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines of the page's console since this was last asked, each with its level and what it is from.
    pub(super) async fn log(&self, session: &str) -> Result<Vec<Line>> {
        let address = format!("{}/session/{session}/se/log", self.address());
        let answer: Value = self.http.post(address).json(&json!({ "type": "browser" })).send().await?.json().await?;
        let entries = answer["value"].as_array().cloned().unwrap_or_default();
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let line =
            |entry| Line { level: text(entry, "level"), from: text(entry, "source"), text: text(entry, "message") };
        Ok(entries.iter().map(line).collect())
    }
}

/// A line of a page's console.
pub(super) struct Line {
    pub(super) level: String,
    pub(super) from: String,
    pub(super) text: String,
}

impl Line {
    /// Whether a program complains: of an answer that does not come, the network does, and a test may want that.
    pub(super) fn is_complaint(&self) -> bool {
        matches!(self.level.as_str(), "WARNING" | "SEVERE") && self.from != "network"
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        process::kill_tree(self.child.id());
        // Reaped, so that no dead process stays behind; there is nobody left to tell when that fails.
        drop(self.child.wait());
    }
}

/// The HTTP client is built without cryptography of its own and wants to be told once which to use.
pub fn cryptography() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().expect("nobody else chose one");
    });
}
