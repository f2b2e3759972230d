//! What hooks cost: runs by `tombolo run` whose import has a preMap hook, less the same runs without it, so that what is
//! measured is what a page waits for: the way to the scripts' process, the call, and the way back.

use super::{data, flows, rate};
use crate::{Row, ms};
use anyhow::{Result, ensure};
use serde_json::json;
use std::process::Stdio;
use std::time::Instant;
use tombolo_model::Kind;
use tombolo_tests::device::fresh_id;
use tombolo_tests::{bundle, flows::Flow};

/// Page sizes, and how many pages of each.
const PAGES: [(usize, usize); 4] = [(1, 2_000), (20, 1_000), (100, 500), (1_000, 100)];
/// What a page of a hundred records may take.
const MOST_MS: f64 = 5.0;
const TRIES: usize = 3;

const SCRIPT: &str = "function preMap(options) {
  return options.data.map((data) => ({ data: { ...data, total: Number(data.amount) * Number(data.quantity) } }));
}";

/// A row for each page size.
pub(crate) fn measure(rows: &mut Vec<Row>) -> Result<()> {
    for (size, pages) in PAGES {
        let file = tempfile::NamedTempFile::with_suffix(".csv")?;
        std::fs::write(file.path(), data::csv(size * pages))?;
        let (mut with, mut without) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..TRIES {
            without = without.min(seconds(&flow(size, false), file.path())?);
            with = with.min(seconds(&flow(size, true), file.path())?);
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let page = (with - without) / pages as f64;
        rows.push(Row::new(format!("preMap hooks, pages of {size}"), rate(1.0 / page, "calls")));
        let name = format!("preMap hooks, one page of {size}");
        let took = page * 1000.0;
        rows.push(if size == 100 { Row::at_most(name, took, MOST_MS, ms) } else { Row::new(name, ms(took)) });
    }
    Ok(())
}

fn flow(page_size: usize, hook: bool) -> Flow {
    let mut flow = flows::flow("file", None, &json!([]));
    let script = fresh_id();
    for (kind, _, value) in &mut flow.resources {
        match kind {
            Kind::Export => value["pageSize"] = json!(page_size),
            Kind::Import if hook => {
                value["hooks"] = json!({"preMap": {"_scriptId": script.to_string(), "function": "preMap"}});
            }
            _ => {}
        }
    }
    flow.resources.insert(0, (Kind::Script, script, json!({"name": "Totals", "content": SCRIPT})));
    flow
}

fn seconds(flow: &Flow, file: &std::path::Path) -> Result<f64> {
    let (_folder, mut command) = bundle::command(flow, &[file])?;
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    ensure!(status.success(), "the run ended with {status}");
    Ok(start.elapsed().as_secs_f64())
}
