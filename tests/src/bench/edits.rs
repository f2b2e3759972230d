//! How long it takes until a colleague sees an edit.

use crate::probe::{hand_ms, seen_ms, watch_hands, watch_text};
use crate::{Row, ms, percentile};
use anyhow::Result;
use serde_json::json;
use tombolo_model::Kind;
use tombolo_tests::{Member, Screen, Server};

const EDITS: usize = 60;

/// From the key that makes the edit to the text on the other screen.
pub(crate) async fn measure() -> Result<Vec<Row>> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    device.create(Kind::Integration, &json!({ "name": "Measured" })).await?;
    let (one, two) = (Screen::open(&server.address()).await?, Screen::open(&server.address()).await?);
    for screen in [&one, &two] {
        screen.sign_in("ines@example.com").await?;
        screen.home().await?;
        screen.open_named("Measured").await?;
    }
    watch_hands(&one.browser).await?;
    let mut times = Vec::new();
    for n in 0..EDITS {
        let name = format!("Measured {n} times");
        watch_text(&two.browser, &name).await?;
        one.rename_integration(&name).await?;
        times.push(seen_ms(&two.browser).await? - hand_ms(&one.browser).await?);
    }
    one.browser.close().await?;
    two.browser.close().await?;
    Ok(vec![
        Row::new("edit to the other browser's screen, p50", ms(percentile(&mut times, 0.5)), "<= 15 ms"),
        Row::new("edit to the other browser's screen, p95", ms(percentile(&mut times, 0.95)), "<= 100 ms"),
    ])
}
