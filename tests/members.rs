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

/// How many answers of the server the page keeps of an account.
const ANSWERS: &str =
    "return Object.keys(localStorage).filter((key) => key.startsWith('tombolo.answer.' + arguments[0])).length;";

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_an_account_open_without_a_network_with_their_age_and_what_they_keep_leaves_with_the_right()
-> Result<()> {
    const PAGES: [(&str, &str); 8] = [
        ("/members", "2 people in the account Ines"),
        ("/audit", " entries"),
        ("/tokens", "No token yet"),
        ("/transfers", "Nothing is on its way"),
        ("/subscription", "Members and open invitations"),
        ("/account", "Whom to ask about this account."),
        ("/security", "This browser"),
        ("/review", "Nothing waits for you"),
    ];
    let server = Server::start().await?;
    let wire = Link::to(server.port()).await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let jonas = Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    owner.invite("jonas@example.com", "administer").await?;
    let screen = Screen::open(&wire.address()).await?;
    screen.sign_in("jonas@example.com").await?;
    screen.switch_account("Ines").await?;
    screen.wait_until_offline_ready().await?;
    for (path, shows) in PAGES {
        screen.visit(path).await?;
        screen.browser.see(shows).await?;
        ensure!(!screen.browser.reads("As of").await?, "{path} says its age while the server answers");
    }
    wire.cut();
    for (path, shows) in PAGES {
        screen.visit(path).await?;
        screen.browser.see("As of").await?;
        screen.browser.see(shows).await?;
    }
    screen.visit("/tokens").await?;
    let create = screen.browser.find("button", "Create token").await?;
    ensure!(!create.is_enabled().await?, "what needs the server is on");
    wire.mend();
    screen.browser.gone("As of").await?;
    ensure!(create.is_enabled().await?, "it stays off when the server is back");
    let kept = async || screen.browser.js(ANSWERS, vec![json!(owner.account().to_string())]).await;
    ensure!(kept().await?.as_u64().is_some_and(|kept| kept >= 8), "{}", kept().await?);
    owner.change_role(jonas.me.user.id, "monitor").await?;
    until("a device without what only administrators see", PATIENCE, || async {
        let kept = kept().await?.as_u64();
        // Their tokens are asked for anew, as what they are now.
        Ok((kept.is_some_and(|kept| kept <= 1)).then_some(()))
    })
    .await?;
    screen.visit("/members").await?;
    screen.browser.see("This page is not open to you").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_have_a_second_factor_is_told_so_with_the_way_to_it_and_goes_on_when_that_is_lifted() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let jonas = Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    owner.invite("jonas@example.com", "manage").await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("jonas@example.com").await?;
    screen.switch_account("Ines").await?;
    screen.home().await?;
    screen.on_the_server().await?;
    let path = format!("/members/{}", jonas.me.user.id);
    owner.call(reqwest::Method::PATCH, &path, &json!({ "requireFactor": true })).await?;
    screen.browser.see("This account asks you for a second factor.").await?;
    screen.browser.see("Second factor needed").await?;
    screen.browser.press("link", "Set up a second factor").await?;
    screen.browser.find("heading", "Password and security").await?;
    owner.call(reqwest::Method::PATCH, &path, &json!({ "requireFactor": false })).await?;
    screen.on_the_server().await?;
    screen.browser.gone("This account asks you for a second factor.").await?;
    screen.browser.close().await
}
