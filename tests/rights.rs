//! What a person may not change is refused, kept, and accepted once they may.

use anyhow::Result;
use serde_json::json;
use std::time::Duration;
use tombolo_model::Kind;
use tombolo_tests::{Link, Member, Screen, Server, downloads, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_made_as_a_monitor_is_parked_and_can_be_tried_again_later() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let colleague = Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    device.create(Kind::Integration, &json!({ "name": "Shared" })).await?;
    owner.invite("jonas@example.com", "manage").await?;

    let wire = Link::to(server.port()).await?;
    let screen = Screen::open(&wire.address()).await?;
    screen.sign_in("jonas@example.com").await?;
    screen.switch_account("Ines").await?;
    screen.home().await?;
    screen.open_named("Shared").await?;
    // The right goes while the device is away, so that it edits in good faith.
    wire.cut();
    screen.rename_integration("Shared by Jonas").await?;
    screen.on_this_device().await?;
    owner.change_role(colleague.me.user.id, "monitor").await?;
    wire.mend();
    screen.not_accepted().await?;
    screen.browser.gone("Shared by Jonas").await?;

    screen.visit("/not-accepted").await?;
    screen.browser.see("Shared by Jonas").await?;
    screen.browser.press("button", "Export").await?;
    let folder = screen.browser.downloads();
    let (_, export) = downloads::finished(&folder, ".json", Duration::from_secs(10)).await?;
    assert!(String::from_utf8(export)?.contains("Shared by Jonas"));

    owner.change_role(colleague.me.user.id, "manage").await?;
    until("the retry being accepted", Duration::from_secs(15), || async {
        screen.browser.press("button", "Try again").await?;
        Ok((!screen.browser.reads("Shared by Jonas").await?).then_some(()))
    })
    .await?;
    screen.on_the_server().await?;
    screen.home().await?;
    screen.browser.see("Shared by Jonas").await?;
    screen.open_named("Shared by Jonas").await?;
    screen.rename_integration("Shared by both").await?;
    screen.on_the_server().await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_member_keeps_what_was_not_accepted() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let colleague = Member::sign_up(&server.address(), "Jonas", "jonas@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    device.create(Kind::Integration, &json!({ "name": "Shared" })).await?;
    owner.invite("jonas@example.com", "manage").await?;
    let wire = Link::to(server.port()).await?;
    let screen = Screen::open(&wire.address()).await?;
    screen.sign_in("jonas@example.com").await?;
    screen.switch_account("Ines").await?;
    screen.home().await?;
    screen.open_named("Shared").await?;
    wire.cut();
    screen.rename_integration("Renamed while away").await?;
    screen.on_this_device().await?;
    owner.remove(colleague.me.user.id).await?;
    wire.mend();
    screen.not_accepted().await?;
    screen.visit("/not-accepted").await?;
    screen.browser.see("Renamed while away").await?;
    screen.browser.close().await
}
