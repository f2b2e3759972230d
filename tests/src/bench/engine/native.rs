//! The figures of this machine's own code.
//!
//! Filters and mappings are parts of runs: what one record of them takes is the time of a run with it less that of the
//! same run without.

use super::{data, flows, host, rate, ratio};
use crate::Row;
use anyhow::{Context, Result};
use serde_json::json;
use std::hint::black_box;
use std::time::{Duration, Instant};
use tombolo_formats::{CsvOptions, Encoding, FileFormat, FileOptions, FileReader, XmlOptions, XmlPath};
use tombolo_model::Val;
use tombolo_template::{Env, Target, Template};

use super::peers::Peers;

const RECORDS: usize = 100_000;
/// One alone takes less than two runs differ by themselves.
const FILTER_RULES: usize = 40;
/// Of several tries the quickest: what else the machine does only makes them slower.
const TRIES: usize = 5;

/// All of them.
pub(crate) fn measure(peers: &Peers, rows: &mut Vec<Row>) -> Result<()> {
    templates(peers, rows)?;
    parsers(peers, rows)?;
    runs(rows)
}

fn templates(peers: &Peers, rows: &mut Vec<Row>) -> Result<()> {
    let Val::Map(context) = Val::from(&data::context()) else { anyhow::bail!("the context is an object") };
    for (name, source) in data::templates() {
        let template = Template::compile(source, Target::Html)?;
        let made = template.render_in(&context, &Env::default())?;
        let theirs = peers.templates.get(name).context("handlebars rendered it")?;
        anyhow::ensure!(made == theirs.made, "handlebars makes of “{name}”:\n{}\nand not:\n{made}", theirs.made);
        let times = 20_000_u32;
        let took = quickest(|| {
            for _ in 0..times {
                black_box(template.render_in(black_box(&context), &Env::default())?);
            }
            Ok(())
        })?;
        let ours = f64::from(times) / took.as_secs_f64();
        rows.push(Row::new(format!("templates, {name}"), rate(ours, "renders")));
        rows.push(Row::new(format!("templates, {name}, handlebars in Node"), rate(theirs.per_second, "renders")));
        rows.push(ratio(format!("templates, {name}, beside handlebars"), ours, theirs.per_second, 1.0));
    }
    Ok(())
}

fn parsers(peers: &Peers, rows: &mut Vec<Row>) -> Result<()> {
    let csv = data::csv(RECORDS);
    let (json, xml) = data::json_and_xml(RECORDS);
    let xml_options = XmlOptions {
        automatic: false,
        ..XmlOptions::new(XmlPath::parse("/rows/row").map_err(|p| anyhow::anyhow!(p.message))?)
    };
    let mut csv_rate = 0.0;
    for (name, format, text) in [
        ("CSV", FileFormat::Csv(CsvOptions::default()), &csv),
        ("JSON", FileFormat::Json { resource_path: String::new() }, &json),
        ("XML", FileFormat::Xml(xml_options), &xml),
    ] {
        let options = FileOptions { compression: None, encoding: Encoding::Utf8, format };
        let took = quickest(|| {
            // As a run reads it: piece by piece, and each piece's records go on.
            let mut reader = FileReader::new(&options);
            let mut made = Vec::new();
            let mut count = 0;
            for piece in text.as_bytes().chunks(reader.piece_bytes()) {
                reader.push(piece, &mut made)?;
                count += made.len();
                black_box(&made);
                made.clear();
            }
            while reader.finish(&mut made)? {}
            anyhow::ensure!(count + made.len() == RECORDS, "{count} records");
            Ok(())
        })?;
        let seconds = took.as_secs_f64();
        rows.push(Row::new(format!("parsing {name}"), format!("{:.0} MB/s", text.len() as f64 / seconds / 1e6)));
        if name == "CSV" {
            csv_rate = RECORDS as f64 / seconds;
        }
    }
    rows.push(Row::new("CSV to records", rate(csv_rate, "records")));
    rows.push(Row::new("CSV to records, papaparse in Node", rate(peers.csv_per_second, "records")));
    rows.push(ratio("CSV to records, beside papaparse".to_owned(), csv_rate, peers.csv_per_second, 2.0));
    Ok(())
}

fn runs(rows: &mut Vec<Row>) -> Result<()> {
    let csv = data::csv(RECORDS);
    let kinds = [
        (None, json!([])),
        (Some(data::filter_that_keeps_all(FILTER_RULES)), json!([])),
        (None, data::mapping()),
        (Some(data::filter()), data::mapping()),
    ];
    let bundles = kinds.map(|(filter, mappings)| flows::bundle(&flows::flow("hash", filter, &mappings)));
    let mut best = [f64::INFINITY; 4];
    let mut arrived = 0;
    // In turns: what slows the machine down for a while slows all of them.
    for _ in 0..TRIES {
        for (bundle, best) in bundles.iter().zip(&mut best) {
            let (took, count) = host::time(bundle, csv.as_bytes())?;
            *best = best.min(took.as_secs_f64());
            arrived = count;
        }
    }
    anyhow::ensure!(arrived == RECORDS as u64 / 2, "the filter kept {arrived} records");
    let count = RECORDS as f64;
    let [plain, filtered, mapped, whole] = best;
    rows.push(Row::new("filters of one rule", rate(count * FILTER_RULES as f64 / (filtered - plain), "filters")));
    rows.push(Row::new("mappings of ten fields", rate(count / (mapped - plain), "mappings")));
    rows.push(Row::new("CSV to JSON, natively", rate(count / plain, "records")));
    rows.push(Row::new("CSV, filter, ten fields, JSON, natively", rate(count / whole, "records")));
    Ok(())
}

fn quickest(mut work: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}
