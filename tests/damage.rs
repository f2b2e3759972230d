//! Stored pieces go bad, as pieces on disks do.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::time::Duration;
use thirtyfour::Key;
use tombolo_tests::browser::{Piece, Stored};
use tombolo_tests::{Dice, Screen, Server, rounds, until};

const PATIENCE: Duration = Duration::from_secs(15);

/// In each round a byte of each of these goes bad.
const HARMED: [&str; 5] = ["Alpha", "Bravo", "Carlo", "Delta", "Ember"];
const TYPED: &str = "-2026";

/// An integration whose name was typed key by key.
struct Harmed {
    id: String,
    name: String,
    /// What its name was before each change, by the change.
    before: BTreeMap<String, String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_piece_costs_one_edit_of_one_document_and_is_said() -> Result<()> {
    let mut dice = Dice::seeded();
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Unharmed").await?;
    let mut harmed = Vec::new();
    for name in HARMED {
        harmed.push(typed(&screen, name).await?);
    }
    let good = screen.browser.stored().await?;
    for round in 0..rounds(1) {
        let mut bad = good.clone();
        let hit: Vec<Piece> = harmed.iter().map(|one| flip(&mut bad, &one.id, &mut dice)).collect::<Result<_>>()?;
        screen.browser.store(&bad).await?;
        screen.home().await?;
        for (one, piece) in harmed.iter().zip(&hit) {
            screen.open_named(&one.name).await?;
            opens_at(&screen, one.before.get(&piece.name)).await.with_context(|| format!("round {round}: {one:?}"))?;
            screen.browser.js("history.back();", Vec::new()).await?;
            screen.usable().await?;
        }
        screen.home().await?;
        screen.open_named("Unharmed").await?;
        screen.browser.find("button", "Create flow").await?;
        assert!(!screen.browser.reads("damaged").await?);
        let now = screen.browser.stored().await?;
        put_aside(&mut bad, &harmed, &hit);
        assert!(now.pieces == bad.pieces, "round {round}: other pieces than before; {hit:?} were hit");
        let ids: Vec<&str> = harmed.iter().map(|one| one.id.as_str()).collect();
        let mut damaged = now.damaged()?;
        damaged.sort_by_key(|id| ids.iter().position(|one| one == id));
        assert_eq!(damaged, ids, "round {round}");
    }
    screen.browser.close().await
}

/// Makes an integration and types more of its name, and notes after each key which change that was.
async fn typed(screen: &Screen, name: &str) -> Result<Harmed> {
    screen.home().await?;
    screen.create_integration(name).await?;
    screen.on_this_device().await?;
    let path = screen.browser.address().await?;
    let id = path.rsplit('/').find(|part| part.len() == 24).context("an id in the address")?.to_owned();
    screen.browser.press("button", "Rename integration").await?;
    screen.browser.field("Name").await?.click().await?;
    screen.browser.keys(Key::End).await?;
    let mut harmed = Harmed { id, name: name.to_owned(), before: BTreeMap::new() };
    let first = screen.browser.stored().await?;
    let mut known: Vec<String> = first.of(&harmed.id).map(|piece| piece.name.clone()).collect();
    for key in TYPED.chars() {
        screen.browser.keys(key.to_string()).await?;
        let change = until(&format!("the key {key:?} of {name} being stored"), PATIENCE, || async {
            let stored = screen.browser.stored().await?;
            let fresh: Vec<String> =
                stored.of(&harmed.id).map(|piece| piece.name.clone()).filter(|name| !known.contains(name)).collect();
            ensure!(fresh.len() < 2, "one key made {fresh:?}");
            Ok(fresh.into_iter().next())
        })
        .await?;
        known.push(change.clone());
        harmed.before.insert(change, harmed.name.clone());
        harmed.name.push(key);
    }
    Ok(harmed)
}

/// Damages one of all the bytes of a document; gives the piece as it was.
fn flip(stored: &mut Stored, document: &str, dice: &mut Dice) -> Result<Piece> {
    let mut at = dice.below(stored.of(document).map(|piece| piece.bytes.len()).sum());
    for piece in stored.pieces.iter_mut().filter(|piece| piece.document == document) {
        if at < piece.bytes.len() {
            let good = piece.clone();
            piece.bytes[at] ^= 0xff;
            return Ok(good);
        }
        at -= piece.bytes.len();
    }
    anyhow::bail!("{document} has no pieces")
}

/// The integration opens at exactly this name, or, when its beginning is damaged, not at all; and that is said.
async fn opens_at(screen: &Screen, name: Option<&String>) -> Result<()> {
    let wanted = name.map_or("This is damaged", String::as_str);
    let opened = until("what the page says", PATIENCE, || async {
        let headings = screen.browser.all("heading", wanted).await?;
        let mut found = Vec::new();
        for heading in headings {
            found.push(heading.text().await?);
        }
        ensure!(found.iter().any(|text| text == wanted), "it shows {found:?} instead of {wanted:?}");
        Ok(Some(()))
    })
    .await;
    if let Err(error) = opened {
        anyhow::bail!("{error:#}\n--- the screen\n{}", screen.browser.outline().await);
    }
    screen.browser.see("damaged").await
}

/// What is to be stored then: a damaged change is in quarantine; without a beginning everything is where it was.
fn put_aside(stored: &mut Stored, harmed: &[Harmed], hit: &[Piece]) {
    for (one, piece) in harmed.iter().zip(hit) {
        if !one.before.contains_key(&piece.name) {
            continue;
        }
        let place = |other: &&mut Piece| other.document == piece.document && other.name == piece.name;
        if let Some(damaged) = stored.pieces.iter_mut().find(place) {
            damaged.store = "quarantine".to_owned();
        }
    }
    stored.pieces.sort();
}

impl std::fmt::Debug for Harmed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "“{}” ({})", self.name, self.id)
    }
}
