//! Checks the chains, and seals those that were made before there was a key.

use futures_util::TryStreamExt;
use sqlx::{Sqlite as Db, Transaction};
use tombolo_model::Id;

use super::chain::{self, BEGINNING};
use super::{Sqlite, values};
use crate::sqlite::row::{array, db, from_u64, get, id, number, parse_id};
use crate::store::{AuditFault, AuditKey, StoreError};

const DOING: &str = "checking the audit log";

impl Sqlite {
    /// The faults of all accounts, at most one of each.
    pub(super) async fn faults(&self) -> Result<Vec<AuditFault>, StoreError> {
        let accounts: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM accounts UNION SELECT account FROM audit UNION SELECT account FROM audit_heads ORDER BY 1",
        )
        .fetch_all(&self.read)
        .await
        .map_err(db(DOING))?;
        let mut faults = Vec::new();
        for account in accounts {
            let account = parse_id("audit", &account)?;
            faults.extend(self.fault_of(account).await?);
        }
        Ok(faults)
    }

    async fn fault_of(&self, account: Id) -> Result<Option<AuditFault>, StoreError> {
        let fault = |n, what: String| Ok(Some(AuditFault { account, n, what }));
        let head = sqlx::query("SELECT n, hash, seal FROM audit_heads WHERE account = ?")
            .bind(account.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(db(DOING))?;
        let Some(head) = head else {
            return fault(0, "is missing: the log has no head".to_owned());
        };
        let (end, last_hash) = (number(&head, "audit_heads", "n")?, array(&head, "audit_heads", "hash")?);
        let (mut last, mut n) = (BEGINNING, 0);
        let mut rows =
            sqlx::query("SELECT * FROM audit WHERE account = ? ORDER BY n").bind(account.to_string()).fetch(&self.read);
        while let Some(row) = rows.try_next().await.map_err(db(DOING))? {
            let found = number(&row, "audit", "n")?;
            if found != n + 1 {
                return fault(n + 1, format!("is missing: the next one there is {found}"));
            }
            n = found;
            let expected = chain::row(&self.audit_key, &last, account, &values(&row)?);
            last = array(&row, "audit", "hash")?;
            if last != expected {
                let (name, time): (&str, i64) = (get(&row, "audit", "name")?, get(&row, "audit", "time_ms")?);
                return fault(n, format!("was changed, or secrets.key is another one: it now says “{name}” at {time}"));
            }
        }
        if end != n {
            return fault(n + 1, format!("is missing: the log had {end} entries"));
        }
        let seal: Vec<u8> = get(&head, "audit_heads", "seal")?;
        if last_hash != last || seal != chain::head(&self.audit_key, account, n, &last) {
            return fault(n, "is not the last one that was written, or secrets.key is another one".to_owned());
        }
        Ok(None)
    }
}

/// Seals the logs of a database that had no seals. One that does not fit together is left as it is, to be found.
pub(in crate::sqlite) async fn seal_all(tx: &mut Transaction<'_, Db>, key: &AuditKey) -> Result<(), StoreError> {
    let heads = sqlx::query("SELECT account, n, hash FROM audit_heads WHERE seal = x''")
        .fetch_all(&mut **tx)
        .await
        .map_err(db(DOING))?;
    for head in &heads {
        let account = id(head, "audit_heads", "account")?;
        let (end, old_end) = (number(head, "audit_heads", "n")?, array(head, "audit_heads", "hash")?);
        let rows = sqlx::query("SELECT * FROM audit WHERE account = ? ORDER BY n")
            .bind(account.to_string())
            .fetch_all(&mut **tx)
            .await
            .map_err(db(DOING))?;
        let (mut old, mut new, mut n, mut seals) = (BEGINNING, BEGINNING, 0, Vec::with_capacity(rows.len()));
        for row in &rows {
            let values = values(row)?;
            old = chain::unsealed(&old, account, &values);
            if values.n != n + 1 || array::<32>(row, "audit", "hash")? != old {
                break;
            }
            n = values.n;
            new = chain::row(key, &new, account, &values);
            seals.push((n, new));
        }
        if n != end || old != old_end {
            tracing::error!(%account, entry = n + 1, "the audit log does not fit together and is not sealed");
            continue;
        }
        for (n, seal) in seals {
            sqlx::query("UPDATE audit SET hash = ? WHERE account = ? AND n = ?")
                .bind(seal.as_slice())
                .bind(account.to_string())
                .bind(from_u64(n))
                .execute(&mut **tx)
                .await
                .map_err(db(DOING))?;
        }
        super::keep_head(tx, key, account, n, &new).await?;
    }
    Ok(())
}
