//! What the flow engine does in a second, natively and in the browser, beside what JavaScript's libraries do with the same
//! data in the same minute.

mod browser;
mod data;
mod flows;
mod hooks;
mod host;
mod memory;
mod native;
mod peers;

use crate::Row;
use anyhow::Result;

pub(crate) use browser::{measure as browser, with_handlebars};
pub(crate) use hooks::measure as hooks;
pub(crate) use memory::measure as memory;

/// The figures of this machine's own code, on a thread without a runtime: runs bring their own.
pub(crate) fn native(rows: &mut Vec<Row>) -> Result<()> {
    std::thread::scope(|scope| match scope.spawn(|| native::measure(&peers::in_node()?, rows)).join() {
        Ok(measured) => measured,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// So many a second, in words.
pub(crate) fn rate(per_second: f64, what: &str) -> String {
    if per_second >= 1e6 {
        format!("{:.2} million {what}/s", per_second / 1e6)
    } else {
        format!("{per_second:.0} {what}/s")
    }
}

/// How many times as fast as a peer, which has a target.
pub(crate) fn ratio(name: String, ours: f64, theirs: f64, least: f64) -> Row {
    // What is no number meets nothing.
    let met = ours / theirs >= least;
    Row { name, value: format!("{:.2} x", ours / theirs), target: format!(">= {least:.1} x"), missed: !met }
}
