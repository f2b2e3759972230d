//! Everything that is sealed under the vault's key, for putting it under another one.

use sqlx::sqlite::SqliteRow;
use tombolo_model::Id;

use super::Sqlite;
use super::row::{db, get, id, json};
use crate::store::StoreError;

/// Where something sealed lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SealedPlace {
    /// A secret of a connection.
    Secret { account: Id, connection: Id, path: String, hosts: Vec<String> },
    /// A person's second factor.
    Factor { user: Id },
    /// A letter that waits to be sent.
    Letter { id: Id },
    /// The secret of an account's client at an `OpenID` provider.
    SsoClient { account: Id, hosts: Vec<String> },
}

/// Something sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedRow {
    pub(crate) place: SealedPlace,
    pub(crate) sealed: Vec<u8>,
}

impl Sqlite {
    /// All of it, or the first so many.
    pub(crate) async fn sealed(&self, most: u32) -> Result<Vec<SealedRow>, StoreError> {
        let secrets = sqlx::query("SELECT account, connection, path, sealed, hosts FROM vault LIMIT ?")
            .bind(most)
            .fetch_all(&self.read)
            .await
            .map_err(db("reading secrets"))?;
        let factors = sqlx::query("SELECT user, sealed FROM second_factors LIMIT ?")
            .bind(most)
            .fetch_all(&self.read)
            .await
            .map_err(db("reading second factors"))?;
        let letters = sqlx::query("SELECT id, sealed FROM mails WHERE next_ms IS NOT NULL LIMIT ?")
            .bind(most)
            .fetch_all(&self.read)
            .await
            .map_err(db("reading letters"))?;
        let clients = sqlx::query("SELECT account, sealed, hosts FROM sso_clients WHERE sealed <> x'' LIMIT ?")
            .bind(most)
            .fetch_all(&self.read)
            .await
            .map_err(db("reading clients"))?;
        let sealed = secrets.iter().map(secret).chain(factors.iter().map(factor));
        sealed.chain(letters.iter().map(letter)).chain(clients.iter().map(client)).collect()
    }

    /// Puts all of this in the place of what is there, in one transaction; what has nothing to put there is removed.
    pub(crate) async fn reseal(&self, rows: &[(SealedPlace, Option<Vec<u8>>)]) -> Result<(), StoreError> {
        const DOING: &str = "putting secrets under another key";
        let mut tx = self.write.begin().await.map_err(db(DOING))?;
        for (place, sealed) in rows {
            let query = match (place, sealed) {
                (SealedPlace::Secret { account, connection, path, .. }, Some(sealed)) => {
                    sqlx::query("UPDATE vault SET sealed = ? WHERE account = ? AND connection = ? AND path = ?")
                        .bind(sealed)
                        .bind(account.to_string())
                        .bind(connection.to_string())
                        .bind(path)
                }
                (SealedPlace::Secret { account, connection, path, .. }, None) => {
                    sqlx::query("DELETE FROM vault WHERE account = ? AND connection = ? AND path = ?")
                        .bind(account.to_string())
                        .bind(connection.to_string())
                        .bind(path)
                }
                (SealedPlace::Factor { user }, Some(sealed)) => {
                    sqlx::query("UPDATE second_factors SET sealed = ? WHERE user = ?")
                        .bind(sealed)
                        .bind(user.to_string())
                }
                (SealedPlace::Letter { id }, Some(sealed)) => {
                    sqlx::query("UPDATE mails SET sealed = ? WHERE id = ?").bind(sealed).bind(id.to_string())
                }
                (SealedPlace::Letter { id }, None) => {
                    sqlx::query("DELETE FROM mails WHERE id = ?").bind(id.to_string())
                }
                (SealedPlace::Factor { user }, None) => {
                    sqlx::query("DELETE FROM second_factors WHERE user = ?").bind(user.to_string())
                }
                // Without its secret nobody signs in there; who set it up sees what was there, and enters it again.
                (SealedPlace::SsoClient { account, .. }, sealed) => {
                    sqlx::query("UPDATE sso_clients SET sealed = ? WHERE account = ?")
                        .bind(sealed.clone().unwrap_or_default())
                        .bind(account.to_string())
                }
            };
            query.execute(&mut *tx).await.map_err(db(DOING))?;
        }
        tx.commit().await.map_err(db(DOING))
    }
}

fn secret(row: &SqliteRow) -> Result<SealedRow, StoreError> {
    let place = SealedPlace::Secret {
        account: id(row, "vault", "account")?,
        connection: id(row, "vault", "connection")?,
        path: get(row, "vault", "path")?,
        hosts: json(row, "vault", "hosts")?,
    };
    Ok(SealedRow { place, sealed: get(row, "vault", "sealed")? })
}

fn letter(row: &SqliteRow) -> Result<SealedRow, StoreError> {
    let place = SealedPlace::Letter { id: id(row, "mails", "id")? };
    Ok(SealedRow { place, sealed: get(row, "mails", "sealed")? })
}

fn client(row: &SqliteRow) -> Result<SealedRow, StoreError> {
    let place = SealedPlace::SsoClient {
        account: id(row, "sso_clients", "account")?,
        hosts: json(row, "sso_clients", "hosts")?,
    };
    Ok(SealedRow { place, sealed: get(row, "sso_clients", "sealed")? })
}

fn factor(row: &SqliteRow) -> Result<SealedRow, StoreError> {
    let place = SealedPlace::Factor { user: id(row, "second_factors", "user")? };
    Ok(SealedRow { place, sealed: get(row, "second_factors", "sealed")? })
}
