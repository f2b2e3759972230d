//! An account's client at its `OpenID` provider, and whom the provider knows: for its administrators.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use tombolo_model::Id;
use tombolo_wire::rest::{AuditAction, FieldChange, PutSsoClient, SsoClient, SsoSettings};

use super::{member, provider_of};
use crate::app::App;
use crate::auth::caller::{Caller, Entered};
use crate::auth::sso::PATH;
use crate::auth::sso::provider::ProviderError;
use crate::error::ApiError;
use crate::routes::body::{Body, Names};
use crate::routes::finish::finish;
use crate::routes::members::MEMBER;
use crate::store::{AuditEvent, SsoClientRow, SsoKept};
use crate::vault::SecretPlace;
use crate::{audit, web_host};

/// What a secret is shown as.
const MASK: &str = "******";
/// The longest secret and client id.
const LONGEST: usize = 1_000;

/// `GET /api/accounts/{account}/sso`
pub(in crate::routes) async fn show(
    State(app): State<App>,
    Extension(entered): Extension<Entered>,
) -> Result<Json<SsoSettings>, ApiError> {
    let client = app.store.sso_client(entered.account).await?;
    let (linked, required) = app.store.sso_counts(entered.account).await?;
    let shown = |client: SsoClientRow| SsoClient {
        organization: client.organization,
        issuer: client.issuer,
        client_id: client.client_id,
        trust_addresses: client.trusts_addresses,
        linked,
        required,
    };
    Ok(Json(SsoSettings { client: client.map(shown) }))
}

/// `PUT /api/accounts/{account}/sso`
pub(in crate::routes) async fn put(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Body(body): Body<PutSsoClient>,
) -> Result<StatusCode, ApiError> {
    let account = entered.account;
    let before = app.store.sso_client(account).await?;
    let client = checked(&app, account, &body, before.as_ref()).await?;
    finish(async move {
        if app.store.keep_sso_client(account, &client).await? == SsoKept::OrganizationTaken {
            return Err(ApiError::conflict("organization_taken", TAKEN).about("organization"));
        }
        app.rights_changed(account);
        let old = |name: fn(&SsoClientRow) -> &String| before.as_ref().map(|row| name(row).as_str().into());
        let mut fields = vec![
            audit::field("/organization", old(|row| &row.organization), Some(client.organization.as_str().into())),
            audit::field("/issuer", old(|row| &row.issuer), Some(client.issuer.as_str().into())),
            audit::field("/clientId", old(|row| &row.client_id), Some(client.client_id.as_str().into())),
        ];
        fields.retain(|field| field.old_value != field.new_value);
        if before.as_ref().is_none_or(|row| row.sealed != client.sealed) {
            fields.push(audit::masked("/clientSecret", before.is_some(), true));
        }
        let trusted = before.as_ref().map(|row| row.trusts_addresses);
        if trusted.unwrap_or_default() != client.trusts_addresses {
            fields.push(audit::field("/trustAddresses", trusted.map(Into::into), Some(client.trusts_addresses.into())));
        }
        let action = if before.is_some() { AuditAction::Update } else { AuditAction::Create };
        note(&app, account, &caller, &client, fields, action).await;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// `DELETE /api/accounts/{account}/sso`
pub(in crate::routes) async fn remove(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
) -> Result<StatusCode, ApiError> {
    finish(async move {
        let account = entered.account;
        let client = app.store.sso_client(account).await?.ok_or_else(ApiError::not_found)?;
        if !app.store.remove_sso_client(account).await? {
            let message = "Members enter with single sign-on only. Take that back on the page Members first.";
            return Err(ApiError::conflict("sso_required", message));
        }
        app.rights_changed(account);
        note(&app, account, &caller, &client, Vec::new(), AuditAction::Delete).await;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// `DELETE /api/accounts/{account}/members/{user}/sso`
pub(in crate::routes) async fn unlink(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(entered): Extension<Entered>,
    Names((_, user)): Names<(Id, Id)>,
) -> Result<StatusCode, ApiError> {
    finish(async move {
        let row = member(&app, entered.account, user).await?.ok_or_else(ApiError::not_found)?;
        if app.store.unlink_sso(entered.account, user).await? {
            app.rights_changed(entered.account);
            let event = audit::told(caller.user.id, MEMBER, Some(user), &row.name, AuditAction::Update);
            let fields = vec![audit::field("/singleSignOn", Some(true.into()), Some(false.into()))];
            audit::note(&app, entered.account, AuditEvent { fields, ..event }).await;
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Two organizations cannot have one id.
const TAKEN: &str = "Another account has this organization id. Choose another.";

async fn checked(
    app: &App,
    account: Id,
    body: &PutSsoClient,
    before: Option<&SsoClientRow>,
) -> Result<SsoClientRow, ApiError> {
    let organization = body.organization.trim().to_ascii_lowercase();
    if !(3..=20).contains(&organization.len()) || !organization.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(ApiError::invalid("organization", "An organization id has 3 to 20 letters and digits."));
    }
    let (issuer, client_id) = (body.issuer.trim().to_owned(), body.client_id.trim().to_owned());
    if client_id.is_empty() || client_id.len() > LONGEST {
        return Err(ApiError::invalid("clientId", "Enter the client id that the provider has given you."));
    }
    let wrong = |error: ProviderError| ApiError::invalid("issuer", format!("This issuer cannot be used: {error}."));
    let provider = provider_of(app).discover(&issuer).await.map_err(wrong)?;
    let hosts: Vec<String> = web_host::of_url(&provider.token).into_iter().collect();
    let given = body.client_secret.as_deref().map(str::trim).filter(|secret| !secret.is_empty() && *secret != MASK);
    let sealed = match (given, before) {
        (Some(secret), _) if secret.len() <= LONGEST => {
            let place = SecretPlace { account, connection: account, path: PATH };
            let sealed = app.vault.seal(place, hosts.clone(), secret);
            sealed.map_err(|error| ApiError::internal(&error))?.sealed
        }
        // What was entered for one host goes to no other.
        (None, Some(before)) if before.hosts == hosts && !before.sealed.is_empty() => before.sealed.clone(),
        _ => return Err(ApiError::invalid("clientSecret", "Enter the client secret that the provider has given you.")),
    };
    Ok(SsoClientRow { organization, issuer, client_id, sealed, hosts, trusts_addresses: body.trust_addresses })
}

async fn note(
    app: &App,
    account: Id,
    caller: &Caller,
    client: &SsoClientRow,
    fields: Vec<FieldChange>,
    action: AuditAction,
) {
    let event = audit::told(caller.user.id, "ssoclient", Some(account), &client.organization, action);
    audit::note(app, account, AuditEvent { fields, ..event }).await;
}
