//! No row of an account outlives it: what is written for one that has just been removed would be removed by nobody.
//!
//! Tables either refer to accounts by a foreign key or get a trigger here, which needs no copy of a large table. That is
//! looked after at each change of the tables, so that none is forgotten when one is added.

use sqlx::{AssertSqlSafe, Sqlite as Db, Transaction};

use super::row::db;
use crate::store::StoreError;

/// The tables that have accounts and do not refer to them.
const OPEN: &str = "SELECT t.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
    WHERE t.type = 'table' AND c.name = 'account' AND NOT EXISTS
    (SELECT 1 FROM pragma_foreign_key_list(t.name) k WHERE k.\"table\" = 'accounts' AND k.\"from\" = 'account')
    ORDER BY t.name";

/// Removes what accounts have left behind that are gone, and lets nothing be written for one that is.
pub(super) async fn close(tx: &mut Transaction<'_, Db>) -> Result<(), StoreError> {
    const DOING: &str = "looking for what removed accounts have left";
    let open: Vec<String> = sqlx::query_scalar(OPEN).fetch_all(&mut **tx).await.map_err(db(DOING))?;
    for table in open {
        // Names of tables are this program's own. What belongs to no account has none.
        for statement in [
            format!("DELETE FROM \"{table}\" WHERE account NOT IN (SELECT id FROM accounts)"),
            format!(
                "CREATE TRIGGER IF NOT EXISTS \"{table}_of_nobody\" BEFORE INSERT ON \"{table}\"
                 WHEN NEW.account IS NOT NULL AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = NEW.account)
                 BEGIN SELECT RAISE(ABORT, 'the account is gone'); END"
            ),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut **tx).await.map_err(db(DOING))?;
        }
    }
    Ok(())
}
