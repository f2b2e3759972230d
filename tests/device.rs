//! The protocol of `/sync`, spoken by somebody who knows only its description.

use anyhow::Result;
use serde_json::json;
use tombolo_model::Kind;
use tombolo_tests::{Member, Server};

#[tokio::test(flavor = "multi_thread")]
async fn what_one_device_pushes_an_empty_one_gets() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    let resources = (0..250).map(|n| (Kind::Integration, json!({ "name": format!("Integration {n}") })));
    let made = device.create_all(resources).await?;
    let mut empty = owner.device(owner.account()).await?;
    let documents = empty.bootstrap().await?;
    assert_eq!(documents.len(), made.len());
    assert!(documents.iter().all(|document| document.describe().name.starts_with("Integration ")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconnect_without_news_costs_less_than_a_kilobyte() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    let resources = (0..100).map(|n| (Kind::Integration, json!({ "name": format!("Integration {n}") })));
    device.create_all(resources).await?;
    let cursor = owner.device(owner.account()).await?.catch_up().await?;
    let mut again = owner.resume(owner.account(), cursor).await?;
    again.ping().await?;
    assert!(again.traffic().bytes <= 1024, "{:?}", again.traffic());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_changes_survive_a_killed_server() -> Result<()> {
    let mut server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    let made = device.create(Kind::Integration, &json!({ "name": "Acknowledged" })).await?;
    server.kill()?;
    server.resume().await?;
    let documents = owner.device(owner.account()).await?.bootstrap().await?;
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0].heads(), made.heads());
    Ok(())
}
