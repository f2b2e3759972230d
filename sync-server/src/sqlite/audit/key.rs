//! The key that audit logs are sealed with. It lies beside the database and never in it: who can write to the database
//! alone can forge nothing. It is not the vault's, which may be exchanged without the logs being written anew.

use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::fresh;
use crate::private;
use crate::store::{Cause, StoreError};

/// The name of its file.
pub(crate) const AUDIT_KEY: &str = "audit.key";

/// The key.
#[derive(Clone)]
pub(in crate::sqlite) struct AuditKey([u8; 32]);

impl AuditKey {
    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey(…)")
    }
}

/// Reads the key beside a database, or makes one that only the server's user can read; says whether it was made.
pub(in crate::sqlite) fn key_beside(database: &Path) -> Result<(AuditKey, bool), StoreError> {
    fn failed(source: impl Into<Cause>) -> StoreError {
        StoreError::Database { doing: "opening the key of the audit log", source: source.into() }
    }
    let path = database.with_file_name(AUDIT_KEY);
    match File::open(&path) {
        Ok(mut file) => {
            private::file(&path).map_err(failed)?;
            let mut text = String::new();
            file.read_to_string(&mut text).map_err(failed)?;
            let mut key = [0; 32];
            let not = || failed(format!("{} holds no key: put the right file back", path.display()));
            hex::decode_to_slice(text.trim(), &mut key).map_err(|_| not())?;
            Ok((AuditKey(key), false))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = fresh::bytes::<32>().map_err(failed)?;
            private::whole_file(&path, format!("{}\n", hex::encode(key)).as_bytes()).map_err(failed)?;
            Ok((AuditKey(key), true))
        }
        Err(error) => Err(failed(error)),
    }
}
