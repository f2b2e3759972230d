//! Secrets of a resource as it comes and goes: taken out of the body into the vault, and shown as `******`.
//!
//! They are kept for the hosts that the same body names (decision 24): who sends a new address and `******` keeps the
//! secret, and it still goes only where it was entered for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tombolo_model::views::secret_addresses;
use tombolo_model::{Id, Kind, MASK, Shape, path, shapes};
use tombolo_wire::rest::{ErrorBody, FieldChange};

use super::acting::Acting;
use super::error::{RestError, entry};
use crate::app::App;
use crate::error::ApiError;
use crate::runner::outages;
use crate::store::CLIENT_HOSTS;
use crate::vault::SecretPlace;
use crate::{audit, clock, web_host};

/// The longest secret; private keys are the long ones.
const LONGEST: usize = 64 * 1024;

/// The secrets of a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Entered anew.
    new: BTreeMap<String, String>,
    /// Sent back as they were shown: these, and what lies below.
    kept: BTreeSet<String>,
}

impl Taken {
    /// Takes the secrets out of a resource.
    ///
    /// # Errors
    ///
    /// Returns what cannot be a secret.
    pub(crate) fn from(kind: Kind, value: &mut Value) -> Result<Self, Vec<ErrorBody>> {
        let (mut taken, mut problems) = (Self::default(), Vec::new());
        taken.walk(kind, value, "", &mut problems);
        if problems.is_empty() { Ok(taken) } else { Err(problems) }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.new.is_empty() && self.kept.is_empty()
    }

    /// Those entered anew, by place.
    pub(crate) fn entered(&self) -> impl Iterator<Item = (&str, &str)> {
        self.new.iter().map(|(place, secret)| (place.as_str(), secret.as_str()))
    }

