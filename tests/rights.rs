//! What a person may not change is refused, kept, and accepted once they may.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tombolo_model::{Id, Kind};
use tombolo_tests::flows::{self, Destination, Source, row};
use tombolo_tests::{Everything, Link, Member, Screen, Server, Sink, downloads, until};

/// An account with one integration, and a colleague at a browser who has it open.
struct Shared {
    owner: Member,
    colleague: Member,
    integration: Id,
    screen: Screen,
    wire: Link,
    server: Server,
}

impl Shared {
    async fn open() -> Result<Self> {
        let server = Server::start().await?;
        let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
        let colleague = Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
        let mut device = owner.device(owner.account()).await?;
        let integration = device.create(Kind::Integration, &json!({ "name": "Shared" })).await?.id();
        owner.invite("jonas@example.com", "manage").await?;
        let wire = Link::to(server.port()).await?;
        let screen = Screen::open(&wire.address()).await?;
        screen.sign_in("jonas@example.com").await?;
        screen.switch_account("Ines").await?;
        screen.home().await?;
        screen.open_named("Shared").await?;
        Ok(Self { owner, colleague, integration, screen, wire, server })
    }

    /// Renames the integration while the device is away, so that it edits in good faith.
    async fn rename_away(&self, name: &str) -> Result<()> {
        self.wire.cut();
        self.screen.rename_integration(name).await?;
        self.screen.on_this_device().await
    }

    /// Back at the server, the change is refused and is nowhere but in the list.
    async fn is_parked(&self, name: &str) -> Result<()> {
        self.wire.mend();
        self.screen.not_accepted().await?;
        self.screen.visit("/not-accepted").await?;
        let row = self.screen.browser.find("row", name).await?.text().await?;
        assert!(row.contains("Name") && row.contains("Shared"), "the difference is shown as {row:?}");
        self.screen.browser.press("button", "Export").await?;
        let folder = self.screen.browser.downloads();
        let (_, export) = downloads::finished(&folder, ".json", Duration::from_secs(10)).await?;
        let export: Value = serde_json::from_slice(&export)?;
        let change = &export["notAccepted"][0];
        assert_eq!(change["_id"], self.integration.to_string());
        assert!(change["differences"].to_string().contains(name), "{export}");
        self.owner_sees("Shared").await
    }

    /// What a device of the owner gets from the server.
    async fn owner_sees(&self, name: &str) -> Result<()> {
        until(&format!("the owner's device getting \"{name}\""), Duration::from_secs(10), || async {
            let found = Everything::of(&self.owner).await?.value(self.integration)["name"].clone();
            anyhow::ensure!(found == name, "it gets {found}");
            Ok(Some(()))
        })
        .await
    }

