//! What an account may have and what it has.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use tombolo_model::Kind;
use tombolo_model::views::Flow;
use tombolo_wire::rest::{Amounts, AuditAction, FieldChange, KeepLimits, Metered, Subscription};

use super::account::note;
use super::body::Body;
use super::finish::finish;
use crate::app::App;
use crate::auth::caller::{Caller, Entered};
use crate::error::ApiError;
use crate::rest::error::RestError;
use crate::rest::mirror::{self, Found};
use crate::{audit, clock};

/// The highest limit: a number that every program reads as it is written.
const MOST: u64 = 1 << 53;

/// `GET /api/accounts/{account}/subscription`
pub(super) async fn show(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
) -> Result<Json<Subscription>, ApiError> {
    let account = entered.account;
    let mut usage = app.store.counted(account, clock::now_ms()).await?;
    for (kind, metered) in [
        (Kind::Integration, Metered::Integrations),
        (Kind::Flow, Metered::Flows),
        (Kind::Connection, Metered::Connections),
        (Kind::LookupCache, Metered::LookupCaches),
    ] {
        let mut found = mirror::all(&app, account, Some(kind)).await.map_err(unread)?;
        found.retain(|found| !found.seen.binned);
        usage.insert(metered, count(found.len()));
        if kind == Kind::Flow {
            usage.insert(Metered::FlowsOn, count(found.iter().filter(|flow| is_on(flow)).count()));
        }
    }
    Ok(Json(Subscription { limits: app.store.limits(account).await?, usage }))
}

fn is_on(flow: &Found) -> bool {
    !Flow(&flow.seen.value).disabled()
}

fn count(many: usize) -> u64 {
    u64::try_from(many).unwrap_or(u64::MAX)
}

/// Why is in the log already.
fn unread(_: RestError) -> ApiError {
    ApiError::internal(&std::io::Error::other("the resources of an account cannot be counted"))
}

/// `PUT /api/accounts/{account}/limits`
pub(super) async fn keep(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<KeepLimits>,
) -> Result<StatusCode, ApiError> {
    if body.limits.values().any(|limit| *limit > MOST) {
        return Err(ApiError::invalid("limits", "This limit is higher than anything can be: leave it out."));
    }
    finish(async move {
        let before = app.store.limits(entered.account).await?;
        app.store.keep_limits(entered.account, &body.limits).await?;
        let fields = differing(&before, &body.limits);
        if !fields.is_empty() {
            note(&app, entered.account, &caller, fields, AuditAction::Update).await?;
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn differing(before: &Amounts, after: &Amounts) -> Vec<FieldChange> {
    let of = |amounts: &Amounts, metered| amounts.get(&metered).copied().map(Into::into);
    Metered::ALL
        .into_iter()
        .filter(|metered| before.get(metered) != after.get(metered))
        .map(|metered| audit::field(&format!("/limits/{}", metered.name()), of(before, metered), of(after, metered)))
        .collect()
}
