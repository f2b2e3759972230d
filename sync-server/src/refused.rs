//! Taking over what was refused to a member: what it would do now, and doing it.
//!
//! What is shown and what is written are worked out of the same intents, on the document as it is; the old changes never
//! enter (decision 14). The change that comes of it is the administrator's, and the audit log names whose it was.
//!
//! Invariant: nothing is written that was not shown to the administrator who takes it over.

use serde_json::Value;
use tombolo_docs::{Author, Document};
use tombolo_model::{Id, Intent, RowId};
use tombolo_wire::rest::{AuditAction, OfferRefused, RefusedLine, RefusedReview, RefusedStatus};
use tombolo_wire::store::Difference;

use crate::app::App;
use crate::error::ApiError;
use crate::resources::ResourceError;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::{references, write};
use crate::store::{AuditEvent, RefusedRow, StoredDocument};
use crate::{audit, clock};

/// What is worked out on a copy is signed by nobody.
const NOBODY: Author = Author { actor: [0; 16], time_ms: 0 };

/// What taking a change over would do now.
///
/// # Errors
///
/// Returns why it cannot be said.
pub(crate) async fn review(app: &App, acting: &Acting, row: RefusedRow) -> Result<RefusedReview, RestError> {
    let RefusedRow { line, offer } = row;
    let offer = offer.ok_or_else(decided)?;
    let stored = app.store.document(acting.account, offer.document).await?;
    let bins = offer.intents.contains(&Intent::Bin);
    let mut review = tokio::task::spawn_blocking(move || worked_out(line, offer, stored))
        .await
        .map_err(|error| ApiError::internal(&error))??;
    if review.obstacle.is_none() && bins {
        let users = references::users(app, acting, review.change.document).await?;
        review.obstacle =
            (!users.is_empty()).then(|| "Other resources use it. Take it out of them before you delete it.".to_owned());
    }
    Ok(review)
}

/// Takes a change over: it becomes the administrator's.
///
/// # Errors
///
/// Returns why it was not taken over.
pub(crate) async fn adopt(app: &App, acting: &Acting, change: Id, heads: &[String]) -> Result<(), RestError> {
    let hub = app.hub.account(acting.account);
    // Who asks twice, and whoever decides meanwhile, waits and then finds it decided: intents must not be written twice.
    let _alone = hub.deciding().await;
    let row = app.store.one_refused(acting.account, change).await?.ok_or_else(RestError::not_found)?;
    let offer = row.offer.clone().ok_or_else(decided)?;
    let review = review(app, acting, row).await?;
    if let Some(obstacle) = review.obstacle {
        return Err(ApiError::conflict("cannot_adopt", obstacle).into());
    }
    // What others write from here on is merged with it field by field, like with any edit.
    if review.heads != heads {
        let message = "The resource was changed since you looked at this. Look at what it would do now.";
        return Err(ApiError::conflict("changed", message).into());
    }
    let line = review.change;
    match offer.create {
        Some(value) => write::create(app, acting, offer.kind, offer.document, value).await?,
        None => {
            let intents = offer.intents;
            let edit: write::Edit =
                Box::new(move |document, author, rows| document.edit_in_parts(author, &intents, rows));
            write::change(app, acting, offer.document, edit).await?;
        }
    }
    let now_ms = clock::now_ms();
    if !app.store.decide_refused(acting.account, line.id, RefusedStatus::Adopted, acting.user, now_ms).await? {
        tracing::warn!(change = %line.id, "a change was taken over that is offered anew");
    }
    tell(app, acting, &line, "adopted").await;
    Ok(())
}

/// Says that a change is not wanted, or is taken back by whose it is.
///
/// # Errors
///
/// Returns that it was decided already, or what the store said.
pub(crate) async fn dismiss(app: &App, acting: &Acting, line: &RefusedLine) -> Result<(), RestError> {
    let hub = app.hub.account(acting.account);
    let _alone = hub.deciding().await;
    let now_ms = clock::now_ms();
    if !app.store.decide_refused(acting.account, line.id, RefusedStatus::Dismissed, acting.user, now_ms).await? {
        return Err(decided());
    }
    tell(app, acting, line, "dismissed").await;
    Ok(())
}

/// Who decided stands in the entry as its user; whose change it was, in its fields.
async fn tell(app: &App, acting: &Acting, line: &RefusedLine, what: &str) {
    let event = audit::acted(acting, line.kind.name(), Some(line.document), &line.name, AuditAction::Update);
    let fields = vec![
        audit::field("/notAccepted/status", Some("open".into()), Some(what.into())),
        audit::field("/notAccepted/author", None, Some(line.by_name.clone().into())),
        audit::field("/notAccepted/authorId", None, Some(line.by.to_string().into())),
    ];
    audit::note(app, acting.account, AuditEvent { fields, ..event }).await;
}

fn decided() -> RestError {
    ApiError::conflict("decided", "Somebody has decided on this already. Load the page again.").into()
}

fn worked_out(
    line: RefusedLine,
    mut offer: OfferRefused,
    stored: Option<StoredDocument>,
) -> Result<RefusedReview, RestError> {
    let mut review = RefusedReview { change: line, differences: Vec::new(), obstacle: None, heads: Vec::new() };
    let made = match (stored, offer.create.take()) {
        (None, Some(value)) => whole(&offer, value),
        (None, None) => Err("The resource is not there any more.".to_owned()),
        (Some(_), Some(_)) => Err("The resource is there already.".to_owned()),
        (Some(stored), None) => {
            let id = offer.document;
            let document = load(id, &stored)?;
            // What it is says the document and not who offers.
            review.change.kind = stored.kind;
            review.change.name = document.describe().name;
            review.heads = document.heads_hex();
            changed(&document, &offer.intents)
        }
    };
    match made {
        Ok(differences) if differences.is_empty() => {
            review.obstacle = Some("There is nothing left to do: the resource is like this already.".to_owned());
        }
        Ok(differences) => review.differences = differences,
        Err(why) => review.obstacle = Some(why),
    }
    Ok(review)
}

