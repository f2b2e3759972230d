//! Errors over HTTP: the status, a stable code, a message, the field.
//!
//! Nothing internal leaves the server: a 5xx is logged once, here, and answered with one sentence.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tombolo_wire::rest::{ErrorBody, Errors};

use crate::auth::details::Wrong;
use crate::blobs::BlobError;
use crate::fresh::NoRandom;
use crate::store::StoreError;

/// An answer that says no.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    field: Option<&'static str>,
    retry_after_s: Option<u64>,
}

impl ApiError {
    /// Any status with a code and a message.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: None, retry_after_s: None }
    }

    /// Its status.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// What it says.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Nobody is signed in.
    pub(crate) fn signed_out() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "signed_out", "Sign in first.")
    }

    /// The person may not do this here.
    pub(crate) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Your role does not allow this. Ask an administrator of the account.",
        )
    }

    /// The account is entered with a second factor only.
    pub(crate) fn factor_needed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "factor_needed",
            "This account asks you for a second factor. Set one up under Password and security, then reload.",
        )
    }

    /// The account is entered through its single sign-on only.
    pub(crate) fn sso_needed(organization: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "sso_needed",
            format!("This account asks you to sign in with single sign-on. Its organization id is “{organization}”."),
        )
    }

    /// A personal token works while its person comes through the account's single sign-on.
    pub(crate) fn sso_of_token(organization: Option<&str>) -> Self {
        let how = organization.map_or_else(
            || "The account has none any more: make another token, signed in with your password.".to_owned(),
            |organization| format!("Sign in with it once; its organization id is “{organization}”."),
        );
        let message = format!("Whose token this is has not come through single sign-on for 30 days. {how}");
        Self::new(StatusCode::FORBIDDEN, "sso_needed", message)
    }

    /// Single sign-on of one account opens no other, and not what is the person's own.
    pub(crate) fn password_needed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "password_needed",
            "You are signed in through an organization, which opens its own account only. Sign in with your password.",
        )
    }

    /// What a socket is told of it, when it is one of the three that a member can do something about.
    pub(crate) fn demand(&self) -> Option<&'static str> {
        match self.code {
            "factor_needed" => Some("factorNeeded"),
            "sso_needed" => Some("ssoNeeded"),
            "password_needed" => Some("passwordNeeded"),
            _ => None,
        }
    }

    /// Not there, or not for this person: both look alike.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
    }

    /// The path is known, and takes other methods.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take this method.")
    }

    /// A field is wrong.
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message).about(field)
    }

    /// The same, about this field.
    pub(crate) fn about(self, field: &'static str) -> Self {
        Self { field: Some(field), ..self }
    }

    /// It clashes with what is there.
    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// The same, with the seconds after which it may be tried again.
    pub(crate) fn again_in(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// Too often.
    pub(crate) fn slow_down(seconds: u64) -> Self {
        Self {
            retry_after_s: Some(seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_attempts",
                format!("Too many attempts from here. Try again in {seconds} seconds."),
            )
        }
    }

    /// There is no room on the server's disk.
    fn storage_full(error: &dyn std::error::Error) -> Self {
        log(error);
        Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "storage_full",
            "The server's disk is full. Nothing was stored; ask its operator for room and try again.",
        )
    }

    /// Something failed that is not the caller's fault.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        log(error);
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The server could not do this. Try again; its log says why.",
        )
    }
}

fn log(error: &dyn std::error::Error) {
    let mut why = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        why = format!("{why}: {cause}");
        source = cause.source();
    }
    tracing::error!(error = %why, "a request failed");
}

impl ApiError {
    /// What it says, as JSON.
    pub(crate) fn body(&self) -> Errors {
        let (code, message) = (self.code.to_owned(), self.message.clone());
        Errors { errors: vec![ErrorBody { code, message, field: self.field.map(str::to_owned) }] }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert("retry-after", seconds.into());
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full { .. } => Self::storage_full(&error),
            other => Self::internal(&other),
        }
    }
}

impl From<BlobError> for ApiError {
    fn from(error: BlobError) -> Self {
        match error {
            full if full.is_full() => Self::storage_full(&full),
            BlobError::Store(error) => error.into(),
            BlobError::File(_) => Self::internal(&error),
        }
    }
}

impl From<Wrong> for ApiError {
    fn from(wrong: Wrong) -> Self {
        Self::invalid(wrong.field, wrong.message)
    }
}

impl From<NoRandom> for ApiError {
    fn from(error: NoRandom) -> Self {
        Self::internal(&error)
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(
            rejection.status(),
            "invalid_body",
            format!("The body was not understood: {}.", rejection.body_text()),
        )
    }
}

impl From<WebSocketUpgradeRejection> for ApiError {
    fn from(rejection: WebSocketUpgradeRejection) -> Self {
        let message = format!("Only a WebSocket is opened here: {}.", rejection.body_text());
        Self::new(rejection.status(), "no_socket", message)
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_query",
            format!("The address asks for something unknown: {}.", rejection.body_text()),
        )
    }
}

impl From<PathRejection> for ApiError {
    fn from(_: PathRejection) -> Self {
        Self::not_found()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use axum::body;

    use super::*;

    #[tokio::test]
    async fn a_full_disk_is_named_and_who_can_help_wherever_it_was_noticed() {
        let full = || StoreError::Full { doing: "writing a file", source: "no space".into() };
        for error in [
            ApiError::from(full()),
            ApiError::from(BlobError::from(full())),
            ApiError::from(BlobError::from(io::Error::from(io::ErrorKind::StorageFull))),
            ApiError::from(BlobError::from(io::Error::from(io::ErrorKind::QuotaExceeded))),
        ] {
            let answer = error.into_response();
            assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE);
            let bytes = body::to_bytes(answer.into_body(), 10_000).await.unwrap();
            let said: Errors = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(said.errors[0].code, "storage_full");
            let sentence = &said.errors[0].message;
            assert!(sentence.contains("disk is full") && sentence.contains("ask its operator for room"), "{sentence}");
        }
        let other = ApiError::from(BlobError::from(io::Error::from(io::ErrorKind::UnexpectedEof)));
        assert_eq!(other.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
