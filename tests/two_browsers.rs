//! Two people change the same things while neither hears of the other.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::{Key, WebElement};
use tombolo_tests::flows::{self, Destination, Flow, Source, row};
use tombolo_tests::{Link, Member, Screen, Server, Sink, until};

/// Two signed-in browsers on wires of their own, and a flow that both have.
struct Pair {
    // Ended last: the browsers reach it through the wires.
    one: Screen,
    two: Screen,
    wires: [Link; 2],
    _server: Server,
}

const FLOW: &str = "Orders to CRM";
const STEP: &str = "Orders to CRM destination";
const PATIENCE: Duration = Duration::from_secs(10);

impl Pair {
    async fn open() -> Result<Self> {
        Self::with(&orders()).await
    }

    async fn with(flow: &Flow) -> Result<Self> {
        let server = Server::start().await?;
        let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
        let mut device = owner.device(owner.account()).await?;
        device.create_flow(flow).await?;
        let wires = [Link::to(server.port()).await?, Link::to(server.port()).await?];
        let one = Screen::open(&wires[0].address()).await?;
        let two = Screen::open(&wires[1].address()).await?;
        for screen in [&one, &two] {
            screen.sign_in("ines@example.com").await?;
            screen.open_flow("Orders to CRM integration", FLOW).await?;
        }
        Ok(Self { one, two, wires, _server: server })
    }

    fn part(&self) {
        for wire in &self.wires {
            wire.cut();
        }
    }

    async fn meet(&self) -> Result<()> {
        for screen in [&self.one, &self.two] {
            screen.on_this_device().await?;
        }
        for wire in &self.wires {
            wire.mend();
        }
        self.one.on_the_server().await?;
        self.two.on_the_server().await
    }

    /// Waits until both show the same, and gives it.
    async fn equal(&self, what: impl AsyncFn(&Screen) -> Result<Vec<String>>) -> Result<Vec<String>> {
        until("both screens being equal", PATIENCE, || async {
            let (one, two) = (what(&self.one).await?, what(&self.two).await?);
            anyhow::ensure!(one == two, "{one:?} against {two:?}");
            Ok(Some(one))
        })
        .await
    }

    /// Waits until both devices hold the same resources in full, and gives them.
    async fn equal_documents(&self) -> Result<Value> {
        until("both devices holding the same", PATIENCE, || async {
            let (one, two) = (self.one.exported().await?, self.two.exported().await?);
            anyhow::ensure!(one["resources"] == two["resources"], "{one:#}\nagainst\n{two:#}");
            Ok(Some(one["resources"].clone()))
        })
        .await
    }

    /// The mapping as both devices hold it: source and destination of each row.
    async fn mapping(&self) -> Result<Vec<[String; 2]>> {
        let resources = self.equal_documents().await?;
        let rows = resources["imports"][0]["mappings"].as_array().context("a mapping")?.clone();
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        Ok(rows.iter().map(|row| [text(row, "extract"), text(row, "generate")]).collect())
    }
}

fn orders() -> Flow {
    let mappings = json!([
        row("$.id", "number", "string"),
        row("$.total", "amount", "string"),
        row("$.name", "customer", "string"),
    ]);
    let source = Source::Http("http://127.0.0.1:9", "/orders", None);
    flows::flow(FLOW, &source, None, &mappings, &Destination::Http("http://127.0.0.1:9", "/take"))
}

async fn destinations(screen: &Screen) -> Result<Vec<String>> {
    screen.destinations().await
}

async fn in_order(screen: &Screen, wanted: &[&str]) -> Result<()> {
    until("the rows in another order", PATIENCE, || async {
        let rows = screen.destinations().await?;
        anyhow::ensure!(rows == wanted, "{rows:?}");
        Ok(Some(()))
    })
    .await
}

/// The row of the mapping whose destination is this.
async fn mapping_row(screen: &Screen, destination: &str) -> Result<WebElement> {
    for row in screen.browser.all("row", "").await? {
        let fields = screen.browser.all_in(Some(&row), "textbox", "Destination field").await?;
        for field in fields {
            if field.prop("value").await?.as_deref() == Some(destination) {
                return Ok(row);
            }
        }
    }
    anyhow::bail!("no row writes \"{destination}\"")
}