fn load(id: Id, stored: &StoredDocument) -> Result<Document, RestError> {
    let loaded = Document::load(stored.changes.iter().map(Vec::as_slice))
        .map_err(|source| ResourceError::Document { id, source })?;
    if loaded.is_whole() { Ok(loaded.document) } else { Err(RestError::damaged()) }
}

/// A resource that is to be made, field by field, when it can be.
fn whole(offer: &OfferRefused, value: Value) -> Result<Vec<Difference>, String> {
    let made = Document::create_in_parts(offer.kind, offer.document, &value, &NOBODY, &mut rows());
    made.map_err(|error| format!("It cannot be made: {error}."))?;
    let Value::Object(fields) = value else { return Err("It cannot be made: it is no resource.".to_owned()) };
    let fields = fields.into_iter();
    let difference = |(name, refused): (String, Value)| Difference {
        path: tombolo_model::path::join("", &name),
        accepted: None,
        refused: Some(refused),
    };
    Ok(fields.map(difference).collect())
}

/// What intents would change in a document.
fn changed(document: &Document, intents: &[Intent]) -> Result<Vec<Difference>, String> {
    let mut wanted = document.clone();
    wanted
        .edit_in_parts(&NOBODY, intents, &mut rows())
        .map_err(|error| format!("It cannot be written any more: {error}."))?;
    let differences = document.differences(&wanted).into_iter();
    let shown = |difference: tombolo_docs::Difference| Difference {
        path: difference.path,
        accepted: difference.here,
        refused: difference.there,
    };
    Ok(differences.map(shown).collect())
}

/// Names of rows on a copy, which nobody sees.
fn rows() -> impl FnMut() -> RowId {
    let mut count = 0_u32;
    move || {
        count += 1;
        format!("row{count}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tombolo_model::Kind;

    use super::*;

    fn id(n: u8) -> Id {
        Id::from_parts(1, [n; 8])
    }

    fn offer(intents: Vec<Intent>, create: Option<Value>) -> OfferRefused {
        OfferRefused {
            parked: "p".to_owned(),
            document: id(1),
            kind: Kind::Script,
            name: "As the device has it".to_owned(),
            reason: "Your role does not allow this.".to_owned(),
            time_ms: 1,
            intents,
            create,
        }
    }

    fn line() -> RefusedLine {
        RefusedLine {
            id: id(2),
            parked: "p".to_owned(),
            by: id(3),
            by_name: "Jonas".to_owned(),
            document: id(1),
            kind: Kind::Script,
            name: "As the device has it".to_owned(),
            reason: String::new(),
            time_ms: 1,
            offered_ms: 1,
            status: RefusedStatus::Open,
            decided_by: None,
            decided_ms: None,
        }
    }

    fn stored(value: &Value) -> StoredDocument {
        let (_, chunk) = Document::create(Kind::Connection, id(1), value, &NOBODY, &mut rows()).unwrap();
        StoredDocument { kind: Kind::Connection, changes: vec![chunk.bytes], modified_ms: 1 }
    }

    fn set(path: &str, value: Value) -> Intent {
        Intent::Set { path: path.to_owned(), value }
    }

    #[test]
    fn what_is_shown_is_what_would_be_written_to_the_document_as_it_is_now() {
        let now = stored(&json!({ "name": "Shop", "http": { "baseURI": "https://a.example" } }));
        let intents = vec![set("/name", json!("Store")), set("/http/baseURI", json!("https://a.example"))];
        let review = worked_out(line(), offer(intents, None), Some(now)).unwrap();
        assert_eq!((review.change.kind, review.change.name.as_str()), (Kind::Connection, "Shop"));
        assert_eq!(review.obstacle, None);
        let difference =
            Difference { path: "/name".to_owned(), accepted: Some(json!("Shop")), refused: Some(json!("Store")) };
        assert_eq!(review.differences, [difference], "what is like this already is no difference");
        assert!(!review.heads.is_empty());
    }

    #[test]
    fn what_cannot_be_taken_over_says_why() {
        let shop = json!({ "name": "Shop" });
        let said = |offer: OfferRefused, there: bool| {
            let review = worked_out(line(), offer, there.then(|| stored(&shop))).unwrap();
            assert!(review.differences.is_empty());
            review.obstacle.unwrap()
        };
        let rename = || vec![set("/name", json!("Shop"))];
        assert!(said(offer(rename(), None), true).contains("like this already"));
        assert!(said(offer(rename(), None), false).contains("not there any more"));
        assert!(said(offer(Vec::new(), Some(shop.clone())), true).contains("there already"));
        let secret = offer(vec![set("/http/auth/token/token", json!("s3cret"))], None);
        assert!(said(secret, true).contains("vault"));
        let row = Intent::DeleteRow { list: "/pageProcessors".to_owned(), row: "gone".to_owned() };
        assert!(said(offer(vec![row], None), true).contains("cannot be written any more"));
    }

    #[test]
    fn a_resource_that_is_to_be_made_is_shown_field_by_field() {
        let value = json!({ "name": "New", "description": "Fresh" });
        let review = worked_out(line(), offer(Vec::new(), Some(value)), None).unwrap();
        let paths: Vec<_> = review.differences.iter().map(|difference| difference.path.as_str()).collect();
        assert_eq!(paths, ["/name", "/description"]);
        assert!(review.heads.is_empty() && review.obstacle.is_none());
    }
}
