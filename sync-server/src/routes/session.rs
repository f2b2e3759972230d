//! Signing up, in and out.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tombolo_model::Id;
use tombolo_wire::rest::{AccountSummary, AuditAction, Me, SignIn, SignUp};
use tombolo_wire::store::UserInfo;

use super::body::Body;
use super::finish::finish;
use super::{invitations, security};
use crate::app::App;
use crate::audit;
use crate::auth::attempts::{Attempt, Network, Source};
use crate::auth::caller::{Caller, address};
use crate::auth::cookie::{SESSION_MS, header};
use crate::auth::details::{Details, check_password, checked_email};
use crate::auth::password::LONGEST;
use crate::auth::second::Passed;
use crate::auth::{second, trust};
use crate::clock;
use crate::error::ApiError;
use crate::fresh::{self, token_hash};
use crate::store::{self, AuditEvent, Proofs};

/// `POST /api/signup`
pub(super) async fn sign_up(
    State(app): State<App>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(body): Body<SignUp>,
) -> Result<Response, ApiError> {
    if !app.config.open_signup && body.invitation.is_none() {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "signup_closed",
            "New people need an invitation here. Ask an administrator for one.",
        ));
    }
    let details = Details::checked(&body.name, &body.email)?;
    check_password(&body.password)?;
    let network = Network::of(address(&app, peer, &headers));
    let attempt = begin(&app, vec![Source::SignUps(network), Source::Network(network)])?;
    let password = app.passwords.hash(body.password).await.map_err(|error| ApiError::internal(&error))?;
    let user = details.user(password, body.invitation.as_deref().map(token_hash))?;
    let joined = match app.store.sign_up(&user).await? {
        store::SignUp::Created { joined } => joined,
        store::SignUp::EmailTaken => {
            let message = "Somebody has signed up with this address. Sign in instead.";
            return Err(ApiError::conflict("email_taken", message));
        }
        store::SignUp::InvitationUnknown => return Err(invitations::unknown()),
        store::SignUp::InvitationExpired => return Err(invitations::expired()),
        store::SignUp::OtherAddress => return Err(invitations::other_address()),
        store::SignUp::InvitationHeld => return Err(invitations::held()),
    };
    app.attempts.succeeded(attempt);
    let info = UserInfo { id: user.id, name: user.name, email: user.email };
    tracing::info!(user = %info.id, "signed up");
    let from = address(&app, peer, &headers).to_string();
    finish(async move {
        let event = audit::told(info.id, "user", Some(info.id), &info.name, AuditAction::Create);
        audit::note(&app, user.account, event).await;
        if let Some(account) = joined {
            invitations::note_joined(&app, account, info.id, &info.name).await;
        }
        open_session(&app, &headers, &from, info, Proofs::PASSWORD, joined, false).await
    })
    .await
}

/// `POST /api/signin`
pub(super) async fn sign_in(
    State(app): State<App>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(body): Body<SignIn>,
) -> Result<Response, ApiError> {
    let email = checked_email(&body.email)?;
    if body.password.len() > LONGEST {
        return Err(wrong());
    }
    let user = app.store.user_by_email(&email).await?;
    let network = Network::of(address(&app, peer, &headers));
    let known = known_browser(&app, &headers, user.as_ref().map(|user| user.id)).await?;
    let (sources, codes) = match known {
        Some(browser) => (vec![Source::Browser(browser)], Source::BrowserCodes(browser)),
        None => (vec![Source::Person(network, email.clone()), Source::Network(network)], Source::Codes(network, email)),
    };
    let attempt = begin(&app, sources)?;
    let kept = user.as_ref().map(|user| user.password.clone());
    let right = app.passwords.matches(body.password, kept).await.map_err(|error| ApiError::internal(&error))?;
    let from = address(&app, peer, &headers).to_string();
    let Some(user) = user else {
        return Err(wrong());
    };
    let info = UserInfo { id: user.id, name: user.name, email: user.email };
    if !right {
        refused(&app, &info, &from, "password");
        return Err(wrong());
    }
    let trusted = match known {
        Some(browser) => trust::counts(&app, &browser, info.id).await?,
        None => false,
    };
    let passed =
        if trusted { Passed::Without } else { second_factor(&app, &info, &from, body.code.as_deref(), codes).await? };
    app.attempts.succeeded(attempt);
    let trusts = body.trust && matches!(passed, Passed::App | Passed::Recovery(_));
    finish(async move {
        second::note_recovery(&app, info.id, &info.name, passed).await?;
        let joined = match body.invitation {
            Some(invitation) => {
                let joined = invitations::join(&app, &invitation, info.id).await?;
                invitations::note_joined(&app, joined, info.id, &info.name).await;
                Some(joined)
            }
            None => None,
        };
        signed_in(&app, &info, &from).await?;
        open_session(&app, &headers, &from, info, Proofs::PASSWORD, joined, trusts).await
    })
    .await
}

/// Asks for the second factor of somebody whose password was right. A wrong code counts like a wrong password, and sooner.
pub(super) async fn second_factor(
    app: &App,
    user: &UserInfo,
    from: &str,
    given: Option<&str>,
    codes: Source,
) -> Result<Passed, ApiError> {
    let given = given.filter(|code| !code.trim().is_empty());
    let attempt = given.map(|_| begin(app, vec![codes])).transpose()?;
    match second::check(app, user.id, given).await {
        Ok(passed) => {
            attempt.into_iter().for_each(|attempt| app.attempts.succeeded(attempt));
            Ok(passed)
        }
        Err(no) => {
            if given.is_some() {
                refused(app, user, from, "code");
            }
            Err(no)
        }
    }
}

