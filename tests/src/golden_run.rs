//! Golden flows against real servers: the endpoints of each on a port of its own, and the hosts that run them.

mod browser;
mod command_line;
mod endpoints;

use crate::golden::{Golden, read_all};
use crate::places;
use anyhow::Result;
use std::collections::BTreeMap;

pub use browser::run_all as run_in_browser;
pub use command_line::run as run_on_command_line;
pub use endpoints::Served;

/// All golden flows, each with its endpoints.
///
/// # Errors
///
/// When no port is free.
///
/// # Panics
///
/// When one cannot be read.
pub async fn serve_all() -> Result<Vec<(Golden, Served)>> {
    let folder = places::root().join("tests/corpus/flows");
    let mut served = BTreeMap::new();
    for golden in read_all(&folder, |_| String::new()) {
        served.insert(golden.name, Served::start().await?);
    }
    let all = read_all(&folder, |name| served.get(name).map(Served::address).unwrap_or_default());
    let mut ready = Vec::new();
    for golden in all {
        if let Some(endpoints) = served.remove(&golden.name) {
            endpoints.begin(&golden);
            ready.push((golden, endpoints));
        }
    }
    Ok(ready)
}