    /// Tries the parked change again; that and the next edit of the document are accepted.
    async fn is_accepted_now(&self, name: &str) -> Result<()> {
        let screen = &self.screen;
        screen.visit("/not-accepted").await?;
        screen.browser.find("row", name).await?;
        screen.browser.press("button", "Try again").await?;
        self.owner_sees(name).await?;
        screen.on_the_server().await?;
        screen.home().await?;
        screen.open_named(name).await?;
        screen.rename_integration("Shared by both").await?;
        self.owner_sees("Shared by both").await?;
        screen.on_the_server().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_made_as_a_monitor_is_parked_and_can_be_tried_again_later() -> Result<()> {
    let shared = Shared::open().await?;
    let http = json!({ "baseURI": "https://canary.example", "auth": { "type": "basic" } });
    let till = json!({ "name": "Till", "type": "http", "http": http });
    let till = shared.owner.device(shared.owner.account()).await?.create(Kind::Connection, &till).await?.id();
    let canary = ["canary.example".to_owned()];
    until("the connection on the device", Duration::from_secs(15), || async {
        Ok((!shared.screen.browser.finds(&canary).await?.is_empty()).then_some(()))
    })
    .await?;
    shared.rename_away("Shared by Jonas").await?;
    shared.owner.change_role(shared.colleague.me.user.id, "monitor").await?;
    shared.is_parked("Shared by Jonas").await?;
    shared.screen.home().await?;
    shared.screen.browser.see("Shared").await?;
    assert!(!shared.screen.browser.reads("Shared by Jonas").await?, "the refused name is still shown");
    // Of a connection a monitor has the name; how it signs in has left the device.
    let browser = &shared.screen.browser;
    shared.screen.visit(&format!("/connections/{till}")).await?;
    browser.see("You may not open this connection").await?;
    browser.see("Till").await?;
    let left = browser.finds(&canary).await?;
    assert!(left.is_empty(), "{left:?}");
    shared.owner.change_role(shared.colleague.me.user.id, "manage").await?;
    browser.see("Base URL").await?;
    shared.is_accepted_now("Shared by Jonas").await?;
    shared.screen.browser.close().await
}

/// How many changes wait, as the navigation says it.
async fn waiting_is(screen: &Screen, wanted: &str) -> Result<()> {
    let badge = "return document.querySelector('#nav a[href=\"/review\"] .badge')?.textContent ?? '';";
    until(&format!("{wanted:?} at To review"), Duration::from_secs(10), || async {
        Ok((screen.browser.js(badge, Vec::new()).await? == wanted).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_takes_over_what_a_member_could_not_write_and_the_member_hears_of_it() -> Result<()> {
    let shared = Shared::open().await?;
    shared.rename_away("Renamed by Jonas").await?;
    shared.owner.change_role(shared.colleague.me.user.id, "monitor").await?;
    shared.is_parked("Renamed by Jonas").await?;
    let theirs = &shared.screen.browser;
    theirs.press("button", "Ask an administrator").await?;
    theirs.see("You have asked the administrators").await?;
    let wire = Link::to(shared.server.port()).await?;
    let ours = Screen::open(&wire.address()).await?;
    ours.sign_in("ines@example.com").await?;
    // The bell tells of it and leads there; the navigation counts it.
    ours.browser.press("button", "Notifications").await?;
    ours.browser.press("link", "Jonas asks you to take a change").await?;
    ours.browser.see("changed by Jonas").await?;
    waiting_is(&ours, "1").await?;
    ours.browser.press("button", "Look at it").await?;
    let row = ours.browser.find("row", "Renamed by Jonas").await?.text().await?;
    assert!(row.contains("Name") && row.contains("Shared"), "the difference is shown as {row:?}");
    ours.browser.press("button", "Take it over").await?;
    ours.browser.see("Nothing waits for you").await?;
    waiting_is(&ours, "").await?;
    shared.owner_sees("Renamed by Jonas").await?;
    theirs.reload().await?;
    theirs.see("Ines has taken it over").await?;
    ours.browser.close().await?;
    shared.screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_member_keeps_what_was_not_accepted_and_brings_it_when_invited_again() -> Result<()> {
    let shared = Shared::open().await?;
    shared.rename_away("Renamed while away").await?;
    shared.owner.remove(shared.colleague.me.user.id).await?;
    shared.is_parked("Renamed while away").await?;
    shared.owner.invite("jonas@example.com", "manage").await.context("inviting again")?;
    // The device was told to go; it asks again when the page is opened.
    shared.screen.browser.reload().await?;
    shared.is_accepted_now("Renamed while away").await?;
    shared.screen.browser.close().await
}

/// Starts the flow that never ends, and waits until records have gone.
async fn begins(screen: &Screen, sink: &Sink) -> Result<()> {
    let before = sink.received().len();
    screen.browser.press("button", "Run flow").await?;
    let begun = until("records that arrive", Duration::from_secs(20), || async {
        Ok((sink.received().len() > before + 20).then_some(()))
    })
    .await;
    match begun {
        Ok(()) => Ok(()),
        Err(error) => anyhow::bail!("{error:#}\n{}", screen.browser.outline().await),
    }
}

/// Starts it, takes the right away, and sees the run end.
async fn ends_with_the_right(screen: &Screen, sink: &Sink, taken: impl Future<Output = Result<()>>) -> Result<()> {
    begins(screen, sink).await?;
    taken.await?;
    let begun = Instant::now();
    screen.browser.gone("Cancel run").await?;
    assert_eq!(screen.run_end(Duration::from_secs(10)).await?, "Canceled");
    assert!(begun.elapsed() < Duration::from_secs(5), "the run went on for {:?}", begun.elapsed());
    // What it had under way has arrived by now; nothing comes behind it.
    screen.browser.reload().await?;
    screen.browser.find("region", "Run console").await?;
    let heard = (sink.received().len(), sink.asked().len());
    screen.open_flow("Endless integration", "Endless").await?;
    assert_eq!((sink.received().len(), sink.asked().len()), heard, "the run goes on");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_the_browser_ends_when_its_person_may_only_look_and_when_they_are_removed() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let colleague = Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?.me.user.id;
    let sink = Sink::start((0..20).map(|n| json!({ "a": n })).collect()).await?;
    let endless = "/forever?size=20&page={{export.http.paging.page}}";
    let paging = json!({ "method": "page", "page": 1 });
    let to = sink.address();
    let source = Source::Http(&to, endless, Some(paging));
    let flow =
        flows::flow("Endless", &source, None, &json!([row("$.a", "a", "string")]), &Destination::Http(&to, "/take"));
    owner.device(owner.account()).await?.create_flow(&flow).await?;
    owner.invite("jonas@example.com", "manage").await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("jonas@example.com").await?;
    screen.switch_account("Ines").await?;
    screen.open_flow("Endless integration", "Endless").await?;
    ends_with_the_right(&screen, &sink, owner.change_role(colleague, "monitor")).await?;
    owner.change_role(colleague, "manage").await?;
    screen.on_the_server().await?;
    // Its connection, which a monitor may not open, comes back with the right.
    let connection = flow.resources.iter().find(|(kind, ..)| *kind == Kind::Connection).context("a connection")?.1;
    screen.visit(&format!("/connections/{connection}")).await?;
    screen.browser.find("textbox", "Base URL").await?;
    screen.open_flow("Endless integration", "Endless").await?;
    begins(&screen, &sink).await?;
    owner.remove(colleague).await?;
    screen.browser.see("You have no access any more").await?;
    // It has no page to be seen on any more, and ends all the same: an endless run is never still for as long as another
    // browser takes to go over three pages.
    let other = Screen::open(&server.address()).await?;
    other.sign_in("ines@example.com").await?;
    let heard = || sink.received().len() + sink.asked().len();
    until("the end of the run", Duration::from_secs(60), || async {
        let before = heard();
        other.open_flow("Endless integration", "Endless").await?;
        Ok((heard() == before).then_some(()))
    })
    .await?;
    other.browser.close().await?;
    screen.browser.close().await
}
