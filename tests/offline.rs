//! Work goes on without the server, and arrives when it is back.

use anyhow::Result;
use std::time::{Duration, Instant};
use tombolo_tests::{Screen, Server, datasets, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_built_and_run_without_the_server_reaches_a_colleague_in_two_seconds() -> Result<()> {
    let mut server = Server::start().await?;
    let here = Screen::open(&server.address()).await?;
    here.sign_up("Ines", "ines@example.com").await?;
    let there = Screen::open(&server.address()).await?;
    there.sign_in("ines@example.com").await?;
    here.home().await?;
    here.create_integration("Airports").await?;
    here.on_the_server().await?;
    here.wait_until_offline_ready().await?;
    there.home().await?;
    there.open_named("Airports").await?;
    there.browser.see("No flows yet").await?;

    server.stop().await?;
    here.browser.reload().await?;
    here.create_flow("All airports").await?;
    here.add_file_source("Airports file", &datasets::airports()).await?;
    here.add_file_destination("Copy", "CSV", "copy.csv").await?;
    here.map("Copy", &[("iata", "code"), ("name", "name")]).await?;
    here.completes(Duration::from_secs(60)).await?;
    assert_eq!(here.counts("Copy").await?.success, 3376);
    let copy = String::from_utf8(here.download("copy.csv").await?)?;
    assert_eq!(copy.lines().count(), 3377);
    here.on_this_device().await?;
    here.browser.reload().await?;
    here.browser.see("All airports").await?;
    assert!(!there.browser.reads("All airports").await?, "it got there without the server");

    server.resume().await?;
    let back = Instant::now();
    let seen = until("the flow with its run on the other device", Duration::from_secs(2), || async {
        for row in there.browser.all("row", "All airports").await? {
            if row.text().await?.contains("Completed") {
                return Ok(Some(back.elapsed()));
            }
        }
        Ok(None)
    })
    .await?;
    println!("the other device showed the flow and its run {seen:?} after the server was back");
    here.on_the_server().await?;
    there.open_named("All airports").await?;
    there.browser.see("Completed").await?;
    there.browser.see("3,376").await?;
    there.browser.close().await?;
    here.browser.close().await
}
