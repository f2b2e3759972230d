//! The job the product is for, on real data: source → filter → mapping → destination, compared in full.

use anyhow::Result;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tombolo_tests::screen::{Counts, Paging};
use tombolo_tests::{Screen, Server, Sink, datasets};

const PATIENCE: Duration = Duration::from_secs(120);

/// What the flow makes of an airport.
fn expected_airport(row: &Map<String, Value>) -> Value {
    json!({ "code": row["iata"], "name": row["name"], "place": { "city": row["city"], "state": row["state"] } })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_airports_of_texas_go_from_a_csv_file_to_an_endpoint() -> Result<()> {
    let rows = datasets::airport_rows()?;
    assert_eq!(rows.len(), 3376);
    let expected: Vec<_> = rows.iter().filter(|row| row["state"] == "TX").map(expected_airport).collect();
    assert!(expected.len() > 100);

    let server = Server::start().await?;
    let sink = Sink::start(Vec::new()).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Airports").await?;
    screen.create_flow("Texas to CRM").await?;
    screen.add_file_source("Airports file", &datasets::airports()).await?;
    screen.add_http_destination("CRM", &sink.address(), "/take").await?;
    screen.filter("CRM", "state", "equals", "TX").await?;
    screen.map("CRM", &AIRPORT_FIELDS).await?;
    screen.completes(PATIENCE).await?;

    same_records(sink.records(), expected.clone());
    let kept = expected.len() as u64;
    let source = screen.counts("Airports file").await?;
    assert_eq!(source, Counts { success: 3376, ignored: 0, errors: 0 });
    let crm = screen.counts("CRM").await?;
    assert_eq!(crm, Counts { success: kept, ignored: 3376 - kept, errors: 0 });
    screen.browser.close().await
}

/// Compares in full. Requests travel side by side, so the order in which they arrive is nobody's promise.
fn same_records(received: Vec<Value>, expected: Vec<Value>) {
    let sorted = |records: Vec<Value>| {
        let mut texts: Vec<_> = records.iter().map(ToString::to_string).collect();
        texts.sort_unstable();
        texts
    };
    let (received, expected) = (sorted(received), sorted(expected));
    let differs = received.iter().zip(&expected).position(|(one, other)| one != other);
    if let Some(at) = differs {
        panic!("record {at} is {} instead of {}", received[at], expected[at]);
    }
    assert_eq!(received.len(), expected.len());
}

const AIRPORT_FIELDS: [(&str, &str); 4] =
    [("iata", "code"), ("name", "name"), ("city", "place.city"), ("state", "place.state")];

#[tokio::test(flavor = "multi_thread")]
async fn the_airports_of_texas_go_from_a_csv_file_to_a_download() -> Result<()> {
    let rows = datasets::airport_rows()?;
    let expected: Vec<_> = rows.iter().filter(|row| row["state"] == "TX").map(expected_airport).collect();

    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Airports").await?;
    screen.create_flow("Texas to file").await?;
    screen.add_file_source("Airports file", &datasets::airports()).await?;
    screen.add_file_destination("Texas file", "JSON", "texas.json").await?;
    screen.filter("Texas file", "state", "equals", "TX").await?;
    screen.map("Texas file", &AIRPORT_FIELDS).await?;
    screen.completes(PATIENCE).await?;

    let made: Vec<Value> = serde_json::from_slice(&screen.download("texas.json").await?)?;
    assert_eq!(made, expected);
    screen.browser.close().await
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
    let expected: Vec<_> =
        movies.iter().filter(is_comedy).map(|movie| json!({ "title": text(&movie["Title"]) })).collect();
    assert!(expected.len() > 500);
    let total = movies.len();

    let server = Server::start().await?;
    let sink = Sink::start(movies).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Films").await?;
    screen.create_flow("Comedies").await?;
    screen.add_http_source("Film list", &sink.address(), path, paging).await?;
    screen.add_http_destination("Archive", &sink.address(), "/take").await?;
    screen.filter("Archive", "Major Genre", "equals", "Comedy").await?;
    screen.map("Archive", &[("Title", "title")]).await?;
    screen.completes(PATIENCE).await?;

    same_records(sink.records(), expected);
    assert_eq!(screen.counts("Film list").await?.success, total as u64);
    let pages: Vec<_> = sink.asked().into_iter().filter(|page| page.starts_with(route)).collect();
    let full = total.div_ceil(500);
    assert!((full..=full + 1).contains(&pages.len()), "{pages:?}");
    screen.browser.close().await
}
