//! `tombolo admin reset-factor`: the way back in for who has lost their app and their recovery codes.

use std::path::Path;

use anyhow::bail;

use tombolo_wire::rest::AuditAction;

use crate::auth::details::checked_email;
use crate::serve::{DATABASE, lock};
use crate::sqlite::Sqlite;
use crate::store::{AuditEvent, People, Store, UserRow};
use crate::{audit, clock, fresh};

/// Takes it away; gives what to say about it.
pub(super) async fn run(data: &Path, email: &str) -> anyhow::Result<String> {
    let email = checked_email(email)?;
    let lock = lock(data)?;
    let epoch = u64::from_be_bytes(fresh::bytes()?) >> 1;
    let now_ms = clock::now_ms();
    let store = Sqlite::open(&data.join(DATABASE), epoch, now_ms).await?;
    let found = store.user_by_email(&email).await?;
    if let Some(user) = &found {
        reset(&store, user, now_ms).await?;
    }
    store.close().await;
    drop(lock);
    if found.is_none() {
        bail!("nobody signs in as {email}: check the address");
    }
    Ok(format!("{email} has no second factor any more and is signed out everywhere: they sign in with their password"))
}

async fn reset(store: &dyn Store, user: &UserRow, now_ms: i64) -> anyhow::Result<()> {
    store.remove_factor(user.id).await?;
    store.distrust(user.id).await?;
    for session in store.sessions_of(user.id, now_ms).await? {
        store.end_session(&session.token).await?;
    }
    let gone = audit::field("/secondFactor", Some(true.into()), Some(false.into()));
    let event = audit::system("user", Some(user.id), &user.name, AuditAction::Update);
    let event = AuditEvent { fields: vec![gone], ..event };
    for membership in store.accounts_of(user.id).await? {
        audit::catch_up(store, membership.account, now_ms).await?;
        store.audit(membership.account, std::slice::from_ref(&event)).await?;
    }
    Ok(())
}
