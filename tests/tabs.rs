//! Several tabs of one browser: closed at random, the leader killed, an old one left open.

use anyhow::{Context, Result};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use thirtyfour::WindowHandle;
use tombolo_model::{Id, Kind};
use tombolo_tests::flows::{self, Destination, Source, row};
use tombolo_tests::{Dice, Everything, Link, Member, Screen, Server, Way, rounds, site, until};

const FLOW: &str = "Orders";
const STEP: &str = "Orders destination";
const PATIENCE: Duration = Duration::from_secs(15);

/// A browser with the mapping of a flow open, signed in through a wire of its own.
struct Desk {
    server: Server,
    owner: Member,
    wire: Link,
    screen: Screen,
    import: Id,
    flow: String,
}

impl Desk {
    async fn open() -> Result<Self> {
        let server = Server::start().await?;
        let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
        let source = Source::Http("http://127.0.0.1:9", "/", None);
        let mappings = json!([row("$.first", "first", "string")]);
        let flow = flows::flow(FLOW, &source, None, &mappings, &Destination::Json("orders.json"));
        owner.device(owner.account()).await?.create_flow(&flow).await?;
        let import = flow.resources.iter().find(|(kind, ..)| *kind == Kind::Import).context("a destination")?.1;
        let wire = Link::to(server.port()).await?;
        let screen = Screen::open(&wire.address()).await?;
        screen.sign_in("ines@example.com").await?;
        let flow = format!("/integrations/{}/flows/{}", flow.integration, flow.flow);
        let desk = Self { server, owner, wire, screen, import, flow };
        desk.screen.visit(&desk.flow).await?;
        desk.open_mapping().await?;
        Ok(desk)
    }

    async fn open_mapping(&self) -> Result<()> {
        self.screen.tool(STEP, "Mapping").await?;
        self.screen.browser.find("textbox", "Destination field").await.map(|_| ())
    }

    /// Opens another tab at the same place and stays in it.
    async fn new_tab(&self) -> Result<WindowHandle> {
        let tab = self.screen.browser.new_tab(&format!("{}{}", self.wire.address(), self.flow)).await?;
        self.open_mapping().await?;
        Ok(tab)
    }

    /// Opens another window at the same place and stays in it.
    async fn new_window(&self) -> Result<WindowHandle> {
        let window = self.screen.browser.web().new_window().await?;
        self.screen.browser.switch(&window).await?;
        self.screen.visit(&self.flow).await?;
        self.open_mapping().await?;
        Ok(window)
    }

    /// How often each destination is in the mapping on the server.
    async fn on_server(&self) -> Result<BTreeMap<String, usize>> {
        let import = Everything::of(&self.owner).await?.value(self.import);
        let rows = import["mappings"].as_array().context("a mapping")?.clone();
        Ok(count(rows.iter().map(|row| row["generate"].as_str().unwrap_or_default().to_owned())))
    }

    /// How often each destination is in the mapping on the screen.
    async fn on_screen(&self) -> Result<BTreeMap<String, usize>> {
        Ok(count(self.screen.destinations().await?))
    }

    /// Waits until the server and the screen hold the same; gives it.
    async fn settled(&self) -> Result<BTreeMap<String, usize>> {
        self.screen.on_the_server().await?;
        until("server and screen holding the same rows", PATIENCE, || async {
            let (there, here) = (self.on_server().await?, self.on_screen().await?);
            anyhow::ensure!(there == here, "{there:?} against {here:?}");
            Ok(Some(there))
        })
        .await
    }

    /// The tab of these that leads and stays so: a tab in front takes the lead from one that is not. Stays in it.
    async fn leading<'a>(&self, tabs: &'a [WindowHandle]) -> Result<&'a WindowHandle> {
        let browser = &self.screen.browser;
        until("one tab that leads", PATIENCE, || async {
            let (mut leading, mut in_front) = (None, Vec::new());
            for tab in tabs {
                browser.switch(tab).await?;
                if browser.js("return document.visibilityState;", Vec::new()).await? == "visible" {
                    in_front.push(tab);
                }
                if self.leads().await? {
                    leading = Some(tab);
                }
            }
            let Some(leading) = leading.filter(|tab| in_front.is_empty() || in_front.contains(tab)) else {
                return Ok(None);
            };
            browser.switch(leading).await?;
            Ok(self.leads().await?.then_some(leading))
        })
        .await
    }

    /// Whether the tab that is driven leads: its worker holds the lock.
    async fn leads(&self) -> Result<bool> {
        Ok(self.screen.browser.ask_store_worker(LEADS).await? == true)
    }
}

/// For a store's worker. A lock of its own tells it what it is called among those who hold locks.
const LEADS: &str = "navigator.locks.request(`probe-${Math.random()}`, async (probe) => { \
    const { held } = await navigator.locks.query(); \
    const me = held.find((lock) => lock.name === probe.name).clientId; \
    return held.some((lock) => lock.clientId === me && lock.name.endsWith('-leader')); })";

