//! Signing in through an organization. What an account's administrators set up for it is [`client`]'s.
//!
//! Why a sign-in was refused is said to whoever tried, for they show it to the administrator who can help; it holds
//! nothing that they could not see themselves.

pub(super) mod client;

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tombolo_model::{Id, Role};
use tombolo_wire::rest::{AuditAction, BeginSso, FinishSso, SsoBegun};
use tombolo_wire::store::UserInfo;

use super::body::Body;
use super::finish::finish as carry;
use super::members::MEMBER;
use super::session::{begin as count, open_session, second_factor};
use crate::app::App;
use crate::auth::attempts::{Network, Source};
use crate::auth::caller::{address, caller};
use crate::auth::cookie::header;
use crate::auth::details::checked_email;
use crate::auth::second::{self, Passed};
use crate::auth::sso::jwt::Identity;
use crate::auth::sso::provider;
use crate::auth::sso::{CALLBACK, Login, PATH};
use crate::auth::trust;
use crate::error::ApiError;
use crate::fresh::{self, token_hash};
use crate::store::{AuditEvent, MemberRow, Proofs, SealedSecret, SsoLinked};
use crate::{audit, clock};

/// `POST /api/sso/begin`
pub(super) async fn begin(
    State(app): State<App>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(body): Body<BeginSso>,
) -> Result<Response, ApiError> {
    let network = Network::of(address(&app, peer, &headers));
    drop(count(&app, vec![Source::Sso(network)])?);
    let organization = body.organization.trim().to_ascii_lowercase();
    let (account, client) = app.store.sso_organization(&organization).await?.ok_or_else(unknown)?;
    let asker = provider_of(&app);
    let question = async { asker.discover(&client.issuer).await.map_err(|error| error.to_string()) };
    let provider = app.asking.once(&client.issuer, question).await.map_err(|error| refused(&error))?;
    let origin = app.origins.of(&headers).ok_or_else(over)?;
    let browser = match app.cookies.sso(&headers) {
        // Another tab may be under way.
        Some(known) => known.to_owned(),
        None => fresh::token()?.text,
    };
    let (redirect, now_ms) = (format!("{origin}{CALLBACK}"), clock::now_ms());
    let (login, state) = Login::begin(token_hash(&browser), account, client, provider, redirect, now_ms)?;
    let url = login.address(&state).into();
    app.logins.keep(&state, login, now_ms);
    let mut response = Json(SsoBegun { url }).into_response();
    if let Some((name, value)) = header(&app.cookies.set_sso(&browser)) {
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

/// `POST /api/sso/finish`
pub(super) async fn finish(
    State(app): State<App>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(body): Body<FinishSso>,
) -> Result<Response, ApiError> {
    let network = Network::of(address(&app, peer, &headers));
    drop(count(&app, vec![Source::Sso(network)])?);
    let browser = app.cookies.sso(&headers).map(token_hash).ok_or_else(over)?;
    let mut login = app.logins.take(&body.state, &browser, clock::now_ms()).ok_or_else(over)?;
    let account = login.account;
    // It may have been changed or removed meanwhile.
    if app.store.sso_client(account).await?.is_none_or(|client| client != login.client) {
        return Err(over());
    }
    let from = address(&app, peer, &headers).to_string();
    let (user, subject) = match login.verified.take() {
        Some(known) => known,
        None => identified(&app, &headers, &login, &body, &from).await?,
    };
    // It may have been unlinked while the second factor was missing.
    if app.store.sso_person(account, &login.client.issuer, &subject).await? != Some(user) {
        return Err(over());
    }
    let member = member(&app, account, user).await?.ok_or_else(stranger)?;
    let info = UserInfo { id: user, name: member.name, email: member.email };
    let codes = Source::Codes(network, info.email.clone());
    let passed = match with_factor(&app, &headers, account, &info, &from, body.factor.as_deref(), codes).await {
        Ok(passed) => passed,
        Err(no) => {
            // Who it is, is known; the code that is missing comes with the next request of the same browser.
            login.verified = Some((user, subject));
            app.logins.keep(&body.state, login, clock::now_ms());
            return Err(no);
        }
    };
    let trusts = body.trust && matches!(passed, Passed::App | Passed::Recovery(_));
    carry(async move {
        second::note_recovery(&app, info.id, &info.name, passed).await?;
        let now_ms = clock::now_ms();
        app.store.signed_in(info.id, now_ms).await?;
        app.store.vouch_sso(account, &login.client.issuer, &subject, now_ms).await?;
        let event = audit::told(info.id, "user", Some(info.id), &info.name, AuditAction::SignIn);
        let way = audit::field("/way", None, Some("single sign-on".into()));
        let fields = vec![way, audit::field("/network", None, Some(from.as_str().into()))];
        audit::note(&app, account, AuditEvent { fields, ..event }).await;
        let proofs = Proofs { password: false, sso: Some(account) };
        open_session(&app, &headers, &from, info, proofs, Some(account), trusts).await
    })
    .await
}

/// The second factor after single sign-on: where the account asks this member for one, and they have it. Who has none
/// hears at the account's door how to get one.
async fn with_factor(
    app: &App,
    headers: &HeaderMap,
    account: Id,
    user: &UserInfo,
    from: &str,
    given: Option<&str>,
    codes: Source,
) -> Result<Passed, ApiError> {
    let demands = app.store.demands(account, user.id).await?;
    if !demands.factor || demands.lacks_factor {
        return Ok(Passed::Without);
    }
    if let Some(token) = app.cookies.browser(headers)
        && trust::counts(app, &token_hash(token), user.id).await?
    {
        return Ok(Passed::Without);
    }
    second_factor(app, user, from, given, codes).await
}

/// Who has come back from the provider.
async fn identified(
    app: &App,
    headers: &HeaderMap,
    login: &Login,
    body: &FinishSso,
    from: &str,
) -> Result<(Id, String), ApiError> {
    match asked(app, login, body).await {
        Ok(identity) => Ok((person(app, headers, login, &identity).await?, identity.subject)),
        Err(no) => {
            // It costs whoever sends it nothing, and holds their words.
            if app.attempts.begin(vec![Source::Told(login.account)], clock::now_ms()).is_err() {
                return Err(no);
            }
            // Nobody is known to have done it.
            let event = audit::system("user", None, &login.client.organization, AuditAction::SignInFailed);
            let wrong = audit::field("/wrong", None, Some(no.message().into()));
            let fields = vec![wrong, audit::field("/network", None, Some(from.into()))];
            let (app, account) = (app.clone(), login.account);
            tokio::spawn(async move { audit::note(&app, account, AuditEvent { fields, ..event }).await });
            Err(no)
        }
    }
}

async fn asked(app: &App, login: &Login, body: &FinishSso) -> Result<Identity, ApiError> {
    // Before anything else is believed: an answer of another provider is not about this sign-in (RFC 9207, section 2.4).
    if body.iss.as_ref().map_or(login.provider.says_iss, |iss| *iss != login.client.issuer) {
        return Err(no("the answer is of another provider than the one you were sent to"));
    }
    if let Some(error) = &body.error {
        let said: String = error.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(100).collect();
        return Err(no(&format!("the provider says “{said}”")));
    }
    let code = body.code.as_deref().filter(|code| !code.is_empty() && code.len() <= 4_096);
    let code = code.ok_or_else(|| no("the provider has sent no code"))?;
    let sealed = SealedSecret {
        connection: login.account,
        path: PATH.to_owned(),
        sealed: login.client.sealed.clone(),
        hosts: login.client.hosts.clone(),
    };
    let Ok(secret) = app.vault.open_secret(login.account, &sealed) else {
        return Err(no("the client secret does not open. An administrator has to enter it again"));
    };
    let found = provider_of(app).identify(login, &secret, code, clock::now_ms()).await;
    found.map_err(|error| refused(&error.to_string()))
}

/// Whose an identity is. One that is not known yet becomes that of the member whose address the provider vouches for.
async fn person(app: &App, headers: &HeaderMap, login: &Login, identity: &Identity) -> Result<Id, ApiError> {
    let (account, issuer) = (login.account, &login.client.issuer);
    if let Some(user) = app.store.sso_person(account, issuer, &identity.subject).await? {
        return Ok(user);
    }
    let email = identity.email.as_deref().and_then(|email| checked_email(email).ok());
    let email = email.filter(|_| identity.verified.unwrap_or(login.client.trusts_addresses)).ok_or_else(|| {
        no("the provider does not say that your address is yours (email_verified), so nobody here is you")
    })?;
    let user = app.store.user_by_email(&email).await?.ok_or_else(stranger)?;
    let rights = app.store.rights(account, user.id).await?.ok_or_else(stranger)?;
    // An administrator chooses the provider, and must not become the owner by it.
    let here = caller(app, headers).await?;
    let by_password = here.is_some_and(|here| here.user.id == user.id && here.proofs.password);
    if rights.role == Role::Owner && !by_password {
        return Err(no("the owner signs in with the password first, and then here, in the same browser"));
    }
    let linked = app.store.link_sso(account, issuer, &identity.subject, user.id, by_password, clock::now_ms()).await?;
    if linked == SsoLinked::Taken {
        return Err(no("you have another identity at this provider already. An administrator can unlink it"));
    }
    let event = audit::told(user.id, MEMBER, Some(user.id), &user.name, AuditAction::Update);
    let fields = vec![audit::field("/singleSignOn", None, Some(identity.subject.as_str().into()))];
    audit::note(app, account, AuditEvent { fields, ..event }).await;
    Ok(user.id)
}

fn provider_of(app: &App) -> provider::Caller<'_> {
    provider::Caller { client: &app.relay.client, allow_private_network: app.config.allow_private_network }
}

/// Somebody who may enter now.
async fn member(app: &App, account: Id, user: Id) -> Result<Option<MemberRow>, ApiError> {
    let rows = app.store.members(account).await?;
    Ok(rows.into_iter().find(|row| row.user == Some(user) && row.enabled))
}

fn unknown() -> ApiError {
    let message =
        "No organization signs in under this id. Look at how it is written, or ask an administrator of yours.";
    ApiError::new(StatusCode::NOT_FOUND, "organization_unknown", message).about("organization")
}

pub(super) fn over() -> ApiError {
    let message =
        "This sign-in was not begun in this browser, took longer than ten minutes or is used already. Begin again.";
    ApiError::new(StatusCode::UNAUTHORIZED, "sso_over", message)
}

fn stranger() -> ApiError {
    no("you are no member of this account. Ask an administrator for an invitation")
}

fn refused(error: &str) -> ApiError {
    tracing::info!(%error, "a single sign-on was refused");
    no(error)
}

fn no(why: &str) -> ApiError {
    let message = format!("You are not signed in: {why}. Begin again, or show this to an administrator.");
    ApiError::new(StatusCode::UNAUTHORIZED, "sso_refused", message)
}
