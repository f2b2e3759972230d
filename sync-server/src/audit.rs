//! What goes into the audit log: read off the changes that were accepted, and said by whoever does something else.
//!
//! Changes are read after they are stored, by the account's sequence: nothing that was accepted is left out, also when
//! the server is killed in between. What one person typed into one resource within a minute is one entry (decision 31).

mod event;
mod fields;

use std::time::Duration;

use thiserror::Error;
use tokio::task::JoinError;
use tombolo_docs::Document;
use tombolo_model::Id;
use tombolo_wire::rest::{AuditAction, AuditSource, FieldChange};

use crate::app::App;
use crate::clock;
use crate::store::{AuditEvent, Store, StoreError, Unaudited};

pub(crate) use event::{masked, note, rights_fields, told};

/// How long typing is gathered into one entry.
const GATHERED_MS: i64 = 60_000;
/// Changes that are read in one go.
const AT_ONCE: u32 = 500;
/// How often the background looks.
const LOOK: Duration = Duration::from_secs(30);

/// Why the log could not be brought up to date.
#[derive(Debug, Error)]
pub(crate) enum AuditError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The thread that opens documents has ended.
    #[error("the thread that opens documents has ended")]
    Ended(#[source] JoinError),
}

/// Brings the logs of all accounts up to date now and then, until the server stops.
pub(crate) async fn keep_up(app: App) {
    let mut stopping = app.hub.stopping();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        let accounts = match app.store.accounts().await {
            Ok(accounts) => accounts,
            Err(error) => {
                tracing::error!(%error, "the audit log cannot be brought up to date");
                continue;
            }
        };
        for account in accounts {
            if let Err(error) = catch_up(&*app.store, account, clock::now_ms() - GATHERED_MS).await {
                tracing::error!(%error, %account, "the audit log cannot be brought up to date");
            }
        }
    }
}

/// Reads the changes that the log lacks and that are not younger than this into it.
///
/// # Errors
///
/// Returns why it could not.
pub(crate) async fn catch_up(store: &dyn Store, account: Id, until_ms: i64) -> Result<(), AuditError> {
    loop {
        let from = store.audited(account).await?;
        let mut changes = store.unaudited(account, AT_ONCE).await?;
        let whole = changes.len() == AT_ONCE as usize;
        let old = changes.iter().position(|change| change.time_ms > until_ms).unwrap_or(changes.len());
        changes.truncate(old);
        let Some(last) = changes.last().map(|change| change.sequence) else {
            return Ok(());
        };
        let mut events = Vec::new();
        for group in groups(&changes) {
            events.extend(read(store, account, group).await?);
        }
        let mine = store.audit_up_to(account, from, last, &events).await?;
        if mine && !whole {
            return Ok(());
        }
    }
}

/// Changes of one resource by one person, close together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Group {
    document: Id,
    user: Id,
    /// When the last was accepted.
    time_ms: i64,
    began_ms: i64,
    first: u64,
    last: u64,
}

/// In the order in which they began.
fn groups(changes: &[Unaudited]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for change in changes {
        let open = groups.iter_mut().rfind(|group| group.document == change.document);
        match open {
            Some(group) if group.user == change.user && change.time_ms - group.began_ms < GATHERED_MS => {
                group.last = change.sequence;
                group.time_ms = change.time_ms;
            }
            _ => groups.push(Group {
                document: change.document,
                user: change.user,
                time_ms: change.time_ms,
                began_ms: change.time_ms,
                first: change.sequence,
                last: change.sequence,
            }),
        }
    }
    groups
}

/// What a group did; nothing when one change comes to nothing.
async fn read(store: &dyn Store, account: Id, group: Group) -> Result<Vec<AuditEvent>, AuditError> {
    let after = store.changes_up_to(account, group.document, group.last).await?;
    let before = store.changes_up_to(account, group.document, group.first - 1).await?;
    tokio::task::spawn_blocking(move || events(&group, &before, &after)).await.map_err(AuditError::Ended)
}

fn events(group: &Group, before: &[Vec<u8>], after: &[Vec<u8>]) -> Vec<AuditEvent> {
    let load = |chunks: &[Vec<u8>]| Document::load(chunks.iter().map(Vec::as_slice)).ok().map(|loaded| loaded.document);
    // Handed over meanwhile: the transfer has its own entry.
    let Some(after) = load(after) else {
        return Vec::new();
    };
    let before = load(before);
    let value = after.value();
    let name = value.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
    let event = |action, fields| AuditEvent {
        time_ms: group.time_ms,
        user: Some(group.user),
        source: AuditSource::Ui,
        kind: after.kind().name().to_owned(),
        resource: Some(group.document),
        name: name.clone(),
        action,
        fields,
    };
    let Some(before) = before else {
        let whole = FieldChange { field_path: String::new(), old_value: None, new_value: fields::shown(&value) };
        return vec![event(AuditAction::Create, vec![whole])];
    };
    let mut found = Vec::new();
    let changed = fields::changed(&before, &after);
    if !changed.is_empty() {
        found.push(event(AuditAction::Update, changed));
    }
    match (before.binned(), after.binned()) {
        (false, true) => found.push(event(AuditAction::Delete, Vec::new())),
        (true, false) => found.push(event(AuditAction::Restore, Vec::new())),
        _ => {}
    }
    // Something was changed and changed back: who did that is not to be hidden by its coming to nothing.
    if found.is_empty() && group.first != group.last {
        found.push(event(AuditAction::Update, Vec::new()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_and_changed_back_within_a_minute_leaves_an_entry() {
        let author = tombolo_docs::Author { actor: [1; 16], time_ms: 0 };
        let id = Id::from_parts(1, [1; 8]);
        let value = serde_json::json!({ "name": "Orders" });
        let made = Document::create(tombolo_model::Kind::Flow, id, &value, &author, &mut || "r".to_owned()).unwrap();
        let (mut document, chunk) = made;
        let mut chunks = vec![chunk.bytes];
        for name in ["Elsewhere", "Orders"] {
            let set = tombolo_model::Intent::Set { path: "/name".to_owned(), value: name.into() };
            chunks.push(document.edit(&author, &[set], &mut || "r".to_owned()).unwrap().unwrap().bytes);
        }
        let group = |last| Group { document: id, user: id, time_ms: 2, began_ms: 1, first: 2, last };
        let told = events(&group(3), &chunks[..1], &chunks);
        assert_eq!(told.iter().map(|event| event.action).collect::<Vec<_>>(), [AuditAction::Update]);
        assert!(told[0].fields.is_empty());
        assert!(events(&group(2), &chunks[..1], &chunks[..1]).is_empty());
    }

    fn change(sequence: u64, document: u8, user: u8, time_ms: i64) -> Unaudited {
        let id = |n| Id::from_parts(1, [n; 8]);
        Unaudited { sequence, document: id(document), user: id(user), time_ms }
    }

    #[test]
    fn what_one_person_types_within_a_minute_is_one_entry_and_anothers_edit_ends_it() {
        let seconds = |n: i64| n * 1_000;
        let changes = [
            change(1, 1, 1, 0),
            change(2, 2, 1, seconds(1)),
            change(3, 1, 1, seconds(59)),
            change(4, 1, 1, seconds(61)),
            change(5, 1, 2, seconds(62)),
            change(6, 1, 1, seconds(63)),
        ];
        let found: Vec<_> = groups(&changes).iter().map(|group| (group.first, group.last)).collect();
        assert_eq!(found, [(1, 3), (2, 2), (4, 4), (5, 5), (6, 6)]);
    }
}
