//! Waits for something to become true, never for time to pass.

use anyhow::{Result, bail};
use std::future::Future;
use std::time::{Duration, Instant};

/// How long anything on a screen may take unless a test says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Asks again and again until there is an answer.
///
/// # Errors
///
/// When there is none after `patience`; the message names `what` and the last thing that was in the way.
pub async fn until<T, F, W>(what: &str, patience: Duration, mut ask: F) -> Result<T>
where
    F: FnMut() -> W,
    W: Future<Output = Result<Option<T>>>,
{
    let start = Instant::now();
    let mut last = None;
    loop {
        match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => {}
            Err(error) => last = Some(error),
        }
        if start.elapsed() > patience {
            match last {
                Some(error) => bail!("{what}: not within {patience:?} ({error:#})"),
                None => bail!("{what}: not within {patience:?}"),
            }
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}
