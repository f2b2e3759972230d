//! What every handler can reach.

use std::ops::Deref;
use std::sync::Arc;

use tombolo_model::Id;

use crate::assets::Assets;
use crate::auth::attempts::Attempts;
use crate::auth::cookie::Cookies;
use crate::auth::origin::Origins;
use crate::auth::password::Passwords;
use crate::auth::sso::Logins;
use crate::auth::sso::asking::Asking;
use crate::blobs::Desks;
use crate::config::Config;
use crate::hub::Hub;
use crate::mail::Post;
use crate::relay::Relay;
use crate::rest::Rest;
use crate::runner::Runner;
use crate::store::Store;
use crate::vault::VaultKey;
use crate::webhooks::Webhooks;

/// The server's parts, shared.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

/// The parts.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) vault: VaultKey,
    pub(crate) cookies: Cookies,
    pub(crate) origins: Origins,
    pub(crate) passwords: Passwords,
    pub(crate) attempts: Attempts,
    pub(crate) logins: Logins,
    pub(crate) asking: Asking,
    pub(crate) hub: Hub,
    pub(crate) assets: Assets,
    pub(crate) runner: Runner,
    pub(crate) desks: Desks,
    pub(crate) rest: Rest,
    pub(crate) relay: Relay,
    pub(crate) webhooks: Webhooks,
    /// The way out for letters; absent where the operator has given none.
    pub(crate) post: Option<Post>,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Rights in an account have changed: its sockets look theirs up again, and runs of those who may not run them any
    /// more are ended.
    pub(crate) fn rights_changed(&self, account: Id) {
        self.hub.account(account).rights_changed();
        let app = self.clone();
        tokio::spawn(async move { app.runner.end_those_without_rights(&app, account).await });
    }

    /// Tells everybody that something was committed in an account.
    pub(crate) fn committed(&self, account: Id, sequence: u64) {
        self.hub.account(account).committed(sequence);
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
