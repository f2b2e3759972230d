//! Secrets of connections, and of listeners, which go nowhere: written, named, removed, never read.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use tombolo_model::{Id, Kind, Shape, shapes};
use tombolo_wire::rest::{AuditAction, DeleteSecret, FieldChange, PutSecret, Secrets};

use super::body::{Body, Names};
use crate::app::App;
use crate::auth::caller::{Caller, Entered};
use crate::clock;
use crate::error::ApiError;
use crate::runner::outages;
use crate::store::{AuditEvent, CLIENT_HOSTS};
use crate::vault::SecretPlace;
use crate::{audit, resources};

/// The longest secret; private keys are the long ones.
const LONGEST: usize = 64 * 1024;
/// The most secrets of an account that belong to nothing: a device sends a new connection and its secrets on two roads.
const MOST_LOOSE: u32 = 200;

/// `GET /api/accounts/{account}/connections/{connection}/secrets`
pub(super) async fn list(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Names((_, connection)): Names<(Id, Id)>,
) -> Result<Json<Secrets>, ApiError> {
    let secrets = app.store.secrets(entered.account, &[connection]).await?;
    let paths = secrets.into_iter().map(|secret| secret.path).filter(|path| path != CLIENT_HOSTS).collect();
    Ok(Json(Secrets { paths }))
}

/// `PUT /api/accounts/{account}/connections/{connection}/secrets`
pub(super) async fn put(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Names((_, connection)): Names<(Id, Id)>,
    Body(body): Body<PutSecret>,
) -> Result<StatusCode, ApiError> {
    let holds = |kind| shapes(kind).shape(&body.path) == Shape::Secret;
    let of_listener = holds(Kind::Export);
    if !of_listener && ![Kind::Connection, Kind::IClient].into_iter().any(holds) {
        return Err(ApiError::invalid("path", "This field of a connection, iClient or listener holds no secret."));
    }
    if body.value.is_empty() || body.value.len() > LONGEST {
        return Err(ApiError::invalid("value", "Enter a secret of at most 64 KiB."));
    }
    let hosts = if of_listener { Vec::new() } else { checked_hosts(body.hosts)? };
    let place = SecretPlace { account: entered.account, connection, path: &body.path };
    let sealed = app.vault.seal(place, hosts, &body.value).map_err(|error| ApiError::internal(&error))?;
    let have = app.store.secrets(entered.account, &[connection]).await?;
    let before = have.iter().any(|secret| secret.path == body.path);
    let there = app.store.home(entered.account, connection).await?.is_some();
    if !there && !before && app.store.loose_secrets(entered.account).await? >= MOST_LOOSE {
        let message = "Too many secrets wait for connections that have not come to the server yet. Let this device go online, then enter it again.";
        return Err(ApiError::conflict("too_many_secrets", message));
    }
    app.store.put_secret(entered.account, &sealed, caller.user.id, clock::now_ms()).await?;
    outages::changed(&app, entered.account, connection).await;
    let field = audit::masked(&body.path, before, true);
    noted(&app, entered.account, caller.user.id, connection, field).await;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/accounts/{account}/connections/{connection}/secrets`
pub(super) async fn delete(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Names((_, connection)): Names<(Id, Id)>,
    Body(body): Body<DeleteSecret>,
) -> Result<StatusCode, ApiError> {
    let gone = app.store.delete_secret(entered.account, connection, &body.path).await?;
    if !gone {
        return Err(ApiError::not_found());
    }
    let field = audit::masked(&body.path, true, false);
    noted(&app, entered.account, caller.user.id, connection, field).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Into the audit log, under the connection's name.
async fn noted(app: &App, account: Id, user: Id, connection: Id, field: FieldChange) {
    let found = resources::read(&*app.store, account, connection).await.ok().flatten();
    let kind = found.as_ref().map_or(Kind::Connection, |found| found.kind);
    let name = found.as_ref().and_then(|found| found.value.get("name")?.as_str()).unwrap_or_default();
    let event = audit::told(user, kind.name(), Some(connection), name, AuditAction::Update);
    audit::note(app, account, AuditEvent { fields: vec![field], ..event }).await;
}

/// The hosts that the device named when the secret was entered (decision 24). They are never read from the document:
/// whoever may edit the connection could then send its secrets elsewhere.
fn checked_hosts(hosts: Vec<String>) -> Result<Vec<String>, ApiError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    let fine = |host: &String| {
        let host = host.strip_prefix("http://").unwrap_or(host);
        !host.is_empty() && host.len() <= 253 && host.chars().all(plain)
    };
    if hosts.is_empty() || hosts.len() > 20 || !hosts.iter().all(fine) {
        return Err(ApiError::invalid(
            "hosts",
            "Name 1 to 20 hosts such as api.example.com, or http://api.example.com for one without encryption.",
        ));
    }
    Ok(hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect())
}
