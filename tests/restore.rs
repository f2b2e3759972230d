//! The server is set back to yesterday's backup; a browser that was there brings back what it lacks.

use anyhow::Result;
use serde_json::json;
use std::time::Duration;
use tombolo_model::run::RunStatus;
use tombolo_tests::flows::{self, Destination, Source, row};
use tombolo_tests::{Everything, Member, Screen, Server, until};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn what_a_restored_backup_lacks_comes_back_from_a_browser() -> Result<()> {
    let mut server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let hash = owner.store(b"a\n1\n2\n3\n").await?;
    let mappings = json!([row("$.a", "a", "string")]);
    let flow = flows::flow("Nightly", &Source::Csv(&hash), None, &mappings, &Destination::Json("nightly.json"));
    owner.device(owner.account()).await?.create_flow(&flow).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.open_flow("Nightly integration", "Nightly").await?;

    let folder = tempfile::tempdir()?;
    let backup = folder.path().join("yesterday.backup");
    server.back_up(&backup)?;
    screen.rename_flow("Renamed after the backup").await?;
    screen.completes(PATIENCE).await?;
    screen.on_the_server().await?;
    let there = |all: &Everything| {
        let completed = all.runs.values().any(|run| run.status == RunStatus::Completed && run.flow == flow.flow);
        all.value(flow.flow)["name"] == "Renamed after the backup" && completed
    };
    until("the server having both", PATIENCE, || async { Ok(there(&Everything::of(&owner).await?).then_some(())) })
        .await?;

    server.kill()?;
    server.restore(&backup)?;
    server.resume().await?;
    // A restored server knows nobody's sign-in any more; what the browser has waits for it.
    until("the page saying that the sign-in is over", PATIENCE, || async {
        let said = screen.browser.reads("signed out").await? || screen.browser.reads("Your sign-in has ended").await?;
        Ok(said.then_some(()))
    })
    .await?;
    screen.sign_in("ines@example.com").await?;
    let owner = Member::sign_in(&server.address(), "ines@example.com").await?;
    until("the edit and the run on a fresh device", PATIENCE, || async {
        let all = Everything::of(&owner).await?;
        anyhow::ensure!(there(&all), "{:?} and {} runs", all.value(flow.flow)["name"], all.runs.len());
        Ok(Some(()))
    })
    .await?;
    let all = Everything::of(&owner).await?;
    assert_eq!(all.runs.len(), 1, "the run is there more than once");
    assert_eq!(all.names().iter().filter(|name| *name == "Renamed after the backup").count(), 1);
    screen.on_the_server().await?;
    screen.open_flow("Nightly integration", "Renamed after the backup").await?;
    screen.browser.see("Completed").await?;
    screen.browser.close().await
}
