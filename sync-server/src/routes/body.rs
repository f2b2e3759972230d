//! JSON bodies and path parameters whose refusals have our error shape.

use axum::extract::{FromRequest, FromRequestParts, Path, Query};

use crate::error::ApiError;

/// A JSON body.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(ApiError))]
pub(super) struct Body<T>(pub(super) T);

/// The names in the path; one that is no id is not found.
#[derive(FromRequestParts)]
#[from_request(via(Path), rejection(ApiError))]
pub(super) struct Names<T>(pub(super) T);

/// What is asked for behind the question mark; a name that is not known is refused.
#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(ApiError))]
pub(super) struct Asked<T>(pub(super) T);
