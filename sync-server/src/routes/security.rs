//! A person's own security: password, second factor, sessions.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode};
use tombolo_model::{Id, Role};
use tombolo_wire::rest::{
    AuditAction, BeginFactor, ChangePassword, ConfirmFactor, EndSession, FactorBegun, FactorConfirmed, FieldChange,
    RemoveFactor, Security, SessionLine,
};

use super::body::{Body, Names};
use super::email;
use super::finish::finish;
use super::members::member;
use crate::app::App;
use crate::auth::attempts::{Network, Source};
use crate::auth::caller::{Caller, Entered, address};
use crate::auth::details::check_password;
use crate::auth::password::LONGEST;
use crate::auth::{qr, second, totp, trust};
use crate::error::ApiError;
use crate::fresh::token_hash;
use crate::store::{AuditEvent, LAST_PASSWORDS};
use crate::{audit, clock, fresh, mail};

/// Recovery codes that a person is given.
const CODES: usize = 10;

/// `GET /api/security`
pub(super) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Security>, ApiError> {
    let factor = app.store.factor(caller.user.id).await?.filter(|factor| factor.confirmed);
    let sessions = app.store.sessions_of(caller.user.id, clock::now_ms()).await?;
    let wished_email = app.store.wished_address(caller.user.id, clock::now_ms() - email::GOOD_MS).await?;
    let sessions = sessions.into_iter().map(|session| SessionLine {
        id: name(&session.token),
        current: session.token == caller.session,
        agent: session.agent,
        network: session.network,
        created_ms: session.created_ms,
    });
    Ok(Json(Security {
        second_factor: factor.is_some(),
        recovery_codes: factor.map_or(0, |factor| factor.codes_left),
        sessions: sessions.collect(),
        mail: app.post.is_some(),
        wished_email,
        trusted_browsers: app
            .store
            .trusted_browsers(caller.user.id, trust::since_ms(&app, caller.user.id).await?)
            .await?,
    }))
}

/// A session is named by a hash of what is kept of its token: the name opens nothing.
fn name(token: &[u8; 32]) -> String {
    let hash = token_hash(&hex::encode(token));
    hex::encode(hash.get(..12).unwrap_or_default())
}

