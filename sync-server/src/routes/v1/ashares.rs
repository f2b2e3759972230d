//! Members as the API calls them: access shares. The owner is none of them.
//!
//! A share's id is its person's, and for an invitation one that is made of the address: neither changes while it is there.

use axum::Json as Answer;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tombolo_model::{Action, Grants, Home, Id, Kind, Level, Rights, Role};
use tombolo_wire::rest::{AuditAction, ErrorBody, FieldChange, Invite};

use super::body::{Json, MaybeJson};
use super::resources::{found, page};
use crate::app::App;
use crate::error::ApiError;
use crate::rest::acting::Acting;
use crate::rest::error::{RestError, entry};
use crate::rest::shown::time;
use crate::routes::body::Names;
use crate::routes::members::{self, MEMBER};
use crate::store::{AuditEvent, MemberChange, MemberRow, RoleChange};
use crate::{audit, mail};

/// The most integrations that one member has levels in.
const MOST_GRANTS: usize = 500;
/// The most addresses of one request.
const MOST_INVITED: usize = 100;
/// What is sent back as it was shown, and not read.
const SHOWN: [&str; 8] =
    ["_id", "accepted", "dismissed", "createdAt", "lastModified", "lastSignIn", "sharedWithUser", "email"];

/// What the integrator gives apart from the levels. Here it comes with managing and with nothing else.
const APART: [&str; 2] = ["allowToEditRetryData", "allowAccessToAPIM"];

/// `GET /v1/ashares`
pub(super) async fn list(
    State(app): State<App>,
    acting: Acting,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    let rows = app.store.members(acting.account).await?;
    let shown = rows.iter().filter(|row| row.rights.role != Role::Owner).map(|row| show(&acting, row));
    page(&app, &headers, uri.path(), raw.as_deref(), shown)
}