    fn walk(&mut self, kind: Kind, value: &mut Value, place: &str, problems: &mut Vec<ErrorBody>) {
        match value {
            Value::Object(fields) => fields.retain(|name, below| {
                let here = path::join(place, name);
                if shapes(kind).shape(&here) == Shape::Secret {
                    self.take(below, &here, problems);
                    return false;
                }
                self.walk(kind, below, &here, problems);
                true
            }),
            Value::Array(items) => {
                for (index, below) in items.iter_mut().enumerate() {
                    self.walk(kind, below, &format!("{place}/{index}"), problems);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, value: &Value, place: &str, problems: &mut Vec<ErrorBody>) {
        match value {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            Value::String(text) if text == MASK => drop(self.kept.insert(place.to_owned())),
            Value::String(text) if text.len() > LONGEST => {
                problems.push(entry("too_long", "A secret has at most 64 KiB.", place));
            }
            Value::String(text) => drop(self.new.insert(place.to_owned(), text.clone())),
            Value::Number(_) | Value::Bool(_) => drop(self.new.insert(place.to_owned(), value.to_string())),
            Value::Object(fields) => {
                fields.iter().for_each(|(name, below)| self.take(below, &path::join(place, name), problems));
            }
            Value::Array(_) => problems.push(entry("wrong_type", "A secret is a text.", place)),
        }
    }

    /// The secrets of a resource that this one's body leaves out.
    fn left_out<'a>(&'a self, have: &'a [String]) -> impl Iterator<Item = &'a String> {
        have.iter()
            .filter(|place| *place != CLIENT_HOSTS)
            .filter(|place| !self.new.contains_key(*place) && !self.kept.iter().any(|kept| path::within(place, kept)))
    }

    /// Brings the vault to what the body says: new secrets in, those that it leaves out gone when `may_remove`, the others as
    /// they are. Gives what was changed, for the audit log.
    pub(crate) async fn keep(
        self,
        app: &App,
        acting: &Acting,
        kind: Kind,
        id: Id,
        value: &Value,
        may_remove: bool,
    ) -> Result<Vec<FieldChange>, RestError> {
        let mut changed = Vec::new();
        let have: Vec<String> =
            app.store.secrets(acting.account, &[id]).await?.into_iter().map(|secret| secret.path).collect();
        if !self.new.is_empty() {
            let hosts = hosts(kind, value);
            for (path, secret) in &self.new {
                let place = SecretPlace { account: acting.account, connection: id, path };
                let sealed =
                    app.vault.seal(place, hosts.clone(), secret).map_err(|error| ApiError::internal(&error))?;
                app.store.put_secret(acting.account, &sealed, acting.user, clock::now_ms()).await?;
                changed.push(audit::masked(path, have.contains(path), true));
            }
            outages::changed(app, acting.account, id).await;
        }
        for place in self.left_out(&have).filter(|_| may_remove) {
            app.store.delete_secret(acting.account, id, place).await?;
            changed.push(audit::masked(place, true, false));
        }
        Ok(changed)
    }
}

/// Writes down to which hosts a token may go that a connection gets by an iClient: to those that the connection had when the
/// client was put into it (decision 24). Without it, who moves the connection would be sent the next token.
pub(crate) async fn bind_client(
    app: &App,
    acting: &Acting,
    id: Id,
    (before, value): (Option<&Value>, &Value),
) -> Result<(), RestError> {
    let client = |value: &Value| value.pointer(CLIENT_HOSTS).and_then(Value::as_str).map(str::to_owned);
    let (old, new) = (before.and_then(client), client(value));
    if old == new {
        return Ok(());
    }
    if new.is_none() {
        app.store.delete_secret(acting.account, id, CLIENT_HOSTS).await?;
        return Ok(());
    }
    let place = SecretPlace { account: acting.account, connection: id, path: CLIENT_HOSTS };
    let hosts = hosts(Kind::Connection, value);
    let sealed = app.vault.seal(place, hosts, "").map_err(|error| ApiError::internal(&error))?;
    app.store.put_secret(acting.account, &sealed, acting.user, clock::now_ms()).await?;
    Ok(())
}

/// The hosts that a resource's addresses lead to. Without one, a secret goes nowhere until it is entered again.
pub(crate) fn hosts(kind: Kind, value: &Value) -> Vec<String> {
    let found: BTreeSet<String> = secret_addresses(kind, value).into_iter().filter_map(web_host::of).collect();
    found.into_iter().collect()
}

/// Writes `******` where the resource has a secret.
pub(crate) fn mask<'a>(shown: &mut Value, places: impl Iterator<Item = &'a str>) {
    for place in places {
        put_mask(shown, &path::split(place));
    }
}

fn put_mask(at: &mut Value, segments: &[String]) {
    let Some((first, rest)) = segments.split_first() else { return };
    match at {
        Value::Object(fields) if rest.is_empty() => drop(fields.insert(first.clone(), Value::String(MASK.to_owned()))),
        Value::Object(fields) => {
            put_mask(fields.entry(first.as_str()).or_insert_with(|| Value::Object(Map::new())), rest);
        }
        Value::Array(items) => {
            if let Some(item) = first.parse().ok().and_then(|index: usize| items.get_mut(index)) {
                put_mask(item, rest);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_leave_the_body_and_come_back_as_stars() {
        let mut body = json!({"name": "c", "http": {"baseURI": "https://a.example",
            "auth": {"token": {"token": "s3cret", "location": "header"}, "basic": {"username": "u", "password": MASK}},
            "encrypted": {"key": "k", "old": MASK}}});
        let taken = Taken::from(Kind::Connection, &mut body).unwrap();
        assert!(!body.to_string().contains("s3cret") && !body.to_string().contains(MASK), "{body}");
        assert_eq!(body["http"]["auth"]["token"], json!({"location": "header"}));
        let entered: Vec<_> = taken.entered().collect();
        assert_eq!(entered, [("/http/auth/token/token", "s3cret"), ("/http/encrypted/key", "k")]);
        let have =
            ["/http/auth/basic/password", "/http/encrypted/old", "/http/auth/oauth/clientSecret"].map(str::to_owned);
        let gone: Vec<_> = taken.left_out(&have).collect();
        assert_eq!(gone, ["/http/auth/oauth/clientSecret"]);
        mask(&mut body, ["/http/auth/token/token", "/http/encrypted/key", "/http/auth/basic/password"].into_iter());
        assert_eq!(body["http"]["auth"]["token"], json!({"location": "header", "token": MASK}));
        assert_eq!(body["http"]["encrypted"], json!({"key": MASK}));
    }

    #[test]
    fn stars_for_a_whole_object_keep_all_of_it_and_a_list_is_no_secret() {
        let mut body = json!({"http": {"encrypted": MASK}});
        let taken = Taken::from(Kind::Connection, &mut body).unwrap();
        let have = ["/http/encrypted/a", "/http/encryptedFields"].map(str::to_owned);
        assert_eq!(taken.left_out(&have).collect::<Vec<_>>(), ["/http/encryptedFields"]);
        let mut list = json!({"http": {"auth": {"token": {"token": ["x"]}}}});
        assert_eq!(
            Taken::from(Kind::Connection, &mut list).unwrap_err()[0].field.as_deref(),
            Some("http.auth.token.token")
        );
    }

    #[test]
    fn a_secret_is_meant_for_the_hosts_of_its_own_body() {
        let value = json!({"http": {"baseURI": "https://Api.example/v1", "auth": {"oauth": {"tokenURI": "http://login.example:81/t"}}}});
        assert_eq!(hosts(Kind::Connection, &value), ["api.example", "http://login.example:81"]);
        assert!(hosts(Kind::Connection, &json!({"http": {"baseURI": "{{x}}"}})).is_empty());
    }
}
