//! How many bodies are read at the same time: what is not read whole yet has proved nothing and is held in memory.
//!
//! A body that says that it is small needs no place, as at other doors without a session, so whoever sends large ones slowly
//! keeps no small one out.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use tokio::sync::Semaphore;

use crate::error::ApiError;
use crate::rest::error::RestError;

/// So many large ones.
const AT_ONCE: usize = 64;
/// The largest that needs no place.
const SMALL_BYTES: u64 = 256 * 1024;
/// None may take longer to come.
const LONGEST: Duration = Duration::from_secs(60);
/// After this long there may be a place.
const LATER_S: u64 = 5;

/// The places for large bodies.
#[derive(Debug)]
pub(super) struct Bodies(Semaphore);

impl Default for Bodies {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl Bodies {
    /// Reads a body, if there is a place for it.
    ///
    /// # Errors
    ///
    /// Returns what the sender is told: there is none, it took too long, or what is wrong with the body.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: impl Future<Output = Result<Bytes, RestError>> + Send,
    ) -> Result<Bytes, RestError> {
        let _place =
            if is_small(headers) { None } else { Some(self.0.try_acquire().map_err(|_| RestError::from(too_many()))?) };
        tokio::time::timeout(LONGEST, body).await.map_err(|_| RestError::from(too_slow()))?
    }
}

fn is_small(headers: &HeaderMap) -> bool {
    let size = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    size.is_some_and(|size| size <= SMALL_BYTES)
}

fn too_many() -> ApiError {
    let message = "Too much is being sent to listeners at this moment. Try again in a few seconds.";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).again_in(LATER_S)
}

fn too_slow() -> ApiError {
    let message = "The body took more than a minute to come. Send it again, or less of it.";
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn large_bodies_wait_for_no_place_and_small_ones_need_none() {
        let (bodies, mut small) = (Bodies::default(), HeaderMap::new());
        small.insert(CONTENT_LENGTH, "3".parse().unwrap());
        let body = || async { Ok(Bytes::from_static(b"abc")) };
        assert!(bodies.read(&HeaderMap::new(), body()).await.is_ok());
        let _all = bodies.0.try_acquire_many(64).unwrap();
        assert!(bodies.read(&HeaderMap::new(), body()).await.is_err());
        assert!(bodies.read(&small, body()).await.is_ok());
    }
}
