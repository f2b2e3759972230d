//! Rights and where documents belong, as the tables have them at this moment.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite as Db, SqliteConnection, Transaction};
use tombolo_docs::Document;
use tombolo_model::{Action, Grants, Home, Id, Kind, Level, Rights};

use super::row::{db, get, id, kind, maybe_id, role};
use crate::store::{ResourceHome, StoreError};

/// A member's rights; absent for somebody who is none now.
pub(super) async fn of(conn: &mut SqliteConnection, account: Id, user: Id) -> Result<Option<Rights>, StoreError> {
    let member =
        sqlx::query("SELECT role FROM members WHERE account = ? AND user = ? AND status = 'accepted' AND enabled = 1")
            .bind(account.to_string())
            .bind(user.to_string())
            .fetch_optional(&mut *conn)
            .await
            .map_err(db("looking up a role"))?;
    let Some(member) = member else {
        return Ok(None);
    };
    let role = role(&member, "members", "role")?;
    Ok(Some(Rights { role, grants: grants(conn, account, user).await? }))
}

/// A member's levels on single integrations.
pub(super) async fn grants(conn: &mut SqliteConnection, account: Id, user: Id) -> Result<Grants, StoreError> {
    let rows = sqlx::query("SELECT integration, level FROM grants WHERE account = ? AND user = ?")
        .bind(account.to_string())
        .bind(user.to_string())
        .fetch_all(conn)
        .await
        .map_err(db("looking up rights"))?;
    rows.iter().map(|row| Ok((id(row, "grants", "integration")?, level(row)?))).collect()
}

/// The same of all members.
pub(super) async fn grants_of_all(
    conn: &mut SqliteConnection,
    account: Id,
) -> Result<BTreeMap<Id, Grants>, StoreError> {
    let rows = sqlx::query("SELECT user, integration, level FROM grants WHERE account = ?")
        .bind(account.to_string())
        .fetch_all(conn)
        .await
        .map_err(db("looking up rights"))?;
    let mut found: BTreeMap<Id, Grants> = BTreeMap::new();
    for row in &rows {
        found.entry(id(row, "grants", "user")?).or_default().insert(id(row, "grants", "integration")?, level(row)?);
    }
    Ok(found)
}

/// Writes a member's levels in place of those before.
pub(super) async fn set_grants(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    user: Id,
    grants: &Grants,
) -> Result<(), StoreError> {
    const DOING: &str = "changing rights";
    sqlx::query("DELETE FROM grants WHERE account = ? AND user = ?")
        .bind(account.to_string())
        .bind(user.to_string())
        .execute(&mut **tx)
        .await
        .map_err(db(DOING))?;
    for (integration, level) in grants {
        sqlx::query("INSERT INTO grants (account, user, integration, level) VALUES (?, ?, ?, ?)")
            .bind(account.to_string())
            .bind(user.to_string())
            .bind(integration.to_string())
            .bind(level.role().name())
            .execute(&mut **tx)
            .await
            .map_err(db(DOING))?;
    }
    Ok(())
}

fn level(row: &SqliteRow) -> Result<Level, StoreError> {
    Ok(if get::<&str>(row, "grants", "level")? == "manage" { Level::Manage } else { Level::Monitor })
}

/// Where a document belongs; absent when there is none, or none any more.
pub(super) async fn home(
    conn: &mut SqliteConnection,
    account: Id,
    document: Id,
) -> Result<Option<ResourceHome>, StoreError> {
    let row = sqlx::query("SELECT kind, integration FROM documents WHERE account = ? AND id = ? AND purged = 0")
        .bind(account.to_string())
        .bind(document.to_string())
        .fetch_optional(&mut *conn)
        .await
        .map_err(db("looking up where a document belongs"))?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(ResourceHome {
        kind: kind(&row, "documents", "kind")?,
        owner: maybe_id(&row, "documents", "integration")?,
        registered: registered(conn, account, document).await?,
    }))
}

/// The integrations that a document is registered with.
pub(super) async fn registered(conn: &mut SqliteConnection, account: Id, document: Id) -> Result<Vec<Id>, StoreError> {
    let rows = sqlx::query("SELECT integration FROM registrations WHERE account = ? AND document = ?")
        .bind(account.to_string())
        .bind(document.to_string())
        .fetch_all(conn)
        .await
        .map_err(db("looking up where a document is registered"))?;
    rows.iter().map(|row| id(row, "registrations", "integration")).collect()
}

