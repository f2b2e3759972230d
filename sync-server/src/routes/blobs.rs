//! Files of an account, by the SHA-256 of their bytes.

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tombolo_model::Id;
use tombolo_wire::rest::BlobStored;

use super::body::Names;
use crate::app::App;
use crate::auth::caller::Entered;
use crate::blobs;
use crate::error::ApiError;
use crate::store::BlobRow;

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
    let stored = match app.store.blob(entered.account, &sha256).await? {
        Some(row) => {
            drain(body).await?;
            row
        }
        None => {
            let (mut file, row) = receive(body).await?;
            if row.sha256 != sha256 {
                return Err(ApiError::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "wrong_hash",
                    "The bytes are not those that the name says. Send them again.",
                ));
            }
            blobs::store(&app, entered.account, &mut file, row).await?;
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

async fn receive(body: Body) -> Result<(tokio::fs::File, BlobRow), ApiError> {
    let failed = |error: std::io::Error| ApiError::internal(&error);
    let file = tempfile::tempfile().map_err(failed)?;
    let mut file = tokio::fs::File::from_std(file);
    let mut hash = Sha256::new();
    let mut size_bytes = 0_u64;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| broken_off())?;
        size_bytes = size_bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if size_bytes > MOST_BYTES {
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "A file may have at most 1 GiB."));
        }
        hash.update(&chunk);
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    file.rewind().await.map_err(failed)?;
    let sha256 = hash.finalize().into();
    Ok((file, BlobRow { sha256, size_bytes }))
}

fn parse_hash(name: &str) -> Result<[u8; 32], ApiError> {
    let mut hash = [0; 32];
    hex::decode_to_slice(name, &mut hash).map_err(|_| ApiError::not_found())?;
    Ok(hash)
}
