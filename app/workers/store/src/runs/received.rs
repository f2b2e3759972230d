//! What a test run of a flow with a listener reads: the last that came to it, as the server has kept it.

use std::rc::Rc;

use js_sys::Array;
use serde_json::Value;
use tombolo_model::run::Received;
use tombolo_model::views::{Export, Source};
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::LastPayload;
use tombolo_wire::store::Link;
use web_sys::Blob;

use super::bundle::Bundle;
use super::text_at;
use crate::account::Account;
use crate::api;
use crate::fault::Fault;

/// Puts the last that came to each listener of a job into it. Away from the server there is none, and the run says that it
/// waits.
pub(super) async fn bring(account: &Rc<Account>, gathered: &mut Bundle) -> Result<(), Fault> {
    if account.is_local() || account.link.borrow().link != Link::Online {
        return Ok(());
    }
    let listens = |value: &Value| Export(value).source() == Some(Source::Listener);
    let all = gathered.job.resources.iter().filter(|(_, found)| found.kind == Kind::Export && listens(&found.value));
    let listeners: Vec<(Id, String)> =
        all.map(|(id, found)| (*id, text_at(&found.value, "name").unwrap_or_default().to_owned())).collect();
    for (id, name) in listeners {
        let path = format!("/api/accounts/{}/exports/{id}/received", account.id);
        // One that the server does not have yet was sent nothing.
        let last: Option<LastPayload> = match api::call("GET", &path, None::<&()>).await {
            Err(Fault::Refused { code, .. }) if code == "not_found" => None,
            other => other?,
        };
        let Some(last) = last else { continue };
        if last.cut {
            return Err(Fault::Invalid(format!(
                "The last that came to “{name}” is so large that only its beginning is kept. Send something smaller to try the flow."
            )));
        }
        let file = format!("received-{id}");
        let blob = Blob::new_with_str_sequence(&Array::of1(&last.text.into()))
            .map_err(|error| Fault::Browser(format!("What came to a listener cannot be read: {error:?}.")))?;
        gathered.job.files.push(file.clone());
        gathered.files.push(blob);
        gathered.job.received.insert(id, vec![Received { file, media_type: last.media_type }]);
    }
    Ok(())
}
