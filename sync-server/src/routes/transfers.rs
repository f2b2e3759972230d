//! Handing integrations over, from both sides.

use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use tombolo_model::Id;
use tombolo_wire::rest::{
    AnswerTransfer, AuditAction, FieldChange, LookAtTransfer, OfferTransfer, PreviewTransfer, Transfer,
    TransferContents, TransferOffered, TransferStatus, Transfers,
};

use super::body::{Body, Names};
use crate::app::App;
use crate::auth::caller::{Caller, Entered};
use crate::auth::details::checked_email;
use crate::error::ApiError;
use crate::fresh::token_hash;
use crate::store::{AuditEvent, NewTransfer, TRANSFER_MS, TransferRow};
use crate::transfers::{self, All, TransferError};
use crate::{audit, clock, fresh, mail};

/// The most integrations that go together.
const MOST: usize = 100;
/// How long an answer waits for the hand-over; one that takes longer goes on by itself.
const PATIENCE: Duration = Duration::from_secs(15);

/// `POST /api/accounts/{account}/transfers/preview`
pub(super) async fn preview(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<PreviewTransfer>,
) -> Result<Json<TransferContents>, ApiError> {
    Ok(Json(contents(&app, entered.account, &body.integrations).await?))
}

/// `POST /api/accounts/{account}/transfers`
pub(super) async fn offer(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<OfferTransfer>,
) -> Result<Json<TransferOffered>, ApiError> {
    let email = checked_email(&body.email)?;
    if email == caller.user.email {
        return Err(ApiError::invalid(
            "email",
            "This is your own address. Name the person who takes the integrations.",
        ));
    }
    stays(&app, entered.account).await?;
    is_free(&app, &caller, &entered, &body.integrations).await?;
    let contents = contents(&app, entered.account, &body.integrations).await?;
    if !contents.shared.is_empty() && !body.copy_shared {
        let names: Vec<&str> = contents.shared.iter().map(|shared| shared.name.as_str()).collect();
        let message = format!(
            "Others who stay use these as well: {}. Offer copies of them, or take them out first.",
            names.join(", ")
        );
        return Err(ApiError::conflict("shared_resources", message));
    }
    mail::count(&app, caller.user.id, &email)?;
    let (token, id) = (fresh::token()?, fresh::id()?);
    let names = integrations_in_words(&contents);
    let link = format!("/transfers?offer={}", token.text);
    let letter = app.post.as_ref().map(|post| {
        let ends_ms = clock::now_ms() + TRANSFER_MS;
        mail::offer((entered.account, id), &caller.user.name, &email, &names, &post.link(&link), ends_ms)
    });
    let transfer = NewTransfer {
        id,
        account: entered.account,
        by: caller.user.id,
        email: email.clone(),
        token: token.hash,
        contents,
        now_ms: clock::now_ms(),
    };
    if !app.store.offer_transfer(&transfer).await? {
        let message =
            "Some of this was offered to somebody a moment ago. Cancel that offer first, or wait for its answer.";
        return Err(ApiError::conflict("offered_already", message));
    }
    let told = [audit::field("/to", None, Some(email.into())), status(None, "offered")];
    note(&app, entered.account, &caller, id, &names, AuditAction::Create, told.into()).await;
    let mailed = letter.is_some();
    if let Some(letter) = letter {
        mail::post(&app, letter).await?;
    }
    Ok(Json(TransferOffered { id, link, mailed }))
}

/// Refuses what is in an open offer already: two people would be promised the same.
async fn is_free(app: &App, caller: &Caller, entered: &Entered, integrations: &[Id]) -> Result<(), ApiError> {
    let rows = app.store.transfers(entered.account, caller.user.id, clock::now_ms()).await?;
    let open = |row: &&TransferRow| {
        row.account == entered.account && matches!(row.shown.status, TransferStatus::Offered | TransferStatus::Accepted)
    };
    for row in rows.iter().filter(open) {
        if let Some(item) = row.shown.contents.items.iter().find(|item| integrations.contains(&item.id)) {
            let message = format!(
                "“{}” is offered to {} already. Cancel that offer first, or wait for its answer.",
                item.name, row.shown.email
            );
            return Err(ApiError::conflict("offered_already", message));
        }
    }
    Ok(())
}

/// `GET /api/accounts/{account}/transfers`
pub(super) async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
) -> Result<Json<Transfers>, ApiError> {
    let rows = app.store.transfers(entered.account, caller.user.id, clock::now_ms()).await?;
    let mut transfers = Vec::new();
    for row in rows {
        let mut transfer = shown(row, entered.account);
        if !transfer.incoming && transfer.status == TransferStatus::Offered {
            let letters = mail::states(&app, entered.account, &mail::about::transfer(transfer.id)).await?;
            transfer.mail = letters.into_values().next();
        }
        transfers.push(transfer);
    }
    Ok(Json(Transfers { transfers }))
}

