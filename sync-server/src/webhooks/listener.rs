//! Which listener an address is, and which flows read it.

use std::collections::BTreeMap;

use serde_json::Value;
use tombolo_model::views::{Export, Flow, Source};
use tombolo_model::{Id, Kind};

use super::proof::{Shown, proves};
use crate::app::App;
use crate::error::ApiError;
use crate::rest::error::RestError;
use crate::rest::mirror::{self, Found};

/// A listener of an account.
pub(super) struct Listener {
    pub(super) account: Id,
    pub(super) id: Id,
    found: Found,
    secrets: BTreeMap<String, String>,
}

impl Listener {
    /// Its settings.
    pub(super) fn webhook(&self) -> &Value {
        self.found.seen.value.get("webhook").unwrap_or(&Value::Null)
    }

    /// Whether a sender proves itself to it.
    pub(super) fn lets_in(&self, shown: Shown<'_>) -> bool {
        proves(self.webhook(), &self.secrets, shown)
    }

    /// Whether what it asks for can be shown without a body.
    pub(super) fn asks_for_no_body(&self) -> bool {
        let text = |name: &str| self.webhook().get(name).and_then(Value::as_str).unwrap_or_default();
        match text("verify") {
            "basic" | "secret_url" => true,
            "token" => matches!(text("tokenLocation"), "header" | "queryParam"),
            _ => false,
        }
    }
}

/// The listeners of this id. An id belongs to one account; somebody may have chosen another's on purpose, and is told apart by
/// the proof.
pub(super) async fn all_of(app: &App, id: Id) -> Result<Vec<Listener>, RestError> {
    let mut all = Vec::new();
    for account in app.store.accounts_with_export(id).await? {
        let Some(found) = mirror::one(app, account, id).await? else { continue };
        let listens = found.row.kind == Kind::Export
            && Export(&found.seen.value).source() == Some(Source::Listener)
            && !found.seen.binned
            && !found.seen.damaged;
        if !listens {
            continue;
        }
        let mut secrets = BTreeMap::new();
        for sealed in app.store.secrets(account, &[id]).await? {
            let secret = app.vault.open_secret(account, &sealed).map_err(|error| ApiError::internal(&error))?;
            secrets.insert(sealed.path, secret);
        }
        all.push(Listener { account, id, found, secrets });
    }
    Ok(all)
}

/// What became of looking for the flows that read a listener.
pub(super) enum Readers {
    /// These do.
    Flows(Vec<Id>),
    /// One of them is on its way to another account.
    Leaving,
}

/// The flows that are switched on and read a listener.
pub(super) async fn readers(app: &App, listener: &Listener) -> Result<Readers, RestError> {
    let (account, key) = (listener.account, (listener.account, listener.id));
    let candidates = match app.webhooks.remembered(key) {
        Some(flows) => flows,
        None => {
            let all = mirror::all(app, account, Some(Kind::Flow)).await?;
            all.iter().filter(|found| reads(&found.seen.value, listener.id)).map(|found| found.row.id).collect()
        }
    };
    let mut flows = Vec::new();
    for id in candidates {
        let Some(found) = mirror::one(app, account, id).await? else { continue };
        let flow = Flow(&found.seen.value);
        if found.seen.binned || found.seen.damaged || flow.disabled() || !reads(&found.seen.value, listener.id) {
            continue;
        }
        if app.store.is_leaving(account, id).await? {
            return Ok(Readers::Leaving);
        }
        let home = match flow.integration() {
            Some(home) => mirror::one(app, account, home).await?,
            None => None,
        };
        if !home.is_some_and(|home| home.seen.binned) {
            flows.push(id);
        }
    }
    app.webhooks.remember(key, &flows);
    Ok(Readers::Flows(flows))
}

fn reads(flow: &Value, export: Id) -> bool {
    Flow(flow).generators().iter().any(|one| one.export() == Some(export))
}

/// The fields of a form or of what stands behind a question mark (<https://url.spec.whatwg.org/#urlencoded-parsing>).
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// The value of a field of a form.
pub(super) fn field(form: &str, name: &str) -> Option<String> {
    let mut pairs = form.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(have, _)| decoded(have) == name).map(|(_, value)| decoded(value))
}

/// A name or a value as it was before it was sent.
pub(super) fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind.first_chunk::<2>()) {
            (b'%', Some(pair)) => {
                let mut byte = [0];
                if hex::decode_to_slice(pair, &mut byte).is_ok() {
                    bytes.extend(byte);
                    rest = &behind[2..];
                } else {
                    bytes.push(b'%');
                }
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_taken_apart_and_nothing_in_it_stops_that() {
        let found = pairs("hub.challenge=a%20b+c&x&%zz=%&=1&%ff=%E2%82%AC");
        let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, [("hub.challenge", "a b c"), ("x", ""), ("%zz", "%"), ("", "1"), ("\u{fffd}", "€")]);
    }
}