/// `POST /api/security/sessions/end`
pub(super) async fn end(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<EndSession>,
) -> Result<StatusCode, ApiError> {
    let sessions = app.store.sessions_of(caller.user.id, clock::now_ms()).await?;
    let found = sessions.into_iter().find(|session| name(&session.token) == body.session);
    let session = found.ok_or_else(ApiError::not_found)?;
    if app.store.end_session(&session.token).await? {
        app.hub.session_ended(session.token);
        changed(&app, &caller, vec![audit::field("/session", Some(session.agent.into()), None)]).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/security/password`
pub(super) async fn password(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(body): Body<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    check_password(&body.new_password).map_err(|wrong| ApiError::from(wrong).about("newPassword"))?;
    // Read before the present one is asked for: what is changed in between is another's.
    let last = app.store.last_passwords(caller.user.id).await?;
    prove(&app, &caller, peer, &headers, body.password).await?;
    let present = last.first().ok_or_else(ApiError::signed_out)?;
    never_before(&app, &body.new_password, &last).await?;
    let hash = app.passwords.hash(body.new_password).await.map_err(|error| ApiError::internal(&error))?;
    if !app.store.change_password(caller.user.id, present, &hash).await? {
        let message = "The password was changed elsewhere at the same time. Sign in with the new one.";
        return Err(ApiError::conflict("password_changed", message));
    }
    let ended = end_others(&app, &caller).await?;
    changed(&app, &caller, vec![audit::masked("/password", true, true), sessions_ended(ended)]).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses a password that is one of the last ones. Each is compared in a turn of its own: whoever signs in meanwhile waits
/// for one of them and not for all.
async fn never_before(app: &App, new: &str, last: &[String]) -> Result<(), ApiError> {
    for hash in last {
        let same = app.passwords.matches(new.to_owned(), Some(hash.clone())).await;
        if same.map_err(|error| ApiError::internal(&error))? {
            let message = format!("This is one of your last {LAST_PASSWORDS} passwords. Choose one that is not.");
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(ApiError::new(status, "password_used", message).about("newPassword"));
        }
    }
    Ok(())
}

/// Who changed what opens the account is alone with it.
async fn end_others(app: &App, caller: &Caller) -> Result<u32, ApiError> {
    end_sessions(app, caller.user.id, Some(caller.session)).await
}

/// Ends somebody's sessions but for one, and trusts their browsers no more.
async fn end_sessions(app: &App, user: Id, but: Option<[u8; 32]>) -> Result<u32, ApiError> {
    app.store.distrust(user).await?;
    let mut ended = 0;
    for session in app.store.sessions_of(user, clock::now_ms()).await? {
        if Some(session.token) != but && app.store.end_session(&session.token).await? {
            app.hub.session_ended(session.token);
            ended += 1;
        }
    }
    Ok(ended)
}

fn sessions_ended(ended: u32) -> FieldChange {
    audit::field("/sessions", Some((ended + 1).into()), Some(1.into()))
}

/// Into the audit logs of the person's accounts.
async fn changed(app: &App, caller: &Caller, fields: Vec<FieldChange>) {
    let user = &caller.user;
    let event = audit::told(user.id, "user", Some(user.id), &user.name, AuditAction::Update);
    audit::note_everywhere(app, user.id, &AuditEvent { fields, ..event }).await;
}

/// `POST /api/security/distrust`
pub(super) async fn distrust(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<StatusCode, ApiError> {
    app.store.distrust(caller.user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/security/factor/begin`
pub(super) async fn begin(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(body): Body<BeginFactor>,
) -> Result<Json<FactorBegun>, ApiError> {
    prove(&app, &caller, peer, &headers, body.password).await?;
    let secret = fresh::bytes::<{ totp::SECRET_BYTES }>()?;
    let sealed = second::seal(&app, caller.user.id, &secret)?;
    if !app.store.begin_factor(caller.user.id, &sealed, clock::now_ms()).await? {
        let message = "A second factor is asked for already. Remove it before you set up another.";
        return Err(ApiError::conflict("factor_there", message));
    }
    let text = totp::base32(&secret);
    let label: String =
        caller.user.email.chars().filter(|c| c.is_ascii_alphanumeric() || "@.-_+".contains(*c)).collect();
    let label = label.replace('+', "%2B").replace('@', "%40");
    let uri = format!("otpauth://totp/Tombolo:{label}?secret={text}&issuer=Tombolo&algorithm=SHA1&digits=6&period=30");
    let qr = qr::draw(&uri)?;
    Ok(Json(FactorBegun { secret: text, uri, qr }))
}

/// `POST /api/security/factor/confirm`
pub(super) async fn confirm(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(body): Body<ConfirmFactor>,
) -> Result<Json<FactorConfirmed>, ApiError> {
    let factor = app.store.factor(caller.user.id).await?.filter(|factor| !factor.confirmed);
    let factor = factor.ok_or_else(ApiError::not_found)?;
    let attempt = code_attempt(&app, &caller, peer, &headers)?;
    let secret = second::open(&app, caller.user.id, &factor)?;
    let step = totp::step_of(&secret, &body.code, clock::now_ms(), factor.last_step);
    let step = step.ok_or_else(|| ApiError::invalid("code", "This is not the code of the app. Try the next one."))?;
    app.attempts.succeeded(attempt);
    let (codes, hashes) = recovery_codes()?;
    if !app.store.confirm_factor(caller.user.id, step, &hashes).await? {
        return Err(ApiError::not_found());
    }
    let ended = end_others(&app, &caller).await?;
    changed(&app, &caller, vec![factor_field(false, true), sessions_ended(ended)]).await;
    Ok(Json(FactorConfirmed { recovery_codes: codes }))
}

/// `POST /api/security/factor/remove`
pub(super) async fn remove(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(body): Body<RemoveFactor>,
) -> Result<StatusCode, ApiError> {
    prove(&app, &caller, peer, &headers, body.password).await?;
    let attempt = code_attempt(&app, &caller, peer, &headers)?;
    let passed = second::check(&app, caller.user.id, Some(&body.code)).await?;
    app.attempts.succeeded(attempt);
    second::note_recovery(&app, caller.user.id, &caller.user.name, passed).await?;
    finish(async move {
        app.store.remove_factor(caller.user.id).await?;
        let ended = end_others(&app, &caller).await?;
        // Where a factor is asked for, the sockets that are open look again.
        for membership in app.store.accounts_of(caller.user.id).await? {
            app.rights_changed(membership.account);
        }
        changed(&app, &caller, vec![factor_field(true, false), sessions_ended(ended)]).await;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// `DELETE /api/accounts/{account}/members/{user}/factor`
///
/// For who has lost the app and the recovery codes. A person is one person in all their accounts: who administers one does not
/// weaken the way into another that has anything in it, be it people or the person's own work. There the operator does it.
pub(super) async fn reset(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Names((_, user)): Names<(Id, Id)>,
) -> Result<StatusCode, ApiError> {
    let row = member(&app, entered.account, user).await?.filter(|row| row.has_factor);
    let row = row.ok_or_else(ApiError::not_found)?;
    if user == caller.user.id || row.rights.role == Role::Owner {
        let message = "Take your own second factor away on the page Security; the owner's is the owner's alone.";
        return Err(ApiError::conflict("own_factor", message));
    }
    for membership in app.store.accounts_of(user).await? {
        if membership.account != entered.account && holds_anything(&app, membership.account, user).await? {
            let message = "Their second factor also guards another account, which has resources or people in it. Ask \
                           whoever runs the server: tombolo admin reset-factor.";
            return Err(ApiError::conflict("factor_shared", message));
        }
    }
    finish(async move {
        app.store.remove_factor(user).await?;
        let ended = end_sessions(&app, user, None).await?;
        for membership in app.store.accounts_of(user).await? {
            app.rights_changed(membership.account);
        }
        let event = audit::told(caller.user.id, "user", Some(user), &row.name, AuditAction::Update);
        let fields = vec![factor_field(true, false), audit::field("/sessions", Some(ended.into()), Some(0.into()))];
        audit::note_everywhere(&app, user, &AuditEvent { fields, ..event }).await;
        if app.post.is_some() {
            mail::post(&app, mail::factor_reset(&caller.user.name, &row.email)).await?;
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Whether an account has people in it beside this one, or resources, those in the recycle bin too: what a second factor
/// guards there. An account that somebody was given when they signed up to join another has neither.
async fn holds_anything(app: &App, account: Id, but: Id) -> Result<bool, ApiError> {
    let others = app.store.members(account).await?.iter().any(|row| row.user != Some(but));
    Ok(others || !app.store.list(account, None).await?.is_empty())
}

fn factor_field(before: bool, now: bool) -> FieldChange {
    audit::field("/secondFactor", Some(before.into()), Some(now.into()))
}

/// Asks for the password once more, and for a code where the person has a second factor.
pub(super) async fn prove_with_factor(
    app: &App,
    caller: &Caller,
    peer: ConnectInfo<SocketAddr>,
    headers: &HeaderMap,
    password: String,
    code: Option<&str>,
) -> Result<(), ApiError> {
    prove(app, caller, peer, headers, password).await?;
    let attempt = code_attempt(app, caller, peer, headers)?;
    let passed = second::check(app, caller.user.id, code).await?;
    app.attempts.succeeded(attempt);
    second::note_recovery(app, caller.user.id, &caller.user.name, passed).await?;
    Ok(())
}

/// Asks for the password once more, counted like a sign-in.
pub(super) async fn prove(
    app: &App,
    caller: &Caller,
    peer: ConnectInfo<SocketAddr>,
    headers: &HeaderMap,
    password: String,
) -> Result<(), ApiError> {
    let attempt = attempt(app, caller, peer, headers)?;
    let kept = app.store.password_of(caller.user.id).await?;
    let wrong = || ApiError::invalid("password", "This is not your password.");
    if password.len() > LONGEST {
        return Err(wrong());
    }
    let right = app.passwords.matches(password, kept).await.map_err(|error| ApiError::internal(&error))?;
    if !right {
        return Err(wrong());
    }
    app.attempts.succeeded(attempt);
    Ok(())
}

/// Counts a code of somebody who is signed in.
fn code_attempt(
    app: &App,
    caller: &Caller,
    peer: ConnectInfo<SocketAddr>,
    headers: &HeaderMap,
) -> Result<crate::auth::attempts::Attempt, ApiError> {
    let network = Network::of(address(app, peer, headers));
    let sources = vec![Source::Codes(network, caller.user.email.clone())];
    app.attempts.begin(sources, clock::now_ms()).map_err(ApiError::slow_down)
}

fn attempt(
    app: &App,
    caller: &Caller,
    peer: ConnectInfo<SocketAddr>,
    headers: &HeaderMap,
) -> Result<crate::auth::attempts::Attempt, ApiError> {
    let network = Network::of(address(app, peer, headers));
    let sources = vec![Source::Person(network, caller.user.email.clone()), Source::Network(network)];
    app.attempts.begin(sources, clock::now_ms()).map_err(ApiError::slow_down)
}

/// Codes as they are shown, and what is kept of them.
fn recovery_codes() -> Result<(Vec<String>, Vec<[u8; 32]>), ApiError> {
    let (mut shown, mut kept) = (Vec::new(), Vec::new());
    for _ in 0..CODES {
        let code = hex::encode(fresh::bytes::<8>()?);
        kept.push(token_hash(&second::plain(&code)));
        let parts: Vec<String> =
            code.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        shown.push(parts.join("-"));
    }
    Ok((shown, kept))
}

/// Notes who opened a session from where.
pub(super) async fn note(app: &App, session: &[u8; 32], headers: &HeaderMap, network: &str) -> Result<(), ApiError> {
    let agent = headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let agent: String = agent.chars().take(200).collect();
    app.store.note_session(session, &agent, network).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_differ_and_are_kept_as_hashes_of_what_is_typed() {
        let (shown, kept) = recovery_codes().unwrap();
        assert_eq!((shown.len(), kept.len()), (CODES, CODES));
        for (code, hash) in shown.iter().zip(&kept) {
            assert_eq!(token_hash(&second::plain(&code.to_uppercase().replace('-', " "))), *hash);
        }
        assert_ne!(name(&[1; 32]), name(&[2; 32]));
    }
}
