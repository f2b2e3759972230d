//! Who leaves a device and who owns an account, in real browsers.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use tombolo_model::Kind;
use tombolo_tests::{Link, Member, Screen, Server, downloads, until};

/// A name that nothing else has.
const NAMED: &str = "Orders of the quarter";
/// The names of the databases of the page.
const DATABASES: &str = "return (await indexedDB.databases()).map((one) => one.name);";
const PATIENCE: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_is_asked_about_what_is_not_sent_and_leaves_nothing_of_any_account_behind() -> Result<()> {
    let server = Server::start().await?;
    let wire = Link::to(server.port()).await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let jonas = Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    device.create(Kind::Integration, &json!({ "name": NAMED })).await?;
    owner.invite("jonas@example.com", "manage").await?;
    let screen = Screen::open(&wire.address()).await?;
    screen.sign_in("jonas@example.com").await?;
    screen.switch_account("Ines").await?;
    screen.home().await?;
    screen.browser.see(NAMED).await?;
    screen.switch_account("Jonas").await?;
    screen.home().await?;
    let sign_out = async || {
        screen.browser.press("button", "Account menu").await?;
        screen.browser.press("menuitem", "Sign out").await
    };
    wire.cut();
    screen.create_integration("Made without a network").await?;
    sign_out().await?;
    let dialog = screen.browser.find("dialog", "Sign out").await?;
    let said = dialog.text().await?;
    ensure!(said.contains("not reached the server") && said.contains("Jonas"), "{said}");
    screen.browser.press_in(Some(&dialog), "button", "Download what was changed").await?;
    let (_, file) = downloads::finished(&screen.browser.downloads(), ".json", PATIENCE).await?;
    let text = String::from_utf8(file)?;
    ensure!(text.contains("Made without a network") && !text.contains(NAMED), "{text}");
    screen.browser.press_in(Some(&dialog), "button", "Stay signed in").await?;
    wire.mend();
    screen.on_the_server().await?;
    sign_out().await?;
    screen.browser.see("Not signed in").await?;
    let (own, person) = (jonas.account().to_string(), jonas.me.user.id.to_string());
    let of_theirs = [owner.account().to_string(), own, person, NAMED.to_owned(), "jonas@example.com".to_owned()];
    until("a device without anything of the person", PATIENCE, || async {
        let names = screen.browser.js_async(DATABASES, Vec::new()).await?.to_string();
        let gone = screen.browser.finds(&of_theirs).await?.is_empty();
        Ok((gone && of_theirs.iter().all(|text| !names.contains(text))).then_some(()))
    })
    .await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_alone_is_offered_to_give_the_account_away_and_is_asked_before() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    for (name, role) in [("Jonas", "administer"), ("Mia", "monitor")] {
        let email = format!("{}@example.com", name.to_lowercase());
        Member::sign_up(&server.address(), name, &email).await?;
        owner.invite(&email, role).await?;
    }
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("jonas@example.com").await?;
    screen.switch_account("Ines").await?;
    screen.visit("/members").await?;
    screen.browser.press("button", "More for Mia").await?;
    screen.browser.find("menuitem", "Remove from the account").await?;
    ensure!(screen.browser.all("menuitem", "Make owner").await?.is_empty(), "an administrator may not");
    let mine = Screen::open(&server.address()).await?;
    mine.sign_in("ines@example.com").await?;
    mine.visit("/members").await?;
    for answer in ["Stay the owner", "Make owner"] {
        mine.browser.press("button", "More for Jonas").await?;
        mine.browser.press("menuitem", "Make owner").await?;
        let dialog = mine.browser.find("dialog", "Make Jonas the owner?").await?;
        let said = dialog.text().await?;
        ensure!(said.contains("Jonas becomes the owner") && said.contains("You stay as an administrator"), "{said}");
        mine.browser.press_in(Some(&dialog), "button", answer).await?;
        let all: Value = owner.call(reqwest::Method::GET, "/members", &Value::Null).await?;
        let is_owner = |email: &str| {
            let all = all["members"].as_array().into_iter().flatten();
            all.filter(|member| member["email"] == email).all(|member| member["role"] == "owner")
        };
        if answer == "Stay the owner" {
            ensure!(is_owner("ines@example.com") && !is_owner("jonas@example.com"), "{all}");
        }
    }
    until("another owner", PATIENCE, || async {
        let all: Value = owner.call(reqwest::Method::GET, "/members", &Value::Null).await?;
        let all = all["members"].as_array().cloned().unwrap_or_default();
        let owners: Vec<_> = all.iter().filter(|member| member["role"] == "owner").collect();
        Ok((owners.len() == 1 && owners[0]["email"] == "jonas@example.com").then_some(()))
    })
    .await?;
    mine.browser.close().await?;
    screen.browser.close().await
}
