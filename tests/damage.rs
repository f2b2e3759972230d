//! A stored piece goes bad, as pieces on disks do.

use anyhow::Result;
use tombolo_tests::browser::damage_a_chunk;
use tombolo_tests::{Browser, Dice, Screen, Server, rounds};

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_piece_costs_one_edit_of_one_document_and_is_said() -> Result<()> {
    let mut dice = Dice::seeded();
    for _ in 0..rounds(1) {
        damage_one(dice.below(10_000)).await?;
    }
    Ok(())
}

/// Damages a byte of the last edit, whichever this number means.
async fn damage_one(at: usize) -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Unharmed").await?;
    screen.home().await?;
    screen.create_integration("Harmed").await?;
    screen.rename_integration("Harmed twice").await?;
    screen.on_this_device().await?;
    let path = screen.browser.address().await?;
    let id: String = path.chars().rev().skip_while(|c| !c.is_ascii_hexdigit()).take(24).collect();
    let id: String = id.chars().rev().collect();
    let before = damage_a_chunk(&screen.browser, &id, "Harmed twice", at).await?;
    assert!(before >= 2, "one chunk for making it, one for the new name");

    let (device, address) = (screen.browser.device(), screen.address.clone());
    screen.browser.close().await?;
    let screen = Screen { browser: Browser::on(device).await?, address };
    screen.home().await?;
    screen.browser.see("Unharmed").await?;
    screen.visit(&format!("/integrations/{id}")).await?;
    screen.browser.see("damaged").await?;
    // A name is applied as it is typed: the last good state has what was typed before the last edit.
    let heading = screen.browser.find("heading", "H").await?.text().await?;
    assert!(heading != "Harmed twice" && "Harmed twice".starts_with(&heading), "it opens as \"{heading}\"");
    screen.home().await?;
    screen.open_named("Unharmed").await?;
    screen.browser.find("button", "Create flow").await?;
    assert!(!screen.browser.reads("damaged").await?);
    screen.browser.close().await
}
