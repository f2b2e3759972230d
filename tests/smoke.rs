//! The first minute of a person who has just opened the page.

use anyhow::Result;
use tombolo_tests::{Screen, Server};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_without_an_account_is_there_after_a_reload() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Airports to CRM").await?;
    screen.browser.reload().await?;
    screen.browser.see("Airports to CRM").await?;
    screen.home().await?;
    screen.browser.see("Airports to CRM").await?;
    screen.browser.close().await
}
