//! Lists of resources: found, filtered and sorted with their state in the address, who refers to what, and what may go.

use anyhow::Result;
use serde_json::json;
use std::time::{Duration, Instant};
use thirtyfour::Key;
use tombolo_model::Kind;
use tombolo_tests::{Member, Screen, Server, until};

const PATIENCE: Duration = Duration::from_secs(10);

async fn names(screen: &Screen) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('tr[data-row] .name')].map((one) => one.textContent);";
    Ok(serde_json::from_value(screen.browser.js(script, Vec::new()).await?)?)
}

async fn shows(screen: &Screen, wanted: &[&str]) -> Result<()> {
    until(&format!("the rows {wanted:?}"), PATIENCE, || async { Ok((names(screen).await? == wanted).then_some(())) })
        .await
}

async fn make(screen: &Screen, folder: &str, one: &str, name: &str) -> Result<()> {
    screen.visit(&format!("/{folder}")).await?;
    screen.browser.press("button", &format!("Create {one}")).await?;
    let dialog = screen.browser.find("dialog", &format!("Create {one}")).await?;
    screen.browser.find_in(Some(&dialog), "textbox", "Name").await?.send_keys(name).await?;
    screen.browser.press_in(Some(&dialog), "button", &format!("Create {one}")).await?;
    screen.browser.see(name).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_list_shows_is_in_its_address() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    for name in ["Beech", "Ash", "Cedar"] {
        make(&screen, "lookup-caches", "lookup cache", name).await?;
    }
    screen.visit("/lookup-caches").await?;
    shows(&screen, &["Ash", "Beech", "Cedar"]).await?;
    screen.browser.press("button", "Last change").await?;
    shows(&screen, &["Cedar", "Ash", "Beech"]).await?;
    screen.browser.find("searchbox", "Find a lookup cache").await?.send_keys("e").await?;
    shows(&screen, &["Cedar", "Beech"]).await?;
    until("the address", PATIENCE, || async {
        let address = screen.browser.address().await?;
        Ok((address.contains("q=e") && address.contains("sort=-changed")).then_some(()))
    })
    .await?;
    // Whoever opens the address sees the same.
    screen.on_this_device().await?;
    screen.browser.reload().await?;
    shows(&screen, &["Cedar", "Beech"]).await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_is_not_deleted_and_says_by_whom() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Building").await?;
    screen.create_flow("Orders").await?;
    screen.add_http_destination("CRM", "https://crm.example.com", "/orders").await?;
    screen.on_this_device().await?;
    screen.visit("/connections").await?;
    let browser = &screen.browser;
    browser.press("button", "More for CRM server").await?;
    browser.press("menuitem", "Delete").await?;
    let dialog = browser.find("dialog", "Used by").await?;
    browser.find_in(Some(&dialog), "link", "CRM").await?;
    assert!(!browser.reads("is in the recycle bin").await?);
    browser.press_in(Some(&dialog), "link", "CRM").await?;
    browser.find("textbox", "Relative URL").await?;
    assert_eq!(browser.value("Relative URL").await?, "/orders");
    // Nobody refers to a copy.
    screen.visit("/connections").await?;
    browser.press("button", "More for CRM server").await?;
    browser.press("menuitem", "Clone").await?;
    browser.press("button", "Clone connection").await?;
    browser.press("button", "Open the connection").await?;
    browser.find("heading", "Copy of CRM server").await?;
    screen.visit("/connections").await?;
    browser.press("button", "More for Copy of CRM server").await?;
    browser.press("menuitem", "Delete").await?;
    browser.see("is in the recycle bin").await?;
    shows(&screen, &["CRM server"]).await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_has_a_list_and_a_form() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    for (folder, one) in [
        ("exports", "source"),
        ("imports", "destination"),
        ("iclients", "iClient"),
        ("async-helpers", "async helper"),
        ("file-definitions", "file definition"),
        ("stacks", "stack"),
        ("apis", "API"),
        ("agents", "agent"),
    ] {
        make(&screen, folder, one, &format!("My {one}")).await?;
        screen.browser.find("button", "Show the JSON").await?;
        screen.visit(&format!("/{folder}")).await?;
        shows(&screen, &[&format!("My {one}")]).await?;
    }
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thousands_of_rows_only_those_in_sight_are_on_the_page() -> Result<()> {
    const MANY: usize = 2_000;
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let values = (0..MANY).map(|n| (Kind::Stack, json!({"name": format!("Stack {n:05}")})));
    owner.device(owner.account()).await?.create_all(values).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.visit("/stacks").await?;
    until("all rows", Duration::from_secs(60), || async {
        Ok(screen.browser.reads("2,000 stacks").await?.then_some(()))
    })
    .await?;
    assert!(names(&screen).await?.len() < 100);
    let begun = Instant::now();
    screen
        .browser
        .js("const frame = document.querySelector('.table-wrap'); frame.scrollTop = frame.scrollHeight;", Vec::new())
        .await?;
    until("the last row", PATIENCE, || async {
        Ok(names(&screen).await?.contains(&"Stack 01999".to_owned()).then_some(()))
    })
    .await?;
    assert!(names(&screen).await?.len() < 100, "and still few are on the page");
    assert!(begun.elapsed() < Duration::from_secs(5));
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_with_a_page_is_reached_by_typing_its_name() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    make(&screen, "stacks", "stack", "Beech").await?;
    let browser = &screen.browser;
    browser.find("button", "Show the JSON").await?;
    browser.field("Name").await?.send_keys(Key::Control + "k").await?;
    let field = browser.find("combobox", "Go to").await?;
    field.send_keys("lookup").await?;
    browser.find("option", "Lookup caches").await?;
    browser.keys(Key::Enter).await?;
    browser.find("heading", "Lookup caches").await?;
    browser.press("button", "Go to").await?;
    browser.find("combobox", "Go to").await?.send_keys("beec").await?;
    browser.find("option", "Beech").await?;
    browser.keys(Key::Enter).await?;
    browser.find("button", "Show the JSON").await?;
    browser.find("heading", "Beech").await?;
    screen.browser.close().await
}
