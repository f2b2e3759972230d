//! Answers of the REST API that say no: `{"errors": […]}`, several at once where several things are wrong.
//!
//! Only a caller who is not let in at all is answered otherwise, with a bare `{"message": …}`, as clients of the
//! integrator's API expect it.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tombolo_docs::EditError;
use tombolo_model::Problem;
use tombolo_sync::gate::{Code, Refusal};
use tombolo_wire::rest::{ErrorBody, Errors};

use crate::error::ApiError;
use crate::fresh::NoRandom;
use crate::resources::ResourceError;
use crate::store::StoreError;

/// An answer that says no.
#[derive(Debug)]
pub(crate) enum RestError {
    /// Nobody is let in with this.
    Unauthorized(&'static str),
    /// One thing is wrong.
    Api(ApiError),
    /// These are.
    Many(StatusCode, Vec<ErrorBody>),
}

impl RestError {
    /// One error about a field.
    pub(crate) fn about(status: StatusCode, code: &str, message: impl Into<String>, field: &str) -> Self {
        Self::Many(status, vec![entry(code, message, field)])
    }

    /// One error that is about no field.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self::Api(ApiError::new(status, code, message))
    }

    /// Not there, or not for this caller.
    pub(crate) fn not_found() -> Self {
        ApiError::not_found().into()
    }

    /// Whether it says that something is not there.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Api(error) if error.status() == StatusCode::NOT_FOUND)
    }

    /// The role or the token's scope does not allow it.
    pub(crate) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Your rights, or those of this token, do not allow this. Ask an administrator of the account.",
        )
    }

    /// What was sent cannot be taken.
    pub(crate) fn invalid(problems: Vec<ErrorBody>) -> Self {
        Self::Many(StatusCode::UNPROCESSABLE_ENTITY, problems)
    }

    /// What the gate said.
    pub(crate) fn refused(refusals: &[Refusal]) -> Self {
        let status = match refusals.first().map(|refusal| refusal.code) {
            Some(Code::Rights | Code::NotMember) => StatusCode::FORBIDDEN,
            Some(Code::Gone | Code::Forgotten) => StatusCode::NOT_FOUND,
            Some(Code::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let body = |refusal: &Refusal| ErrorBody {
            code: refusal.code.as_str().to_owned(),
            message: refusal.message.clone(),
            field: None,
        };
        Self::Many(status, refusals.iter().map(body).collect())
    }
}

/// An entry of the list; the field as its path is written in JSON: `http.auth.type`.
pub(crate) fn entry(code: &str, message: impl Into<String>, place: &str) -> ErrorBody {
    let field = place.trim_start_matches('/').replace('/', ".");
    ErrorBody { code: code.to_owned(), message: message.into(), field: Some(field).filter(|field| !field.is_empty()) }
}

/// A problem of a resource as an entry.
pub(crate) fn of_problem(problem: Problem) -> ErrorBody {
    entry(&problem.code, problem.message, &problem.path)
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized(message) => {
                let mut response = (StatusCode::UNAUTHORIZED, Json(json!({ "message": message }))).into_response();
                let bearer = axum::http::HeaderValue::from_static("Bearer");
                response.headers_mut().insert(axum::http::header::WWW_AUTHENTICATE, bearer);
                response
            }
            Self::Api(error) => error.into_response(),
            Self::Many(status, errors) => (status, Json(Errors { errors })).into_response(),
        }
    }
}

impl From<ApiError> for RestError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<StoreError> for RestError {
    fn from(error: StoreError) -> Self {
        Self::Api(error.into())
    }
}

impl From<NoRandom> for RestError {
    fn from(error: NoRandom) -> Self {
        Self::Api(error.into())
    }
}

impl From<PathRejection> for RestError {
    fn from(_: PathRejection) -> Self {
        Self::not_found()
    }
}

impl From<JsonRejection> for RestError {
    fn from(rejection: JsonRejection) -> Self {
        Self::Api(rejection.into())
    }
}

impl From<ResourceError> for RestError {
    fn from(error: ResourceError) -> Self {
        match error {
            ResourceError::Store(error) => error.into(),
            damaged @ (ResourceError::Damaged { .. } | ResourceError::Document { .. }) => {
                tracing::error!(error = %damaged, "a resource cannot be read");
                Self::damaged()
            }
            ended @ ResourceError::Ended(_) => ApiError::internal(&ended).into(),
        }
    }
}

impl RestError {
    /// Some of a resource's changes cannot be read: what is left is not what people see.
    pub(crate) fn damaged() -> Self {
        let message =
            "A stored piece of this resource cannot be read on the server. Its operator can restore a backup.";
        ApiError::conflict("damaged", message).into()
    }
}

impl From<EditError> for RestError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::TooLong { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_long", format!("Shorten it: {error}."))
            }
            EditError::NotAnObject => {
                Self::new(StatusCode::BAD_REQUEST, "invalid_body", "A resource is a JSON object.")
            }
            other => ApiError::internal(&other).into(),
        }
    }
}
