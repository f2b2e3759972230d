//! Several tabs of one browser: closed at random, the leader killed, an old one left open.

use anyhow::{Context, Result};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tombolo_model::Kind;
use tombolo_tests::{Link, Member, Screen, Server, rounds, until};

/// A small generator whose seed is printed, so that a failing order of events can be had again.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let named = std::env::var("TOMBOLO_SEED").ok().and_then(|text| text.parse().ok());
        let seed = named.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set");
            u64::from(now.subsec_nanos()) | 1
        });
        println!("TOMBOLO_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).expect("smaller than most")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_saved_in_five_tabs_survive_closing_them_at_random() -> Result<()> {
    let mut dice = Dice::new();
    for _ in 0..rounds(1) {
        let server = Server::start().await?;
        let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
        let wire = Link::to(server.port()).await?;
        let screen = Screen::open(&wire.address()).await?;
        screen.sign_in("ines@example.com").await?;
        let home = screen.browser.tab().await?;
        let mut tabs = vec![home];
        for _ in 0..4 {
            tabs.push(screen.browser.new_tab(&wire.address()).await?);
            screen.usable().await?;
        }
        let mut made = Vec::new();
        while tabs.len() > 1 {
            let at = dice.below(tabs.len());
            screen.browser.switch(&tabs[at]).await?;
            screen.home().await?;
            let name = format!("Made in round {}", made.len());
            screen.create_integration(&name).await?;
            screen.on_this_device().await?;
            made.push(name);
            // The leader is among them sooner or later, and a push may be on its way.
            if dice.below(2) == 0 {
                wire.drop_connections();
            }
            if dice.below(3) > 0 {
                screen.browser.close_tab().await?;
                tabs.remove(at);
            }
        }
        screen.browser.switch(&tabs[0]).await?;
        screen.home().await?;
        screen.on_the_server().await?;
        let mut fresh = owner.device(owner.account()).await?;
        let names = names_on_server(&mut fresh).await?;
        for name in &made {
            assert_eq!(names.iter().filter(|found| *found == name).count(), 1, "{name} in {names:?}");
            screen.browser.see(name).await?;
        }
        screen.browser.close().await?;
    }
    Ok(())
}

/// The names of all documents, as an empty device gets them.
async fn names_on_server(device: &mut tombolo_tests::Device) -> Result<Vec<String>> {
    let documents = device.bootstrap().await?;
    Ok(documents.iter().map(|document| document.describe().name).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_of_the_version_before_steps_aside_for_the_new_one() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Kept").await?;
    screen.on_this_device().await?;
    // A newer page opens the database with a higher version; every tab must let go of it.
    let upgrade = "const names = (await indexedDB.databases()).filter((one) => one.version); \
        for (const { name, version } of names) await new Promise((good, bad) => { \
          const open = indexedDB.open(name, version + 1); \
          open.onsuccess = () => { open.result.close(); good(); }; \
          open.onblocked = () => bad(new Error('blocked by ' + name)); open.onerror = () => bad(open.error); }); \
        return names.length;";
    let upgraded = screen.browser.js_async(upgrade, Vec::new()).await?;
    anyhow::ensure!(upgraded.as_u64().unwrap_or(0) > 0, "no database was found");
    screen.browser.see("newer version").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_in_one_tab_shows_in_the_other() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    let first = screen.browser.tab().await?;
    screen.browser.new_tab(&server.address()).await?;
    screen.usable().await?;
    screen.create_integration("Shared by tabs").await?;
    screen.browser.switch(&first).await?;
    screen.browser.see("Shared by tabs").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_has_reaches_every_tab() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.home().await?;
    let first = screen.browser.tab().await?;
    let second = screen.browser.new_tab(&server.address()).await?;
    screen.usable().await?;
    let mut device = owner.device(owner.account()).await?;
    device.create(Kind::Integration, &json!({ "name": "From elsewhere" })).await.context("the server's answer")?;
    for tab in [first, second] {
        screen.browser.switch(&tab).await?;
        until("the new tile", Duration::from_secs(10), || async {
            Ok(screen.browser.reads("From elsewhere").await?.then_some(()))
        })
        .await?;
    }
    screen.browser.close().await
}
