//! The editors of the playground: from a key to the output on the screen, at three sizes of the input.
//!
//! With handlebars.js in the same Chromium beside the editor of templates. Ours waits for the worker and the frame that
//! shows its answer, theirs for neither: that is in our figures.

use super::{Row, engine, ms, percentile};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::Duration;
use tombolo_tests::{Screen, Server};

const SCRIPT: &str = include_str!("editors.js");
/// How large the input is, and how many keys are measured: fewer of those that take long.
const SIZES: [(usize, &str, usize); 3] = [(1_000, "1 KB", 12), (100_000, "100 KB", 20), (1_000_000, "1 MB", 6)];
const PEER_ROUNDS: usize = 20;
/// What is promised for an input of 100 KB.
const PROMISED_MS: f64 = 100.0;

/// All editors.
pub(crate) async fn measure(rows: &mut Vec<Row>) -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("handlebars").await?;
    screen.output_has("Ada Fern").await?;
    let template = screen.panel_text("Template").await?;
    let input = screen.panel_text("Input").await?;
    let list = screen.browser.find("navigation", "Editors").await?;
    let mut editors = Vec::new();
    for link in screen.browser.all_in(Some(&list), "link", "").await? {
        editors.push((link.text().await?, link.attr("href").await?.context("an address")?));
    }
    for (name, href) in editors {
        screen.visit(&format!("/playground/{}", href.rsplit('/').next().unwrap_or_default())).await?;
        screen.browser.find("textbox", "Output").await?;
        screen.browser.see("No problems.").await?;
        // One message of X12 has no lines to repeat; a file of fixed width has.
        if name.starts_with("EDI") {
            screen.browser.press("button", "Fixed width").await?;
            screen.browser.wait_js("the example", CHOSEN, Duration::from_secs(10)).await?;
            screen.browser.see("No problems.").await?;
        }
        if name == "JavaScript" {
            // What the first example does to each record takes longer than all else: that is the script's time.
            sizes(&screen, rows, BY_DATES).await?;
            screen.browser.press("button", "Drop what is empty").await?;
            screen.browser.wait_js("the example", DROPPED, Duration::from_secs(20)).await?;
            // It has an input of its own to be made more of.
            screen.browser.js("window.first = {};", Vec::new()).await?;
            screen.browser.see("No problems.").await?;
        }
        sizes(&screen, rows, &name).await?;
    }
    screen.browser.close().await?;
    peer(rows, &template, &input).await
}

/// The keys of one editor as it stands there, at each size of its input.
async fn sizes(screen: &Screen, rows: &mut Vec<Row>, name: &str) -> Result<()> {
    let label = screen.browser.js(INPUT, Vec::new()).await?;
    for (size, words, rounds) in SIZES {
        let script = format!("{SCRIPT}\nreturn keys(...arguments_);");
        let took = screen.browser.js_async(&script, vec![label.clone(), json!(size), json!(rounds)]).await?;
        row(rows, name, words, size, &took);
    }
    Ok(())
}

/// A script that reads and writes a date of each record.
const BY_DATES: &str = "JavaScript, a date of each record";

/// The output of the second example of scripts.
const DROPPED: &str = "return document.querySelector('.output-panel .cm-content')?.textContent.includes('newErrors');";

/// The example of fixed width is in the input.
const CHOSEN: &str = "return document.querySelector('.input-panel .cm-content')?.textContent.includes('A-12');";

/// The label of the text that is the input, or of the rules where there is no other.
const INPUT: &str = "const of = (panel) => document.querySelector(`${panel} .cm-content`)?.getAttribute('aria-label');
return of('.input-panel') ?? of('.rules');";

fn row(rows: &mut Vec<Row>, name: &str, words: &str, size: usize, took: &Value) {
    let mut times: Vec<f64> = took["times"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    if took["unanswered"] == 1 {
        rows.push(Row::new(format!("{name}, {words}, key to output"), "no answer in 20 s".to_owned()));
    }
    // What takes no input of this size has no figure for it.
    if times.is_empty() || took["bytes"].as_u64().is_none_or(|bytes| bytes > 4 * size as u64 && size > 1_000) {
        return;
    }
    let (middle, most) = (percentile(&mut times, 0.5), percentile(&mut times, 0.95));
    let named = |share: &str| format!("{name}, {words}, key to output, {share}");
    rows.push(Row::new(named("p50"), ms(middle)));
    if size == 100_000 && name != BY_DATES {
        rows.push(Row::at_most(named("p95"), most, PROMISED_MS, ms));
    } else {
        rows.push(Row::new(named("p95"), ms(most)));
    }
}

async fn peer(rows: &mut Vec<Row>, template: &str, input: &str) -> Result<()> {
    let sizes: Vec<_> = SIZES.iter().map(|(size, ..)| *size).collect();
    let call = format!(
        "return peer(globalThis.Handlebars, {}, {}, {}, {PEER_ROUNDS});",
        json!(template),
        json!(input),
        json!(sizes)
    );
    let took = engine::with_handlebars(&format!("{SCRIPT}\n{call}")).await?;
    for (at, (_, words, _)) in SIZES.iter().enumerate() {
        let mut times: Vec<f64> = took[at].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        rows.push(Row::new(format!("handlebars.js, {words}, read and rendered, p50"), ms(percentile(&mut times, 0.5))));
        rows.push(Row::new(
            format!("handlebars.js, {words}, read and rendered, p95"),
            ms(percentile(&mut times, 0.95)),
        ));
    }
    Ok(())
}
