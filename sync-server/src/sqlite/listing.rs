//! Documents as rows of a list.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use tombolo_model::{Id, Kind};

use super::Sqlite;
use super::row::{db, get, id, kind, maybe_id, parse_id};
use crate::store::{CLIENT_HOSTS, ListRow, Listing, StoreError};

#[async_trait]
impl Listing for Sqlite {
    async fn list(&self, account: Id, kind: Option<Kind>) -> Result<Vec<ListRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT d.id, d.kind, d.heads, d.created_ms, d.modified_ms, d.integration,
             (SELECT group_concat(g.integration) FROM registrations g WHERE g.account = d.account AND g.document = d.id) AS registered,
             (SELECT c.user FROM changes c WHERE c.account = d.account AND c.document = d.id ORDER BY c.sequence DESC LIMIT 1) AS user
             FROM documents d WHERE d.account = ?1 AND d.purged = 0 AND (?2 IS NULL OR d.kind = ?2) ORDER BY d.id",
        )
        .bind(account.to_string())
        .bind(kind.map(Kind::name))
        .fetch_all(&self.read)
        .await
        .map_err(db("listing documents"))?;
        rows.iter().map(row).collect()
    }

    async fn listed(&self, account: Id, document: Id) -> Result<Option<ListRow>, StoreError> {
        let query = sqlx::query(
            "SELECT d.id, d.kind, d.heads, d.created_ms, d.modified_ms, d.integration,
             (SELECT group_concat(g.integration) FROM registrations g WHERE g.account = d.account AND g.document = d.id) AS registered,
             (SELECT c.user FROM changes c WHERE c.account = d.account AND c.document = d.id ORDER BY c.sequence DESC LIMIT 1) AS user
             FROM documents d WHERE d.account = ? AND d.id = ? AND d.purged = 0",
        )
        .bind(account.to_string())
        .bind(document.to_string());
        self.find(query, "finding a document", row).await
    }

    async fn secret_paths(&self, account: Id) -> Result<Vec<(Id, String)>, StoreError> {
        let rows =
            sqlx::query("SELECT connection, path FROM vault WHERE account = ? AND path <> ? ORDER BY connection, path")
                .bind(account.to_string())
                .bind(CLIENT_HOSTS)
                .fetch_all(&self.read)
                .await
                .map_err(db("listing secrets"))?;
        rows.iter().map(|row| Ok((id(row, "vault", "connection")?, get(row, "vault", "path")?))).collect()
    }
}

fn row(row: &SqliteRow) -> Result<ListRow, StoreError> {
    Ok(ListRow {
        id: id(row, "documents", "id")?,
        kind: kind(row, "documents", "kind")?,
        heads: get(row, "documents", "heads")?,
        created_ms: get(row, "documents", "created_ms")?,
        modified_ms: get(row, "documents", "modified_ms")?,
        modified_by: maybe_id(row, "changes", "user")?,
        owner: maybe_id(row, "documents", "integration")?,
        registered: registered(get(row, "registrations", "registered")?)?,
    })
}

fn registered(list: Option<&str>) -> Result<Vec<Id>, StoreError> {
    list.into_iter().flat_map(|list| list.split(',')).map(|id| parse_id("registrations", id)).collect()
}
