//! A run that wants more memory than it may have.

use reqwest::{Method, StatusCode};
use tombolo_wire::run::RunStatus;

use crate::device::Device;
use crate::runs::{build, build_hoarding, child_of, endpoint, limits_of, put_secret, start, until_row};
use crate::server::Server;

#[tokio::test]
async fn a_run_that_wants_too_much_memory_fails_and_costs_neither_the_server_nor_its_neighbour() {
    let (base, received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network", "--run-memory", "320"]);
    let mut ann = server.person("ann").await;
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let beside = build(&mut device, &base, "/never").await;
    // Each source holds its page until it is taken, and all of them take more than a whole run may have here.
    let greedy = build_hoarding(&mut device, &base, "/large", 20).await;
    let modest = build(&mut device, &base, "/orders").await;
    for built in [&beside, &greedy, &modest] {
        put_secret(&mut ann, built).await;
    }
    let neighbour = start(&mut ann, beside.flow).await;
    until_row(&mut device, |row| row.id == neighbour && row.status == RunStatus::Running).await;
    let cap = (320 * 1024 * 1024).to_string();
    assert_eq!(limits_of(&child_of(&server), "Max address space"), [cap.as_str(), cap.as_str()]);

    let run = start(&mut ann, greedy.flow).await;
    let (row, _) = until_row(&mut device, |row| row.id == run && row.ended_ms.is_some()).await;
    assert_eq!(row.status, RunStatus::Failed, "{row:?}");
    let error = row.error.unwrap();
    assert_eq!(error.code, "worker_ended", "{error:?}");
    assert!(error.message.contains("320 MiB"), "{}", error.message);
    assert!(received.lock().unwrap().is_empty());

    assert_eq!(ann.browser.get("/healthz").await.status(), StatusCode::OK);
    let run = start(&mut ann, modest.flow).await;
    let (row, _) = until_row(&mut device, |row| row.id == run && row.ended_ms.is_some()).await;
    assert_eq!(row.status, RunStatus::Completed, "{row:?}");
    // The neighbour has been there all the time.
    let cancel = format!("/api/accounts/{}/runs/{neighbour}/cancel", ann.account);
    assert_eq!(ann.browser.send(Method::POST, &cancel, None).await.status(), StatusCode::ACCEPTED);
    let (row, _) = until_row(&mut device, |row| row.id == neighbour && row.ended_ms.is_some()).await;
    assert_eq!(row.status, RunStatus::Canceled);
}
