//! Connections and iClients for devices of those who may not open them: what lists and flows show of them, and no more.

use axum::Json;
use axum::extract::{Extension, State};
use tombolo_model::{Action, Home, Kind, catalogue};
use tombolo_wire::rest::Stubs;
use tombolo_wire::store::CatalogueRow;

use crate::app::App;
use crate::auth::caller::Entered;
use crate::rest::error::RestError;
use crate::rest::mirror::{self, Found};

/// `GET /api/accounts/{account}/stubs`
pub(super) async fn list(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
) -> Result<Json<Stubs>, RestError> {
    let mut stubs = Stubs::default();
    if entered.rights.sees_all() {
        return Ok(Json(stubs));
    }
    for kind in [Kind::Connection, Kind::IClient] {
        for found in mirror::all(&app, entered.account, Some(kind)).await? {
            let home = Home { owner: found.row.owner, registered: &found.row.registered };
            let may = |action| entered.rights.may(action, kind, home);
            if may(Action::Read) && !may(Action::Open) {
                stubs.stubs.push(stub(&found));
            }
        }
    }
    Ok(Json(stubs))
}

/// What is told of one. What it refers to says how it signs in.
fn stub(Found { row, seen }: &Found) -> CatalogueRow {
    let described = catalogue::describe(row.kind, &seen.value);
    CatalogueRow {
        id: row.id,
        kind: row.kind,
        name: described.name,
        integration: row.owner,
        disabled: described.disabled,
        binned: seen.binned,
        references: Vec::new(),
        adaptor: described.adaptor,
        lookup: false,
        group: None,
        conflicts: 0,
        modified_ms: row.modified_ms,
        pending: false,
        damaged: seen.damaged,
    }
}
