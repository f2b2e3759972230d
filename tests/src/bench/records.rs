//! How many records a second go through the main job: a CSV file, a filter, a mapping, a file.

use crate::Row;
use anyhow::{Context, Result};
use serde_json::json;
use std::io::Write;
use std::time::{Duration, Instant};
use tombolo_tests::flows::{self, Destination, Flow, Source, row};
use tombolo_tests::{Member, Screen, Server, bundle, datasets};

/// How often the real file is repeated.
const REPEATS: usize = 30;

/// In the browser and by `tombolo run`.
pub(crate) async fn measure(rows: &mut Vec<Row>) -> Result<()> {
    let (file, count) = airports()?;
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let hash = owner.store(&std::fs::read(file.path())?).await?;
    let flow = flow(&hash);
    let mut device = owner.device(owner.account()).await?;
    device.create_flow(&flow).await?;

    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.open_flow("Airports integration", "Airports").await?;
    let rate = |took: Duration| format!("{:.0} records/s", count as f64 / took.as_secs_f64());
    let start = Instant::now();
    let end = screen.run(Duration::from_secs(300)).await?;
    let in_browser = start.elapsed();
    anyhow::ensure!(end == "Completed", "the run ended as {end}");
    rows.push(Row::new(format!("main job, {count} records, in the browser"), rate(in_browser)));
    screen.browser.close().await?;

    let start = Instant::now();
    bundle::run(&flow, &[file.path()]).context("tombolo run")?;
    rows.push(Row::new(format!("main job, {count} records, tombolo run"), rate(start.elapsed())));
    Ok(())
}

fn flow(hash: &str) -> Flow {
    let filter = json!(["equals", ["string", ["extract", "country"]], "USA"]);
    let mappings = json!([
        row("$.iata", "code", "string"),
        row("$.name", "name", "string"),
        row("$.latitude", "latitude", "number"),
        row("$.longitude", "longitude", "number"),
    ]);
    flows::flow("Airports", &Source::Csv(hash), Some(filter), &mappings, &Destination::Json("airports.json"))
}

fn airports() -> Result<(tempfile::NamedTempFile, usize)> {
    let text = std::fs::read_to_string(datasets::airports())?;
    let (head, rows) = text.split_once('\n').context("a head and rows")?;
    let rows = rows.trim_end();
    let mut file = tempfile::NamedTempFile::with_suffix(".csv")?;
    writeln!(file, "{head}")?;
    for _ in 0..REPEATS {
        writeln!(file, "{rows}")?;
    }
    file.flush()?;
    Ok((file, rows.lines().count() * REPEATS))
}
