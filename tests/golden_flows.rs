//! The golden flows of `tests/corpus/flows`, on real hosts. `crates/engine/tests/golden` runs them in memory.
//!
//! `GOLDEN=part-of-a-name` in the environment leaves the others out.

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use tombolo_tests::golden_run::{run_in_browser, run_on_command_line, serve_all};
use tombolo_tests::{Browser, Server};

#[tokio::test(flavor = "multi_thread")]
async fn golden_flows_make_the_same_bytes_on_the_command_line() -> Result<()> {
    let all = serve_all().await?;
    let runs = all.iter().map(|(golden, _)| run_on_command_line(golden));
    let came: Vec<_> = stream::iter(runs).buffered(4).try_collect().await?;
    let wrong: String = all.iter().zip(&came).map(|((golden, at), came)| golden.differences(came, &at.now())).collect();
    assert!(wrong.is_empty(), "{wrong}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn golden_flows_make_the_same_bytes_in_the_browser() -> Result<()> {
    let mut all = serve_all().await?;
    // The worker runs flows in earnest only.
    all.retain(|(golden, _)| !golden.test);
    let server = Server::start().await?;
    let browser = Browser::open().await?;
    browser.goto(&server.address()).await?;
    let came = run_in_browser(&browser, &all).await?;
    browser.close().await?;
    assert_eq!(came.len(), all.len());
    let wrong: String = all.iter().zip(&came).map(|((golden, at), came)| golden.differences(came, &at.now())).collect();
    assert!(wrong.is_empty(), "{wrong}");
    Ok(())
}
