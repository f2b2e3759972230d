//! Browsers that are asked for a password alone, although their person has a second factor.
//!
//! A browser is trusted when a code was given in it and its person wished so, and for as long as the strictest of their
//! accounts allows, asked anew at each sign-in. Another password or another second factor ends all trust.

use tombolo_model::Id;

use crate::app::App;
use crate::clock;
use crate::error::ApiError;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// The moment after which trust must have begun to count today.
pub(crate) async fn since_ms(app: &App, user: Id) -> Result<i64, ApiError> {
    let mut days = None::<u32>;
    for membership in app.store.accounts_of(user).await? {
        let allowed = app.store.policy(membership.account).await?.trust_days;
        days = Some(days.map_or(allowed, |days| days.min(allowed)));
    }
    Ok(clock::now_ms() - i64::from(days.unwrap_or(0)) * DAY_MS)
}

/// Whether a browser of a person is trusted now.
pub(crate) async fn counts(app: &App, browser: &[u8; 32], user: Id) -> Result<bool, ApiError> {
    let Some(began) = app.store.trusted_since(browser, user).await? else { return Ok(false) };
    Ok(began > since_ms(app, user).await?)
}