/// `GET /v1/ashares/{id}`
pub(super) async fn one(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Answer<Value>, RestError> {
    Ok(Answer(show(&acting, &find(&app, &acting, id).await?)))
}

/// `PUT /v1/ashares/{id}`: what is left out is taken away.
pub(super) async fn change(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    Json(body): Json,
) -> Result<Answer<Value>, RestError> {
    let before = find(&app, &acting, id).await?;
    let Some(user) = before.user else { return Err(pending()) };
    let Wish { rights, disabled, require_sso, require_factor } = read(&app, &acting, &body).await?;
    if !acting.rights.may_give(&rights) || !acting.rights.may_give(&before.rights) {
        return Err(RestError::forbidden());
    }
    let wanted = MemberChange { rights: Some(&rights), enabled: Some(!disabled), require_sso, require_factor };
    let rows = app.store.members(acting.account).await?;
    done(app.store.change_member(acting.account, user, wanted).await?)?;
    app.rights_changed(acting.account);
    let mut fields = audit::rights_fields(Some(&before.rights), Some(&rights));
    if before.enabled == disabled {
        fields.push(audit::field("/enabled", Some(before.enabled.into()), Some((!disabled).into())));
    }
    if let Some(now) = require_sso.filter(|now| *now != before.require_sso) {
        fields.push(audit::field("/requireSso", Some(before.require_sso.into()), Some(now.into())));
    }
    if let Some(now) = require_factor.filter(|now| *now != before.require_factor) {
        fields.push(audit::field("/requireFactor", Some(before.require_factor.into()), Some(now.into())));
    }
    note(&app, &acting, &before, AuditAction::Update, fields).await;
    members::note_withdrawn(&app, acting.account, &rows, |email| withdrawn(&acting, email)).await?;
    Ok(Answer(show(&acting, &find(&app, &acting, id).await?)))
}

/// `GET /v1/integrations/{id}/ashares`: who gets into the integration, by their role or by a level there.
pub(super) async fn of_integration(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<Response, RestError> {
    found(&app, &acting, Kind::Integration, id).await?;
    let rows = app.store.members(acting.account).await?;
    let sees = |row: &&MemberRow| {
        row.rights.role != Role::Owner && row.rights.may(Action::Read, Kind::Integration, Home::of(id))
    };
    let shown: Vec<Value> = rows.iter().filter(sees).map(|row| show(&acting, row)).collect();
    if shown.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Answer(shown).into_response())
}

/// `PUT /v1/ashares/{id}/disable`: switches a member off, or on again with `{"disabled": false}`.
pub(super) async fn disable(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
    MaybeJson(body): MaybeJson,
) -> Result<Answer<Value>, RestError> {
    let before = find(&app, &acting, id).await?;
    let Some(user) = before.user else { return Err(pending()) };
    let disabled = match body.get("disabled") {
        None => true,
        Some(Value::Bool(flag)) => *flag,
        Some(_) => return Err(RestError::invalid(vec![entry("wrong_type", "This is true or false.", "disabled")])),
    };
    if !acting.rights.may_give(&before.rights) {
        return Err(RestError::forbidden());
    }
    let wanted = MemberChange { enabled: Some(!disabled), ..MemberChange::default() };
    let rows = app.store.members(acting.account).await?;
    done(app.store.change_member(acting.account, user, wanted).await?)?;
    app.rights_changed(acting.account);
    let fields = vec![audit::field("/enabled", Some(before.enabled.into()), Some((!disabled).into()))];
    note(&app, &acting, &before, AuditAction::Update, fields).await;
    members::note_withdrawn(&app, acting.account, &rows, |email| withdrawn(&acting, email)).await?;
    Ok(Answer(show(&acting, &find(&app, &acting, id).await?)))
}

/// `POST /v1/invite`
pub(super) async fn invite(State(app): State<App>, acting: Acting, Json(body): Json) -> Result<Response, RestError> {
    let email = body.get("email").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (rights, factor) = read(&app, &acting, &body).await?.for_somebody_new()?;
    let made = invited(&app, &acting, &email, (&rights, factor)).await?;
    Ok((StatusCode::CREATED, Answer(made)).into_response())
}

/// `POST /v1/invite/multiple`: all of them with the same rights; what came of each is in the answer.
pub(super) async fn invite_many(
    State(app): State<App>,
    acting: Acting,
    Json(mut body): Json,
) -> Result<Answer<Value>, RestError> {
    let emails = body.as_object_mut().and_then(|fields| fields.shift_remove("emails")).unwrap_or_default();
    let emails: Option<Vec<String>> =
        emails.as_array().and_then(|list| list.iter().map(|one| one.as_str().map(str::to_owned)).collect());
    let emails = emails.filter(|list| (1..=MOST_INVITED).contains(&list.len())).ok_or_else(|| {
        let message = format!("Send a list of 1 to {MOST_INVITED} addresses.");
        RestError::invalid(vec![entry("invalid_value", message, "emails")])
    })?;
    let (rights, factor) = read(&app, &acting, &body).await?.for_somebody_new()?;
    let mut answers = Vec::with_capacity(emails.len());
    for email in emails {
        answers.push(match invited(&app, &acting, &email, (&rights, factor)).await {
            Ok(made) => made,
            Err(RestError::Api(no)) if no.status().is_client_error() => {
                json!({ "email": email, "errors": no.body().errors })
            }
            Err(no) => return Err(no),
        });
    }
    Ok(Answer(Value::Array(answers)))
}

/// Invites as a page of ours does. The link is there where no letter brings it.
async fn invited(
    app: &App,
    acting: &Acting,
    email: &str,
    (rights, factor): (&Rights, bool),
) -> Result<Value, RestError> {
    let wish = json!({ "email": email, "role": rights.role, "grants": rights.grants });
    let wish: Invite = serde_json::from_value(wish).map_err(|error| ApiError::internal(&error))?;
    let (caller, entered) = (acting.caller(app).await?, acting.entered());
    let work = members::invite_with(app, &caller, &entered, wish, factor);
    let Answer(made) = audit::by_road(acting.road(), work).await?;
    let mut shown = json!(made);
    let rows = app.store.members(acting.account).await?;
    let email = email.trim().to_lowercase();
    if let (Some(row), Some(fields)) = (rows.iter().find(|row| row.email == email), shown.as_object_mut()) {
        fields.extend(show(acting, row).as_object().cloned().unwrap_or_default());
    }
    Ok(shown)
}

/// `DELETE /v1/ashares/{id}`: removes a member, or takes an invitation back.
pub(super) async fn remove(
    State(app): State<App>,
    acting: Acting,
    Names(id): Names<Id>,
) -> Result<StatusCode, RestError> {
    let before = find(&app, &acting, id).await?;
    match before.user {
        Some(user) => {
            let rows = app.store.members(acting.account).await?;
            done(app.store.remove_member(acting.account, user).await?)?;
            app.rights_changed(acting.account);
            let mut fields = audit::rights_fields(Some(&before.rights), None);
            fields.extend(audit::left_tokens(&app, acting.account, user).await);
            note(&app, &acting, &before, AuditAction::Delete, fields).await;
            members::note_withdrawn(&app, acting.account, &rows, |email| withdrawn(&acting, email)).await?;
        }
        None => {
            app.store.forget_mail(acting.account, mail::about::INVITATION, &before.email).await?;
            if !app.store.withdraw(acting.account, &before.email).await? {
                return Err(RestError::not_found());
            }
            let fields = vec![audit::field("/status", Some("pending".into()), None)];
            note(&app, &acting, &before, AuditAction::Delete, fields).await;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn find(app: &App, acting: &Acting, id: Id) -> Result<MemberRow, RestError> {
    let rows = app.store.members(acting.account).await?;
    let found = rows.into_iter().find(|row| row.rights.role != Role::Owner && share(acting.account, row) == id);
    found.ok_or_else(RestError::not_found)
}

fn share(account: Id, row: &MemberRow) -> Id {
    row.user.unwrap_or_else(|| {
        let digest = Sha256::new().chain_update(account.to_string()).chain_update(&row.email).finalize();
        let mut rest = [0; 8];
        rest.copy_from_slice(&digest[..8]);
        Id::from_parts(account.unix_seconds(), rest)
    })
}

fn pending() -> RestError {
    let message = "This invitation is not accepted yet. Delete it and invite anew to give other rights.";
    RestError::new(StatusCode::CONFLICT, "pending", message)
}

fn done(change: RoleChange) -> Result<(), RestError> {
    match change {
        RoleChange::Done => Ok(()),
        RoleChange::Absent => Err(RestError::not_found()),
        RoleChange::Owner => Err(RestError::forbidden()),
        RoleChange::NoSso => {
            let message = "The account has no single sign-on that somebody could be asked for. Set one up first.";
            Err(RestError::about(StatusCode::CONFLICT, "no_sso", message, "accountSSORequired"))
        }
    }
}

fn show(acting: &Acting, row: &MemberRow) -> Value {
    let mut shown = Map::new();
    shown.insert("_id".to_owned(), json!(share(acting.account, row)));
    shown.insert("accepted".to_owned(), json!(row.user.is_some()));
    shown.insert("disabled".to_owned(), json!(row.user.is_some() && !row.enabled));
    shown.insert("dismissed".to_owned(), json!(row.dismissed));
    shown.insert("createdAt".to_owned(), json!(time(row.created_ms)));
    shown.insert("lastModified".to_owned(), json!(time(row.modified_ms)));
    shown.insert("accountMFARequired".to_owned(), json!(row.require_factor));
    if row.user.is_some() {
        shown.insert("accountSSORequired".to_owned(), json!(row.require_sso));
    }
    if row.rights.role != Role::Custom {
        let level = if row.rights.role == Role::Administer { "administrator" } else { row.rights.role.name() };
        shown.insert("accessLevel".to_owned(), json!(level));
    }
    let levels = row.rights.grants.iter();
    let levels = levels.map(|(id, level)| json!({ "_integrationId": id, "accessLevel": level.role().name() }));
    shown.insert("integrationAccessLevel".to_owned(), levels.collect());
    let mut person = json!({ "email": row.email, "name": row.name });
    if let Some(user) = row.user {
        person["_id"] = json!(user);
        person["accountSSOLinked"] = json!(if row.sso_linked { "this_account" } else { "not_linked" });
    }
    if let Some(ms) = row.signed_in_ms {
        shown.insert("lastSignIn".to_owned(), json!(time(ms)));
        person["lastSignIn"] = json!(time(ms));
    }
    shown.insert("sharedWithUser".to_owned(), person);
    Value::Object(shown)
}

/// What a body asks for.
struct Wish {
    rights: Rights,
    disabled: bool,
    /// As it is, when nothing is said.
    require_sso: Option<bool>,
    /// As it is, when nothing is said.
    require_factor: Option<bool>,
}

impl Wish {
    /// The rights, and whether a second factor is asked for: an invitation says no more.
    fn for_somebody_new(self) -> Result<(Rights, bool), RestError> {
        if self.require_sso == Some(true) {
            let message = "Single sign-on is asked of somebody once they are a member.";
            return Err(RestError::invalid(vec![entry("invalid_value", message, "accountSSORequired")]));
        }
        Ok((self.rights, self.require_factor.unwrap_or(false)))
    }
}

/// Reads rights; a field that is not known is refused, so that nobody believes to have limited somebody who has not.
async fn read(app: &App, acting: &Acting, body: &Value) -> Result<Wish, RestError> {
    let not = |message: &str, field: &str| RestError::invalid(vec![entry("invalid_value", message, field)]);
    let fields = body.as_object().ok_or_else(|| not("Send a JSON object.", ""))?;
    let (mut role, mut grants, mut disabled) = (Role::Custom, Grants::new(), false);
    let (mut require_sso, mut require_factor) = (None, None);
    let mut unknown: Vec<ErrorBody> = Vec::new();
    for (name, value) in fields {
        match (name.as_str(), value) {
            (shown, _) if SHOWN.contains(&shown) => {}
            (_, Value::Null) => {}
            ("accessLevel", Value::String(level)) => {
                role = role_of(level).ok_or_else(|| not("administrator, manage or monitor.", "accessLevel"))?;
            }
            ("disabled", Value::Bool(flag)) => disabled = *flag,
            ("accountSSORequired", Value::Bool(flag)) => require_sso = Some(*flag),
            ("accountMFARequired", Value::Bool(flag)) => require_factor = Some(*flag),
            (apart, Value::Bool(false)) if APART.contains(&apart) => {}
            (apart, Value::Bool(true)) if APART.contains(&apart) => {
                let message = "This is not given apart: who manages an integration may. Give the level manage there.";
                unknown.push(entry("invalid_value", message, name));
            }
            ("integrationAccessLevel", Value::Array(list)) => grants = levels(app, acting, list).await?,
            _ => unknown.push(entry("unknown_field", "An access share has no such field, or not of this type.", name)),
        }
    }
    if !unknown.is_empty() {
        return Err(RestError::invalid(unknown));
    }
    // Who manages everything manages each: levels beside that would come back when the role is lowered.
    let grants = if role >= Role::Manage { Grants::new() } else { grants };
    Ok(Wish { rights: Rights { role, grants }, disabled, require_sso, require_factor })
}

fn role_of(level: &str) -> Option<Role> {
    match level {
        "administrator" | "administer" => Some(Role::Administer),
        "manage" => Some(Role::Manage),
        "monitor" => Some(Role::Monitor),
        _ => None,
    }
}

async fn levels(app: &App, acting: &Acting, list: &[Value]) -> Result<Grants, RestError> {
    let mut grants = Grants::new();
    for (index, one) in list.iter().take(MOST_GRANTS + 1).enumerate() {
        let field = format!("integrationAccessLevel/{index}");
        let no = |code: &str, message: &str| RestError::invalid(vec![entry(code, message, &field)]);
        let id: Option<Id> = one.get("_integrationId").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let level = match one.get("accessLevel").and_then(Value::as_str) {
            Some("manage") => Level::Manage,
            Some("monitor") => Level::Monitor,
            _ => return Err(no("invalid_value", "The level in an integration is manage or monitor.")),
        };
        let id = id.ok_or_else(|| no("invalid_value", "Name the integration by its id."))?;
        if app.store.home(acting.account, id).await?.is_none_or(|home| home.kind != Kind::Integration) {
            return Err(no("invalid_ref", "There is no such integration here."));
        }
        grants.insert(id, level);
    }
    if grants.len() > MOST_GRANTS {
        let message = format!("Name at most {MOST_GRANTS} integrations.");
        return Err(RestError::invalid(vec![entry("too_many", message, "integrationAccessLevel")]));
    }
    Ok(grants)
}

/// The entry of an invitation that went with a member's right to invite.
fn withdrawn(acting: &Acting, email: &str) -> AuditEvent {
    audit::acted(acting, MEMBER, None, email, AuditAction::Delete)
}

async fn note(app: &App, acting: &Acting, row: &MemberRow, action: AuditAction, fields: Vec<FieldChange>) {
    let name = if row.name.is_empty() { &row.email } else { &row.name };
    let event = audit::acted(acting, MEMBER, row.user, name, action);
    audit::note(app, acting.account, AuditEvent { fields, ..event }).await;
}
