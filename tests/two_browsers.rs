//! Two people change the same things while neither hears of the other.

use anyhow::Result;
use serde_json::json;
use std::time::Duration;
use thirtyfour::Key;
use tombolo_tests::flows::{self, Destination, Flow, Source, row};
use tombolo_tests::{Link, Member, Screen, Server, until};

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

impl Pair {
    async fn open() -> Result<Self> {
        let server = Server::start().await?;
        let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
        let mut device = owner.device(owner.account()).await?;
        device.create_flow(&orders()).await?;
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
        for wire in &self.wires {
            wire.mend();
        }
        self.one.on_the_server().await?;
        self.two.on_the_server().await
    }

    /// Waits until both show the same, and gives it.
    async fn equal(&self, what: impl AsyncFn(&Screen) -> Result<Vec<String>>) -> Result<Vec<String>> {
        until("both screens being equal", Duration::from_secs(10), || async {
            let (one, two) = (what(&self.one).await?, what(&self.two).await?);
            anyhow::ensure!(one == two, "{one:?} against {two:?}");
            Ok(Some(one))
        })
        .await
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

async fn mapping_rows(screen: &Screen) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    for field in screen.browser.all("textbox", "Destination field").await? {
        rows.push(field.prop("value").await?.unwrap_or_default());
    }
    Ok(rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_row_moved_by_one_and_edited_by_the_other_is_one_row_moved_and_edited() -> Result<()> {
    let pair = Pair::open().await?;
    pair.one.tool(STEP, "Mapping").await?;
    pair.two.tool(STEP, "Mapping").await?;
    pair.part();

    for place in [1, 0] {
        let fields = pair.one.browser.all("textbox", "Destination field").await?;
        fields[place + 1].click().await?;
        fields[place + 1].send_keys(Key::Alt + Key::Up).await?;
        until("the row being one place up", Duration::from_secs(5), || async {
            let rows = mapping_rows(&pair.one).await?;
            anyhow::ensure!(rows[place] == "customer", "{rows:?}");
            Ok(Some(()))
        })
        .await?;
    }
    let theirs = pair.two.browser.all("textbox", "Destination field").await?;
    tombolo_tests::browser::replace(&theirs[2], "buyer").await?;
    pair.one.on_this_device().await?;
    pair.two.on_this_device().await?;

    pair.meet().await?;
    assert_eq!(pair.equal(mapping_rows).await?, ["buyer", "number", "amount"]);
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
    // Paging is absent until one of its fields is set.
    pair.one.browser.fill("First page", "7").await?;
    pair.two.browser.fill("Last page status", "404").await?;
    pair.one.on_this_device().await?;
    pair.two.on_this_device().await?;
    pair.meet().await?;
    let fields = async |screen: &Screen| {
        Ok(vec![screen.browser.value("First page").await?, screen.browser.value("Last page status").await?])
    };
    assert_eq!(pair.equal(fields).await?, ["7", "404"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_deleted_by_one_and_edited_by_the_other_is_shown_as_a_conflict() -> Result<()> {
    let pair = Pair::open().await?;
    pair.one.tool(STEP, "Mapping").await?;
    pair.two.tool(STEP, "Mapping").await?;
    pair.part();
    pair.one.browser.press("button", "Delete amount").await?;
    let theirs = pair.two.browser.all("textbox", "Source field").await?;
    tombolo_tests::browser::replace(&theirs[1], "grand_total").await?;
    pair.one.on_this_device().await?;
    pair.two.on_this_device().await?;
    pair.meet().await?;
    pair.one.browser.see("deleted").await?;
    pair.two.browser.see("deleted").await?;
    assert_eq!(pair.equal(mapping_rows).await?, pair.equal(mapping_rows).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_are_shown_as_a_conflict_and_either_can_be_kept() -> Result<()> {
    let pair = Pair::open().await?;
    pair.part();
    pair.one.rename_flow("Orders by Ines").await?;
    pair.two.rename_flow("Orders by Jonas").await?;
    pair.one.on_this_device().await?;
    pair.two.on_this_device().await?;
    pair.meet().await?;
    pair.one.browser.see("2 values").await?;
    pair.two.browser.see("2 values").await?;
    pair.one.browser.press("button", "Keep Orders by Jonas").await?;
    pair.one.browser.gone("2 values").await?;
    pair.two.browser.gone("2 values").await?;
    pair.two.browser.see("Orders by Jonas").await?;
    assert!(!pair.two.browser.reads("Orders by Ines").await?);
    Ok(())
}
