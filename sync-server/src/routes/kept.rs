//! State and the data of lookup caches, for a device that runs a flow.

use axum::Json;
use axum::extract::{Extension, State};
use tombolo_model::kept::{KeptAsk, KeptReply};
use tombolo_model::{Action, Id, Kind, Permission, Standing, Subject, permission};

use super::body::Body;
use crate::app::App;
use crate::auth::caller::Entered;
use crate::error::ApiError;
use crate::kept;

/// `POST /api/accounts/{account}/kept`
///
/// The device runs the flow, so the rights are those of the person at it: whoever changes nothing writes nothing here.
pub(super) async fn ask(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Body(ask): Body<KeptAsk>,
) -> Result<Json<KeptReply>, ApiError> {
    let (subject, writes) = kept::about(&ask);
    let action = if writes { Action::Write } else { Action::Read };
    match allowed(&app, &entered, action, subject).await? {
        Permission::Granted => Ok(Json(kept::answer(&app, entered.account, ask).await?)),
        Permission::Forbidden => Err(ApiError::forbidden()),
        Permission::Absent => Ok(Json(absent(subject))),
    }
}

async fn allowed(
    app: &App,
    entered: &Entered,
    action: Action,
    subject: Option<(Kind, Id)>,
) -> Result<Permission, ApiError> {
    let Some((kind, id)) = subject else {
        let subject = Subject::Account(Kind::Integration);
        return Ok(permission(Standing::Accepted, &entered.rights, action, subject));
    };
    let home = app.store.home(entered.account, id).await?.filter(|home| home.kind == kind);
    Ok(home.map_or(Permission::Absent, |home| {
        permission(Standing::Accepted, &entered.rights, action, Subject::Resource(kind, home.home()))
    }))
}

fn absent(subject: Option<(Kind, Id)>) -> KeptReply {
    match subject {
        Some((Kind::LookupCache, id)) => KeptReply::NoCache(id),
        Some((_, id)) => {
            KeptReply::No(format!("The state of {id} is not here: it was deleted, or you may not see it."))
        }
        None => KeptReply::No("There is nothing here.".to_owned()),
    }
}
