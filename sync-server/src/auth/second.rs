//! The second factor of a sign-in: a code of an authenticator app, or a recovery code.

use axum::http::StatusCode;
use tombolo_model::Id;
use tombolo_wire::rest::AuditAction;

use super::totp;
use crate::app::App;
use crate::error::ApiError;
use crate::fresh::token_hash;
use crate::store::{AuditEvent, Factor, SealedSecret};
use crate::vault::SecretPlace;
use crate::{audit, clock};

/// Where the secret of a person's factor lies in the vault's terms.
const PATH: &str = "second factor";

/// Seals a secret for a person.
pub(crate) fn seal(app: &App, user: Id, secret: &[u8]) -> Result<Vec<u8>, ApiError> {
    let place = SecretPlace { account: user, connection: user, path: PATH };
    let sealed = app.vault.seal(place, Vec::new(), &hex::encode(secret)).map_err(|error| ApiError::internal(&error))?;
    Ok(sealed.sealed)
}

/// Opens it.
pub(crate) fn open(app: &App, user: Id, factor: &Factor) -> Result<Vec<u8>, ApiError> {
    let sealed =
        SealedSecret { connection: user, path: PATH.to_owned(), sealed: factor.sealed.clone(), hosts: Vec::new() };
    let text = app.vault.open_secret(user, &sealed).map_err(|error| ApiError::internal(&error))?;
    hex::decode(text).map_err(|error| ApiError::internal(&error))
}

/// What let somebody through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passed {
    /// They have no second factor.
    Without,
    /// A code of their app.
    App,
    /// A recovery code; this many were there before.
    Recovery(u32),
}

/// Writes the use of a recovery code into the audit logs.
pub(crate) async fn note_recovery(app: &App, user: Id, name: &str, passed: Passed) -> Result<(), ApiError> {
    if let Passed::Recovery(before) = passed {
        let left = app.store.factor(user).await?.map_or(0, |factor| factor.codes_left);
        let event = audit::told(user, "user", Some(user), name, AuditAction::Update);
        let fields = vec![audit::field("/recoveryCodes", Some(before.into()), Some(left.into()))];
        audit::note_everywhere(app, user, &AuditEvent { fields, ..event }).await;
    }
    Ok(())
}

/// Lets somebody through whose password was right, when their factor says so too; each code is used up by that.
///
/// # Errors
///
/// Returns that a code is needed, or that this one is wrong.
pub(crate) async fn check(app: &App, user: Id, code: Option<&str>) -> Result<Passed, ApiError> {
    let Some(factor) = app.store.factor(user).await?.filter(|factor| factor.confirmed) else {
        return Ok(Passed::Without);
    };
    let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
        let message = "Enter the code of your authenticator app, or one of your recovery codes.";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "code_needed", message).about("code"));
    };
    let secret = open(app, user, &factor)?;
    let (right, passed) = match totp::step_of(&secret, code, clock::now_ms(), factor.last_step) {
        Some(step) => (app.store.use_step(user, step).await?, Passed::App),
        None => {
            let used = app.store.use_recovery_code(user, &token_hash(&plain(code))).await?;
            (used, Passed::Recovery(factor.codes_left))
        }
    };
    if right {
        return Ok(passed);
    }
    let message = "This code is wrong or was used. Wait for the next one of your authenticator app.";
    Err(ApiError::new(StatusCode::UNAUTHORIZED, "wrong_code", message).about("code"))
}

/// A recovery code as it is hashed, however it was typed.
pub(crate) fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
