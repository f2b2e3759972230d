//! The audit log's rows and their chain.
//!
//! The hash of a row covers the row before it and all of its own values, so that a row which is changed, taken out or
//! put in between fits neither to its neighbours nor to the head.

use async_trait::async_trait;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite as Db, SqliteConnection, Transaction};
use tombolo_model::Id;
use tombolo_wire::rest::{AuditAction, AuditEntry, AuditQuery, AuditSource};
use tombolo_wire::store::UserInfo;

use super::Sqlite;
use super::row::{array, db, from_u64, get, id, json, maybe_id, number, to_json, to_u64};
use crate::store::{Audit, AuditEvent, AuditFault, StoreError, Unaudited};

/// What the first row is chained to.
const BEGINNING: [u8; 32] = [0; 32];

#[async_trait]
impl Audit for Sqlite {
    async fn audit(&self, account: Id, events: &[AuditEvent]) -> Result<(), StoreError> {
        const DOING: &str = "writing the audit log";
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await.map_err(db(DOING))?;
        append(&mut tx, account, events).await?;
        tx.commit().await.map_err(db(DOING))
    }

    async fn unaudited(&self, account: Id, limit: u32) -> Result<Vec<Unaudited>, StoreError> {
        let rows = sqlx::query(
            "SELECT sequence, document, user, time_ms FROM changes WHERE account = ?1 AND sequence >
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
        append(&mut tx, account, events).await?;
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
             AND (?8 IS NULL OR a.time_ms < ?8) AND (?9 IS NULL OR a.n < ?9) ORDER BY a.n DESC LIMIT ?10",
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
        .fetch_all(&self.read)
        .await
        .map_err(db("reading the audit log"))?;
        rows.iter().map(entry).collect()
    }

    async fn verify_audit(&self) -> Result<Vec<AuditFault>, StoreError> {
        let accounts: Vec<String> =
            sqlx::query_scalar("SELECT account FROM audit UNION SELECT account FROM audit_heads ORDER BY account")
                .fetch_all(&self.read)
                .await
                .map_err(db("checking the audit log"))?;
        let mut faults = Vec::new();
        for account in accounts {
            let account = super::row::parse_id("audit", &account)?;
            faults.extend(self.verify_one(account).await?);
        }
        Ok(faults)
    }
}

impl Sqlite {
    async fn verify_one(&self, account: Id) -> Result<Option<AuditFault>, StoreError> {
        const DOING: &str = "checking the audit log";
        let fault = |n, what: String| Ok(Some(AuditFault { account, n, what }));
        let (mut last, mut n) = (BEGINNING, 0);
        let mut rows =
            sqlx::query("SELECT * FROM audit WHERE account = ? ORDER BY n").bind(account.to_string()).fetch(&self.read);
        while let Some(row) = rows.try_next().await.map_err(db(DOING))? {
            let found = number(&row, "audit", "n")?;
            if found != n + 1 {
                return fault(n + 1, format!("is missing: the next one there is {found}"));
            }
            n = found;
            let expected = hash(&last, account, &values(&row)?);
            last = array(&row, "audit", "hash")?;
            if last != expected {
                let (name, time): (&str, i64) = (get(&row, "audit", "name")?, get(&row, "audit", "time_ms")?);
                return fault(n, format!("was changed: it now says “{name}” at {time}"));
            }
        }
        let head = sqlx::query("SELECT n, hash FROM audit_heads WHERE account = ?")
            .bind(account.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(db(DOING))?;
        match head {
            Some(head) if number(&head, "audit_heads", "n")? != n => {
                let head = number(&head, "audit_heads", "n")?;
                fault(n + 1, format!("is missing: the log had {head} entries"))
            }
            Some(head) if array::<32>(&head, "audit_heads", "hash")? != last => {
                fault(n, "does not fit to the head of the log".to_owned())
            }
            Some(_) => Ok(None),
            None => fault(n, "has no head: the log was made by hand".to_owned()),
        }
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
pub(super) async fn append(tx: &mut Transaction<'_, Db>, account: Id, events: &[AuditEvent]) -> Result<(), StoreError> {
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
            source: event.source.name().to_owned(),
            kind: event.kind.clone(),
            resource: event.resource.map(|id| id.to_string()),
            name: event.name.clone(),
            action: event.action.name().to_owned(),
            fields: to_json("audit", &event.fields)?,
        };
        last = hash(&last, account, &values);
        insert(tx, account, &values, &last).await?;
    }
    sqlx::query(
        "INSERT INTO audit_heads (account, n, hash) VALUES (?, ?, ?)
         ON CONFLICT (account) DO UPDATE SET n = excluded.n, hash = excluded.hash",
    )
    .bind(account.to_string())
    .bind(from_u64(n))
    .bind(last.as_slice())
    .execute(&mut **tx)
    .await
    .map_err(db(DOING))?;
    Ok(())
}

async fn insert(tx: &mut Transaction<'_, Db>, account: Id, values: &Values, hash: &[u8; 32]) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (account, n, time_ms, user, user_name, source, kind, resource, name, action, fields, hash)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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

/// A row without its hash.
struct Values {
    n: u64,
    time_ms: i64,
    user: Option<String>,
    user_name: String,
    source: String,
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
        kind: get(row, "audit", "kind")?,
        resource: get(row, "audit", "resource")?,
        name: get(row, "audit", "name")?,
        action: get(row, "audit", "action")?,
        fields: get(row, "audit", "fields")?,
    })
}

/// Lengths come before texts, so that no two rows have the same bytes.
fn hash(last: &[u8; 32], account: Id, values: &Values) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"tombolo audit 1");
    hash.update(last);
    hash.update(values.n.to_be_bytes());
    hash.update(values.time_ms.to_be_bytes());
    let account = account.to_string();
    let texts = [
        Some(account.as_str()),
        values.user.as_deref(),
        Some(&values.user_name),
        Some(&values.source),
        Some(&values.kind),
        values.resource.as_deref(),
        Some(&values.name),
        Some(&values.action),
        Some(&values.fields),
    ];
    for text in texts {
        let length = text.map_or(u64::MAX, |text| u64::try_from(text.len()).unwrap_or(u64::MAX - 1));
        hash.update(length.to_be_bytes());
        hash.update(text.unwrap_or_default().as_bytes());
    }
    hash.finalize().into()
}

fn entry(row: &SqliteRow) -> Result<AuditEntry, StoreError> {
    let damaged = |what: &str| StoreError::Damaged { table: "audit", source: what.to_owned().into() };
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
        source: AuditSource::from_name(get(row, "audit", "source")?).ok_or_else(|| damaged("no such source"))?,
        resource_type: get(row, "audit", "kind")?,
        resource: maybe_id(row, "audit", "resource")?,
        resource_name: get(row, "audit", "name")?,
        action: AuditAction::from_name(get(row, "audit", "action")?).ok_or_else(|| damaged("no such action"))?,
        field_changes: json(row, "audit", "fields")?,
    })
}
