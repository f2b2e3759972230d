//! How long it takes until a colleague sees what is typed: in a name, and in a field that both have open.

use crate::probe::{hand_ms, seen_ms, watch_field, watch_hands, watch_heading};
use crate::{Row, ms, percentile};
use anyhow::Result;
use std::time::Duration;
use thirtyfour::Key;
use tombolo_tests::flows::{self, Destination, Source};
use tombolo_tests::{Browser, Member, Screen, Server};

const EDITS: usize = 60;
/// As fast as people type. Without it a key would wait for what follows from the one before.
const PACE: Duration = Duration::from_millis(100);
const FIELD: &str = "Relative URL";

/// From a key that is pressed to the text on the other screen, one key after the other.
pub(crate) async fn measure(rows: &mut Vec<Row>) -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let source = Source::Http("http://127.0.0.1:9", "/", None);
    let to = Destination::Json("measured.json");
    let flow = flows::flow("Measured", &source, None, &serde_json::json!([]), &to);
    owner.device(owner.account()).await?.create_flow(&flow).await?;
    let (one, two) = (Screen::open(&server.address()).await?, Screen::open(&server.address()).await?);
    for screen in [&one, &two] {
        screen.sign_in("ines@example.com").await?;
        screen.open_flow("Measured integration", "Measured").await?;
    }
    watch_hands(&one.browser).await?;
    rows.extend(report("key in a name", &mut name_keys(&one, &two).await?));
    for screen in [&one, &two] {
        screen.browser.press("button", "Measured source").await?;
    }
    rows.extend(report("key in a form field", &mut field_keys(&one, &two).await?));
    one.browser.close().await?;
    two.browser.close().await
}

fn report(what: &str, times: &mut [f64]) -> Vec<Row> {
    let row = |name: &str, share, most, times: &mut [f64]| {
        Row::at_most(format!("{what} to the other browser's screen, {name}"), percentile(times, share), most, ms)
    };
    vec![row("p50", 0.5, 15.0, times), row("p95", 0.95, 100.0, times)]
}

/// The other screen reads the name in its heading.
async fn name_keys(one: &Screen, two: &Screen) -> Result<Vec<f64>> {
    one.browser.press("button", "Rename flow").await?;
    let mut text = to_the_end(&one.browser, "Name").await?;
    let (mut times, mut pace) = (Vec::new(), tokio::time::interval(PACE));
    for n in 0..EDITS {
        pace.tick().await;
        let key = nth(n)?;
        text.push(key);
        watch_heading(&two.browser, &text).await?;
        times.push(press(one, two, key).await?);
    }
    one.browser.keys(Key::Enter).await?;
    Ok(times)
}

/// The other screen has the same field open.
async fn field_keys(one: &Screen, two: &Screen) -> Result<Vec<f64>> {
    let mut text = to_the_end(&one.browser, FIELD).await?;
    let (mut times, mut pace) = (Vec::new(), tokio::time::interval(PACE));
    for n in 0..EDITS {
        pace.tick().await;
        let key = nth(n)?;
        text.push(key);
        watch_field(&two.browser, FIELD, &text).await?;
        times.push(press(one, two, key).await?);
    }
    Ok(times)
}

/// Puts the cursor behind what a field holds, and gives that.
async fn to_the_end(browser: &Browser, label: &str) -> Result<String> {
    browser.field(label).await?.click().await?;
    browser.keys(Key::End).await?;
    browser.value(label).await
}

/// Presses a key and waits until the other screen shows what it watches for.
async fn press(one: &Screen, two: &Screen, key: char) -> Result<f64> {
    one.browser.keys(key.to_string()).await?;
    Ok(seen_ms(&two.browser).await? - hand_ms(&one.browser).await?)
}

fn nth(n: usize) -> Result<char> {
    Ok(char::from(b'a' + u8::try_from(n % 26)?))
}
