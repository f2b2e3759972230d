//! The figures of a browser: runs by the product's workers, and the peers in a page of the same Chromium.

use super::{data, flows, peers, rate, ratio};
use crate::Row;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tombolo_model::Kind;
use tombolo_tests::{Browser, Member, Screen, Server};

const RECORDS: usize = 100_000;
/// How many times as many the other run reads of which the first is taken off.
const MORE: usize = 6;
/// Records of a page, where it is not the usual number.
const PAGE: usize = 1000;

/// Runs and peers.
pub(crate) async fn measure(rows: &mut Vec<Row>) -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let hash = owner.store(data::csv(RECORDS).as_bytes()).await?;
    let longer = owner.store(data::csv(RECORDS * MORE).as_bytes()).await?;
    let template = data::templates()[0]
        .1
        .replace("{{{record.id}}}", "{{record.id}}")
        .replace("record.address.city", "record.city");
    let rendered = json!([{"generate": "text", "dataType": "string", "extract": template, "status": "Active"}]);
    let whole = time(&server, &owner, &flows::flow(&hash, Some(data::filter()), &data::mapping())).await?;
    let read = reading(&server, &owner, [&hash, &longer], None).await?;
    let read_by_pages = reading(&server, &owner, [&hash, &longer], Some(PAGE)).await?;
    let plain = time(&server, &owner, &flows::flow(&hash, None, &json!([]))).await?;
    let templates = time(&server, &owner, &flows::flow(&hash, None, &rendered)).await?;
    let count = RECORDS as f64;
    rows.push(Row::new("CSV, filter, ten fields, JSON, in the browser", rate(count / whole, "records")));
    let theirs = in_page().await?;
    let csv = theirs["csv_per_second"].as_f64().context("papaparse")?;
    rows.push(Row::new("CSV to records, papaparse in the browser", rate(csv, "records")));
    for (read, pages) in [(read, "pages of 20"), (read_by_pages, "pages of 1,000")] {
        let name = format!("CSV read and dropped by a filter, in the browser, {pages}");
        rows.push(Row::new(name.as_str(), rate(count / read, "records")));
        rows.push(ratio(format!("{name}, beside papaparse"), count / read, csv, 2.0));
    }
    let handlebars = theirs["templates"]["fields"]["per_second"].as_f64().context("handlebars")?;
    // The difference of two runs may be lost in how runs differ by themselves.
    let ours =
        if templates > plain { rate(count / (templates - plain), "records") } else { "too quick to tell".to_owned() };
    rows.push(Row::new("mappings of one template, in the browser", ours));
    rows.push(Row::new("templates, fields, handlebars in the browser", rate(handlebars, "renders")));
    Ok(())
}

/// Seconds that reading the shorter of two files takes, without what each run takes to begin and to end: the peer, too,
/// is given a text that lies in memory already.
async fn reading(server: &Server, owner: &Member, files: [&str; 2], page: Option<usize>) -> Result<f64> {
    let nothing = json!(["equals", ["string", ["extract", "country"]], "nowhere"]);
    let mut took = [0.0; 2];
    for (file, took) in files.into_iter().zip(&mut took) {
        let mut flow = flows::flow(file, Some(nothing.clone()), &json!([]));
        for (_, _, value) in flow.resources.iter_mut().filter(|(kind, ..)| *kind == Kind::Export) {
            value["pageSize"] = json!(page);
        }
        *took = time(server, owner, &flow).await?;
    }
    Ok((took[1] - took[0]) / (MORE - 1) as f64)
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

/// What a script answers in a page that has handlebars, whose policy lets it make functions.
pub(crate) async fn with_handlebars(script: &str) -> Result<Value> {
    let path = peers::packages()?.join("handlebars/dist/handlebars.min.js");
    let handlebars = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let browser = Browser::open().await?;
    browser.goto("about:blank").await?;
    let answer = browser.js(&format!("(0, eval)({}); {script}", json!(handlebars)), Vec::new()).await?;
    browser.close().await?;
    Ok(answer)
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
