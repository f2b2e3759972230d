//! Lists of resources: found, filtered and sorted with their state in the address, who refers to what, and what may go.

use anyhow::Result;
use serde_json::json;
use std::time::{Duration, Instant};
use thirtyfour::Key;
use tombolo_model::Kind;
use tombolo_tests::{Member, Screen, Server, Sink, downloads, until};

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
    screen.browser.choose("Last change", "Last 24 hours").await?;
    until("the address", PATIENCE, || async {
        let address = screen.browser.address().await?;
        let parts = ["q=e", "sort=-changed", "changed=day"];
        Ok(parts.iter().all(|part| address.contains(part)).then_some(()))
    })
    .await?;
    // Whoever opens the address sees the same.
    screen.on_this_device().await?;
    screen.browser.reload().await?;
    shows(&screen, &["Cedar", "Beech"]).await?;
    // What is found is selected at once, goes at once, and comes back at once.
    screen.browser.press("checkbox", "Select all").await?;
    screen.browser.see("2 selected").await?;
    screen.browser.press("button", "Delete").await?;
    screen.browser.see("2 lookup caches are in the recycle bin.").await?;
    screen.browser.press("button", "Undo").await?;
    // What came back last was changed last.
    shows(&screen, &["Beech", "Cedar"]).await?;
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

#[tokio::test(flavor = "multi_thread")]
async fn the_data_of_a_lookup_cache_is_typed_imported_found_and_kept() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    make(&screen, "lookup-caches", "lookup cache", "Countries").await?;
    let browser = &screen.browser;
    browser.see("No entries yet").await?;
    browser.press("button", "Add entry").await?;
    let dialog = browser.find("dialog", "Entry").await?;
    browser.find_in(Some(&dialog), "textbox", "Key").await?.send_keys("no").await?;
    browser.choose("Type", "Number").await?;
    browser.find_in(Some(&dialog), "textbox", "Value").await?.send_keys("47").await?;
    browser.press_in(Some(&dialog), "button", "Add entry").await?;
    browser.see("1 entry, ").await?;
    let many: serde_json::Map<_, _> = (0..1_500).map(|n| (format!("k{n:04}"), json!(format!("{n}")))).collect();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("many.json");
    std::fs::write(&file, serde_json::Value::Object(many).to_string())?;
    browser.press("button", "Import").await?;
    browser.choose_file("CSV or JSON file", &file).await?;
    browser.press("button", "Add the entries").await?;
    browser.see("1,501 entries, ").await?;
    assert!(
        browser.js("return document.querySelectorAll('tr[data-row]').length;", Vec::new()).await?.as_u64() < Some(100)
    );
    browser.find("searchbox", "Find keys that begin with").await?.send_keys("k149").await?;
    browser.see("k1499").await?;
    browser.press("button", "Delete k1499").await?;
    browser.see("1,500 entries, ").await?;
    browser.press("button", "Undo").await?;
    browser.see("1,501 entries, ").await?;
    // A file of all of them, in which texts of numbers stay texts.
    browser.press("button", "Download").await?;
    browser.press("menuitem", "As CSV").await?;
    let (_, csv) = downloads::finished(&browser.downloads(), ".csv", PATIENCE).await?;
    let csv = String::from_utf8(csv)?;
    assert_eq!(csv.lines().count(), 1_502);
    assert!(csv.contains("\r\nno,47\r\n") && csv.contains("k0007,\"\"\"7\"\"\""), "{}", &csv[..200]);
    // It is on the disk.
    browser.reload().await?;
    browser.see("1,501 entries, ").await?;
    browser.press("button", "Delete all").await?;
    browser.press("button", "Delete all entries").await?;
    browser.see("No entries yet").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_looked_at_and_loaded_into_a_destination() -> Result<()> {
    let server = Server::start().await?;
    let sink = Sink::start(Vec::new()).await?;
    let screen = Screen::open(&server.address()).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("orders.csv");
    std::fs::write(&file, "id;city\n1;Oslo\n2;Bergen\n")?;
    screen.visit("/data-loader").await?;
    let browser = &screen.browser;
    browser.choose_file("File", &file).await?;
    browser.press("button", "Look at the records").await?;
    // One column, until the delimiter is said.
    browser.see("The first 2 records as they are read, with 1 field.").await?;
    browser.fill("Column delimiter", ";").await?;
    browser.see("The first 2 records as they are read, with 2 fields.").await?;
    browser.press("button", "Create connection").await?;
    let dialog = browser.find("dialog", "Create connection").await?;
    browser.find_in(Some(&dialog), "textbox", "Name").await?.send_keys("Sink").await?;
    browser.find_in(Some(&dialog), "textbox", "Base URL").await?.send_keys(sink.address()).await?;
    browser.press_in(Some(&dialog), "button", "Create connection").await?;
    browser.fill("Relative URL", "/take").await?;
    screen.on_this_device().await?;
    browser.press("button", "Load").await?;
    browser.press("button", "Load orders.csv as it is").await?;
    until("both records", PATIENCE, || async { Ok((sink.records().len() == 2).then_some(())) }).await?;
    // Several are sent at the same time.
    assert!(sink.records().contains(&json!({"id": "2", "city": "Bergen"})));
    browser.see("Completed").await?;
    // Each load asks for its file.
    std::fs::write(&file, "id;city\n3;Bodø\n")?;
    browser.press("button", "Load").await?;
    let dialog = browser.find("dialog", "Load a file").await?;
    browser.find_in(Some(&dialog), "file", "File").await?.send_keys(file.to_string_lossy()).await?;
    browser.press_in(Some(&dialog), "button", "Load orders.csv").await?;
    until("the third record", PATIENCE, || async { Ok((sink.records().len() == 3).then_some(())) }).await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_begins_with_a_function_is_read_as_it_is_typed_and_is_tried() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    make(&screen, "scripts", "script", "Rules").await?;
    let browser = &screen.browser;
    browser.find("textbox", "Content").await?;
    browser.press("button", "Insert a function").await?;
    browser.press("menuitem", "preMap").await?;
    until("the function in the editor", PATIENCE, || async {
        Ok(screen.script_text().await?.contains("function preMap(options)").then_some(()))
    })
    .await?;
    browser.see("No problems.").await?;
    browser.js("document.querySelector('.script-try').open = true;", Vec::new()).await?;
    browser.press("button", "Call the function").await?;
    browser.see("miles").await?;
    screen.place_cursor(0).await?;
    browser.keys("let x = ;").await?;
    browser.see_within("Line 1", Duration::from_secs(20)).await?;
    browser.press("button", "Undo").await?;
    browser.see("No problems.").await?;
    screen.browser.close().await
}

