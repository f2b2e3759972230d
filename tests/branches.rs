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
    // A copy of the rule stays as it is, the first one compares in lower case.
    browser.press("button", "Copy rule").await?;
    browser.find("radiogroup", "How the rules are joined").await?;
    browser.press("button", "More of the rule").await?;
    browser.choose("How it is taken", "In lower case").await?;
    browser.fill("Value", "at").await?;
    assert_eq!(browser.all("group", "Rule").await?.len(), 2);
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
    a_tag_is_typed_while_another_run_comes(&screen).await?;
    screen.visit("/runs").await?;
    browser.see("Retry").await?;
    screen.browser.close().await
}

/// The list of errors is another run's by the time the tag is added: it goes to the error that the dialog is about.
async fn a_tag_is_typed_while_another_run_comes(screen: &Screen) -> Result<()> {
    const RUN: &str =
        "[...document.querySelectorAll('button')].find((b) => b.textContent.trim() === 'Run flow').click();";
    let browser = &screen.browser;
    browser.press("button", "Tag").await?;
    browser.fill("Tag", "bank").await?;
    browser.js(RUN, Vec::new()).await?;
    browser.see("Run history (3)").await?;
    screen.run_end(PATIENCE).await?;
    let typed = browser.js("return document.getElementById('error-tag')?.value ?? '';", Vec::new()).await?;
    assert_eq!(typed.as_str(), Some("bank"));
    browser.press("button", "Add tag").await?;
    browser.find("button", "Remove the tag bank").await?;
    browser.press("button", "Close").await?;
    until("a place for the focus", PATIENCE, || async {
        let place = browser.js("return document.activeElement?.tagName ?? '';", Vec::new()).await?;
        Ok((place.as_str() != Some("BODY")).then_some(()))
    })
    .await
}

/// A flow that has run to its end starts one source of another flow.
async fn another_flow_reads_its_other_source(screen: &Screen, base: &str) -> Result<()> {
    let browser = &screen.browser;
    screen.visit("/").await?;
    screen.create_integration("Before").await?;
    screen.create_flow("Seeds").await?;
    screen.add_http_source("Seed", base, "/numbered?page={{export.http.paging.page}}", Paging::Number).await?;
    screen.add_file_destination("Pile", "JSON", "seeds.json").await?;
    browser.press("button", "More").await?;
    browser.press("menuitem", "Settings").await?;
    browser.choose("Then read", "Trees").await?;
    // The other flow is opened for its sources.
    until("the sources of the other flow", PATIENCE, || async { Ok(browser.choose("Source", "South").await.ok()) })
        .await?;
    browser.see("South of Trees").await?;
    let dialog = browser.find("dialog", "Settings of the flow").await?;
    browser.press_in(Some(&dialog), "button", "Close").await?;
    browser.press("button", "Run flow").await
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
    another_flow_reads_its_other_source(&screen, &first.address()).await?;
    until("the source that follows", PATIENCE, || async {
        Ok((taken.records() == [json!({"id": 1}), json!({"id": 2})]).then_some(()))
    })
    .await?;
    screen.browser.close().await
}

/// Goes to the step's mapping from its form, and waits until the editor is there.
async fn mapping_of(screen: &Screen, step: &str) -> Result<()> {
    screen.tool(step, "Mapping").await?;
    screen.browser.find("region", "Mapping editor").await.map(|_| ())
}

/// The fields of a record of a test run are mapped by a click and by a key, and what comes out is shown.
async fn map_from_a_sample(screen: &Screen) -> Result<()> {
    let browser = &screen.browser;
    mapping_of(screen, "Forest").await?;
    browser.press("button", "Get records").await?;
    browser.press("treeitem", "name, text, Ash").await?;
    let output = browser.find("region", "Output of the mapping").await?;
    until("the output", PATIENCE, || async { Ok(output.text().await?.contains("\"name\": \"Ash\"").then_some(())) })
        .await?;
    let city = browser.find("treeitem", "city, text, Rome").await?;
    browser.js("arguments[0].focus();", vec![city.to_json()?]).await?;
    browser.keys(thirtyfour::Key::Enter).await?;
    until("two rows", PATIENCE, || async { Ok((screen.destinations().await? == ["name", "city"]).then_some(())) })
        .await?;
    // The same key again finds the row that is there, and makes no second one.
    browser.keys(thirtyfour::Key::Enter + "").await?;
    browser.keys(thirtyfour::Key::Enter + "").await?;
    assert_eq!(screen.sources().await?, ["name", "place.city"]);
    browser.find("treeitem", "city, text, Rome, mapped").await?;
    // A row without a source gets one by its name.
    screen.add_mapping("", "refuse").await?;
    browser.press("button", "Next record").await?;
    browser.press("button", "Match by name").await?;
    until("the source", PATIENCE, || async {
        Ok((screen.sources().await? == ["name", "place.city", "refuse"]).then_some(()))
    })
    .await?;
    until("the output of the next record", PATIENCE, || async {
        Ok(output.text().await?.contains("Bonn").then_some(()))
    })
    .await?;
    browser.press("button", "Settings of refuse").await?;
    let dialog = browser.find("dialog", "Settings of the field").await?;
    browser.choose("If the source has no value", "Write null").await?;
    browser.press_in(Some(&dialog), "button", "Done").await?;
    screen.done().await?;
    screen.done().await?;

    Ok(())
}