/// Those of these documents that exist and that somebody with these rights may not name in another.
pub(super) async fn hidden(
    conn: &mut SqliteConnection,
    account: Id,
    rights: &Rights,
    documents: &BTreeSet<Id>,
) -> Result<BTreeSet<Id>, StoreError> {
    let mut found = BTreeSet::new();
    if rights.may_use_all() {
        return Ok(found);
    }
    for document in documents {
        if let Some(home) = home(conn, account, *document).await?
            && !rights.may_use(home.kind, home.home())
        {
            found.insert(*document);
        }
    }
    Ok(found)
}

/// Writes down where a document belongs, as the document itself has it. Says whether anything is different now.
pub(super) async fn settle_home(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    document: Id,
    kind: Kind,
) -> Result<bool, StoreError> {
    const DOING: &str = "writing down where a document belongs";
    let chunks: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT bytes FROM changes WHERE account = ? AND document = ? ORDER BY sequence")
            .bind(account.to_string())
            .bind(document.to_string())
            .fetch_all(&mut **tx)
            .await
            .map_err(db(DOING))?;
    // One that cannot be read stays where it was.
    let Ok(loaded) = Document::load(chunks.iter().map(Vec::as_slice)) else {
        return Ok(false);
    };
    let value = loaded.document.value();
    let before = home(tx, account, document).await?;
    let parsed = |value: &serde_json::Value| value.as_str().and_then(|text| text.parse::<Id>().ok());
    let owner = match kind {
        Kind::Integration => Some(document),
        // A step that was adopted does not say so itself.
        Kind::Export | Kind::Import => {
            value.get("_integrationId").and_then(parsed).or_else(|| before.as_ref().and_then(|before| before.owner))
        }
        _ => value.get("_integrationId").and_then(parsed),
    };
    let list = value.get("_registeredIntegrationIds").and_then(serde_json::Value::as_array);
    let registered: BTreeSet<Id> = list.into_iter().flatten().filter_map(parsed).collect();
    let same = before.is_some_and(|before| {
        before.owner == owner && before.registered.iter().copied().collect::<BTreeSet<_>>() == registered
    });
    if same {
        return Ok(false);
    }
    set_owner(tx, account, document, owner).await?;
    register(tx, account, document, &registered).await?;
    Ok(true)
}

/// Writes the integrations that a document is registered with in place of those before.
pub(super) async fn register(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    document: Id,
    integrations: &BTreeSet<Id>,
) -> Result<(), StoreError> {
    const DOING: &str = "registering a document";
    sqlx::query("DELETE FROM registrations WHERE account = ? AND document = ?")
        .bind(account.to_string())
        .bind(document.to_string())
        .execute(&mut **tx)
        .await
        .map_err(db(DOING))?;
    for integration in integrations {
        sqlx::query("INSERT INTO registrations (account, document, integration) VALUES (?, ?, ?)")
            .bind(account.to_string())
            .bind(document.to_string())
            .bind(integration.to_string())
            .execute(&mut **tx)
            .await
            .map_err(db(DOING))?;
    }
    Ok(())
}

async fn set_owner(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    document: Id,
    owner: Option<Id>,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE documents SET integration = ? WHERE account = ? AND id = ?")
        .bind(owner.map(|owner| owner.to_string()))
        .bind(account.to_string())
        .bind(document.to_string())
        .execute(&mut **tx)
        .await
        .map_err(db("writing down where a document belongs"))?;
    Ok(())
}

/// Exports and imports that belong to nobody belong to the integration whose flow uses them first, when who says so may
/// change them. Says whether any did.
pub(super) async fn adopt(
    tx: &mut Transaction<'_, Db>,
    account: Id,
    rights: &Rights,
    owner: Id,
    references: &BTreeSet<Id>,
) -> Result<bool, StoreError> {
    let mut adopted = false;
    for document in references {
        let Some(home) = home(tx, account, *document).await? else {
            continue;
        };
        let steps = matches!(home.kind, Kind::Export | Kind::Import);
        if steps && home.owner.is_none() && rights.may(Action::Write, home.kind, Home::default()) {
            set_owner(tx, account, *document, Some(owner)).await?;
            adopted = true;
        }
    }
    Ok(adopted)
}

/// Those whose sight or whose connections single integrations bound see something else now.
pub(super) async fn sight_changed(tx: &mut Transaction<'_, Db>, account: Id) -> Result<(), StoreError> {
    sqlx::query("UPDATE members SET visibility_epoch = visibility_epoch + 1 WHERE account = ? AND role IN ('custom', 'monitor')")
        .bind(account.to_string())
        .execute(&mut **tx)
        .await
        .map_err(db("changing what members see"))?;
    Ok(())
}
