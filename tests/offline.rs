//! Work goes on without the server, and arrives when it is back.

use anyhow::Result;
use std::path::Path;
use std::time::{Duration, Instant};
use tombolo_tests::{Screen, Server, datasets, downloads, until};

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

/// Makes an integration with a flow and a destination; gives the browser that has it.
async fn with_a_shop(server: &Server) -> Result<Screen> {
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Shop").await?;
    screen.create_flow("Orders").await?;
    screen.add_http_destination("CRM", "https://crm.example.com", "/orders").await?;
    screen.on_this_device().await?;
    Ok(screen)
}

/// Takes a bundle that is closed with a password.
async fn take(recipient: &Screen, bundle: &Path) -> Result<()> {
    let there = &recipient.browser;
    recipient.visit("/transfers").await?;
    there.press("button", "Take a bundle").await?;
    there.choose_file("File", bundle).await?;
    there.fill("Password of the bundle", "sand").await?;
    there.press("button", "Open the bundle").await?;
    there.see("The password is wrong").await?;
    there.fill("Password of the bundle", "sand and sea").await?;
    there.press("button", "Open the bundle").await?;
    there.see("Unchanged since it was signed").await?;
    there.press("button", "Install integration").await?;
    there.see("Enter the credentials of the connection “CRM server”.").await?;
    there.press("button", "Open the integration").await?;
    there.find("link", "Orders").await?;
    recipient.on_this_device().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_goes_to_another_person_as_a_file_while_the_server_is_stopped() -> Result<()> {
    const PATIENCE: Duration = Duration::from_secs(20);
    let mut server = Server::start().await?;
    let sender = with_a_shop(&server).await?;
    let recipient = Screen::open(&server.address()).await?;
    for screen in [&sender, &recipient] {
        screen.wait_until_offline_ready().await?;
    }
    server.kill()?;

    sender.visit("/transfers").await?;
    sender.browser.press("button", "Make a bundle").await?;
    sender.browser.fill("Password", "sand and sea").await?;
    sender.browser.press("button", "Make the bundle").await?;
    sender.browser.see("Shop.tombolo is in your downloads").await?;
    let (bundle, _) = downloads::finished(&sender.browser.downloads(), ".tombolo", PATIENCE).await?;

    take(&recipient, &bundle).await?;
    let there = &recipient.browser;

    // As a zip it goes on, and uses the connection that has the same name here.
    there.press("button", "More").await?;
    there.press("menuitem", "Download").await?;
    let (zip, bytes) = downloads::finished(&there.downloads(), ".zip", PATIENCE).await?;
    recipient.home().await?;
    there.press("button", "Install from a zip").await?;
    let broken = zip.with_file_name("broken.zip");
    std::fs::write(&broken, &bytes[..bytes.len() / 2])?;
    there.choose_file("File", &broken).await?;
    there.see("it may have been cut off").await?;
    there.choose_file("File", &zip).await?;
    there.fill("Name", "Shop 2").await?;
    there.press("button", "Install integration").await?;
    there.find("link", "Orders").await?;
    there.see("Shop 2").await?;

    // Deleted for good, it is gone with all that belongs to it.
    there.press("button", "More").await?;
    there.press("menuitem", "Put the integration in the bin").await?;
    there.see("The integration and its 1 flow are in the recycle bin.").await?;
    recipient.visit("/bin").await?;
    there.press("button", "Restore Shop 2").await?;
    there.see("Shop 2 and 1 more that belongs to it are back.").await?;
    there.see("The bin is empty").await?;
    recipient.home().await?;
    recipient.open_named("Shop 2").await?;
    there.press("button", "More").await?;
    there.press("menuitem", "Put the integration in the bin").await?;
    recipient.visit("/bin").await?;
    there.press("button", "More for Shop 2").await?;
    there.press("menuitem", "Delete for good").await?;
    there.press("button", "Delete for good").await?;
    there.see("The bin is empty").await?;
    recipient.home().await?;
    assert!(!there.reads("Shop 2").await?);
    for screen in [sender, recipient] {
        screen.browser.close().await?;
    }
    Ok(())
}
