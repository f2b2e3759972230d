//! The figures of a browser: runs by the product's workers, and the peers in a page of the same Chromium.

use super::{data, flows, peers, rate, ratio};
use crate::Row;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tombolo_tests::{Browser, Member, Screen, Server};

const RECORDS: usize = 100_000;
/// How many times as many the other run reads of which the first is taken off.
const MORE: usize = 6;

/// Runs and peers.
pub(crate) async fn measure(rows: &mut Vec<Row>) -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let hash = owner.store(data::csv(RECORDS).as_bytes()).await?;
    let longer = owner.store(data::csv(RECORDS * MORE).as_bytes()).await?;
    let nothing = json!(["equals", ["string", ["extract", "country"]], "nowhere"]);
    let template = data::templates()[0]
        .1
        .replace("{{{record.id}}}", "{{record.id}}")
        .replace("record.address.city", "record.city");
    let rendered = json!([{"generate": "text", "dataType": "string", "extract": template, "status": "Active"}]);
    let whole = time(&server, &owner, &flows::flow(&hash, Some(data::filter()), &data::mapping())).await?;
    // Without what each run takes to begin and to end: the peer, too, is given a text that lies in memory already.
    let read = {
        let short = time(&server, &owner, &flows::flow(&hash, Some(nothing.clone()), &json!([]))).await?;
        let long = time(&server, &owner, &flows::flow(&longer, Some(nothing), &json!([]))).await?;
        (long - short) / (MORE - 1) as f64
    };
    let plain = time(&server, &owner, &flows::flow(&hash, None, &json!([]))).await?;
    let templates = time(&server, &owner, &flows::flow(&hash, None, &rendered)).await?;
    let count = RECORDS as f64;
    rows.push(Row::new("CSV, filter, ten fields, JSON, in the browser", rate(count / whole, "records")));
    let theirs = in_page().await?;
    let csv = theirs["csv_per_second"].as_f64().context("papaparse")?;
    rows.push(Row::new("CSV read and dropped by a filter, in the browser", rate(count / read, "records")));
    rows.push(Row::new("CSV to records, papaparse in the browser", rate(csv, "records")));
    rows.push(ratio("CSV read and dropped, beside papaparse in the browser".to_owned(), count / read, csv, 2.0));
    let handlebars = theirs["templates"]["fields"]["per_second"].as_f64().context("handlebars")?;
    // The difference of two runs; where it is lost in how the runs differ by themselves, there is no figure.
    let ours = count / (templates - plain).max(f64::MIN_POSITIVE);
    rows.push(Row::new("mappings of one template, in the browser", rate(ours, "records")));
    rows.push(Row::new("templates, fields, handlebars in the browser", rate(handlebars, "renders")));
    Ok(())
}

/// Seconds of one run, as a person sees it begin and end; the quickest of three.
async fn time(server: &Server, owner: &Member, flow: &tombolo_tests::flows::Flow) -> Result<f64> {
    let mut device = owner.device(owner.account()).await?;
    device.create_flow(flow).await?;
    let mut best = f64::INFINITY;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.visit(&format!("/integrations/{}/flows/{}", flow.integration, flow.flow)).await?;
    for _ in 0..3 {
        let start = Instant::now();
        let end = screen.run(Duration::from_secs(300)).await?;
        ensure!(end == "Completed", "the run ended as {end}");
        best = best.min(start.elapsed().as_secs_f64());
    }
    screen.browser.close().await?;
    Ok(best)
}

/// The peers' figures in a page of their own, whose policy lets them make functions.
async fn in_page() -> Result<Value> {
    let folder = peers::packages()?;
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).with_context(|| format!("reading {path}"));
    let (handlebars, papa) = (read("handlebars/dist/handlebars.min.js")?, read("papaparse/papaparse.min.js")?);
    let browser = Browser::open().await?;
    // Any page without a policy against functions made of text, which is how handlebars compiles.
    browser.goto("about:blank").await?;
    let script = format!(
        "const question = arguments[0]; (0, eval)({}); (0, eval)({}); {} return work(question, globalThis.Handlebars, globalThis.Papa);",
        json!(handlebars),
        json!(papa),
        peers::WORK
    );
    let answer = browser.js(&script, vec![peers::question(RECORDS)]).await?;
    browser.close().await?;
    Ok(answer)
}
