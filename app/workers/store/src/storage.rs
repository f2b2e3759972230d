//! IndexedDB behind a small door: strict transactions that are complete or nothing, and plain reads.
//!
//! Decides the layout (in [`schema`]), durability, and which failures mean "no space". What the records mean is left
//! to the callers. Nothing outside this module touches IndexedDB, so that another library can take its place.
//!
//! Invariant: [`Storage::write`] returns `Ok` only after the browser has said that the strict transaction is complete.

mod batch;
mod error;
mod key;
pub(crate) mod read;
pub(crate) mod schema;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use indexed_db_futures::database::Database;
use indexed_db_futures::factory::DBFactory;
use indexed_db_futures::internals::SystemRepr;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{Transaction, TransactionDurability, TransactionMode, TransactionOptions};
use wasm_bindgen::prelude::*;

pub use batch::Batch;
pub use error::StorageError;
pub use key::{bytes, bytes_of, chunk_key, document_range, number, pair, range, range_after, text, text_of};
pub use schema::{Layout, Store};

/// An open database.
#[derive(Debug)]
pub struct Storage {
    database: Database,
    open: Rc<Cell<bool>>,
    /// Kept so that the browser can call it as long as the database is open.
    _on_gone: Closure<dyn FnMut(web_sys::Event)>,
}

impl Storage {
    /// Opens a database, making its stores where they are missing.
    ///
    /// `gone` is called when the database was closed by hand, because another page needs it in a newer version or
    /// somebody deleted it: this page has to be loaded anew.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser does not open it.
    pub async fn open(name: &str, layout: Layout, gone: impl Fn() + 'static) -> Result<Self, StorageError> {
        let database = Database::open(name)
            .with_version(layout.version())
            .with_on_upgrade_needed(move |_, database| schema::create(layout, &database))
            .await
            .map_err(|error| StorageError::Open(error.to_string()))?;
        let open = Rc::new(Cell::new(true));
        let on_gone = Closure::<dyn FnMut(web_sys::Event)>::new({
            let (open, database) = (open.clone(), database.clone());
            move |_| {
                if open.replace(false) {
                    database.clone().close();
                    gone();
                }
            }
        });
        let handler = Some(on_gone.as_ref().unchecked_ref());
        database.as_sys().set_onversionchange(handler);
        database.as_sys().set_onclose(handler);
        Ok(Self { database, open, _on_gone: on_gone })
    }

    /// Writes a batch in one strict transaction: all of it, or nothing.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError::Quota`] when there is no space, and the other causes by name.
    pub async fn write(&self, batch: &Batch) -> Result<(), StorageError> {
        if batch.is_empty() {
            return Ok(());
        }
        let writing = self.begin(&batch.stores())?;
        writing.issue(batch)?;
        writing.commit().await
    }

    /// Begins a strict transaction over these stores, which is filled piece by piece: the browser writes one while
    /// the next is made. Nothing may be awaited between its beginning and its commit.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser refuses.
    pub fn begin(&self, stores: &BTreeSet<Store>) -> Result<Writing<'_>, StorageError> {
        let names: Vec<&str> = stores.iter().map(|store| store.name()).collect();
        let options = TransactionOptions::new().with_durability(TransactionDurability::Strict);
        let transaction = self
            .open_database()?
            .transaction(names)
            .with_mode(TransactionMode::Readwrite)
            .with_options(options)
            .build()?;
        Ok(Writing { inner: transaction.as_sys().clone().unchecked_into(), transaction })
    }

    /// Closes the database; what is asked of it afterwards fails.
    pub fn close(&self) {
        if self.open.replace(false) {
            self.database.as_sys().set_onversionchange(None);
            self.database.as_sys().set_onclose(None);
            self.database.clone().close();
        }
    }

    /// Deletes a database that nobody has open any more.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser does not delete it.
    pub async fn delete(name: &str) -> Result<(), StorageError> {
        let failed = |error: &dyn std::fmt::Display| StorageError::Open(error.to_string());
        DBFactory::new()
            .map_err(|error| failed(&error))?
            .delete_db(name)
            .map_err(|error| failed(&error))?
            .await
            .map_err(|error| failed(&error))
    }

    fn open_database(&self) -> Result<&Database, StorageError> {
        if self.open.get() { Ok(&self.database) } else { Err(StorageError::Closed) }
    }
}

/// A strict transaction that is being filled. Dropped without its commit, it writes nothing.
pub struct Writing<'a> {
    transaction: Transaction<'a>,
    /// The library says only that a transaction was aborted; why, the browser's own object knows afterwards.
    inner: web_sys::IdbTransaction,
}

impl Writing<'_> {
    /// Gives it more to write.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError`] when the browser does not take it; all of the transaction has failed then.
    pub fn issue(&self, batch: &Batch) -> Result<(), StorageError> {
        batch.issue(&self.inner).map_err(|error| StorageError::of(&error))
    }

    /// Waits until all of it is strictly written.
    ///
    /// # Errors
    ///
    /// Returns [`StorageError::Quota`] when there is no space, and the other causes by name.
    pub async fn commit(self) -> Result<(), StorageError> {
        let inner = self.inner;
        self.transaction.commit().await.map_err(|error| StorageError::after(inner.error(), &error))
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        self.close();
    }
}
