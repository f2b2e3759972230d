//! The power goes out while somebody types.

use anyhow::Result;
use std::time::Duration;
use tombolo_tests::{Browser, Screen, Server, rounds, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_as_on_this_device_is_there_after_a_kill() -> Result<()> {
    let server = Server::start().await?;
    let mut screen = Screen::open(&server.address()).await?;
    for round in 0..rounds(5) {
        let name = format!("Round {round}");
        screen.home().await?;
        screen.create_integration(&name).await?;
        screen.create_flow(&format!("Flow {round}")).await?;
        screen.on_this_device().await?;
        let mut typed = String::new();
        let mut safe = String::new();
        screen.browser.press("button", "Rename flow").await?;
        for word in 0..6 {
            let piece = format!("w{word} ");
            screen.browser.keys(&piece).await?;
            typed.push_str(&piece);
            if word == 2 {
                screen.browser.keys("\u{e007}").await?;
                screen.on_this_device().await?;
                safe = typed.trim().to_owned();
                screen.browser.press("button", "Rename flow").await?;
            }
        }
        let device = screen.browser.device();
        let address = screen.address.clone();
        screen.browser.kill();

        screen = Screen { browser: Browser::on(device).await?, address };
        screen.home().await?;
        screen.browser.see(&name).await?;
        screen.open_named(&name).await?;
        until("what was safe", Duration::from_secs(10), || async {
            Ok(screen.browser.reads(&safe).await?.then_some(()))
        })
        .await?;
    }
    screen.browser.close().await
}
