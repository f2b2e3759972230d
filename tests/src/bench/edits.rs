//! How long it takes until a colleague sees an edit: of a name, and in a field that both have open.

use crate::probe::{hand_ms, seen_ms, watch_field, watch_hands, watch_text};
use crate::{Row, ms, percentile};
use anyhow::Result;
use tombolo_tests::flows::{self, Destination, Source};
use tombolo_tests::{Member, Screen, Server};

const EDITS: usize = 60;
const FIELD: &str = "Relative URL";

/// From the key that makes the edit to the text on the other screen.
pub(crate) async fn measure() -> Result<Vec<Row>> {
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
    let mut rows = report("edit of a name", &mut names(&one, &two).await?);
    for screen in [&one, &two] {
        screen.browser.press("button", "Measured source").await?;
    }
    rows.extend(report("key in a form field", &mut keys(&one, &two).await?));
    one.browser.close().await?;
    two.browser.close().await?;
    Ok(rows)
}

fn report(what: &str, times: &mut [f64]) -> Vec<Row> {
    let row = |name: &str, share, most, times: &mut [f64]| {
        Row::at_most(format!("{what} to the other browser's screen, {name}"), percentile(times, share), most, ms)
    };
    vec![row("p50", 0.5, 15.0, times), row("p95", 0.95, 100.0, times)]
}

async fn names(one: &Screen, two: &Screen) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for n in 0..EDITS {
        let name = format!("Named {n} times");
        watch_text(&two.browser, &name).await?;
        one.rename_flow(&name).await?;
        times.push(seen_ms(&two.browser).await? - hand_ms(&one.browser).await?);
    }
    Ok(times)
}

/// One key after the other; each is waited for.
async fn keys(one: &Screen, two: &Screen) -> Result<Vec<f64>> {
    one.browser.field(FIELD).await?.click().await?;
    one.browser.keys(thirtyfour::Key::End).await?;
    let mut text = one.browser.value(FIELD).await?;
    let mut times = Vec::new();
    for n in 0..EDITS {
        let key = char::from(b'a' + u8::try_from(n % 26)?);
        text.push(key);
        watch_field(&two.browser, FIELD, &text).await?;
        one.browser.keys(key.to_string()).await?;
        times.push(seen_ms(&two.browser).await? - hand_ms(&one.browser).await?);
    }
    Ok(times)
}
