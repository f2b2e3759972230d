//! The audit log's rows and their chain.
//!
//! The seal of a row covers the row before it and all of its own values, so that a row which is changed, taken out or
//! put in between fits neither to its neighbours nor to the head.

mod chain;
mod verify;

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite as Db, SqliteConnection, Transaction};
use tombolo_model::Id;
use tombolo_wire::rest::{AuditAction, AuditEntry, AuditQuery, AuditSource, FieldChange};
use tombolo_wire::store::UserInfo;

use super::Sqlite;
use super::row::{array, db, from_u64, get, id, json, maybe_id, number, to_json, to_u64};
use crate::store::{Audit, AuditEvent, AuditFault, AuditKey, Road, StoreError, Unaudited};
use chain::BEGINNING;

pub(super) use verify::seal_all;

#[async_trait]
impl Audit for Sqlite {
    async fn audit(&self, account: Id, events: &[AuditEvent]) -> Result<(), StoreError> {
        const DOING: &str = "writing the audit log";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        append(&mut tx, &self.audit_key, account, events).await?;
        tx.commit().await.map_err(db(DOING))
    }

    async fn unaudited(&self, account: Id, limit: u32) -> Result<Vec<Unaudited>, StoreError> {
        let rows = sqlx::query(
            "SELECT sequence, document, user, time_ms, source, token, actor FROM changes WHERE account = ?1 AND sequence >
             COALESCE((SELECT sequence FROM audit_cursors WHERE account = ?1), 0) ORDER BY sequence LIMIT ?2",
        )
        .bind(account.to_string())
        .bind(limit)
        .fetch_all(&self.read)
        .await
        .map_err(db("reading what the audit log lacks"))?;
        let read = |row: &SqliteRow| {
            Ok(Unaudited {
                sequence: number(row, "changes", "sequence")?,
                document: id(row, "changes", "document")?,
                user: id(row, "changes", "user")?,
                time_ms: get(row, "changes", "time_ms")?,
                road: Road {
                    source: source(get(row, "changes", "source")?)?,
                    token: get::<&str>(row, "changes", "token")?.to_owned(),
                },
                actor: get(row, "changes", "actor")?,
            })
        };
        rows.iter().map(read).collect()
    }

    async fn audit_up_to(&self, account: Id, from: u64, upto: u64, events: &[AuditEvent]) -> Result<bool, StoreError> {
        const DOING: &str = "writing the audit log";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        if cursor(&mut tx, account).await? != from {
            return Ok(false);
        }
        append(&mut tx, &self.audit_key, account, events).await?;
        sqlx::query(
            "INSERT INTO audit_cursors (account, sequence) VALUES (?, ?)
             ON CONFLICT (account) DO UPDATE SET sequence = excluded.sequence",
        )
        .bind(account.to_string())
        .bind(from_u64(upto))
        .execute(&mut *tx)
        .await
        .map_err(db(DOING))?;
        tx.commit().await.map_err(db(DOING))?;
        Ok(true)
    }

    async fn audited(&self, account: Id) -> Result<u64, StoreError> {
        let mut conn = self.read.acquire().await.map_err(db("reading the audit log"))?;
        cursor(&mut conn, account).await
    }

    async fn changes_up_to(&self, account: Id, document: Id, upto: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        sqlx::query_scalar(
            "SELECT bytes FROM changes WHERE account = ? AND document = ? AND sequence <= ? ORDER BY sequence",
        )
        .bind(account.to_string())
        .bind(document.to_string())
        .bind(from_u64(upto))
        .fetch_all(&self.read)
        .await
        .map_err(db("reading a document's history"))
    }

