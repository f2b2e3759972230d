//! How long an account keeps what runs leave behind.
//!
//! Invariant: nothing goes because of a shorter period that nobody has confirmed.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use tombolo_wire::rest::{AuditAction, KeepRetention, MOST_RETENTION_DAYS, PreviewRetention, RetentionPreview};

use super::account::note;
use super::body::Body;
use super::finish::finish;
use crate::app::App;
use crate::auth::caller::{Caller, Entered};
use crate::error::ApiError;
use crate::{audit, clock, retention};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// `POST /api/accounts/{account}/retention/preview`
pub(super) async fn preview(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<PreviewRetention>,
) -> Result<Json<RetentionPreview>, ApiError> {
    let now_ms = clock::now_ms();
    let before_ms = now_ms - i64::from(checked(body.days)?) * DAY_MS;
    Ok(Json(app.store.before(entered.account, before_ms, now_ms).await?))
}

/// `PUT /api/accounts/{account}/retention`
pub(super) async fn keep(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<KeepRetention>,
) -> Result<StatusCode, ApiError> {
    let (account, days) = (entered.account, checked(body.days)?);
    let before = app.store.retention_days(account).await?;
    if days < before && !body.confirmed {
        let message = "Runs that are older go at once, with their errors and files. Look at what goes, then confirm.";
        return Err(ApiError::conflict("retention_shorter", message));
    }
    finish(async move {
        app.store.keep_retention(account, days).await?;
        if days != before {
            let field = audit::field("/retentionDays", Some(before.into()), Some(days.into()));
            note(&app, account, &caller, vec![field], AuditAction::Update).await?;
        }
        if days < before {
            tokio::spawn(retention::shortened(app));
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn checked(days: u32) -> Result<u32, ApiError> {
    if (1..=MOST_RETENTION_DAYS).contains(&days) {
        return Ok(days);
    }
    Err(ApiError::invalid("days", format!("Runs are kept for 1 to {MOST_RETENTION_DAYS} days.")))
}
