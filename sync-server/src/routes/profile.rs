//! What a person says of themselves.

use axum::Json;
use axum::extract::{Extension, State};
use tombolo_wire::rest::{AuditAction, Profile};

use super::body::Body;
use super::finish::finish;
use crate::app::App;
use crate::audit;
use crate::auth::caller::Caller;
use crate::error::ApiError;
use crate::store::AuditEvent;

/// `GET /api/profile`
pub(super) async fn show(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Profile>, ApiError> {
    Ok(Json(app.store.profile(caller.user.id).await?.ok_or_else(ApiError::not_found)?))
}

/// `PUT /api/profile`
///
/// The name is what colleagues see and the audit logs tell, so that it changed is told in them.
pub(super) async fn keep(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Profile>,
) -> Result<Json<Profile>, ApiError> {
    let profile = checked(body)?;
    finish(async move {
        let user = caller.user;
        app.store.keep_profile(user.id, &profile).await?;
        if profile.name != user.name {
            let event = audit::told(user.id, "user", Some(user.id), &profile.name, AuditAction::Update);
            let fields = vec![audit::field("/name", Some(user.name.into()), Some(profile.name.clone().into()))];
            audit::note_everywhere(&app, user.id, &AuditEvent { fields, ..event }).await;
        }
        Ok(Json(profile))
    })
    .await
}

fn checked(body: Profile) -> Result<Profile, ApiError> {
    let Profile { name, company, role, phone } = body;
    let name = text("name", &name)?;
    if name.is_empty() {
        return Err(ApiError::invalid("name", "Enter your name."));
    }
    if !role.is_empty() && !Profile::ROLES.iter().any(|(key, _)| *key == role) {
        return Err(ApiError::invalid("role", "Choose one of the functions, or none."));
    }
    Ok(Profile { name, company: text("company", &company)?, role, phone: text("phone", &phone)? })
}

/// One line of no more than a few words.
fn text(field: &'static str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.chars().count() > Profile::LONGEST || text.chars().any(char::is_control) {
        let message = format!("Enter one line of at most {} characters.", Profile::LONGEST);
        return Err(ApiError::invalid(field, message));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_has_a_name_and_lines_that_are_lines() {
        let profile = |name: &str, role: &str, phone: &str| Profile {
            name: name.to_owned(),
            company: " Harbour ".to_owned(),
            role: role.to_owned(),
            phone: phone.to_owned(),
        };
        let kept = checked(profile(" Ines ", "developer", "")).unwrap();
        assert_eq!((kept.name.as_str(), kept.company.as_str()), ("Ines", "Harbour"));
        for (wrong, field) in [
            (profile(" ", "", ""), "name"),
            (profile("Ines", "wizard", ""), "role"),
            (profile("Ines", "", "1\n2"), "phone"),
            (profile(&"n".repeat(201), "", ""), "name"),
        ] {
            assert_eq!(checked(wrong).unwrap_err().body().errors[0].field.as_deref(), Some(field));
        }
    }
}