    async fn audit_entries(&self, account: Id, query: &AuditQuery, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = sqlx::query(
            "SELECT a.*, u.email AS email FROM audit a LEFT JOIN users u ON u.id = a.user WHERE a.account = ?1
             AND (?2 IS NULL OR a.kind = ?2) AND (?3 IS NULL OR a.resource = ?3) AND (?4 IS NULL OR a.user = ?4)
             AND (?5 IS NULL OR a.source = ?5) AND (?6 IS NULL OR a.action = ?6) AND (?7 IS NULL OR a.time_ms >= ?7)
             AND (?8 IS NULL OR a.time_ms < ?8) AND (?9 IS NULL OR a.n < ?9) ORDER BY a.n DESC LIMIT ?10 OFFSET ?11",
        )
        .bind(account.to_string())
        .bind(query.resource_type.as_deref())
        .bind(query.resource.map(|id| id.to_string()))
        .bind(query.user.map(|id| id.to_string()))
        .bind(query.source.map(AuditSource::name))
        .bind(query.action.map(AuditAction::name))
        .bind(query.from)
        .bind(query.to)
        .bind(query.before.map(from_u64))
        .bind(limit)
        .bind(query.offset.unwrap_or_default())
        .fetch_all(&self.read)
        .await
        .map_err(db("reading the audit log"))?;
        rows.iter().map(|row| entry(row).or_else(|error| damaged(row, &error))).collect()
    }

    async fn verify_audit(&self) -> Result<Vec<AuditFault>, StoreError> {
        self.faults().await
    }
}

async fn cursor(conn: &mut SqliteConnection, account: Id) -> Result<u64, StoreError> {
    let found: Option<i64> = sqlx::query_scalar("SELECT sequence FROM audit_cursors WHERE account = ?")
        .bind(account.to_string())
        .fetch_optional(conn)
        .await
        .map_err(db("reading the audit log"))?;
    Ok(found.map_or(0, to_u64))
}

/// Appends entries within a transaction.
async fn append(
    tx: &mut Transaction<'_, Db>,
    key: &AuditKey,
    account: Id,
    events: &[AuditEvent],
) -> Result<(), StoreError> {
    const DOING: &str = "writing the audit log";
    if events.is_empty() {
        return Ok(());
    }
    let head = sqlx::query("SELECT n, hash FROM audit_heads WHERE account = ?")
        .bind(account.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(db(DOING))?;
    let (mut n, mut last) = match &head {
        Some(head) => (number(head, "audit_heads", "n")?, array(head, "audit_heads", "hash")?),
        None => (0, BEGINNING),
    };
    for event in events {
        n += 1;
        let user_name = name_of(tx, event.user).await?;
        let values = Values {
            n,
            time_ms: event.time_ms,
            user: event.user.map(|id| id.to_string()),
            user_name,
            source: event.road.source.name().to_owned(),
            token: event.road.token.clone(),
            kind: event.kind.clone(),
            resource: event.resource.map(|id| id.to_string()),
            name: event.name.clone(),
            action: event.action.name().to_owned(),
            fields: to_json("audit", &event.fields)?,
        };
        last = chain::row(key, &last, account, &values);
        insert(tx, account, &values, &last).await?;
    }
    keep_head(tx, key, account, n, &last).await
}

/// Writes down where a log ends.
pub(super) async fn keep_head(
    tx: &mut Transaction<'_, Db>,
    key: &AuditKey,
    account: Id,
    n: u64,
    last: &[u8; 32],
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit_heads (account, n, hash, seal) VALUES (?, ?, ?, ?)
         ON CONFLICT (account) DO UPDATE SET n = excluded.n, hash = excluded.hash, seal = excluded.seal",
    )
    .bind(account.to_string())
    .bind(from_u64(n))
    .bind(last.as_slice())
    .bind(chain::head(key, account, n, last).as_slice())
    .execute(&mut **tx)
    .await
    .map_err(db("writing the audit log"))?;
    Ok(())
}

/// The head of a log without entries: that somebody takes a whole log away is to be noticed too.
pub(super) async fn begin(tx: &mut Transaction<'_, Db>, key: &AuditKey, account: Id) -> Result<(), StoreError> {
    keep_head(tx, key, account, 0, &BEGINNING).await
}