fn count(names: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_insert(0) += 1;
    }
    counts
}

/// JavaScript that gives the destinations that are shown, a line each.
const SHOWN: &str = "return [...document.querySelectorAll('input')].filter((field) => \
    field.getAttribute('aria-label') === 'Destination field').map((field) => field.value).join('\\n');";

#[tokio::test(flavor = "multi_thread")]
async fn edits_in_five_tabs_closed_at_random_are_there_once() -> Result<()> {
    let mut dice = Dice::seeded();
    let mut promises = 0;
    for _ in 0..rounds(1) {
        let desk = Desk::open().await?;
        let browser = &desk.screen.browser;
        let mut tabs = vec![browser.tab().await?];
        for _ in 0..4 {
            tabs.push(desk.new_tab().await?);
        }
        let (mut made, mut promised) = (0, Vec::new());
        while tabs.len() > 1 {
            let at = dice.below(tabs.len());
            browser.switch(&tabs[at]).await?;
            let name = format!("field{made}");
            made += 1;
            desk.screen.add_mapping(&format!("source{made}"), &name).await?;
            // The first one in any case: one round alone must promise something.
            if made == 1 || dice.below(3) == 0 {
                desk.screen.on_this_device().await?;
            }
            // The leader is among them sooner or later, and a push may be on its way.
            if dice.below(2) == 0 {
                desk.wire.drop_connections();
            }
            // Whatever is said to be stored now counts; what is under way when the tab goes may be there or not.
            let shown = desk.screen.shown(SHOWN).await?;
            if shown.stored && shown.text.lines().any(|line| line == name) {
                promised.push(name);
            }
            if dice.below(3) > 0 {
                browser.close_tab().await?;
                tabs.remove(at);
            }
        }
        browser.switch(&tabs[0]).await?;
        let there = desk.settled().await?;
        for name in &promised {
            assert_eq!(there.get(name), Some(&1), "{name} was shown as stored; there is {there:?}");
        }
        for (name, times) in &there {
            assert!(*times == 1 || name.is_empty(), "{name} is there {times} times: {there:?}");
        }
        promises += promised.len();
        desk.screen.browser.close().await?;
    }
    println!("{promises} edits had been shown as stored");
    assert!(promises > 0, "nothing was ever shown as stored");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_the_killed_leader_had_sent_is_accepted_once() -> Result<()> {
    for _ in 0..rounds(1) {
        kill_leader_during_push(Way::Down).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_the_killed_leader_could_not_complete_is_accepted_once() -> Result<()> {
    for _ in 0..rounds(1) {
        kill_leader_during_push(Way::Up).await?;
    }
    Ok(())
}

/// Edits while the wire holds the leader's push, or the answer to it, and kills the leader then.
async fn kill_leader_during_push(way: Way) -> Result<()> {
    let desk = Desk::open().await?;
    let browser = &desk.screen.browser;
    let tabs = [browser.tab().await?, desk.new_tab().await?];
    // A lead that is still on its way from one tab to the other would be taken over a wire that is not held.
    let leading = desk.leading(&tabs).await?;
    desk.screen.on_the_server().await?;

    desk.wire.hold(way);
    desk.screen.add_mapping("amount", "in_flight").await?;
    until("the push being under way", PATIENCE, || async {
        let (kept, there) = (desk.wire.kept(), desk.on_server().await?);
        let under_way = kept > 0 && there.contains_key("in_flight") == (way == Way::Down);
        anyhow::ensure!(under_way, "{kept} bytes are held; {there:?}; leads: {}", desk.leads().await?);
        Ok(Some(()))
    })
    .await?;
    until("the edit being shown as stored", PATIENCE, || async {
        let shown = desk.screen.shown(SHOWN).await?;
        anyhow::ensure!(shown.stored && shown.text.contains("in_flight"), "{shown:?}");
        Ok(Some(()))
    })
    .await?;
    assert!(desk.leads().await?, "the lead went to the other tab");
    browser.crash_tab(leading).await?;

    let left = tabs.iter().find(|tab| *tab != leading).context("another tab")?;
    browser.switch(left).await?;
    let there = desk.settled().await?;
    assert_eq!(there, count(["first".to_owned(), "in_flight".to_owned()]));
    // What the dead leader had sent arrives late, and changes nothing.
    desk.wire.release();
    desk.screen.add_mapping("total", "after").await?;
    let there = desk.settled().await?;
    assert_eq!(there, count(["first", "in_flight", "after"].map(str::to_owned)));
    desk.screen.browser.close().await
}

/// Notes every state that the pill shows from now on.
const WATCH: &str = "const state = () => document.querySelector('header [aria-live]')?.textContent.trim(); \
    window.states = [state()]; \
    new MutationObserver(() => { if (state() !== window.states.at(-1)) window.states.push(state()); }) \
        .observe(document.querySelector('header'), { subtree: true, childList: true, characterData: true });";

#[tokio::test(flavor = "multi_thread")]
async fn the_tab_that_is_left_takes_the_lead_and_goes_on() -> Result<()> {
    for _ in 0..rounds(1) {
        hand_over().await?;
    }
    Ok(())
}

/// Edits in a tab beside the leader, which is closed while the server cannot be reached.
async fn hand_over() -> Result<()> {
    let desk = Desk::open().await?;
    let browser = &desk.screen.browser;
    // In windows side by side both are in front, so that the lead stays where it is.
    let (leading, beside) = (browser.tab().await?, desk.new_window().await?);
    assert!(!desk.leads().await?, "the lead went to the other window");
    desk.screen.add_mapping("amount", "through_the_leader").await?;
    let there = desk.settled().await?;
    assert_eq!(there, count(["first", "through_the_leader"].map(str::to_owned)));

    desk.wire.cut();
    desk.screen.add_mapping("total", "before_the_end").await?;
    desk.screen.on_this_device().await?;
    until("the edit being counted", PATIENCE, || async {
        let shown = desk.screen.shown(SHOWN).await?;
        let state = browser.js("return document.querySelector('header [aria-live]').textContent;", Vec::new()).await?;
        let waits = shown.stored && !state.as_str().unwrap_or_default().contains("On the server");
        Ok(waits.then_some(()))
    })
    .await?;
    browser.js(WATCH, Vec::new()).await?;
    browser.switch(&leading).await?;
    assert!(desk.leads().await?, "the lead went to the other window");
    browser.close_tab().await?;
    browser.switch(&beside).await?;
    desk.screen.add_mapping("tax", "after_the_end").await?;
    until("the tab that is left leading", PATIENCE, || async { Ok(desk.leads().await?.then_some(())) }).await?;
    desk.screen.on_this_device().await?;
    let states = browser.js("return window.states;", Vec::new()).await?;
    let states: Vec<String> = serde_json::from_value(states)?;
    assert!(!states.iter().any(|state| state.starts_with("On the server")), "it is not there: {states:?}");

    desk.wire.mend();
    let there = desk.settled().await?;
    let all = ["first", "through_the_leader", "before_the_end", "after_the_end"];
    assert_eq!(there, count(all.map(str::to_owned)));
    desk.screen.browser.close().await
}

/// The service worker would keep the old version in charge until its last tab is closed: somebody who reloads past it
/// gets the new one beside an old tab.
const PAST_SERVICE_WORKER: &str = "for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister(); \
    for (const name of await caches.keys()) await caches.delete(name);";

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_an_old_tab_had_not_sent_is_there_once_after_an_upgrade() -> Result<()> {
    for _ in 0..rounds(1) {
        upgrade_beside_an_old_tab().await?;
    }
    Ok(())
}

async fn upgrade_beside_an_old_tab() -> Result<()> {
    let mut desk = Desk::open().await?;
    let old = desk.screen.browser.tab().await?;
    desk.screen.on_the_server().await?;
    desk.wire.hold(Way::Up);
    desk.screen.add_mapping("amount", "not_sent").await?;
    until("the push being held", PATIENCE, || async { Ok((desk.wire.kept() > 0).then_some(())) }).await?;
    desk.screen.on_this_device().await?;
    let shown = desk.screen.shown(SHOWN).await?;
    assert!(shown.stored && shown.text.contains("not_sent"), "{shown:?}");
    desk.screen.browser.js_async(PAST_SERVICE_WORKER, Vec::new()).await?;

    // A newer version is served, and opened in another tab.
    let newer = site::newer()?;
    desk.server.stop().await?;
    desk.server.serve_page_of(newer.path());
    desk.server.resume().await?;
    desk.wire.hold(Way::Up);
    let new = desk.new_tab().await?;
    let versions = desk.screen.browser.js_async("return indexedDB.databases();", Vec::new()).await?;
    assert!(versions.as_array().is_some_and(|all| all.iter().any(|one| one["version"] == 2)), "{versions}");
    let there = desk.settled().await?;
    assert_eq!(there, count(["first", "not_sent"].map(str::to_owned)));

    // The old tab says what to do, and is as good as new then.
    desk.screen.browser.switch(&old).await?;
    desk.screen.browser.see("newer version").await?;
    desk.wire.release();
    desk.screen.browser.reload().await?;
    // The address says that the mapping is open; its rows follow.
    until("the rows of the mapping", PATIENCE, || async {
        let rows = desk.on_screen().await?;
        anyhow::ensure!(rows.contains_key("not_sent"), "{rows:?}");
        Ok(Some(()))
    })
    .await?;
    desk.screen.add_mapping("total", "after").await?;
    desk.screen.browser.switch(&new).await?;
    let there = until("the other tab's row", PATIENCE, || async {
        let there = desk.settled().await?;
        Ok(there.contains_key("after").then_some(there))
    })
    .await?;
    assert_eq!(there, count(["first", "not_sent", "after"].map(str::to_owned)));
    desk.screen.browser.close().await
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
        screen.browser.see("From elsewhere").await?;
    }
    screen.browser.close().await
}
