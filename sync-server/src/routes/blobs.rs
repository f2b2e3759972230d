//! Files of an account, by the SHA-256 of their bytes.

use std::path::Path;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tombolo_model::Id;
use tombolo_wire::rest::BlobStored;

use super::body::Names;
use super::finish::finish;
use crate::app::App;
use crate::auth::caller::Entered;
use crate::blobs::{self, Receiver};
use crate::error::ApiError;
use crate::store::{BlobRow, BlobSource};

/// The largest file.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// `PUT /api/accounts/{account}/blobs/{sha256}`
///
/// The bytes wait in a temporary file until their hash is known: nothing is stored under a wrong name.
pub(super) async fn put(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Names((_, name)): Names<(Id, String)>,
    body: Body,
) -> Result<Json<BlobStored>, ApiError> {
    let sha256 = parse_hash(&name)?;
    let stored = match blobs::keep_again(&app, entered.account, &sha256).await? {
        Some(row) => {
            drain(body).await?;
            row
        }
        None => {
            let (mut file, row) = receive(body, &app.config.tmp()).await?;
            if row.sha256 != sha256 {
                return Err(ApiError::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "wrong_hash",
                    "The bytes are not those that the name says. Send them again.",
                ));
            }
            let account = entered.account;
            finish(async move { Ok(blobs::store(&app, account, &mut file, row, BlobSource::Upload).await?) }).await?;
            row
        }
    };
    Ok(Json(BlobStored { sha256: name, size_bytes: stored.size_bytes }))
}

/// `GET /api/accounts/{account}/blobs/{sha256}`
pub(super) async fn get(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Names((_, name)): Names<(Id, String)>,
) -> Result<Response, ApiError> {
    let sha256 = parse_hash(&name)?;
    let row = app.store.blob(entered.account, &sha256).await?;
    let row = row.ok_or_else(ApiError::not_found)?;
    if let Some(integrations) = entered.rights.sight()
        && !blobs::in_sight(&app, entered.account, integrations, &name)
            .await
            .map_err(|error| ApiError::internal(&error))?
    {
        return Err(ApiError::not_found());
    }
    Ok(respond(&app, entered.account, row, None))
}

/// Streams a stored file, never as something that a browser would run.
pub(crate) fn respond(app: &App, account: Id, row: BlobRow, name: Option<&str>) -> Response {
    let body = blobs::body(app, account, row.sha256);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, row.size_bytes.into());
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    if let Ok(value) = HeaderValue::from_str(&disposition(name)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    (headers, body).into_response()
}

/// RFC 6266 with the name percent-encoded, whatever is in it.
fn disposition(name: Option<&str>) -> String {
    let Some(name) = name else {
        return "attachment".to_owned();
    };
    let mut text = "attachment; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&hex::encode_upper([byte]));
        }
    }
    text
}

/// Reads what is not needed: an answer in the middle of a body looks like a broken connection.
async fn drain(body: Body) -> Result<(), ApiError> {
    let mut left = MOST_BYTES;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let length = chunk.map_or(u64::MAX, |chunk| u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        left = left.checked_sub(length).ok_or_else(broken_off)?;
    }
    Ok(())
}

fn broken_off() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "broken_off", "The file did not come to its end.")
}

async fn receive(body: Body, folder: &Path) -> Result<(tokio::fs::File, BlobRow), ApiError> {
    let mut receiver = Receiver::new(folder)?;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| broken_off())?;
        receiver.take(&chunk).await?;
        if receiver.size_bytes() > MOST_BYTES {
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "A file may have at most 1 GiB."));
        }
    }
    Ok(receiver.finish().await?)
}

fn parse_hash(name: &str) -> Result<[u8; 32], ApiError> {
    let mut hash = [0; 32];
    hex::decode_to_slice(name, &mut hash).map_err(|_| ApiError::not_found())?;
    Ok(hash)
}