async fn insert(tx: &mut Transaction<'_, Db>, account: Id, values: &Values, hash: &[u8; 32]) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (account, n, time_ms, user, user_name, source, kind, resource, name, action, fields, hash, token)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(account.to_string())
    .bind(from_u64(values.n))
    .bind(values.time_ms)
    .bind(&values.user)
    .bind(&values.user_name)
    .bind(&values.source)
    .bind(&values.kind)
    .bind(&values.resource)
    .bind(&values.name)
    .bind(&values.action)
    .bind(&values.fields)
    .bind(hash.as_slice())
    .bind(&values.token)
    .execute(&mut **tx)
    .await
    .map_err(db("writing the audit log"))?;
    Ok(())
}

/// The name of this moment: people are renamed and removed, and the log must not change with them.
async fn name_of(tx: &mut Transaction<'_, Db>, user: Option<Id>) -> Result<String, StoreError> {
    let Some(user) = user else {
        return Ok(String::new());
    };
    let name: Option<String> = sqlx::query_scalar("SELECT name FROM users WHERE id = ?")
        .bind(user.to_string())
        .fetch_optional(&mut **tx)
        .await
        .map_err(db("writing the audit log"))?;
    Ok(name.unwrap_or_default())
}

/// A row without its seal.
struct Values {
    n: u64,
    time_ms: i64,
    user: Option<String>,
    user_name: String,
    source: String,
    token: String,
    kind: String,
    resource: Option<String>,
    name: String,
    action: String,
    fields: String,
}

fn values(row: &SqliteRow) -> Result<Values, StoreError> {
    Ok(Values {
        n: number(row, "audit", "n")?,
        time_ms: get(row, "audit", "time_ms")?,
        user: get(row, "audit", "user")?,
        user_name: get(row, "audit", "user_name")?,
        source: get(row, "audit", "source")?,
        token: get(row, "audit", "token")?,
        kind: get(row, "audit", "kind")?,
        resource: get(row, "audit", "resource")?,
        name: get(row, "audit", "name")?,
        action: get(row, "audit", "action")?,
        fields: get(row, "audit", "fields")?,
    })
}

fn entry(row: &SqliteRow) -> Result<AuditEntry, StoreError> {
    let by_user = maybe_id(row, "audit", "user")?;
    let by_user = match by_user {
        Some(user) => {
            let email: Option<String> = get(row, "users", "email")?;
            let name = get(row, "audit", "user_name")?;
            Some(UserInfo { id: user, name, email: email.unwrap_or_default() })
        }
        None => None,
    };
    Ok(AuditEntry {
        n: number(row, "audit", "n")?,
        time_ms: get(row, "audit", "time_ms")?,
        by_user,
        source: source(get(row, "audit", "source")?)?,
        token: Some(get::<&str>(row, "audit", "token")?).filter(|token| !token.is_empty()).map(str::to_owned),
        resource_type: get(row, "audit", "kind")?,
        resource: maybe_id(row, "audit", "resource")?,
        resource_name: get(row, "audit", "name")?,
        action: AuditAction::from_name(get(row, "audit", "action")?).ok_or_else(|| unknown("no such action"))?,
        field_changes: json(row, "audit", "fields")?,
    })
}

fn unknown(what: &str) -> StoreError {
    StoreError::Damaged { table: "audit", source: what.to_owned().into() }
}

fn source(name: &str) -> Result<AuditSource, StoreError> {
    AuditSource::from_name(name).ok_or_else(|| unknown("no such source"))
}

/// An entry in the place of one that cannot be read: it does not keep the others from being seen.
fn damaged(row: &SqliteRow, error: &StoreError) -> Result<AuditEntry, StoreError> {
    let n = number(row, "audit", "n")?;
    tracing::error!(%error, entry = n, "an entry of the audit log cannot be read");
    let what =
        "This entry cannot be read any more. The server's operator checks the log with tombolo admin verify-audit.";
    Ok(AuditEntry {
        n,
        time_ms: get(row, "audit", "time_ms").unwrap_or_default(),
        by_user: None,
        source: AuditSource::System,
        token: None,
        resource_type: "damaged".to_owned(),
        resource: None,
        resource_name: String::new(),
        action: AuditAction::Update,
        field_changes: vec![FieldChange { field_path: String::new(), old_value: None, new_value: Some(what.into()) }],
    })
}
