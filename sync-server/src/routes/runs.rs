//! Runs on the server: started, canceled, their files.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Response;
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::{AuditAction, RunStarted};
use tombolo_wire::run::{RunStatus, RunType};

use super::blobs::respond;
use super::body::Names;
use crate::app::App;
use crate::audit;
use crate::auth::caller::{Caller, Entered};
use crate::error::ApiError;
use crate::fresh;
use crate::resources::ResourceError;
use crate::runner::{self, StartError, Wish};
use crate::store::BlobRow;

/// `POST /api/accounts/{account}/flows/{flow}/run`
pub(super) async fn start(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Names((_, flow)): Names<(Id, Id)>,
) -> Result<Json<RunStarted>, ApiError> {
    let run = fresh::id()?;
    match runner::start(&app, entered.account, flow, run, Wish::of(caller.user.id, RunType::Manual)).await {
        Ok(name) => {
            let event = audit::told(caller.user.id, Kind::Flow.name(), Some(flow), &name, AuditAction::Run);
            audit::note(&app, entered.account, event).await;
            Ok(Json(RunStarted { run }))
        }
        Err(error) => Err(not_started(error)),
    }
}

/// Why there is no run, for whoever wanted one.
pub(crate) fn not_started(error: StartError) -> ApiError {
    match error {
        StartError::NoFlow(_) => ApiError::not_found(),
        StartError::Binned(_) => {
            ApiError::conflict("in_bin", "The flow or its integration is in the recycle bin. Restore it first.")
        }
        StartError::Leaving(_) => ApiError::conflict(
            "in_transfer",
            "The flow is being handed over to another account. It runs there once that is done.",
        ),
        StartError::Disabled(_) => ApiError::conflict("flow_disabled", "The flow is switched off. Switch it on first."),
        StartError::Running(_) => {
            ApiError::conflict("already_running", "The flow is running on the server. Wait for it or cancel it.")
        }
        StartError::Full => {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too many runs are waiting. Try again in a while.")
        }
        StartError::TooDeep => ApiError::conflict(
            "started_too_often",
            "Flows have started each other too often in a row, so this one was not started. Start it by hand, or look at which flow starts which.",
        ),
        StartError::Store(error) | StartError::Resource(ResourceError::Store(error)) => error.into(),
        StartError::Resource(error @ (ResourceError::Damaged { .. } | ResourceError::Document { .. })) => {
            tracing::error!(%error, "a flow cannot be run");
            ApiError::conflict(
                "damaged",
                "A stored piece of the flow or its integration cannot be read on the server. Its operator can restore a backup.",
            )
        }
        error @ (StartError::Resource(_) | StartError::Random(_) | StartError::Ended) => ApiError::internal(&error),
    }
}

/// `POST /api/accounts/{account}/runs/{run}/cancel`
///
/// Accepted only when the run ends as canceled: whoever stops one that has just completed is not told that it was stopped.
pub(super) async fn cancel(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Names((_, run)): Names<(Id, Id)>,
) -> Result<StatusCode, ApiError> {
    let is_known = match app.runner.cancel(entered.account, run).await {
        Some(RunStatus::Canceled) => return Ok(StatusCode::ACCEPTED),
        Some(_) => true,
        None => app.store.run(entered.account, run).await?.is_some(),
    };
    if is_known {
        Err(ApiError::conflict("not_running", "This run has ended, or runs elsewhere."))
    } else {
        Err(ApiError::not_found())
    }
}

/// `GET /api/accounts/{account}/runs/{run}/files/{step}`
pub(super) async fn file(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Names((_, run, step)): Names<(Id, Id, String)>,
) -> Result<Response, ApiError> {
    let file = app.store.run_file(entered.account, run, &step).await?;
    let file = file.ok_or_else(ApiError::not_found)?;
    let blob = BlobRow { sha256: file.sha256, size_bytes: file.size_bytes };
    Ok(respond(&app, entered.account, blob, Some(&file.name)))
}
