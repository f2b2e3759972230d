//! Work goes on without the server, and arrives when it is back.

use anyhow::Result;
use std::time::{Duration, Instant};
use tombolo_tests::{Screen, Server, datasets};

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_built_and_run_without_the_server_reaches_a_colleague() -> Result<()> {
    let mut server = Server::start().await?;
    let here = Screen::open(&server.address()).await?;
    here.sign_up("Ines", "ines@example.com").await?;
    let there = Screen::open(&server.address()).await?;
    there.sign_in("ines@example.com").await?;
    here.home().await?;
    here.wait_until_offline_ready().await?;

    server.stop().await?;
    here.browser.reload().await?;
    here.usable().await?;
    here.create_integration("Airports").await?;
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

    server.resume().await?;
    here.on_the_server().await?;
    let arrived = Instant::now();
    there.browser.see_within("Airports", Duration::from_secs(2)).await?;
    println!("the colleague saw it {:?} after the device was done", arrived.elapsed());
    there.open_flow("Airports", "All airports").await?;
    there.browser.see("Completed").await?;
    there.browser.see("3,376").await?;
    there.browser.close().await?;
    here.browser.close().await
}
