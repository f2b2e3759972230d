//! A person puts a flow on a schedule and closes the browser; the server runs it all the same.

use anyhow::{Context, Result};
use serde_json::json;
use std::time::Duration;
use tombolo_model::run::{RunPlace, RunStatus};
use tombolo_tests::flows::{self, Destination, Source, row};
use tombolo_tests::{Everything, Member, Screen, Server, until};

/// Every other second, so that the test does not wait for a full minute.
const OFTEN: &str = "0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40,42,44,46,48,50,52,54,56,58 * * ? * *";

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_put_on_a_schedule_runs_with_every_browser_closed() -> Result<()> {
    let server = Server::start_with(&["--min-schedule-interval", "1s"]).await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    // The second record cannot be mapped: its error must reach the next device as well.
    let hash = owner.store(b"name,amount\none,1\ntwo,many\nthree,3\n").await?;
    let mappings = json!([row("$.name", "name", "string"), row("$.amount", "amount", "number")]);
    let flow = flows::flow("Nightly", &Source::Csv(&hash), None, &mappings, &Destination::Json("nightly.json"));
    owner.device(owner.account()).await?.create_flow(&flow).await?;

    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.open_flow("Nightly integration", "Nightly").await?;
    screen.schedule(OFTEN, "Europe/Oslo").await?;
    screen.on_the_server().await?;
    screen.browser.close().await?;

    let run = until("a run on schedule", Duration::from_secs(30), || async {
        let all = Everything::of(&owner).await?;
        assert_eq!(all.value(flow.flow)["timezone"], "Europe/Oslo");
        let ended = all.runs.into_values().find(|run| run.ended_ms.is_some());
        Ok(ended.map(|run| (run, all.errors)))
    });
    let (run, errors) = run.await?;
    assert_eq!((run.place, run.status, run.flow), (RunPlace::Schedule, RunStatus::Completed, flow.flow));
    let error = errors.iter().find(|error| error.run == run.id).context("its error")?;
    assert_eq!(error.error.index, Some(1));

    let later = Screen::open(&server.address()).await?;
    later.sign_in("ines@example.com").await?;
    later.open_flow("Nightly integration", "Nightly").await?;
    // The next run on schedule takes the place of this one at any moment, with its errors.
    later.browser.find("region", "Errors").await?;
    later.browser.see("is not a number").await?;
    let destination = later.counts("Nightly destination").await?;
    assert_eq!((destination.success, destination.errors), (2, 1));
    later.visit("/runs").await?;
    later.browser.see("On schedule").await?;
    later.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_sends_to_the_address_of_a_listener_that_was_made_in_the_browser() -> Result<()> {
    let server = Server::start().await?;
    Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    let browser = &screen.browser;
    screen.create_integration("Shop").await?;
    screen.create_flow("Orders").await?;
    browser.press("button", "Add source").await?;
    browser.press("button", "Webhook").await?;
    browser.fill("Name", "Order listener").await?;
    browser.press("button", "Make a new address").await?;
    browser.see("its secret part is not shown again").await?;
    let address = browser.value("Address of the listener").await?;
    screen.done().await?;
    screen.add_file_destination("Orders file", "JSON", "orders.json").await?;
    screen.on_the_server().await?;
    let order = json!({ "order": 7 });
    let client = reqwest::Client::builder().no_proxy().build()?;
    // The secret goes to the server on a road of its own.
    until("the listener takes an order", Duration::from_secs(30), || async {
        Ok((client.post(&address).json(&order).send().await?.status() == 204).then_some(()))
    })
    .await?;
    screen.visit("/runs").await?;
    browser.see_within("Webhook", Duration::from_secs(30)).await?;
    browser.see_within("Completed", Duration::from_secs(30)).await?;
    // What came is data for whoever writes rules.
    screen.open_editor("mapper-2").await?;
    browser.press("button", "More").await?;
    browser.press("menuitem", "Use my data").await?;
    browser.press("button", "Last payload of Order listener").await?;
    browser.press("button", "Use the payload").await?;
    until("the order as a record", Duration::from_secs(30), || async {
        Ok(screen.panel_text("Record").await?.contains("\"order\": 7").then_some(()))
    })
    .await?;
    // The editors inside the listener begin with it.
    screen.visit("/exports").await?;
    screen.open_named("Order listener").await?;
    browser.find("region", "Address").await?;
    browser.js("document.querySelectorAll('details').forEach((one) => { one.open = true; });", Vec::new()).await?;
    browser.press("button", "Editor of Key of a record").await?;
    browser.see("The input is what came to this listener last").await?;
    screen.panel_has("Input", "\"order\": 7").await?;
    screen.browser.close().await
}
