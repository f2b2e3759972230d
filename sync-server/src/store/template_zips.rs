//! The zips of templates.

use async_trait::async_trait;
use tombolo_model::Id;

use super::StoreError;

/// Zips, one a template.
#[async_trait]
pub trait TemplateZips {
    /// Keeps a template's zip in place of the one before; not where all of the account's would be more than `most_bytes`.
    /// Says whether it did.
    async fn put_template_zip(
        &self,
        account: Id,
        template: Id,
        zip: &[u8],
        most_bytes: u64,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// A template's zip.
    async fn template_zip(&self, account: Id, template: Id) -> Result<Option<Vec<u8>>, StoreError>;

    /// The templates that have one.
    async fn templates_with_zip(&self, account: Id) -> Result<Vec<Id>, StoreError>;
}