/// `POST /api/accounts/{account}/transfers/{transfer}/cancel`
pub(super) async fn cancel(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Names((_, transfer)): Names<(Id, Id)>,
) -> Result<StatusCode, ApiError> {
    let row = app.store.transfer(transfer, clock::now_ms()).await?;
    let row = row.filter(|row| row.account == entered.account).ok_or_else(ApiError::not_found)?;
    end(&app, &row, TransferStatus::Canceled).await?;
    app.store.forget_mail(entered.account, &mail::about::transfer(transfer), &row.shown.email).await?;
    let names = integrations_in_words(&row.shown.contents);
    let told = vec![status(Some("offered"), "canceled")];
    note(&app, entered.account, &caller, transfer, &names, AuditAction::Update, told).await;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/transfers/look`
///
/// A link that is not known and one for another address answer alike.
pub(super) async fn look(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<LookAtTransfer>,
) -> Result<Json<Transfer>, ApiError> {
    let row = app.store.claim_transfer(&token_hash(&body.offer), caller.user.id, clock::now_ms()).await?;
    let row = row.ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "offer_unknown",
            "There is no such offer for your address. Sign in with the address it was made to, or ask for a new link.",
        )
    })?;
    Ok(Json(Transfer { incoming: true, ..row.shown }))
}

/// `POST /api/accounts/{account}/transfers/accept`
pub(super) async fn accept(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<AnswerTransfer>,
) -> Result<Json<Transfer>, ApiError> {
    let row = mine(&app, &caller, body.transfer).await?;
    if row.account == entered.account {
        return Err(ApiError::conflict(
            "same_account",
            "This account is the sender. Switch to the account that takes the integrations.",
        ));
    }
    stays(&app, entered.account).await?;
    let (offered, accepted) = (TransferStatus::Offered, TransferStatus::Accepted);
    let now = clock::now_ms();
    if !app.store.move_transfer(body.transfer, offered, accepted, Some(entered.account), now).await? {
        return Err(not_open());
    }
    let work = app.clone();
    // On its own: a request that is dropped does not stop half-way.
    let going = tokio::spawn(async move { transfers::carry_out(&work, body.transfer).await });
    if tokio::time::timeout(PATIENCE, going).await.is_err() {
        tracing::info!(transfer = %body.transfer, "a hand-over waits for runs");
    }
    let row = app.store.transfer(body.transfer, clock::now_ms()).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(Transfer { incoming: true, ..row.shown }))
}

/// `POST /api/transfers/decline`
pub(super) async fn decline(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<AnswerTransfer>,
) -> Result<Json<Transfer>, ApiError> {
    let row = mine(&app, &caller, body.transfer).await?;
    end(&app, &row, TransferStatus::Declined).await?;
    let names = integrations_in_words(&row.shown.contents);
    let told = vec![status(Some("offered"), "declined")];
    note(&app, row.account, &caller, body.transfer, &names, AuditAction::Update, told).await;
    let shown = Transfer { incoming: true, status: TransferStatus::Declined, ..row.shown };
    Ok(Json(shown))
}

/// Nothing goes out of or into an account that is to be deleted: it would be gone before it arrives.
async fn stays(app: &App, account: Id) -> Result<(), ApiError> {
    if app.store.closing(account).await?.is_none() {
        return Ok(());
    }
    let message = "This account is to be deleted. Its owner can keep it on the page Account; then integrations go in and out again.";
    Err(ApiError::conflict("closing", message))
}

/// One that the caller has looked at; any other is as if it did not exist.
async fn mine(app: &App, caller: &Caller, transfer: Id) -> Result<TransferRow, ApiError> {
    let row = app.store.transfer(transfer, clock::now_ms()).await?;
    row.filter(|row| row.to_user == Some(caller.user.id)).ok_or_else(ApiError::not_found)
}

async fn end(app: &App, row: &TransferRow, status: TransferStatus) -> Result<(), ApiError> {
    let now = clock::now_ms();
    if app.store.move_transfer(row.shown.id, TransferStatus::Offered, status, None, now).await? {
        Ok(())
    } else {
        Err(not_open())
    }
}

fn not_open() -> ApiError {
    ApiError::conflict("not_open", "This offer is not open any more. Load the list anew to see how it ended.")
}

async fn contents(app: &App, account: Id, integrations: &[Id]) -> Result<TransferContents, ApiError> {
    if integrations.is_empty() || integrations.len() > MOST {
        return Err(ApiError::invalid("integrations", format!("Choose 1 to {MOST} integrations.")));
    }
    let all = All::read(app, account).await.map_err(|error| match error {
        TransferError::Store(error) => error.into(),
        error => ApiError::internal(&error),
    })?;
    let contents = transfers::preview(&all, integrations);
    let there = |id: &Id| contents.items.iter().any(|item| item.id == *id);
    match integrations.iter().find(|id| !there(id)) {
        Some(id) => Err(ApiError::invalid("integrations", format!("There is no integration {id}."))),
        None => Ok(contents),
    }
}

fn shown(row: TransferRow, account: Id) -> Transfer {
    let mut shown = Transfer { incoming: row.account != account, ..row.shown };
    if !shown.incoming && shown.status == TransferStatus::Done {
        // What is left to do is the recipient's.
        shown.afterwards.clear();
    }
    shown
}

fn integrations_in_words(contents: &TransferContents) -> String {
    let integrations = contents.items.iter().filter(|item| item.kind == tombolo_model::Kind::Integration);
    integrations.map(|item| item.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn status(before: Option<&str>, now: &str) -> FieldChange {
    audit::field("/status", before.map(Into::into), Some(now.into()))
}

async fn note(
    app: &App,
    account: Id,
    caller: &Caller,
    transfer: Id,
    names: &str,
    action: AuditAction,
    fields: Vec<FieldChange>,
) {
    let event = audit::told(caller.user.id, "transfer", Some(transfer), names, action);
    audit::note(app, account, AuditEvent { fields, ..event }).await;
}
