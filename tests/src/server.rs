//! The real server, on a port of its own, with data of its own.

use crate::{places, process, wait};
use anyhow::{Context, Result, bail, ensure};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;

/// A running `tombolo serve`.
pub struct Server {
    child: Option<Child>,
    folder: TempDir,
    site: PathBuf,
    arguments: Vec<String>,
    port: u16,
}

impl Server {
    /// Starts a server with an empty database on a free port of the loopback.
    ///
    /// # Errors
    ///
    /// When it does not become ready.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// The same, with more arguments for `tombolo serve`.
    ///
    /// # Errors
    ///
    /// When it does not become ready.
    pub async fn start_with(arguments: &[&str]) -> Result<Self> {
        let arguments = arguments.iter().map(|text| (*text).to_owned()).collect();
        let mut server = Self { child: None, folder: TempDir::new()?, site: places::site(), arguments, port: 0 };
        server.resume().await?;
        Ok(server)
    }

    /// Starts it again after [`Server::stop`] or [`Server::kill`], on the same port with the same data.
    ///
    /// # Errors
    ///
    /// When it does not become ready.
    pub async fn resume(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut child = Command::new(places::server())
            .arg("serve")
            .arg("--assets")
            .arg(&self.site)
            .args(["--listen", &format!("127.0.0.1:{}", self.port)])
            .arg("--data")
            .arg(self.data())
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("starting the server")?;
        let output = child.stdout.take().context("no output")?;
        self.child = Some(child);
        let (found, port) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(port) = port_of(&line) {
                    // The receiver may have given up; the rest is read all the same, or the server would block.
                    found.send(port).unwrap_or_default();
                }
            }
        });
        let ready = tokio::task::spawn_blocking(move || port.recv_timeout(Duration::from_secs(20))).await?;
        self.port = ready.with_context(|| format!("the server did not get ready\n{}", self.log_text()))?;
        Ok(())
    }

    /// Serves another build of the page from its next start on.
    pub fn serve_page_of(&mut self, site: &Path) {
        site.clone_into(&mut self.site);
    }

    /// Writes a backup of its data, while it runs.
    ///
    /// # Errors
    ///
    /// When that fails.
    pub fn back_up(&self, file: &Path) -> Result<()> {
        self.admin("backup", file)
    }

    /// Puts a backup in the place of its data, while it is stopped.
    ///
    /// # Errors
    ///
    /// When that fails.
    pub fn restore(&self, file: &Path) -> Result<()> {
        self.admin("restore", file)
    }

    fn admin(&self, command: &str, file: &Path) -> Result<()> {
        let mut admin = Command::new(places::server());
        let output = admin.args(["admin", command]).arg(file).arg("--data").arg(self.data()).output()?;
        ensure!(output.status.success(), "tombolo admin {command}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// The address, without a slash at its end.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Ends it politely and waits until it is gone.
    ///
    /// # Errors
    ///
    /// When it does not end.
    pub async fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        process::terminate(child.id());
        let gone = wait::until("the server's end", Duration::from_secs(10), || {
            let ended = child.try_wait();
            async move { Ok(ended?) }
        });
        let status = gone.await;
        if status.is_err() {
            process::kill(child.id());
            child.wait()?;
            bail!("the server did not end when asked to\n{}", self.log_text());
        }
        Ok(())
    }

    /// Ends it as a power cut would.
    ///
    /// # Errors
    ///
    /// When it was not running.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the server is not running")?;
        process::kill_tree(child.id());
        child.wait()?;
        Ok(())
    }

    /// What it logged, for a failing test's message.
    pub fn log_text(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            process::kill_tree(child.id());
            // Reaped, so that no dead process stays behind; there is nobody left to tell when that fails.
            drop(child.wait());
        }
        if std::thread::panicking() {
            eprintln!("--- the server's last words\n{}", self.log_text());
        }
    }
}

fn port_of(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("http://")?;
    let authority = rest.split(['/', ' ', '"']).next()?;
    authority.rsplit_once(':')?.1.trim().parse().ok()
}
