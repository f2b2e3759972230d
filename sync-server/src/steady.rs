//! Tasks that go on as long as the server does.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

/// How long a task that broke is left alone.
const PAUSE: Duration = Duration::from_secs(5);

/// Begins a task, and begins it anew whenever it breaks: without it the server would look well and start no schedule.
pub(crate) async fn keep_going<F: Future<Output = ()>>(what: &'static str, begin: impl FnMut() -> F) {
    keep_going_after(PAUSE, what, begin).await;
}

async fn keep_going_after<F: Future<Output = ()>>(pause: Duration, what: &str, mut begin: impl FnMut() -> F) {
    while AssertUnwindSafe(begin()).catch_unwind().await.is_err() {
        tracing::error!(what, "a task of the server broke; it begins anew");
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_of_the_server_that_breaks_begins_anew() {
        let mut begun = 0;
        let task = keep_going_after(Duration::ZERO, "a task", || {
            begun += 1;
            let breaks = begun < 3;
            async move { assert!(!breaks, "it breaks") }
        });
        task.await;
        assert_eq!(begun, 3);
    }
}
