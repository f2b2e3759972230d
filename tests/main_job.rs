//! The job the product is for, on real data: source → filter → mapping → both destinations, compared in full.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tombolo_tests::screen::{Counts, Paging};
use tombolo_tests::{Screen, Server, Sink, datasets};

const PATIENCE: Duration = Duration::from_secs(120);
/// Records that travel together when the source does not say how many.
const PAGE: usize = 20;

const AIRPORT_FIELDS: [(&str, &str); 4] =
    [("iata", "code"), ("name", "name"), ("city", "place.city"), ("state", "place.state")];
const FILE_FIELDS: [(&str, &str); 3] = [("iata", "code"), ("name", "name"), ("city", "city")];

/// What the flow makes of an airport.
fn expected_airport(row: &Map<String, Value>) -> Value {
    json!({ "code": row["iata"], "name": row["name"], "place": { "city": row["city"], "state": row["state"] } })
}

/// The line of the file for an airport, written here by hand.
fn expected_line(row: &Map<String, Value>) -> String {
    let field = |name: &str| {
        let text = row[name].as_str().unwrap_or_default();
        if text.contains(['"', ',']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
    };
    format!("{},{},{}\n", field("iata"), field("name"), field("city"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_airports_of_texas_go_from_a_csv_file_to_an_endpoint_and_to_a_file() -> Result<()> {
    let rows = datasets::airport_rows()?;
    assert_eq!(rows.len(), 3376);
    let texan = |row: &&Map<String, Value>| row["state"] == "TX";
    let pages: Vec<Vec<Value>> =
        rows.chunks(PAGE).map(|page| page.iter().filter(texan).map(expected_airport).collect()).collect();
    let lines: String = rows.iter().filter(texan).map(expected_line).collect();
    let kept = rows.iter().filter(texan).count() as u64;
    assert!(kept > 100);

    let server = Server::start().await?;
    let sink = Sink::start(Vec::new()).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Airports").await?;
    screen.create_flow("Texas to CRM").await?;
    screen.add_file_source("Airports file", &datasets::airports()).await?;
    screen.add_http_destination("CRM", &sink.address(), "/take").await?;
    screen.filter("CRM", "state", "equals", "TX").await?;
    screen.map("CRM", &AIRPORT_FIELDS).await?;
    screen.add_file_destination("Texas file", "CSV", "texas.csv").await?;
    screen.filter("Texas file", "state", "equals", "TX").await?;
    screen.map("Texas file", &FILE_FIELDS).await?;
    watch_counters(&screen).await?;
    screen.completes(PATIENCE).await?;

    same_pages(&sink.records(), pages);
    let file = String::from_utf8(screen.download("texas.csv").await?)?;
    assert_eq!(file, format!("code,name,city\n{lines}"));
    assert_eq!(screen.counts("Airports file").await?, Counts { success: 3376, ignored: 0, errors: 0 });
    for step in ["CRM", "Texas file"] {
        assert_eq!(screen.counts(step).await?, Counts { success: kept, ignored: 3376 - kept, errors: 0 }, "{step}");
    }
    let seen = counters_seen(&screen).await?;
    assert!(seen.len() >= 2, "while it ran, the counters showed {seen:?}");
    screen.browser.close().await
}

/// From now on notes what the counters show while a run is going.
async fn watch_counters(screen: &Screen) -> Result<()> {
    let script = "const seen = globalThis.seenCounters = new Set(); \
        const look = () => { const shown = document.querySelector('[aria-label=\"Run console\"]'); \
          if (!shown?.querySelector('[role=progressbar]')) return; \
          seen.add([...shown.querySelectorAll('tbody td.num')].map((cell) => cell.textContent).join(' ')); }; \
        new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });";
    screen.browser.js(script, Vec::new()).await.map(|_| ())
}

/// What they showed, without the picture in which nothing was counted yet.
async fn counters_seen(screen: &Screen) -> Result<BTreeSet<String>> {
    let seen = screen.browser.js("return [...globalThis.seenCounters];", Vec::new()).await?;
    let seen = seen.as_array().context("a list")?.iter().filter_map(Value::as_str).map(str::to_owned);
    Ok(seen.filter(|text| text.contains(|digit: char| digit.is_ascii_digit() && digit != '0')).collect())
}

/// Compares in full: all of a page before the next one. Within a page requests travel side by side, so the order in
/// which they arrive there is nobody's promise.
fn same_pages(received: &[Value], expected: Vec<Vec<Value>>) {
    let sorted = |records: &[Value]| {
        let mut texts: Vec<_> = records.iter().map(ToString::to_string).collect();
        texts.sort_unstable();
        texts
    };
    let mut rest = received;
    for (number, page) in expected.into_iter().enumerate() {
        assert!(rest.len() >= page.len(), "only {} of all records came", received.len());
        let (came, later) = rest.split_at(page.len());
        assert_eq!(sorted(came), sorted(&page), "page {number}");
        rest = later;
    }
    assert!(rest.is_empty(), "{} records too many: {:?}", rest.len(), &rest[..1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn comedies_are_read_page_by_page_until_an_empty_page() -> Result<()> {
    movies("/numbered?size=500&page={{export.http.paging.page}}", Paging::Number, "/numbered").await
}

#[tokio::test(flavor = "multi_thread")]
async fn comedies_are_read_along_the_link_headers() -> Result<()> {
    movies("/linked?size=500", Paging::Link, "/linked").await
}

async fn movies(path: &str, paging: Paging, route: &str) -> Result<()> {
    let movies = datasets::movie_records()?;
    let is_comedy = |movie: &&Value| movie["Major Genre"] == "Comedy";
    // Some titles are numbers in the data; a mapping makes texts unless told otherwise.
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let archived = |movie: &Value| json!({ "title": text(&movie["Title"]) });
    // A page of the endpoint is handed on in full pages; 500 is a multiple of their size.
    let pages: Vec<Vec<Value>> =
        movies.chunks(PAGE).map(|page| page.iter().filter(is_comedy).map(archived).collect()).collect();
    let lines: Vec<_> = pages.iter().flatten().map(ToString::to_string).collect();
    let (kept, total) = (lines.len() as u64, movies.len());
    assert!(kept > 500);

    let server = Server::start().await?;
    let sink = Sink::start(movies).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Films").await?;
    screen.create_flow("Comedies").await?;
    screen.add_http_source("Film list", &sink.address(), path, paging).await?;
    screen.add_http_destination("Archive", &sink.address(), "/take").await?;
    screen.filter("Archive", "Major Genre", "equals", "Comedy").await?;
    screen.map("Archive", &[("Title", "title")]).await?;
    screen.add_file_destination("Film file", "JSON", "comedies.json").await?;
    screen.filter("Film file", "Major Genre", "equals", "Comedy").await?;
    screen.map("Film file", &[("Title", "title")]).await?;
    screen.completes(PATIENCE).await?;

    same_pages(&sink.records(), pages);
    let file = String::from_utf8(screen.download("comedies.json").await?)?;
    assert_eq!(file, format!("[\n{}\n]\n", lines.join(",\n")));
    assert_eq!(screen.counts("Film list").await?, Counts { success: total as u64, ignored: 0, errors: 0 });
    for step in ["Archive", "Film file"] {
        let counts = screen.counts(step).await?;
        assert_eq!(counts, Counts { success: kept, ignored: total as u64 - kept, errors: 0 }, "{step}");
    }
    let asked: Vec<_> = sink.asked().into_iter().filter(|page| page.starts_with(route)).collect();
    let full = total.div_ceil(500);
    assert!((full..=full + 1).contains(&asked.len()), "{asked:?}");
    screen.browser.close().await
}
