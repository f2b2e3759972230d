//! What is not a change of a document: said by the route that does it, after it is done.

use serde_json::{Value, json};
use tombolo_model::{Id, MASK, Rights};
use tombolo_wire::rest::{AuditAction, AuditSource, FieldChange};

use super::catch_up;
use crate::app::App;
use crate::clock;
use crate::rest::acting::Acting;
use crate::store::{AuditEvent, Road};

tokio::task_local! {
    /// By what road the request came whose work is being done.
    static ROAD: Road;
}

/// Does work that [`told`] says of that it came by this road: for routes of the REST API that share their work with those
/// of our own pages.
pub(crate) async fn by_road<T>(road: Road, work: impl Future<Output = T>) -> T {
    ROAD.scope(road, work).await
}

/// The road of the work that is being done.
pub(crate) fn road() -> Road {
    ROAD.try_with(Clone::clone).unwrap_or_else(|_| Road::app())
}

/// Something that a person did just now, in the app where nothing else is said.
pub(crate) fn told(user: Id, kind: &str, resource: Option<Id>, name: &str, action: AuditAction) -> AuditEvent {
    AuditEvent {
        time_ms: clock::now_ms(),
        user: Some(user),
        road: road(),
        kind: kind.to_owned(),
        resource,
        name: name.to_owned(),
        action,
        fields: Vec::new(),
    }
}

/// Something that was done over the REST API, with a token or by a page of our own.
pub(crate) fn acted(acting: &Acting, kind: &str, resource: Option<Id>, name: &str, action: AuditAction) -> AuditEvent {
    AuditEvent { road: acting.road(), ..told(acting.user, kind, resource, name, action) }
}

/// Something that the server did by itself.
pub(crate) fn system(kind: &str, resource: Option<Id>, name: &str, action: AuditAction) -> AuditEvent {
    AuditEvent {
        time_ms: clock::now_ms(),
        user: None,
        road: Road { source: AuditSource::System, token: String::new() },
        kind: kind.to_owned(),
        resource,
        name: name.to_owned(),
        action,
        fields: Vec::new(),
    }
}

/// Writes it down, behind all that was accepted before it. What was done is done: that it could not be written down is
/// the operator's to hear.
pub(crate) async fn note(app: &App, account: Id, event: AuditEvent) {
    note_all(app, account, &[event]).await;
}

/// Writes several down at once.
pub(crate) async fn note_all(app: &App, account: Id, events: &[AuditEvent]) {
    if events.is_empty() {
        return;
    }
    // What was typed before a run or a ping is not one entry with what was typed afterwards.
    if let Err(error) = catch_up(&*app.store, account, clock::now_ms()).await {
        tracing::error!(%error, %account, "the audit log cannot be brought up to date");
    }
    if let Err(error) = app.store.audit(account, events).await {
        tracing::error!(%error, %account, count = events.len(), "entries of the audit log are lost");
    }
}

/// Writes down what concerns a person, in each account that is open to them.
pub(crate) async fn note_everywhere(app: &App, user: Id, event: &AuditEvent) {
    match app.store.accounts_of(user).await {
        Ok(memberships) => {
            for membership in memberships {
                note(app, membership.account, event.clone()).await;
            }
        }
        Err(error) => tracing::error!(%error, %user, "an entry of the audit log is lost"),
    }
}

/// The tokens of the account that somebody made, and that go on without them: for the entry of their removal.
pub(crate) async fn left_tokens(app: &App, account: Id, user: Id) -> Option<FieldChange> {
    let names = tokens_of(app, account, user, false).await?;
    Some(field("/accountTokensThatStay", None, Some(names)))
}

/// The names of the tokens that somebody has, personal ones or those of the account.
pub(crate) async fn tokens_of(app: &App, account: Id, user: Id, personal: bool) -> Option<Value> {
    let rows = match app.store.tokens(account, clock::now_ms()).await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::error!(%error, %account, "tokens cannot be listed for the audit log");
            return None;
        }
    };
    let theirs = rows.iter().filter(|row| row.user == user && row.personal == personal && !row.revoked);
    let names: Vec<&str> = theirs.filter_map(|row| row.body.get("name")?.as_str()).collect();
    (!names.is_empty()).then(|| json!(names))
}

/// One field of an entry.
pub(crate) fn field(path: &str, old_value: Option<Value>, new_value: Option<Value>) -> FieldChange {
    FieldChange { field_path: path.to_owned(), old_value, new_value }
}

/// A secret that was there or not before, and is there or not now: that it is, and never what it is.
pub(crate) fn masked(path: &str, before: bool, now: bool) -> FieldChange {
    let stars = |there: bool| there.then(|| Value::from(MASK));
    field(path, stars(before), stars(now))
}

/// What differs between two members' rights.
pub(crate) fn rights_fields(before: Option<&Rights>, after: Option<&Rights>) -> Vec<FieldChange> {
    let role = |rights: Option<&Rights>| rights.map(|rights| json!(rights.role));
    let grants = |rights: Option<&Rights>| rights.map(|rights| json!(rights.grants));
    let fields = [("/role", role(before), role(after)), ("/grants", grants(before), grants(after))];
    let differ = fields.into_iter().filter(|(_, old, new)| old != new);
    differ.map(|(path, old_value, new_value)| field(path, old_value, new_value)).collect()
}
