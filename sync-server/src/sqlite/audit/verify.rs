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

#[cfg(test)]
mod tests {
    use tombolo_wire::rest::AuditAction;

    use super::*;
    use crate::store::{Audit, AuditEvent, NewUser, People, Road};

    /// A store whose one account has a log of three entries, as it was before there were seals.
    async fn unsealed(folder: &std::path::Path) -> (Sqlite, Id) {
        let store = Sqlite::open(&folder.join("test.db"), AuditKey::new([7; 32]), 1, 1).await.unwrap();
        let made = |n| Id::from_parts(1, [n; 8]);
        let user = NewUser {
            id: made(1),
            email: "ann@example.com".to_owned(),
            name: "Ann".to_owned(),
            password: String::new(),
            account: made(2),
            account_name: "Ann".to_owned(),
            invitation: None,
            now_ms: 1,
        };
        store.sign_up(&user).await.unwrap();
        let event = |time_ms| AuditEvent {
            time_ms,
            user: Some(user.id),
            road: Road::app(),
            kind: "flow".to_owned(),
            resource: None,
            name: "Orders".to_owned(),
            action: AuditAction::Update,
            fields: Vec::new(),
        };
        store.audit(user.account, &[event(1), event(2), event(3)]).await.unwrap();
        assert_eq!(store.verify_audit().await.unwrap(), []);
        let rows = sqlx::query("SELECT * FROM audit ORDER BY n").fetch_all(&store.read).await.unwrap();
        let mut last = BEGINNING;
        for row in &rows {
            let values = values(row).unwrap();
            last = chain::unsealed(&last, user.account, &values);
            let update = sqlx::query("UPDATE audit SET hash = ? WHERE n = ?").bind(last.to_vec());
            update.bind(from_u64(values.n)).execute(&store.write).await.unwrap();
        }
        let update = sqlx::query("UPDATE audit_heads SET hash = ?, seal = x''").bind(last.to_vec());
        update.execute(&store.write).await.unwrap();
        (store, user.account)
    }

    async fn seal(store: &Sqlite) -> Vec<AuditFault> {
        let mut tx = store.write.begin().await.unwrap();
        seal_all(&mut tx, &store.audit_key).await.unwrap();
        tx.commit().await.unwrap();
        store.verify_audit().await.unwrap()
    }

    #[tokio::test]
    async fn a_log_from_before_there_was_a_key_is_sealed_when_it_fits_together_and_found_when_it_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let (store, account) = unsealed(folder.path()).await;
        assert_eq!(store.verify_audit().await.unwrap().len(), 1, "nothing without a seal passes");
        assert_eq!(seal(&store).await, []);
        let other = tempfile::tempdir().unwrap();
        let (store, _) = unsealed(other.path()).await;
        let forged = sqlx::query("UPDATE audit SET name = 'Nothing' WHERE n = 2");
        forged.execute(&store.write).await.unwrap();
        let faults = seal(&store).await;
        assert_eq!((faults.len(), faults[0].account), (1, account));
    }
}
