//! Documents written for somebody who calls the API, as a device of theirs would write them.

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::task::JoinError;
use tombolo_docs::{Author, Chunk, Document, EditError};
use tombolo_model::{Id, Kind, RowId};
use tombolo_sync::gate::{Incoming, Refusal, Verdict};

use super::acting::Acting;
use super::error::RestError;
use crate::app::App;
use crate::error::ApiError;
use crate::resources::ResourceError;
use crate::runner::outages;
use crate::store::{Push, Pushed};
use crate::{clock, fresh};

/// Makes a document of a new resource.
///
/// # Errors
///
/// Returns why there is none.
pub(crate) async fn create(app: &App, acting: &Acting, kind: Kind, id: Id, value: Value) -> Result<(), RestError> {
    let (author, mut rows) = pen()?;
    let made = blocking(move || {
        let (_, chunks) = Document::create_in_parts(kind, id, &value, &author, &mut rows)?;
        Ok::<_, RestError>(read(chunks))
    });
    push(app, acting, id, made.await?).await
}

/// An edit of a document: what it writes, as changes.
pub(crate) type Edit = Box<
    dyn FnOnce(&mut Document, &Author, &mut dyn FnMut() -> RowId) -> Result<Vec<Chunk>, EditError> + Send + 'static,
>;

/// Changes a document that is there. Nothing is written where the edit changes nothing.
///
/// # Errors
///
/// Returns why it was not changed.
pub(crate) async fn change(app: &App, acting: &Acting, id: Id, edit: Edit) -> Result<(), RestError> {
    let stored = app.store.document(acting.account, id).await?.ok_or_else(RestError::not_found)?;
    let (author, mut rows) = pen()?;
    let made = blocking(move || {
        let loaded = Document::load(stored.changes.iter().map(Vec::as_slice))
            .map_err(|source| ResourceError::Document { id, source })?;
        if !loaded.is_whole() {
            return Err(RestError::damaged());
        }
        let mut document = loaded.document;
        Ok::<_, RestError>(read(edit(&mut document, &author, &mut rows)?))
    });
    let changes = made.await?;
    if changes.as_ref().is_ok_and(Vec::is_empty) {
        return Ok(());
    }
    push(app, acting, id, changes).await
}

/// Replaces the content of a resource: what is left out is gone, what stays is not written.
pub(crate) fn replacing(value: Value) -> Edit {
    Box::new(move |document, author, rows| document.replace(author, &value, rows))
}

/// Puts a resource into the recycle bin, or takes it out.
pub(crate) fn binning(into: bool) -> Edit {
    let intent = if into { tombolo_model::Intent::Bin } else { tombolo_model::Intent::Unbin };
    Box::new(move |document, author, rows| document.edit_in_parts(author, &[intent], rows))
}

type Changes = Result<Vec<Incoming>, Refusal>;

/// The gate wants them as it gets them from devices.
fn read(chunks: Vec<Chunk>) -> Changes {
    chunks.into_iter().map(|chunk| Incoming::read(chunk.bytes)).collect()
}

/// An author of this request's own, and what names rows: actors of the server belong to the person who acts
/// (decision 15), and two requests at a time must not count with the same one.
fn pen() -> Result<(Author, impl FnMut() -> RowId + Send + 'static), RestError> {
    let author = Author { actor: fresh::bytes()?, time_ms: clock::now_ms() };
    let seed: [u8; 16] = fresh::bytes()?;
    let mut count = 0_u64;
    let rows = move || {
        count += 1;
        let digest = Sha256::new().chain_update(seed).chain_update(count.to_be_bytes()).finalize();
        hex::encode(&digest[..6])
    };
    Ok((author, rows))
}

/// Documents take time to open: not on a thread that answers requests.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RestError> + Send + 'static,
) -> Result<T, RestError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ended(&error))?
}

fn ended(error: &JoinError) -> RestError {
    ApiError::internal(error).into()
}

async fn push(app: &App, acting: &Acting, document: Id, changes: Changes) -> Result<(), RestError> {
    let changes = changes.map_err(|refusal| RestError::refused(&[refusal]))?;
    let push = Push {
        account: acting.account,
        user: acting.user,
        document,
        changes,
        road: acting.road(),
        recovering: false,
        now_ms: clock::now_ms(),
    };
    let app = app.clone();
    let account = acting.account;
    // A task of its own: a request that is dropped now must not keep what it has committed from the others.
    let pushed = tokio::spawn(async move {
        let pushed = app.store.push(push).await?;
        tell(&app, account, document, &pushed);
        outages::pushed(&app, account, document, &pushed).await;
        Ok::<_, RestError>(pushed)
    });
    match pushed.await.map_err(|error| ended(&error))??.verdict {
        Verdict::Accept(_) => Ok(()),
        Verdict::Refuse(refusals) => Err(RestError::refused(&refusals)),
        Verdict::Need(_) => Err(RestError::damaged()),
    }
}

/// Tells open browsers, and the schedules when it was a flow.
fn tell(app: &App, account: Id, document: Id, pushed: &Pushed) {
    let Some(sequence) = pushed.sequence else { return };
    app.committed(account, sequence);
    if matches!(&pushed.verdict, Verdict::Accept(accepted) if accepted.kind == Some(Kind::Flow)) {
        app.hub.flow_changed(account, document);
    }
}
