//! Builds everything and serves it until it is stopped.

use crate::{command, dist, places, say, site};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// Builds the page and the server, then runs the server.
///
/// # Errors
///
/// When a build fails or the server ends with a failure.
pub(crate) fn start(listen: &str, data: Option<&Path>, release: bool) -> Result<bool> {
    let (assets, server) = if release {
        let assets = site::build(site::Profile::Small)?;
        (assets, dist::server(false)?)
    } else {
        let assets = site::build(site::Profile::Dev)?;
        say::title("Server");
        command::run(&mut command::cargo(["build", "-p", "tombolo-server"]))?;
        (assets, places::server())
    };
    let mut serve = Command::new(server);
    serve.arg("serve").arg("--assets").arg(assets).args(["--listen", listen]);
    if let Some(folder) = data {
        serve.arg("--data").arg(folder);
    }
    // The server itself says where it listens, and only when it does: port 0 is another one by then, and a port that
    // is taken is an error and no address.
    command::run(&mut serve)?;
    Ok(true)
}
