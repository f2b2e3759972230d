//! The tools of the other tests, tried on things whose behaviour is known.

use anyhow::Result;
use serde_json::json;
use std::time::{Duration, Instant};
use tombolo_tests::{Browser, Link, Sink};

const PAGE: &str = "data:text/html,<title>t</title><label>Name <input value=old></label>\
    <button aria-label='Create flow'>%2B</button><button hidden>Create flow</button>\
    <dialog open aria-label='New flow'><button>Create</button></dialog>\
    <button>Create</button><a href='%23'>Runs <b>12</b></a>\
    <select aria-label=Method><option>GET<option>POST</select><p>Some   text</p>";

#[tokio::test(flavor = "multi_thread")]
async fn things_are_found_by_role_and_name() -> Result<()> {
    let browser = Browser::open().await?;
    browser.goto(PAGE).await?;
    assert_eq!(browser.all("button", "Create flow").await?.len(), 1);
    assert_eq!(browser.all("button", "Create").await?.len(), 2);
    let dialog = browser.find("dialog", "New flow").await?;
    assert_eq!(browser.all_in(Some(&dialog), "button", "Create").await?.len(), 1);
    assert_eq!(browser.all("link", "Runs 12").await?.len(), 1);
    browser.fill("Name", "new").await?;
    assert_eq!(browser.value("Name").await?, "new");
    browser.choose("Method", "POST").await?;
    assert_eq!(browser.value("Method").await?, "POST");
    browser.see("Some text").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_wire_carries_nothing_and_a_slow_one_carries_late() -> Result<()> {
    let sink = Sink::start(vec![json!({ "a": 1 })]).await?;
    let port = sink.address().rsplit_once(':').unwrap().1.parse()?;
    let link = Link::to(port).await?;
    let address = format!("{}/numbered", link.address());
    let ask = || async { client().get(&address).send().await?.text().await };
    assert_eq!(ask().await?, r#"[{"a":1}]"#);
    link.cut();
    assert!(ask().await.is_err());
    link.mend();
    link.delay(Duration::from_millis(100));
    let start = Instant::now();
    assert_eq!(ask().await?, r#"[{"a":1}]"#);
    assert!(start.elapsed() >= Duration::from_millis(200));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_complains_of_in_the_console_is_told_once() -> Result<()> {
    let browser = Browser::open().await?;
    browser.goto(PAGE).await?;
    browser.js("console.log('said'); console.warn('warned'); console.error('failed');", Vec::new()).await?;
    let told = browser.complaints().await?;
    assert!(told.len() == 2 && told[0].contains("warned") && told[1].contains("failed"), "{told:?}");
    assert!(browser.complaints().await?.is_empty());
    browser.close().await
}

/// A client that opens a new connection for every request.
fn client() -> reqwest::Client {
    tombolo_tests::cryptography();
    reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("nothing unusual is asked for")
}