/// A branching says what its rules do; the step behind it is one that is there.
async fn branch_with_a_step_that_is_there(screen: &Screen) -> Result<()> {
    let browser = &screen.browser;
    browser.press("button", "Add branching").await?;
    browser.find("complementary", "Branching").await?;
    browser.press("button", "Rules of Branch 1.0").await?;
    browser.see("The others are tried on the next branch").await?;
    screen.done().await?;
    screen.done().await?;
    browser.press("button", "Add a step to Branch 1.0").await?;
    browser.press("radio", "Use existing (1)").await?;
    browser.see("It is used, not copied").await?;
    let dialog = browser.find("dialog", "Add destination").await?;
    browser.press_in(Some(&dialog), "button", "Forest").await?;
    browser.find("complementary", "Forest").await?;
    screen.done().await?;
    browser.press("button", "Add a step to Branch 1.1").await?;
    browser.press("button", "File to download").await?;
    browser.fill("Name", "Left over").await?;
    screen.done().await?;

    Ok(())
}

/// The steps are the same in the list; the errors of a step are listed by their number, and a record is tried again.
async fn run_and_try_again(screen: &Screen) -> Result<()> {
    let browser = &screen.browser;
    browser.press("button", "Show the steps as a list").await?;
    browser.find("region", "Steps").await?;
    browser.find("button", "Left over").await?;
    browser.press("button", "Show the picture").await?;
    browser.press("button", "Run flow").await?;
    screen.run_end(PATIENCE).await?;
    let console = browser.find("region", "Run console").await?;
    assert!(!console.text().await?.contains("\nBranching\n"), "{}", console.text().await?);
    // The number of errors of a step lists them.
    let count = screen.counts("Forest").await?;
    browser.press("button", "Show 1 error of Forest").await?;
    browser.find_in(Some(&console), "heading", "1 error of Forest").await?;
    browser.js("document.querySelector('.console-errors details').open = true;", Vec::new()).await?;
    browser.press("button", "Edit and try again").await?;
    browser.fill("Record to try again", "{ \"name\": \"Beech\", \"refuse\": false }").await?;
    browser.press("button", "Try again").await?;
    browser.see("Resolved at").await?;
    assert_eq!(screen.counts("Forest").await?, count, "the figures of the run stay");
    browser.press("button", "Open 0").await?;
    browser.gone("Resolved at").await?;
    browser.press("button", "Resolved 1").await?;
    browser.see("Resolved at").await?;

    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_work_maps_from_a_sample_uses_a_step_again_and_writes_nothing_to_the_console() -> Result<()> {
    let server = Server::start().await?;
    let sink = Sink::start(vec![
        json!({"id": 1, "name": "Ash", "place": {"city": "Rome"}}),
        json!({"id": 2, "name": "Beech", "place": {"city": "Bonn"}, "refuse": true}),
    ])
    .await?;
    let screen = Screen::open(&server.address()).await?;
    let browser = &screen.browser;
    screen.create_integration("Trees").await?;
    let focused = "return document.activeElement.innerText.trim() === 'Create flow';";
    browser.wait_js("the focus on what makes a flow", focused, PATIENCE).await?;
    screen.create_flow("Trees").await?;
    let focused = "return document.activeElement.id === 'add-source';";
    browser.wait_js("the focus on what adds a source", focused, PATIENCE).await?;
    let path = "/numbered?page={{export.http.paging.page}}";
    screen.add_http_source("Woods", &sink.address(), path, Paging::Number).await?;
    screen.add_http_destination("Forest", &sink.address(), "/pick").await?;

    map_from_a_sample(&screen).await?;
    branch_with_a_step_that_is_there(&screen).await?;
    run_and_try_again(&screen).await?;
    for path in ["/flows", "/connections", "/exports", "/imports", "/runs", "/bin", "/"] {
        screen.visit(path).await?;
        browser.find("navigation", "Main").await?;
    }
    let complaints = browser.complaints().await?;
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    screen.browser.close().await
}
