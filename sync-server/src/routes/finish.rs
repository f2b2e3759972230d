//! Work that goes on when the request that asked for it is dropped.

use tracing::Instrument;

use crate::audit;
use crate::error::ApiError;

/// Carries work to its end, whether or not somebody waits for the answer.
///
/// A browser that goes away in the middle of a request drops its handler. What was committed by then must still be
/// told: a removed member whose open socket hears nothing would go on reading.
pub(super) async fn finish<T: Send + 'static>(
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::spawn(audit::by_road(audit::road(), work).in_current_span())
        .await
        .map_err(|error| ApiError::internal(&error))?
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::poll;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_request_that_is_dropped_does_not_stop_its_work() {
        let (commit, committed) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        {
            let work = finish(async move {
                committed.await.unwrap();
                tell.send("the others").unwrap();
                Ok(())
            });
            assert!(poll!(pin!(work)).is_pending());
        }
        commit.send(()).unwrap();
        assert_eq!(told.await, Ok("the others"));
    }
}
