//! Branchings, lookups and test runs in the flow builder.

use anyhow::Result;
use serde_json::json;
use std::time::Duration;
use tombolo_tests::screen::Paging;
use tombolo_tests::{Screen, Server, Sink, until};

const PATIENCE: Duration = Duration::from_secs(20);

async fn http_step(screen: &Screen, place: &str, name: &str, base: &str, path: &str) -> Result<()> {
    let browser = &screen.browser;
    browser.press("button", place).await?;
    browser.press("button", "HTTP").await?;
    browser.fill("Name", name).await?;
    screen.create_connection(&format!("{name} server"), base).await?;
    browser.fill("Relative URL", path).await?;
    screen.done().await
}

#[tokio::test(flavor = "multi_thread")]
async fn records_go_to_the_branch_whose_rule_takes_them() -> Result<()> {
    let server = Server::start().await?;
    let records =
        vec![json!({"id": 1, "country": "AT"}), json!({"id": 2, "country": "CH"}), json!({"id": 3, "country": "AT"})];
    let (home, abroad) = (Sink::start(records).await?, Sink::start(Vec::new()).await?);
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Building").await?;
    screen.create_flow("Orders").await?;
    screen
        .add_http_source("Orders", &home.address(), "/numbered?page={{export.http.paging.page}}", Paging::Number)
        .await?;
    let browser = &screen.browser;
    browser.press("button", "Add branching").await?;
    browser.find("complementary", "Branching").await?;
    browser.press("button", "Rules of Branch 1.0").await?;
    browser.press("button", "Add rule").await?;
    browser.fill("Field", "country").await?;
    browser.fill("Value", "AT").await?;
    screen.done().await?;
    screen.done().await?;
    http_step(&screen, "Add a step to Branch 1.0", "Home", &home.address(), "/take").await?;
    http_step(&screen, "Add a step to Branch 1.1", "Abroad", &abroad.address(), "/take").await?;
    browser.press("button", "Run flow").await?;
    until("both branches", PATIENCE, || async {
        Ok((home.records().len() == 2 && abroad.records().len() == 1).then_some(()))
    })
    .await?;
    assert_eq!(abroad.records()[0]["id"], 2);
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_moves_to_another_branch_by_keyboard_and_a_deleted_branching_leaves_its_steps() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Building").await?;
    screen.create_flow("Orders").await?;
    screen.add_file_destination("Before", "CSV", "before.csv").await?;
    let browser = &screen.browser;
    browser.press("button", "Add branching").await?;
    browser.find("complementary", "Branching").await?;
    screen.done().await?;
    browser.press("button", "Add a step to Branch 1.0").await?;
    browser.press("button", "File to download").await?;
    browser.fill("Name", "Left").await?;
    browser.press("button", "More for this step").await?;
    browser.press("menuitem", "Move to another branch").await?;
    let dialog = browser.find("dialog", "Move to another branch").await?;
    browser.press_in(Some(&dialog), "button", "Branch 1.1").await?;
    // Both keep the second branch's steps now; the first one is empty.
    browser.press("button", "Branching 1").await?;
    browser.press("button", "More for this branching").await?;
    browser.press("menuitem", "Delete the branching").await?;
    browser.choose("Keep the steps of", "Branch 1.1").await?;
    let dialog = browser.find("dialog", "Delete the branching").await?;
    browser.press_in(Some(&dialog), "button", "Delete the branching").await?;
    browser.find("button", "Before").await?;
    browser.find("button", "Left").await?;
    until("no branching", PATIENCE, || async {
        Ok(browser.all("button", "Branching 1").await?.is_empty().then_some(()))
    })
    .await?;
    browser.press("button", "Undo").await?;
    browser.find("button", "Branching 1").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_run_shows_each_stage_and_writes_nothing() -> Result<()> {
    let server = Server::start().await?;
    let sink = Sink::start(vec![json!({"id": 1, "name": "Ash"}), json!({"id": 2, "name": "Beech"})]).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Building").await?;
    screen.create_flow("Trees").await?;
    screen
        .add_http_source("Trees", &sink.address(), "/numbered?page={{export.http.paging.page}}", Paging::Number)
        .await?;
    screen.add_http_destination("Forest", &sink.address(), "/take").await?;
    screen.map("Forest", &[("name", "title")]).await?;
    let browser = &screen.browser;
    browser.press("button", "Close the step").await.ok();
    browser.press("button", "Test run").await?;
    let view = browser.find("region", "Test run").await?;
    browser.press_in(Some(&view), "button", "Forest").await?;
    browser.find_in(Some(&view), "heading", "Mapping").await?;
    until("what the mapping made", PATIENCE, || async {
        Ok(view.text().await?.contains("\"title\": \"Ash\"").then_some(()))
    })
    .await?;
    browser.press_in(Some(&view), "button", "Record 2").await?;
    until("the second record", PATIENCE, || async {
        Ok(view.text().await?.contains("\"title\": \"Beech\"").then_some(()))
    })
    .await?;
    assert!(sink.received().is_empty(), "nothing is written");
    screen.done().await?;
    browser.see("No runs yet").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_failed_is_edited_and_tried_again_where_it_failed() -> Result<()> {
    let server = Server::start().await?;
    let sink = Sink::start(vec![json!({"id": 1}), json!({"id": 2, "refuse": true})]).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Building").await?;
    screen.create_flow("Trees").await?;
    screen
        .add_http_source("Trees", &sink.address(), "/numbered?page={{export.http.paging.page}}", Paging::Number)
        .await?;
    screen.add_http_destination("Forest", &sink.address(), "/pick").await?;
    let browser = &screen.browser;
    browser.press("button", "Run flow").await?;
    browser.find("region", "Errors").await?;
    browser.js("document.querySelector('.console-errors details').open = true;", Vec::new()).await?;
    browser.press("button", "Edit and try again").await?;
    browser.fill("Record to try again", "{ \"id\": 2, \"refuse\": false }").await?;
    browser.press("button", "Try again").await?;
    until("the edited record", PATIENCE, || async {
        Ok(sink.records().iter().any(|record| record["id"] == 2 && record["refuse"] == false).then_some(()))
    })
    .await?;
    assert_eq!(sink.records().iter().filter(|record| record["id"] == 1).count(), 1, "the others are not sent again");
    browser.see("Resolved at").await?;
    let counts = screen.counts("Forest").await?;
    assert_eq!((counts.success, counts.errors), (1, 1), "the figures of the run stay");
    assert!(!browser.reads("The source had no records").await?);
    assert_eq!(browser.all("button", "Edit and try again").await?.len(), 0, "what is resolved is not sent again");
    screen.visit("/runs").await?;
    browser.see("Retry").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_source_of_several_is_run_alone() -> Result<()> {
    let server = Server::start().await?;
    let (first, second) = (Sink::start(vec![json!({"id": 1})]).await?, Sink::start(vec![json!({"id": 2})]).await?);
    let taken = Sink::start(Vec::new()).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Building").await?;
    screen.create_flow("Trees").await?;
    let path = "/numbered?page={{export.http.paging.page}}";
    screen.add_http_source("North", &first.address(), path, Paging::Number).await?;
    screen.add_http_source("South", &second.address(), path, Paging::Number).await?;
    screen.add_http_destination("Forest", &taken.address(), "/take").await?;
    let browser = &screen.browser;
    browser.press("button", "Run flow").await?;
    let dialog = browser.find("dialog", "Run this flow once").await?;
    browser.find_in(Some(&dialog), "checkbox", "South").await?.click().await?;
    browser.press_in(Some(&dialog), "button", "Run flow").await?;
    until("the run", PATIENCE, || async { Ok(browser.reads("Completed").await?.then_some(())) }).await?;
    assert_eq!(taken.records(), [json!({"id": 1})]);
    assert!(second.asked().is_empty());
    screen.browser.close().await
}