/// A button of the list of groups is there, with its count.
async fn group(screen: &Screen, said: &str) -> Result<()> {
    screen.browser.find("button", said).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_stand_in_groups_that_filter_their_table_and_scripts_have_aliases_for_what_they_call() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    let browser = &screen.browser;
    screen.create_integration("Shop").await?;
    let integration = browser.address().await?;
    screen.create_flow("Orders").await?;
    browser.goto(&integration).await?;
    browser.find("link", "Orders").await?;
    browser.press("button", "More").await?;
    browser.press("menuitem", "Create group").await?;
    let dialog = browser.find("dialog", "Create group").await?;
    browser.find_in(Some(&dialog), "textbox", "Name").await?.send_keys("Daily").await?;
    browser.press_in(Some(&dialog), "button", "Create group").await?;
    group(&screen, "Daily, 0 flows").await?;
    browser.press("button", "Move Orders to a group").await?;
    let dialog = browser.find("dialog", "Move to a group").await?;
    browser.press_in(Some(&dialog), "button", "Daily").await?;
    group(&screen, "Miscellaneous, 0 flows").await?;
    browser.press("button", "Miscellaneous, 0 flows").await?;
    browser.see("Every flow is in a group").await?;
    browser.press("button", "Daily, 1 flow").await?;
    browser.find("link", "Orders").await?;
    assert!(browser.address().await?.contains("group="), "{}", browser.address().await?);
    // What is made while a group is looked at is in it.
    screen.create_flow("Stock").await?;
    browser.goto(&integration).await?;
    group(&screen, "Daily, 2 flows").await?;

    browser.press("button", "More").await?;
    browser.press("menuitem", "Aliases").await?;
    browser.fill("Alias", "orders-flow").await?;
    browser.choose("Stands for", "Flow: Orders").await?;
    browser.press("button", "Add alias").await?;
    browser.find("button", "Delete orders-flow").await?;
    browser.fill("Alias", "orders-flow").await?;
    browser.see("There is an alias “orders-flow” already.").await?;
    browser.press("button", "Close").await?;

    // A copy has the groups, the flows in them, and the aliases, which stand for what was copied.
    browser.press("button", "More").await?;
    browser.press("menuitem", "Clone").await?;
    browser.press("button", "Clone integration").await?;
    until("the page of the copy", PATIENCE, || async {
        let address = browser.address().await?;
        Ok((address.contains("/integrations/") && !address.starts_with(&integration)).then_some(()))
    })
    .await?;
    group(&screen, "Daily, 2 flows").await?;
    // Without the group its flows stay.
    browser.press("button", "More for Daily").await?;
    browser.press("menuitem", "Delete the group").await?;
    browser.see("2 flows in it stayed.").await?;
    browser.find("link", "Stock").await?;
    browser.press("button", "Undo").await?;
    group(&screen, "Daily, 2 flows").await?;
    let all = screen.exported().await?;
    let aliases = |at: usize| all["resources"]["integrations"][at]["aliases"][0].clone();
    assert_eq!((&aliases(0)["alias"], &aliases(1)["alias"]), (&json!("orders-flow"), &json!("orders-flow")));
    assert_ne!(aliases(0)["_flowId"], aliases(1)["_flowId"]);
    assert_eq!(browser.complaints().await?, Vec::<String>::new());
    screen.browser.close().await
}