/// Remembers when, and writes it into the audit log of each account that is open to the person.
async fn signed_in(app: &App, user: &UserInfo, from: &str) -> Result<(), ApiError> {
    app.store.signed_in(user.id, clock::now_ms()).await?;
    let event = audit::told(user.id, "user", Some(user.id), &user.name, AuditAction::SignIn);
    let fields = vec![audit::field("/network", None, Some(from.into()))];
    audit::note_everywhere(app, user.id, &AuditEvent { fields, ..event }).await;
    Ok(())
}

/// Tells the accounts of a person that somebody tried to sign in as them, and what was wrong.
///
/// The answer does not wait for it: it would come later than the one for an address that nobody has.
fn refused(app: &App, user: &UserInfo, from: &str, what: &str) {
    if app.attempts.begin(vec![Source::Told(user.id)], clock::now_ms()).is_err() {
        return;
    }
    let event = audit::told(user.id, "user", Some(user.id), &user.name, AuditAction::SignInFailed);
    let fields =
        vec![audit::field("/wrong", None, Some(what.into())), audit::field("/network", None, Some(from.into()))];
    let (app, user) = (app.clone(), user.id);
    // Nobody is known to have done it.
    let event = AuditEvent { user: None, fields, ..event };
    tokio::spawn(async move { audit::note_everywhere(&app, user, &event).await });
}

/// Counts an attempt, or says how long to wait.
pub(super) fn begin(app: &App, sources: Vec<Source>) -> Result<Attempt, ApiError> {
    app.attempts.begin(sources, clock::now_ms()).map_err(ApiError::slow_down)
}

/// `POST /api/signout`; no error when nobody is signed in.
pub(super) async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    let clear = app.cookies.clear_session();
    finish(async move { end_session(&app, &headers).await }).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some((name, value)) = header(&clear) {
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

/// `GET /api/me`
pub(super) async fn me(State(app): State<App>, Extension(caller): Extension<Caller>) -> Result<Json<Me>, ApiError> {
    Ok(Json(describe(&app, caller.user, caller.proofs, None).await?))
}

/// Opens a session with a new token; the one before it ends, so that a planted one is worth nothing.
///
/// The password that the same person had given in it still counts, as long as it would have: no way in prolongs another. What
/// a provider has said does not, for it alone knows whether the person is still there.
pub(super) async fn open_session(
    app: &App,
    headers: &HeaderMap,
    from: &str,
    user: UserInfo,
    mut proofs: Proofs,
    joined: Option<Id>,
    trusts: bool,
) -> Result<Response, ApiError> {
    let now = clock::now_ms();
    let mut ends = now + SESSION_MS;
    if let Some(token) = app.cookies.session(headers)
        && let Some(before) = app.store.session(&token_hash(token), now).await?
        && before.user == user.id
        && before.proofs.password
        && !proofs.password
    {
        proofs.password = true;
        ends = ends.min(before.expires_ms);
    }
    end_session(app, headers).await?;
    let token = fresh::token()?;
    if !app.store.open_session(&token.hash, user.id, proofs, now, ends).await? {
        return Err(super::sso::over());
    }
    security::note(app, &token.hash, headers, from).await?;
    let browser = match app.cookies.browser(headers) {
        Some(known) => known.to_owned(),
        None => fresh::token()?.text,
    };
    app.store.know_browser(&token_hash(&browser), user.id, now).await?;
    if trusts {
        app.store.trust_browser(&token_hash(&browser), user.id, now).await?;
    }
    let mut response = Json(describe(app, user, proofs, joined).await?).into_response();
    let cookies = [app.cookies.set_session(&token.text), app.cookies.set_browser(&browser)];
    for (name, value) in cookies.iter().filter_map(|cookie| header(cookie)) {
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

/// Ends the session of a request, if it has one, and tells its sockets.
async fn end_session(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(session) = app.cookies.session(headers).map(token_hash) else { return Ok(()) };
    let whose = app.store.session(&session, clock::now_ms()).await?;
    if app.store.end_session(&session).await? {
        app.hub.session_ended(session);
        if let Some(row) = whose {
            let event = audit::told(row.user, "user", Some(row.user), &row.name, AuditAction::SignOut);
            audit::note_everywhere(app, row.user, &event).await;
        }
    }
    Ok(())
}

async fn known_browser(app: &App, headers: &HeaderMap, user: Option<Id>) -> Result<Option<[u8; 32]>, ApiError> {
    let (Some(token), Some(user)) = (app.cookies.browser(headers), user) else {
        return Ok(None);
    };
    let hash = token_hash(token);
    let known = app.store.knows_browser(&hash, user).await?;
    Ok(known.then_some(hash))
}

/// Who somebody is, and where they may go.
pub(super) async fn describe(app: &App, user: UserInfo, proofs: Proofs, joined: Option<Id>) -> Result<Me, ApiError> {
    let accounts = app.store.accounts_of(user.id).await?;
    Ok(Me {
        user,
        accounts: accounts
            .into_iter()
            .filter(|membership| proofs.open(membership.account))
            .map(|membership| AccountSummary {
                id: membership.account,
                name: membership.name,
                role: membership.rights.role,
                grants: membership.rights.grants,
            })
            .collect(),
        joined,
    })
}

/// One sentence for every reason: nobody learns which addresses are known.
fn wrong() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "wrong_credentials", "The address or the password is wrong.")
}
