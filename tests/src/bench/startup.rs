//! An empty device gets an account; then the page is opened again, and a document in it.

use crate::probe::{hand_ms, seen_ms, usable_ms, watch_hands, watch_loads, watch_text};
use crate::{Row, ms, percentile};
use anyhow::Result;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tombolo_model::Kind;
use tombolo_tests::{Member, Screen, Server, until};

const LOADS: usize = 7;

/// Bootstrap, navigation and opening with so many resources.
pub(crate) async fn measure(count: usize) -> Result<Vec<Row>> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    device.create_all(resources(count)).await?;

    let screen = Screen::open(&server.address()).await?;
    screen.wait_until_offline_ready().await?;
    screen.fill_sign_in("ines@example.com").await?;
    let start = Instant::now();
    screen.browser.press("button", "Sign in").await?;
    until("all documents", Duration::from_secs(120), || async {
        let counts = screen.browser.stored_counts().await?;
        let most = counts.as_object().into_iter().flatten().filter(|(name, _)| name.contains("catalogue"));
        Ok(most.filter_map(|(_, n)| n.as_u64()).any(|n| n >= count as u64).then_some(()))
    })
    .await?;
    let bootstrap = start.elapsed();

    watch_loads(&screen.browser, "Integration 0").await?;
    let mut loads = Vec::new();
    for _ in 0..LOADS {
        screen.home().await?;
        loads.push(usable_ms(&screen.browser).await?);
    }
    let mut opens = Vec::new();
    for n in 0..LOADS {
        screen.home().await?;
        watch_hands(&screen.browser).await?;
        watch_text(&screen.browser, &format!("About number {n}.")).await?;
        screen.open_named(&format!("Integration {n}")).await?;
        opens.push(seen_ms(&screen.browser).await? - hand_ms(&screen.browser).await?);
    }
    screen.browser.close().await?;
    let shown = if count == 10_000 { "10,000".to_owned() } else { count.to_string() };
    let large = count == 10_000;
    let row = |name: String, value: f64, most: f64| {
        if large { Row::at_most(name, value, most, ms) } else { Row::new(name, ms(value)) }
    };
    let bootstrap = bootstrap.as_secs_f64() * 1000.0;
    let load = percentile(&mut loads, 0.5);
    Ok(vec![
        row(format!("bootstrap of {shown} documents, from pressing Sign in"), bootstrap, 5_000.0),
        row(format!("navigation to usable, {shown} resources, warm, p50"), load, 1_500.0),
        Row::new(format!("open a document, {shown} resources, p50"), ms(percentile(&mut opens, 0.5))),
    ])
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
