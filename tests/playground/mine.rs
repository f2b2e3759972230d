//! Somebody's own data as the input of an editor.

use anyhow::Result;
use serde_json::json;
use std::time::Duration;
use tombolo_tests::flows::{self, Destination, Source, row};
use tombolo_tests::{Member, Screen, Server, until};

const PATIENCE: Duration = Duration::from_secs(60);

async fn record_has(screen: &Screen, wanted: &str) -> Result<()> {
    until(&format!("a record with {wanted}"), PATIENCE, || async {
        Ok(screen.panel_text("Record").await?.contains(wanted).then_some(()))
    })
    .await
}

async fn use_my_data(screen: &Screen) -> Result<()> {
    screen.browser.press("button", "More").await?;
    screen.browser.press("menuitem", "Use my data").await
}

/// Presses what comes when a run was read, or made: that takes as long as it takes.
async fn press_when_there(screen: &Screen, button: &str) -> Result<()> {
    until(button, PATIENCE, || async { Ok((!screen.browser.all("button", button).await?.is_empty()).then_some(())) })
        .await?;
    screen.browser.press("button", button).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_that_a_run_failed_on_and_a_steps_page_become_an_input() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let hash = owner.store(b"sku,quantity\nhp-1,5\nhp-2,many\n").await?;
    let mappings = json!([row("$.sku", "sku", "string"), row("$.quantity", "quantity", "number")]);
    let flow = flows::flow("Stock", &Source::Csv(&hash), None, &mappings, &Destination::Json("stock.json"));
    owner.device(owner.account()).await?.create_flow(&flow).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.open_flow("Stock integration", "Stock").await?;
    screen.completes(PATIENCE).await?;

    screen.open_editor("mapper-2").await?;
    use_my_data(&screen).await?;
    press_when_there(&screen, "Stock, ").await?;
    press_when_there(&screen, "Use Record 2").await?;
    record_has(&screen, "\"quantity\": \"many\"").await?;

    use_my_data(&screen).await?;
    press_when_there(&screen, "Read a page").await?;
    press_when_there(&screen, "Use Stock destination, record 1").await?;
    record_has(&screen, "\"quantity\": \"5\"").await?;
    // What was read is there the next time, in each editor of this tab.
    let list = screen.browser.find("navigation", "Editors").await?;
    screen.browser.press_in(Some(&list), "link", "Handlebars").await?;
    super::editor_there(&screen, "Handlebars").await?;
    use_my_data(&screen).await?;
    press_when_there(&screen, "Use Stock destination, record 2").await?;
    until("the record in a context", PATIENCE, || async {
        let text = screen.panel_text("Input").await?;
        Ok((text.contains("\"record\": {") && text.contains("hp-2")).then_some(()))
    })
    .await?;
    screen.browser.close().await
}
