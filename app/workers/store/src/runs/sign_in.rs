//! Signing in to an application by OAuth 2.0, as a person does it: the browser goes to the application with a state and the hash
//! of a proof key, comes back with the state and a code, and the code and the proof key become tokens.
//!
//! State and proof key are kept in the database of this person's account on this device: whoever brings back a code that
//! somebody else has asked for finds nothing. All connections share one redirect address, which people have registered at
//! their applications; so that an application does not pass another's code on to its own token address, what says who it is
//! from (RFC 9207) is compared with where the browser was sent (RFC 9700, section 4.4).
//! Invariant: a state is good once, for one connection, for ten minutes.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tombolo_model::Id;
use tombolo_wire::run_worker::{FromRun, SignInAsk, ToRun};
use wasm_bindgen::JsValue;
use web_sys::Url;

use super::bundle;
use super::trial::{PING_MS, Talk, within};
use crate::account::Account;
use crate::fault::Fault;
use crate::storage::read::json;
use crate::storage::{Batch, Store, text};
use crate::{env, secrets};

/// How long a person may take at the application.
const GOOD_MS: i64 = 10 * 60_000;
const LATE: &str = "The application has not answered for a minute. Look at its addresses, then sign in again.";

/// A sign-in that was begun.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    connection: Id,
    verifier: String,
    redirect_uri: String,
    /// The origin of the page that the browser was sent to; absent for one that was begun before this was kept.
    #[serde(default)]
    origin: Option<String>,
    until_ms: i64,
}

fn key(state: &str) -> JsValue {
    text(format!("sign_in:{state}"))
}

/// Where the browser is sent.
pub(crate) async fn sign_in_to(account: &Rc<Account>, connection: Id) -> Result<String, Fault> {
    let job = Box::new(bundle::gather_connection(account, connection, &BTreeMap::new()).await?);
    let (state, verifier) = (hex(&env::random::<24>()), hex(&env::random::<32>()));
    let redirect_uri = format!("{}/oauth/callback", env::scope().location().origin());
    let sign_in = SignInAsk { redirect_uri, state, verifier, code: None };
    let mut talk = Talk::start(&ToRun::SignIn { job, sign_in: sign_in.clone() }, &[])?;
    let address = within(PING_MS, LATE, async {
        loop {
            match talk.next().await? {
                FromRun::SignInAt { address } => return Ok(address),
                FromRun::Pinged { problem, .. } => return Err(Fault::Invalid(problem.unwrap_or_default())),
                _ => {}
            }
        }
    })
    .await?;
    // The address is somebody's who may change the connection; a browser would run a program that is written as one.
    let url = Url::new(&address).ok();
    let protocol = url.as_ref().map(Url::protocol).unwrap_or_default();
    if protocol != "https:" && protocol != "http:" {
        return Err(Fault::Invalid(
            "The authorization URL is no web address. Enter one that begins with https://.".to_owned(),
        ));
    }
    let mut batch = Batch::new();
    forget_late(account, &mut batch).await?;
    let (origin, until_ms) = (url.map(|url| url.origin()), env::now_ms() + GOOD_MS);
    let SignInAsk { redirect_uri, state, verifier, .. } = sign_in;
    batch.put_json(Store::Meta, &key(&state), &Begun { connection, verifier, redirect_uri, origin, until_ms });
    account.storage.write(&batch).await?;
    Ok(address)
}

/// Takes what the browser brought back.
pub(crate) async fn signed_in_to(
    account: &Rc<Account>,
    state: &str,
    code: Option<String>,
    problem: &str,
    iss: Option<&str>,
) -> Result<Id, Fault> {
    let found = account.storage.get(Store::Meta, &key(state)).await?;
    let Some(begun) = found.map(|found| json::<Begun>(Store::Meta, &found)).transpose()? else {
        return Err(Fault::Invalid(
            "This sign-in was not begun in this browser, or is used already. Open the connection and sign in again."
                .to_owned(),
        ));
    };
    // Good once, whatever comes of it.
    let mut batch = Batch::new();
    batch.delete(Store::Meta, &key(state));
    account.storage.write(&batch).await?;
    if env::now_ms() > begun.until_ms {
        return Err(Fault::Invalid(
            "This sign-in took longer than ten minutes. Open the connection and sign in again.".to_owned(),
        ));
    }
    if let (Some(origin), Some(iss)) = (&begun.origin, iss)
        && !is_of(origin, iss)
    {
        return Err(Fault::Invalid(format!(
            "The answer is from {}, and the connection signs in at {origin}. Look at its addresses: somebody may try to get a code of another application. Then sign in again.",
            iss.chars().take(200).collect::<String>()
        )));
    }
    let Some(code) = code.filter(|code| !code.is_empty()) else {
        let said: String = problem.chars().take(300).collect();
        return Err(Fault::Invalid(format!(
            "The application did not allow it: {said}. Sign in again, or ask its administrator."
        )));
    };
    let mut job = Box::new(bundle::gather_connection(account, begun.connection, &BTreeMap::new()).await?);
    // A client without a secret has entered nothing for any host yet: the person who signs in now does.
    let hosts = job.hosts.entry(begun.connection).or_default();
    if hosts.is_empty() {
        *hosts = secrets::home(account, begun.connection).await?;
    }
    let Begun { connection, verifier, redirect_uri, .. } = begun;
    let sign_in = SignInAsk { redirect_uri, state: state.to_owned(), verifier, code: Some(code) };
    let mut talk = Talk::start(&ToRun::SignIn { job, sign_in }, &[])?;
    let mut tokens = Vec::new();
    within(PING_MS, LATE, async {
        loop {
            match talk.next().await? {
                FromRun::Renewed { secrets } => tokens.extend(secrets.0),
                FromRun::Pinged { problem: None, .. } => return Ok(()),
                FromRun::Pinged { problem: Some(problem), .. } => return Err(Fault::Invalid(problem)),
                _ => {}
            }
        }
    })
    .await?;
    // On this device, and in the server's vault where there is a server.
    for (owner, paths) in tokens {
        for (path, value) in paths {
            secrets::set(account, owner, &path, &value).await?;
        }
    }
    Ok(connection)
}

/// Those that nobody came back from.
async fn forget_late(account: &Rc<Account>, batch: &mut Batch) -> Result<(), Fault> {
    let begun = web_sys::IdbKeyRange::bound(&"sign_in:".into(), &"sign_in:~".into());
    let entries = account.storage.entries(&[(Store::Meta, begun.ok().map(Into::into))]).await?;
    for (key, value) in entries.into_iter().flatten() {
        if json::<Begun>(Store::Meta, &value).map_or(true, |begun| begun.until_ms < env::now_ms()) {
            batch.delete(Store::Meta, &key);
        }
    }
    Ok(())
}

/// Whether an issuer is at an origin, as the browser writes that.
fn is_of(origin: &str, issuer: &str) -> bool {
    issuer.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_of_the_application_that_the_browser_was_sent_to() {
        let origin = "https://login.example";
        for issuer in [origin, "https://login.example/", "https://login.example/tenant/v2.0"] {
            assert!(is_of(origin, issuer), "{issuer}");
        }
        for issuer in [
            "https://evil.example",
            "https://login.example.evil.example",
            "https://login.example@evil.example",
            "https://login.example:8443",
            "http://login.example",
            "",
        ] {
            assert!(!is_of(origin, issuer), "{issuer}");
        }
    }
}