/// Replaces the text of one field in a row.
async fn edit_row(screen: &Screen, destination: &str, field: &str, text: &str) -> Result<()> {
    let row = mapping_row(screen, destination).await?;
    let field = screen.browser.find_in(Some(&row), "textbox", field).await?;
    tombolo_tests::browser::replace(&field, text).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_row_dragged_by_one_and_edited_by_the_other_is_one_row_moved_and_edited() -> Result<()> {
    let pair = Pair::open().await?;
    pair.one.tool(STEP, "Mapping").await?;
    pair.two.tool(STEP, "Mapping").await?;
    pair.part();

    let (dragged, target) = (mapping_row(&pair.one, "number").await?, mapping_row(&pair.one, "customer").await?);
    pair.one.browser.drag(&dragged, &target).await?;
    in_order(&pair.one, &["amount", "customer", "number"]).await?;
    // The same without a mouse.
    let row = mapping_row(&pair.one, "customer").await?;
    let field = pair.one.browser.find_in(Some(&row), "textbox", "Destination field").await?;
    field.click().await?;
    field.send_keys(Key::Alt + Key::Up).await?;
    in_order(&pair.one, &["customer", "amount", "number"]).await?;

    edit_row(&pair.two, "number", "Destination field", "order_number").await?;
    edit_row(&pair.two, "customer", "Destination field", "buyer").await?;
    pair.meet().await?;
    assert_eq!(pair.equal(destinations).await?, ["buyer", "amount", "order_number"]);
    let wanted = [["$.name", "buyer"], ["$.total", "amount"], ["$.id", "order_number"]];
    assert_eq!(pair.mapping().await?, wanted);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn different_fields_of_the_same_absent_object_are_both_there() -> Result<()> {
    let pair = Pair::open().await?;
    for screen in [&pair.one, &pair.two] {
        screen.browser.press("button", "Orders to CRM source").await?;
        screen.browser.field("Relative URL").await?;
    }
    pair.part();
    // Paging is absent until one of its fields is set. Both choose the same kind, which is no conflict.
    for (screen, field, text) in [(&pair.one, "First page", "7"), (&pair.two, "Last page status", "404")] {
        screen.browser.choose("Paging", "Page number").await?;
        screen.browser.fill(field, text).await?;
    }
    pair.meet().await?;
    let fields = async |screen: &Screen| {
        Ok(vec![screen.browser.value("First page").await?, screen.browser.value("Last page status").await?])
    };
    assert_eq!(pair.equal(fields).await?, ["7", "404"]);
    let paging = &pair.equal_documents().await?["exports"][0]["http"]["paging"];
    assert_eq!(*paging, json!({ "method": "page", "page": 7, "lastPageStatusCode": 404 }));
    for screen in [&pair.one, &pair.two] {
        assert!(screen.browser.all("button", "conflict").await?.is_empty(), "they chose the same");
    }
    Ok(())
}

/// The shown conflict about a row that was deleted and edited, by a word of the edit.
async fn conflict(screen: &Screen, word: &str) -> Result<WebElement> {
    until("the conflict", PATIENCE, || async {
        for group in screen.browser.all("group", "deleted by one and edited by another").await? {
            if group.text().await?.contains(word) {
                return Ok(Some(group));
            }
        }
        Ok(None)
    })
    .await
}

/// Chooses between the deletion and the edit.
async fn choose(screen: &Screen, word: &str, deleted: bool) -> Result<()> {
    let group = conflict(screen, word).await?;
    for button in screen.browser.all_in(Some(&group), "button", "Keep").await? {
        if button.text().await?.contains("deleted") == deleted {
            return Ok(button.click().await?);
        }
    }
    anyhow::bail!("the conflict offers too little: {}", group.text().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_deleted_by_one_and_edited_by_the_other_is_a_conflict_that_either_may_win() -> Result<()> {
    let pair = Pair::open().await?;
    pair.one.tool(STEP, "Mapping").await?;
    pair.two.tool(STEP, "Mapping").await?;
    pair.part();
    pair.one.browser.press("button", "Delete amount").await?;
    pair.one.browser.press("button", "Delete customer").await?;
    in_order(&pair.one, &["number"]).await?;
    edit_row(&pair.two, "amount", "Source field", "grand_total").await?;
    edit_row(&pair.two, "customer", "Source field", "buyer").await?;
    pair.meet().await?;
    for screen in [&pair.one, &pair.two] {
        conflict(screen, "grand_total").await?;
        conflict(screen, "buyer").await?;
    }
    pair.equal(destinations).await?;
    pair.equal_documents().await?;

    // One takes the edit, the other the deletion; each settles it for both.
    choose(&pair.one, "grand_total", false).await?;
    choose(&pair.two, "buyer", true).await?;
    for screen in [&pair.one, &pair.two] {
        in_order(screen, &["number", "amount"]).await?;
        screen.browser.gone("edited by another").await?;
    }
    assert_eq!(pair.mapping().await?, [["$.id", "number"], ["$.grand_total", "amount"]]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_are_shown_as_a_conflict_and_either_can_be_kept() -> Result<()> {
    let pair = Pair::open().await?;
    pair.part();
    pair.one.rename_flow("Orders by Ines").await?;
    pair.two.rename_flow("Orders by Jonas").await?;
    pair.meet().await?;
    pair.one.browser.see("2 values").await?;
    pair.two.browser.see("2 values").await?;
    pair.equal_documents().await?;
    pair.one.browser.press("button", "2 values").await?;
    pair.one.browser.find("button", "Keep Orders by Ines").await?;
    pair.one.browser.press("button", "Keep Orders by Jonas").await?;
    pair.one.browser.gone("2 values").await?;
    pair.two.browser.gone("2 values").await?;
    pair.two.browser.see("Orders by Jonas").await?;
    assert!(!pair.two.browser.reads("Orders by Ines").await?);
    assert_eq!(pair.equal_documents().await?["flows"][0]["name"], "Orders by Jonas");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_decides_about_errors_without_a_network_the_other_sees_and_may_take_back() -> Result<()> {
    let sink = Sink::start(vec![json!({"id": 1, "refuse": true})]).await?;
    let mappings = json!([row("$.id", "id", "number"), row("$.refuse", "refuse", "boolean")]);
    let address = sink.address();
    let (path, paging) = flows::numbered(10);
    let source = Source::Http(&address, &path, paging);
    let pair = Pair::with(&flows::flow(FLOW, &source, None, &mappings, &Destination::Http(&address, "/pick"))).await?;
    let (one, two) = (&pair.one.browser, &pair.two.browser);
    pair.one.run(PATIENCE).await?;
    one.find("button", "Resolve 1 error").await?;
    one.press("button", "Run flow").await?;
    // Until the second run is there, the console has the words of the first.
    for screen in [&pair.one, &pair.two] {
        screen.browser.see("Run history (2)").await?;
        screen.run_end(PATIENCE).await?;
        screen.browser.find("button", "Resolve 1 error").await?;
    }
    pair.part();
    one.press("button", "Tag").await?;
    one.fill("Tag", "bank").await?;
    one.press("button", "Add tag").await?;
    one.find("button", "Remove the tag bank").await?;
    one.press("button", "Close").await?;
    one.press("button", "Resolve 1 error").await?;
    one.see("Resolved by Ines at").await?;
    assert!(!two.reads("Resolved by Ines at").await?, "it knows nothing of it yet");
    pair.meet().await?;
    two.see("Resolved by Ines at").await?;
    two.see("bank").await?;
    // All runs of the flow in one list: that of the earlier one is open.
    two.press("button", "All runs").await?;
    two.find("heading", "2 errors in all runs").await?;
    two.press("button", "Resolved 1").await?;
    two.find("button", "Open 1 error again").await?;
    two.press("button", "Open 1 error again").await?;
    one.see("Opened again by Ines at").await?;
    Ok(())
}
