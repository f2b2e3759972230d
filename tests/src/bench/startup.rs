//! An empty device gets an account; then the page is opened again, and a document in it.

use crate::probe::{
    hand_ms, seen_ms, settled, usable_ms, watch_caught_up, watch_hands, watch_heading, watch_loads, watch_rows,
};
use crate::{Row, ms, percentile};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tombolo_model::Kind;
use tombolo_tests::{Member, Screen, Server};

const LOADS: usize = 7;
/// The number of resources that the targets speak of.
const LARGE: usize = 10_000;

/// Bootstrap, navigation and opening with so many resources.
pub(crate) async fn measure(count: usize, rows: &mut Vec<Row>) -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    device.create_all(resources(count)).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.wait_until_offline_ready().await?;

    let shown = if count == LARGE { "10,000".to_owned() } else { count.to_string() };
    let row = |name: String, value: f64, most: f64| {
        if count == LARGE { Row::at_most(name, value, most, ms) } else { Row::new(name, ms(value)) }
    };
    let took = bootstrap(&screen, count).await?;
    rows.push(row(format!("bootstrap of {shown} documents, from pressing Sign in"), took, 5_000.0));
    let took = percentile(&mut loads(&screen).await?, 0.5);
    rows.push(row(format!("navigation to usable, {shown} resources, warm, p50"), took, 1_500.0));
    let took = percentile(&mut opens(&screen).await?, 0.5);
    rows.push(Row::new(format!("open a document, {shown} resources, p50"), ms(took)));
    // Of few resources the list is not long enough to be looked for.
    if count == LARGE {
        let took = percentile(&mut lists(&screen).await?, 0.5);
        rows.push(row(format!("the list of sources opens, {shown} resources, p50"), took, 150.0));
    }
    screen.browser.close().await
}

/// From pressing a list in the navigation until its rows are on the page. What the page does when it begins is over by
/// then: that is measured by itself.
async fn lists(screen: &Screen) -> Result<Vec<f64>> {
    let mut took = Vec::new();
    for _ in 0..LOADS {
        screen.home().await?;
        settled(&screen.browser).await?;
        watch_hands(&screen.browser).await?;
        watch_rows(&screen.browser).await?;
        screen.browser.press("link", "Sources").await?;
        took.push(seen_ms(&screen.browser).await? - hand_ms(&screen.browser).await?);
    }
    Ok(took)
}

/// From pressing the button until everything is on this device. That is counted afterwards: counting would be in the
/// way of writing.
async fn bootstrap(screen: &Screen, count: usize) -> Result<f64> {
    screen.fill_sign_in("ines@example.com").await?;
    watch_hands(&screen.browser).await?;
    watch_caught_up(&screen.browser).await?;
    screen.browser.press("button", "Sign in").await?;
    let took = seen_ms(&screen.browser).await? - hand_ms(&screen.browser).await?;
    let counts = screen.browser.stored_counts().await?;
    let rows = counts.as_object().into_iter().flatten().filter(|(name, _)| name.ends_with("/catalogue"));
    let most = rows.filter_map(|(_, n)| n.as_u64()).max().unwrap_or_default();
    ensure!(most >= count as u64, "only {most} of {count} documents are on the device");
    Ok(took)
}

/// From the beginning of a navigation until the list can be read.
async fn loads(screen: &Screen) -> Result<Vec<f64>> {
    watch_loads(&screen.browser, "Integration 0").await?;
    let mut took = Vec::new();
    for _ in 0..LOADS {
        screen.home().await?;
        took.push(usable_ms(&screen.browser).await?);
    }
    Ok(took)
}

/// From pressing a document in the list until its page says what it holds.
async fn opens(screen: &Screen) -> Result<Vec<f64>> {
    let mut took = Vec::new();
    for n in 0..LOADS {
        let name = format!("Integration {n}");
        screen.home().await?;
        watch_hands(&screen.browser).await?;
        watch_heading(&screen.browser, &name).await?;
        screen.open_named(&name).await?;
        took.push(seen_ms(&screen.browser).await? - hand_ms(&screen.browser).await?);
    }
    Ok(took)
}

/// One integration in ten; the rest are exports that look like real ones.
fn resources(count: usize) -> impl Iterator<Item = (Kind, Value)> {
    (0..count).map(|n| {
        if n % 10 == 0 || n < 10 {
            let description = format!("About number {n}.");
            return (Kind::Integration, json!({ "name": format!("Integration {n}"), "description": description }));
        }
        let value = json!({
            "name": format!("Orders {n}"),
            "adaptorType": "HTTPExport",
            "pageSize": 100,
            "http": {
                "method": "GET",
                "relativeURI": format!("/v1/orders?since=2026-01-01&shop={n}"),
                "headers": [{ "name": "Accept", "value": "application/json" }, { "name": "X-Shop", "value": n.to_string() }],
                "response": { "resourcePath": "data.orders" },
                "paging": { "method": "page", "page": 1 },
            },
        });
        (Kind::Export, value)
    })
}
