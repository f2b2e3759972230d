//! Half a megabyte that would become half a gigabyte: a change of deflated zeros with a wrong checksum.

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::json;
use std::io::Write;
use tombolo_model::Kind;
use tombolo_tests::{Everything, FakeServer, Member, Screen, Server, process};

/// What either end may grow by.
const EXTRA_KIB: u64 = 64 * 1024;

/// A compressed change chunk (type 2) of zeros.
fn bomb() -> Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..512 {
        encoder.write_all(&zeros)?;
    }
    let deflated = encoder.finish()?;
    let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83, 1, 2, 3, 4, 2];
    let mut length = deflated.len();
    while length >= 0x80 {
        chunk.push(u8::try_from(length & 0x7f)? | 0x80);
        length >>= 7;
    }
    chunk.push(u8::try_from(length)?);
    chunk.extend(deflated);
    Ok(chunk)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_refuses_it_and_hardly_grows() -> Result<()> {
    let bomb = bomb()?;
    assert!(bomb.len() > 500_000);
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    let document = device.create(Kind::Integration, &json!({ "name": "Target" })).await?;
    let pid = server.pid().context("it runs")?;
    let before = process::memory_kib(pid, "VmHWM").context("its memory")?;
    let push = device.push(document.id(), vec![bomb]).await?;
    assert!(device.settled(push).await.is_err(), "it was accepted");
    let after = process::memory_kib(pid, "VmHWM").context("its memory")?;
    assert!(after - before < EXTRA_KIB, "the server grew from {before} to {after} KiB");
    // It serves on.
    owner.device(owner.account()).await?.create(Kind::Integration, &json!({ "name": "After" })).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_sent_one_refuses_it_hardly_grows_and_works_on() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    let target = device.create(Kind::Integration, &json!({ "name": "Target" })).await?;
    let fake = FakeServer::start(&server.address()).await?;
    let screen = Screen::open(&fake.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.home().await?;
    // Open, so that the change is applied and not only stored.
    screen.open_named("Target").await?;
    screen.browser.find("button", "Create flow").await?;
    let module = screen.browser.store_memory().await?;
    let renderers: Vec<_> = screen.browser.renderers().into_iter().filter(|id| process::reset_peak(*id)).collect();
    let before: Vec<_> = renderers.iter().filter_map(|id| process::memory_kib(*id, "VmHWM")).collect();
    assert!(!before.is_empty(), "no renderer was found");

    fake.send_change(target.id(), bomb()?)?;
    fake.wait_until_delivered().await?;
    screen.browser.see("left out").await?;
    let grown = screen.browser.store_memory().await?.saturating_sub(module) / 1024;
    assert!(grown < EXTRA_KIB, "the store's module grew by {grown} KiB");
    for (id, before) in renderers.iter().zip(before) {
        let after = process::memory_kib(*id, "VmHWM").context("a renderer ended")?;
        println!("renderer {id} held {before} KiB and {after} KiB at most; the module grew by {grown} KiB");
        assert!(after.saturating_sub(before) < EXTRA_KIB, "a renderer grew from {before} to {after} KiB");
    }

    // The target is as it was, and everything goes on.
    screen.browser.see("Target").await?;
    screen.rename_integration("Target, still").await?;
    screen.on_the_server().await?;
    assert_eq!(Everything::of(&owner).await?.value(target.id())["name"], "Target, still");
    screen.home().await?;
    screen.create_integration("After").await?;
    screen.on_this_device().await?;
    screen.browser.close().await
}
