//! Packages of what an account has, and what is made of them, for somebody who calls the API. What goes along and what
//! becomes of ids is `tombolo-package`'s to decide, the same as in a browser.

use axum::http::StatusCode;
use tombolo_model::{Action, Id, Kind};
use tombolo_package::{Closure, Package, PackageError, Plan, Purpose};

use super::acting::{Acting, Scope};
use super::error::RestError;
use super::mirror::{self, Found};
use super::{references, write};
use crate::app::App;

impl From<PackageError> for RestError {
    fn from(error: PackageError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_package", error.to_string())
    }
}

/// Refuses tokens that reach single resources: what is packed or made is outside of what they reach.
pub(crate) fn whole(acting: &Acting) -> Result<(), RestError> {
    if acting.scope == Scope::Whole { Ok(()) } else { Err(RestError::forbidden()) }
}

/// Gathers a resource and what belongs to it, as far as the caller sees it.
pub(crate) async fn gather(app: &App, acting: &Acting, purpose: Purpose, root: &Found) -> Result<Package, RestError> {
    let id = root.row.id;
    let mut owned = Vec::new();
    if root.row.kind == Kind::Integration {
        let all = mirror::all(app, acting.account, None).await?;
        let mine = |found: &&Found| {
            tombolo_model::catalogue::describe(found.row.kind, &found.seen.value).integration == Some(id)
        };
        owned.extend(all.iter().filter(mine).map(|found| found.row.id));
    }
    let mut closure = Closure::begin(purpose, id, owned);
    while let Some(id) = closure.wanted() {
        let found = mirror::one(app, acting.account, id).await?;
        let Some(found) = found.filter(|found| !found.seen.binned && acting.may(Action::Read, &found.row)) else {
            continue;
        };
        // Who sees that something is there, and not what is in it, gets no copy of it.
        acting.must(Action::Open, &found.row)?;
        if found.seen.damaged {
            return Err(RestError::damaged());
        }
        closure.found(found.row.kind, id, found.seen.value.clone());
    }
    Ok(closure.end()?)
}

/// Checks that the caller may make all of it and sees the integration and the connections that it is to use.
pub(crate) async fn check(app: &App, acting: &Acting, plan: &Plan) -> Result<(), RestError> {
    for part in &plan.parts {
        acting.must_make(Action::Write, part.kind, &part.value)?;
    }
    if let Some(integration) = plan.integration.filter(|id| *id != plan.root) {
        let target = serde_json::json!({ "_integrationId": integration });
        references::check(app, acting, plan.kind, (None, &target)).await?;
    }
    Ok(())
}

/// Makes all of it. When something is refused on the way, what was made until then is put into the recycle bin.
pub(crate) async fn make(app: &App, acting: &Acting, plan: &Plan) -> Result<(), RestError> {
    let mut made: Vec<Id> = Vec::new();
    for part in &plan.parts {
        if let Err(error) = write::create(app, acting, part.kind, part.id, part.value.clone()).await {
            for id in made {
                if let Err(error) = write::change(app, acting, id, write::binning(true)).await {
                    tracing::error!(?error, %id, "a part of what was not made cannot be put into the bin");
                }
            }
            return Err(error);
        }
        made.push(part.id);
    }
    Ok(())
}
