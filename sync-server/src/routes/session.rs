//! Signing up, in and out.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tombolo_model::Id;
use tombolo_wire::rest::{AccountSummary, Me, SignIn, SignUp};
use tombolo_wire::store::UserInfo;

use super::body::Body;
use crate::app::App;
use crate::auth::attempts::Source;
use crate::auth::caller::{Caller, address};
use crate::auth::cookie::{SESSION_MS, header};
use crate::auth::password::{LONGEST, SHORTEST};
use crate::clock;
use crate::error::ApiError;
use crate::fresh::{self, token_hash};
use crate::store::{self, NewUser};

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
    let source = [Source::Address(address(&app, peer, &headers))];
    if let Some(seconds) = app.attempts.wait_s(&source, clock::now_ms()) {
        return Err(ApiError::slow_down(seconds));
    }
    let user = new_user(&app, body).await?;
    let ended = app.store.sign_up(&user).await?;
    let info = match ended {
        store::SignUp::Created => UserInfo { id: user.id, name: user.name, email: user.email },
        store::SignUp::EmailTaken => {
            app.attempts.failed(&source, clock::now_ms());
            return Err(ApiError::conflict(
                "email_taken",
                "Somebody has signed up with this address. Sign in instead.",
            ));
        }
        store::SignUp::InvitationUnknown => {
            app.attempts.failed(&source, clock::now_ms());
            return Err(ApiError::invalid(
                "invitation",
                "This invitation is used up, withdrawn or for another address. Ask for a new one.",
            ));
        }
    };
    tracing::info!(user = %info.id, "signed up");
    open_session(&app, &headers, info).await
}

async fn new_user(app: &App, body: SignUp) -> Result<NewUser, ApiError> {
    let name = body.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(ApiError::invalid("name", "Enter your name."));
    }
    let email = checked_email(&body.email)?;
    if body.password.chars().count() < SHORTEST {
        return Err(ApiError::invalid("password", format!("Choose a password of at least {SHORTEST} characters.")));
    }
    if body.password.len() > LONGEST {
        return Err(ApiError::invalid("password", "Choose a shorter password."));
    }
    let password = app.passwords.hash(body.password).await.map_err(|error| ApiError::internal(&error))?;
    Ok(NewUser {
        id: fresh::id()?,
        email,
        account_name: name.clone(),
        name,
        password,
        account: fresh::id()?,
        invitation: body.invitation.as_deref().map(token_hash),
        now_ms: clock::now_ms(),
    })
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
    let network = address(&app, peer, &headers);
    let sources = match known_browser(&app, &headers, user.as_ref().map(|user| user.id)).await? {
        Some(browser) => vec![Source::Browser(browser)],
        None => vec![Source::Person(network, email), Source::Address(network)],
    };
    if let Some(seconds) = app.attempts.wait_s(&sources, clock::now_ms()) {
        return Err(ApiError::slow_down(seconds));
    }
    let kept = user.as_ref().map(|user| user.password.clone());
    let right = app.passwords.matches(body.password, kept).await.map_err(|error| ApiError::internal(&error))?;
    let Some(user) = user.filter(|_| right) else {
        app.attempts.failed(&sources, clock::now_ms());
        return Err(wrong());
    };
    app.attempts.succeeded(&sources);
    let info = UserInfo { id: user.id, name: user.name, email: user.email };
    open_session(&app, &headers, info).await
}

/// `POST /api/signout`; no error when nobody is signed in.
pub(super) async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    if let Some(token) = app.cookies.session(&headers)
        && app.store.end_session(&token_hash(token)).await?
    {
        app.hub.rights_changed();
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some((name, value)) = header(&app.cookies.clear_session()) {
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

/// `GET /api/me`
pub(super) async fn me(State(app): State<App>, Extension(caller): Extension<Caller>) -> Result<Json<Me>, ApiError> {
    Ok(Json(describe(&app, caller.user).await?))
}

/// Opens a session with a new token; the one before it ends, so that a planted one is worth nothing.
async fn open_session(app: &App, headers: &HeaderMap, user: UserInfo) -> Result<Response, ApiError> {
    let now = clock::now_ms();
    if let Some(before) = app.cookies.session(headers)
        && app.store.end_session(&token_hash(before)).await?
    {
        app.hub.rights_changed();
    }
    let token = fresh::token()?;
    app.store.open_session(&token.hash, user.id, now, now + SESSION_MS).await?;
    let browser = match app.cookies.browser(headers) {
        Some(known) => known.to_owned(),
        None => fresh::token()?.text,
    };
    app.store.know_browser(&token_hash(&browser), user.id, now).await?;
    let mut response = Json(describe(app, user).await?).into_response();
    let cookies = [app.cookies.set_session(&token.text), app.cookies.set_browser(&browser)];
    for (name, value) in cookies.iter().filter_map(|cookie| header(cookie)) {
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

async fn known_browser(app: &App, headers: &HeaderMap, user: Option<Id>) -> Result<Option<[u8; 32]>, ApiError> {
    let (Some(token), Some(user)) = (app.cookies.browser(headers), user) else {
        return Ok(None);
    };
    let hash = token_hash(token);
    let known = app.store.knows_browser(&hash, user).await?;
    Ok(known.then_some(hash))
}

async fn describe(app: &App, user: UserInfo) -> Result<Me, ApiError> {
    let accounts = app.store.accounts_of(user.id).await?;
    Ok(Me {
        user,
        accounts: accounts
            .into_iter()
            .map(|membership| AccountSummary { id: membership.account, name: membership.name, role: membership.role })
            .collect(),
    })
}

/// One sentence for every reason: nobody learns which addresses are known.
fn wrong() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "wrong_credentials", "The address or the password is wrong.")
}

/// Lower case, with something on both sides of one `@`.
pub(super) fn checked_email(text: &str) -> Result<String, ApiError> {
    let email = text.trim().to_lowercase();
    let fine = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if fine { Ok(email) } else { Err(ApiError::invalid("email", "Enter an e-mail address such as ann@example.com.")) }
}
