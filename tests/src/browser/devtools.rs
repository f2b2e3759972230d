//! Chromium's own socket for tools: for what the driver cannot do, in a tab or a worker that it does not look at.

use super::Browser;
use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use thirtyfour::WindowHandle;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

const PATIENCE: Duration = Duration::from_secs(20);

/// An open socket.
struct Tools {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    asked: u64,
    /// What came while an answer was waited for.
    events: Vec<Value>,
}

impl Tools {
    /// Chromium writes into its profile where it listens.
    async fn open(profile: &Path) -> Result<Self> {
        let file = std::fs::read_to_string(profile.join("DevToolsActivePort")).context("where Chromium listens")?;
        let (port, path) = file.trim().split_once('\n').context("a port and a path")?;
        let address = format!("ws://127.0.0.1:{}{}", port.trim(), path.trim());
        let (stream, _) = tokio_tungstenite::connect_async(address).await.context("Chromium's socket")?;
        Ok(Self { stream, asked: 0, events: Vec::new() })
    }

    async fn send(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Result<u64> {
        self.asked += 1;
        let mut frame = json!({ "id": self.asked, "method": method, "params": parameters });
        if let Some(session) = session {
            frame["sessionId"] = session.into();
        }
        self.stream.send(Message::text(frame.to_string())).await?;
        Ok(self.asked)
    }

    async fn next(&mut self) -> Result<Value> {
        loop {
            let message = timeout(PATIENCE, self.stream.next()).await.context("Chromium says nothing")?;
            if let Message::Text(text) = message.context("Chromium closed its socket")?? {
                return Ok(serde_json::from_str(&text)?);
            }
        }
    }

    async fn ask(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Result<Value> {
        let number = self.send(session, method, parameters).await?;
        loop {
            let mut frame = self.next().await?;
            if frame["id"] != number {
                self.events.push(frame);
            } else if frame["error"].is_null() {
                return Ok(frame["result"].take());
            } else {
                bail!("{method}: {}", frame["error"]);
            }
        }
    }

    async fn attach(&mut self, tab: &WindowHandle) -> Result<String> {
        let wanted = json!({ "targetId": tab.to_string(), "flatten": true });
        let attached = self.ask(None, "Target.attachToTarget", wanted).await?;
        Ok(attached["sessionId"].as_str().context("a session")?.to_owned())
    }

    /// The session of a tab's worker whose address ends so.
    async fn worker(&mut self, tab: &str, address: &str) -> Result<String> {
        let all = json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true });
        self.ask(Some(tab), "Target.setAutoAttach", all).await?;
        let is_it = |event: &&Value| {
            let url = event["params"]["targetInfo"]["url"].as_str().unwrap_or_default();
            event["method"] == "Target.attachedToTarget" && url.ends_with(address)
        };
        loop {
            if let Some(event) = self.events.iter().find(is_it) {
                return Ok(event["params"]["sessionId"].as_str().context("a session")?.to_owned());
            }
            let event = self.next().await?;
            self.events.push(event);
        }
    }
}

impl Browser {
    /// Ends the program behind a tab at once, as the system does when memory runs out, and takes the tab away.
    ///
    /// # Errors
    ///
    /// When Chromium does not do it.
    pub async fn crash_tab(&self, tab: &WindowHandle) -> Result<()> {
        let mut tools = Tools::open(self.device.profile.path()).await?;
        let session = tools.attach(tab).await?;
        tools.send(Some(&session), "Page.crash", json!({})).await?;
        while tools.next().await?["method"] != "Inspector.targetCrashed" {}
        // The driver gives up a session that has a crashed tab.
        tools.ask(None, "Target.closeTarget", json!({ "targetId": tab.to_string() })).await?;
        Ok(())
    }

    /// What JavaScript makes of an expression in the store's worker of the tab that is driven; promises are waited for.
    ///
    /// # Errors
    ///
    /// When there is no such worker or it throws.
    pub async fn ask_store_worker(&self, expression: &str) -> Result<Value> {
        let mut tools = Tools::open(self.device.profile.path()).await?;
        let tab = self.tab().await?;
        let tab = tools.attach(&tab).await?;
        let worker = tools.worker(&tab, "/workers/store.js").await?;
        let wanted = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = tools.ask(Some(&worker), "Runtime.evaluate", wanted).await?;
        if !answer["exceptionDetails"].is_null() {
            bail!("in the store's worker: {}", answer["exceptionDetails"]);
        }
        Ok(answer["result"]["value"].take())
    }

    /// The memory of the store's module in bytes. It never shrinks, so this is also the most that it ever was.
    ///
    /// # Errors
    ///
    /// When the worker does not say.
    pub async fn store_memory(&self) -> Result<u64> {
        // The module is there already; asking for it again gives what it exports.
        let expression = "import('/assets/store.js').then((module) => module.default())\
            .then((exported) => exported.memory.buffer.byteLength)";
        self.ask_store_worker(expression).await?.as_u64().context("a size")
    }
}
