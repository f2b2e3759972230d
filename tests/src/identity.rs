//! A real `OpenID` provider, `oidc-provider` of npm.

use crate::places;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// As what Tombolo is known there.
pub const CLIENT_ID: &str = "tombolo";
/// Its secret there.
pub const CLIENT_SECRET: &str = "a secret of the tests";

/// A running provider; ended when it goes out of scope.
pub struct IdentityServer {
    child: Child,
    port: u16,
}

impl IdentityServer {
    /// Starts one on a free port, for a Tombolo under this origin.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(origin: &str) -> Result<Self> {
        let mut child = Command::new("node")
            .args(["--no-warnings", "--input-type=module", "--eval", include_str!("identity_server.mjs"), "--"])
            .arg(places::node_modules())
            .args([CLIENT_ID, CLIENT_SECRET, &format!("{origin}/sign-in/callback")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting the `OpenID` provider")?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let port = lines.next().context("the `OpenID` provider said nothing")??.trim().parse()?;
        // It says more as it goes, and ends when nobody takes it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Self { child, port })
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for IdentityServer {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            // Reaped, so that no dead process stays behind; there is nobody left to tell when that fails.
            drop(self.child.wait());
        }
    }
}
