//! The power goes out while somebody types, in the code editor and in a field of a form.
//!
//! The server is out of reach from before the first key until the end: what is there after a kill was on this device.

use anyhow::{Context, Result};
use serde_json::json;
use std::time::{Duration, Instant};
use thirtyfour::Key;
use tombolo_model::{Id, Kind};
use tombolo_tests::flows::{self, Destination, Source};
use tombolo_tests::screen::SCRIPT_TEXT;
use tombolo_tests::{Browser, Dice, Everything, Link, Member, Screen, Server, rounds, until};

const FLOW: &str = "Orders";
const STEP: &str = "Orders destination";
/// The field's label, and JavaScript that gives what it holds.
const FIELD: &str = "Relative URL";
const FIELD_TEXT: &str = "const label = [...document.querySelectorAll('label')].find((one) => one.textContent.startsWith('Relative URL')); \
    return label && document.getElementById(label.htmlFor)?.value;";
/// The longest time from the first key to the kill, but for a rest that has begun.
const LONGEST: Duration = Duration::from_millis(500);
/// How often somebody who types rests until the screen says that it is stored.
const RESTS: usize = 3;

/// Where somebody types.
#[derive(Debug, Clone, Copy)]
enum Place {
    Script,
    Field,
}

struct Work {
    script: Id,
    import: Id,
    address: String,
    flow_page: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_as_on_this_device_is_there_after_a_kill() -> Result<()> {
    let mut dice = Dice::seeded();
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let wire = Link::to(server.port()).await?;
    let work = prepare(&owner, wire.address()).await?;
    let mut screen = Screen::open(&wire.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.home().await?;
    screen.wait_until_offline_ready().await?;
    // Both are on the device before the wire is cut.
    work.open(&screen, Place::Script).await?;
    work.open(&screen, Place::Field).await?;
    // So is who is signed in: Chromium writes that down some time later, or when it is closed.
    let device = screen.browser.device();
    screen.browser.close().await?;
    screen = Screen { browser: Browser::on(device).await?, address: work.address.clone() };
    wire.cut();

    let mut safe = [String::new(), String::new()];
    let mut read = 0;
    for round in 0..rounds(5) {
        let place = if round % 2 == 0 { Place::Script } else { Place::Field };
        let moment = dice.moment(LONGEST);
        work.open(&screen, place).await?;
        let shown = type_until(&screen, place, round, moment, &mut dice).await?;
        let device = screen.browser.device();
        screen.browser.kill();
        println!("round {round}: {place:?} killed after {moment:?}, read as stored: {shown:?}");
        if let Some(text) = shown {
            read += 1;
            safe[place as usize] = text;
        }
        screen = Screen { browser: Browser::on(device).await?, address: work.address.clone() };
        work.open(&screen, place).await?;
        let found = work.text(&screen, place).await?;
        let safe = &safe[place as usize];
        assert!(found.starts_with(safe), "{place:?} holds {found:?} and had shown {safe:?} as stored");
    }
    assert!(read > 0, "nothing was ever shown as stored while somebody typed");
    let found = [work.text_at(&screen, Place::Script).await?, work.text_at(&screen, Place::Field).await?];
    wire.mend();
    screen.on_the_server().await?;
    until("the server having the same", Duration::from_secs(10), || async {
        let all = Everything::of(&owner).await?;
        let (script, field) = (&all.value(work.script)["content"], &all.value(work.import)["http"]["relativeURI"][0]);
        anyhow::ensure!(*script == found[0] && *field == found[1], "{script} and {field}");
        Ok(Some(()))
    })
    .await?;
    screen.browser.close().await
}

async fn prepare(owner: &Member, address: String) -> Result<Work> {
    let mut device = owner.device(owner.account()).await?;
    let script = device.create(Kind::Script, &json!({ "name": "Hook", "content": "" })).await?.id();
    let destination = Destination::Http("http://127.0.0.1:9", "/");
    let flow = flows::flow(FLOW, &Source::Http("http://127.0.0.1:9", "/", None), None, &json!([]), &destination);
    device.create_flow(&flow).await?;
    let import = flow.resources.iter().find(|(kind, ..)| *kind == Kind::Import).context("a destination")?.1;
    let flow_page = format!("/integrations/{}/flows/{}", flow.integration, flow.flow);
    Ok(Work { script, import, address, flow_page })
}

impl Work {
    /// Opens the place and puts the cursor at the end of its text.
    async fn open(&self, screen: &Screen, place: Place) -> Result<()> {
        match place {
            Place::Script => {
                screen.open_script(self.script).await?;
                screen.place_cursor(screen.script_text().await?.len()).await
            }
            Place::Field => {
                screen.visit(&self.flow_page).await?;
                screen.browser.press("button", STEP).await?;
                screen.browser.field(FIELD).await?.click().await?;
                screen.browser.keys(Key::End).await
            }
        }
    }

    async fn text_at(&self, screen: &Screen, place: Place) -> Result<String> {
        self.open(screen, place).await?;
        self.text(screen, place).await
    }

    async fn text(&self, screen: &Screen, place: Place) -> Result<String> {
        match place {
            Place::Script => screen.script_text().await,
            Place::Field => screen.browser.value(FIELD).await,
        }
    }
}

/// Types numbered words until the moment, one at least; after each reads the state together with the text. Gives the
/// last text that was shown as stored. That is said once nothing was typed for a moment, and some rest that long: they
/// are killed right when they have read it, or while they go on.
async fn type_until(
    screen: &Screen,
    place: Place,
    round: usize,
    moment: Duration,
    dice: &mut Dice,
) -> Result<Option<String>> {
    let text = match place {
        Place::Script => SCRIPT_TEXT,
        Place::Field => FIELD_TEXT,
    };
    let start = Instant::now();
    let mut stored = None;
    for word in 0.. {
        screen.browser.keys(format!("r{round}w{word}-")).await?;
        // The first round of each place reads it for certain.
        let rests = (word == 0 && round < 2) || dice.below(RESTS) == 0;
        let shown = until("what was typed being stored", Duration::from_secs(10), || async {
            let shown = screen.shown(text).await?;
            Ok((shown.stored || !rests).then_some(shown))
        })
        .await?;
        if shown.stored {
            stored = Some(shown.text);
        }
        if start.elapsed() >= moment {
            break;
        }
    }
    Ok(stored)
}
