//! A real mail server, `aiosmtpd`, that keeps what it is sent.

use crate::{places, wait};
use anyhow::{Context, Result};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A running mail server; ended when it goes out of scope.
pub struct MailServer {
    child: Child,
    port: u16,
    letters: Arc<Mutex<Vec<Value>>>,
}

impl MailServer {
    /// Starts one on a free port.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start() -> Result<Self> {
        let mut child = Command::new(places::python())
            .args(["-c", include_str!("mail_server.py")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the mail server")?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let port = lines.next().context("the mail server said nothing")??.trim().parse()?;
        let letters = Arc::<Mutex<Vec<Value>>>::default();
        let kept = letters.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Ok(letter) = serde_json::from_str(&line) {
                    kept.lock().expect("nobody breaks holding it").push(letter);
                }
            }
        });
        Ok(Self { child, port, letters })
    }

    /// Its address, as `tombolo serve --smtp` takes it.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The first letter to an address, once it has come.
    ///
    /// # Errors
    ///
    /// When none comes.
    pub async fn letter_to(&self, address: &str) -> Result<Value> {
        wait::until(&format!("a letter to {address}"), Duration::from_secs(20), || async {
            let letters = self.letters.lock().expect("nobody breaks holding it");
            Ok(letters.iter().find(|letter| letter["to"][0] == address).cloned())
        })
        .await
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            // Reaped, so that no dead process stays behind; there is nobody left to tell when that fails.
            drop(self.child.wait());
        }
    }
}

/// The first address of the server in a letter, without its beginning.
///
/// # Errors
///
/// When there is none.
pub fn link_in(letter: &Value, beginning: &str) -> Result<String> {
    let text = letter["text"].as_str().context("a letter without a text")?;
    let found = text.split_whitespace().find_map(|word| word.strip_prefix(beginning));
    found.map(str::to_owned).with_context(|| format!("no link in {text}"))
}
