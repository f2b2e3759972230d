//! What is not a change of a document: said by the route that does it, after it is done.

use serde_json::{Value, json};
use tombolo_model::{Id, MASK, Rights};
use tombolo_wire::rest::{AuditAction, AuditSource, FieldChange};

use crate::app::App;
use crate::clock;
use crate::store::AuditEvent;

/// Something that a person did in the app just now.
pub(crate) fn told(user: Id, kind: &str, resource: Option<Id>, name: &str, action: AuditAction) -> AuditEvent {
    AuditEvent {
        time_ms: clock::now_ms(),
        user: Some(user),
        source: AuditSource::Ui,
        kind: kind.to_owned(),
        resource,
        name: name.to_owned(),
        action,
        fields: Vec::new(),
    }
}

/// Writes it down. What was done is done: that it could not be written down is the operator's to hear.
pub(crate) async fn note(app: &App, account: Id, event: AuditEvent) {
    if let Err(error) = app.store.audit(account, &[event]).await {
        tracing::error!(%error, %account, "an entry of the audit log is lost");
    }
}

/// A secret that was entered or removed: that it was, and never what it is.
pub(crate) fn masked(path: &str, entered: bool) -> FieldChange {
    let shown = || Some(Value::from(MASK));
    FieldChange {
        field_path: path.to_owned(),
        old_value: if entered { None } else { shown() },
        new_value: if entered { shown() } else { None },
    }
}

/// What differs between two members' rights.
pub(crate) fn rights_fields(before: Option<&Rights>, after: Option<&Rights>) -> Vec<FieldChange> {
    let role = |rights: Option<&Rights>| rights.map(|rights| json!(rights.role));
    let grants = |rights: Option<&Rights>| rights.map(|rights| json!(rights.grants));
    let fields = [("/role", role(before), role(after)), ("/grants", grants(before), grants(after))];
    let differ = fields.into_iter().filter(|(_, old, new)| old != new);
    differ
        .map(|(path, old_value, new_value)| FieldChange { field_path: path.to_owned(), old_value, new_value })
        .collect()
}
