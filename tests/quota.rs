//! The disk is full: for a file, and for edits.

use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use tombolo_tests::{Browser, Screen, Server, rounds, until};

#[tokio::test(flavor = "multi_thread")]
async fn one_megabyte_is_said_to_be_full_and_loses_nothing() -> Result<()> {
    fill(1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_megabytes_are_said_to_be_full_and_lose_nothing() -> Result<()> {
    fill(2).await
}

#[tokio::test(flavor = "multi_thread")]
async fn five_megabytes_are_said_to_be_full_and_lose_nothing() -> Result<()> {
    fill(5).await
}

/// How soon it must be said.
const AT_ONCE: Duration = Duration::from_secs(2);
const NO_SPACE: &str = "no more space";
const FIELD: &str = "Relative URL";
/// Of one edit; what it writes does not compress.
const EDIT_BYTES: usize = 150_000;
const MEGABYTE: u64 = 1024 * 1024;

async fn fill(megabytes: u64) -> Result<()> {
    for _ in 0..rounds(1) {
        fill_once(megabytes).await?;
    }
    Ok(())
}

async fn fill_once(megabytes: u64) -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.wait_until_offline_ready().await?;
    screen.create_integration("Before").await?;
    screen.create_flow("Too big").await?;
    screen.add_http_destination("Archive", "http://127.0.0.1:9", "/first").await?;
    screen.on_this_device().await?;
    let used = usage(&screen).await?;
    // Chromium asks for the quota once in a while only; a browser that has just started asks at its first write.
    let (device, address, page) = (screen.browser.device(), screen.address.clone(), screen.browser.address().await?);
    screen.browser.close().await?;
    let screen = Screen { browser: Browser::on(device).await?, address };
    screen.browser.quota(&screen.address, Some(used + megabytes * MEGABYTE)).await?;
    screen.browser.goto(&page).await?;
    screen.browser.find("button", "Add source").await?;

    let file = tempfile::NamedTempFile::with_suffix(".csv")?;
    a_file_does_not_fit(&screen, file.path(), megabytes).await?;
    screen.done().await?;
    // Chromium counts a refused file for a while: without this there may be no room for a single edit.
    screen.browser.quota(&screen.address, Some(usage(&screen).await? + megabytes * MEGABYTE)).await?;

    // Edits are taken until one is refused, and that is said at once.
    screen.browser.press("button", "Archive").await?;
    let mut number = 0;
    while edit(&screen, number).await? {
        number += 1;
        anyhow::ensure!(number < 100, "the quota of {megabytes} MB holds whatever is written");
    }
    assert!(number > 0, "not one edit fitted into {megabytes} MB");
    assert!(!screen.shown("return '';").await?.stored, "a refused edit is shown as stored");
    exports_everything(&screen, number).await?;

    // What was shown as saved outlives the page; the refused edit was only in it.
    screen.browser.reload().await?;
    screen.browser.press("button", "Archive").await?;
    holds(&screen, number - 1).await?;

    // Room again: the edit that waits is stored without anybody doing anything.
    number += 1;
    assert!(!edit(&screen, number).await?, "there was room in a full store");
    screen.browser.quota(&screen.address, None).await?;
    until("the waiting edit being stored", Duration::from_secs(10), || async {
        Ok(screen.shown("return '';").await?.stored.then_some(()))
    })
    .await?;
    screen.browser.reload().await?;
    screen.browser.press("button", "Archive").await?;
    holds(&screen, number).await?;
    screen.home().await?;
    screen.create_integration("After").await?;
    screen.on_this_device().await?;
    screen.browser.reload().await?;
    screen.browser.see("After").await?;
    screen.browser.close().await
}

/// What is stored already; the page and its modules are most of it.
async fn usage(screen: &Screen) -> Result<u64> {
    let usage = screen.browser.js_async("return (await navigator.storage.estimate()).usage;", Vec::new()).await?;
    usage.as_u64().context("no estimate of what is stored")
}

/// A file bigger than what is left cannot be kept.
async fn a_file_does_not_fit(screen: &Screen, file: &Path, megabytes: u64) -> Result<()> {
    let rows: String = (0..megabytes * 200_000).map(|n| format!("{n},{}\n", n * 7)).collect();
    std::fs::write(file, format!("a,b\n{rows}"))?;
    screen.browser.press("button", "Add source").await?;
    screen.browser.press("button", "File from this computer").await?;
    screen.browser.fill("Name", "Big file").await?;
    screen.browser.choose_file("File", file).await?;
    screen.browser.see_within("no space for this file", AT_ONCE).await
}

/// Writes a large address whose beginning tells its number; whether it was stored. When not, that was said in time.
async fn edit(screen: &Screen, number: usize) -> Result<bool> {
    let write = "const [field, start, size] = arguments; const bytes = new Uint8Array(size * 3 / 4); \
        for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536)); \
        let text = ''; for (let at = 0; at < bytes.length; at += 6000) text += btoa(String.fromCharCode(...bytes.subarray(at, at + 6000))); \
        field.focus(); field.value = start + text; field.dispatchEvent(new Event('input', { bubbles: true })); field.blur();";
    let before = chunks(screen).await?;
    let field = screen.browser.field(FIELD).await?.to_json()?;
    let start = Instant::now();
    let arguments = vec![field, format!("/edit{number}-").into(), EDIT_BYTES.into()];
    screen.browser.js(write, arguments).await?;
    let stored = until("the edit being stored or refused", Duration::from_secs(10), || async {
        if screen.browser.reads(NO_SPACE).await? {
            return Ok(Some(false));
        }
        Ok((chunks(screen).await? > before).then_some(true))
    })
    .await?;
    if !stored {
        assert!(start.elapsed() <= AT_ONCE, "it was said after {:?}", start.elapsed());
        println!("edit {number} did not fit; that was said after {:?}", start.elapsed());
    }
    Ok(stored)
}

/// How many changes are stored.
async fn chunks(screen: &Screen) -> Result<u64> {
    let counts = screen.browser.stored_counts().await?;
    let stores = counts.as_object().context("the databases")?;
    Ok(stores.iter().filter(|(name, _)| name.ends_with("/chunks")).filter_map(|(_, n)| n.as_u64()).sum())
}

/// Waits until the field shows the edit with this number, whole.
async fn holds(screen: &Screen, number: usize) -> Result<()> {
    let start = format!("/edit{number}-");
    until(&format!("the field holding edit {number}"), Duration::from_secs(10), || async {
        let value = screen.browser.value(FIELD).await?;
        anyhow::ensure!(value.starts_with(&start), "it holds {:.20}", value);
        Ok((value.len() == start.len() + EDIT_BYTES).then_some(()))
    })
    .await
}

/// What is on this device can be taken out, also what could not be stored.
async fn exports_everything(screen: &Screen, number: usize) -> Result<()> {
    let export = screen.exported().await?;
    let resources = export["resources"].as_object().context("resources")?;
    let all = || resources.values().filter_map(Value::as_array).flatten();
    let names: BTreeSet<&str> = all().filter_map(|one| one["name"].as_str()).collect();
    let wanted = ["Archive", "Archive server", "Before", "Big file", "Too big"];
    assert_eq!(names, BTreeSet::from(wanted));
    assert_eq!(all().count(), wanted.len());
    let archive = all().find(|one| one["name"] == "Archive").context("the destination")?;
    let address = archive["http"]["relativeURI"][0].as_str().unwrap_or_default();
    assert!(address.starts_with(&format!("/edit{number}-")), "the export has {address:.20}");
    assert_eq!(export["unreadable"], Value::Array(Vec::new()));
    Ok(())
}
