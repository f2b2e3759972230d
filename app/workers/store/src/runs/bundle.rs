//! What a run needs: the flow, everything it refers to, the secrets and the files, as they are now.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;
use tombolo_model::catalogue::{describe, named};
use tombolo_model::{Id, Kind};
use tombolo_wire::run::{RunBegin, RunPlace, RunRow, RunStatus, checkpoints};
use tombolo_wire::run_worker::{RunJob, RunResource, Secrets};
use tombolo_wire::store::Link;
use web_sys::Blob;

use super::text_at;
use crate::account::Account;
use crate::fault::Fault;
use crate::{blobs, documents, env, secrets};

/// A job and its files, in the order in which the job names them.
pub(super) struct Bundle {
    pub(super) job: RunJob,
    pub(super) files: Vec<Blob>,
}

/// Gathers it.
pub(super) async fn gather(account: &Rc<Account>, flow: Id) -> Result<Bundle, Fault> {
    let (kind, value, flow_heads) = read(account, flow).await?;
    if kind != Kind::Flow {
        return Err(Fault::Invalid("Only flows can be run.".to_owned()));
    }
    let mut heads = BTreeMap::from([(flow, flow_heads)]);
    let mut resources = BTreeMap::new();
    let (mut secrets, mut hosts) = (BTreeMap::new(), BTreeMap::new());
    let mut open: Vec<Id> = describe(kind, &value).references;
    let integration = describe(kind, &value).integration;
    let mut seen: BTreeSet<Id> = BTreeSet::from([flow]);
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let (kind, value, own_heads) = match read(account, id).await {
            Ok(found) => found,
            // The engine says which step refers to nothing, and where.
            Err(Fault::NotFound(_)) => continue,
            Err(error) => return Err(error),
        };
        // A flow that comes next is another run; of integrations the flow's own is part of one, for its settings.
        if kind == Kind::Flow || (kind == Kind::Integration && Some(id) != integration) {
            continue;
        }
        if matches!(kind, Kind::Connection | Kind::IClient) {
            let kept = secrets::of(account, id).await?.kept;
            let (values, allowed) = secrets::for_run(kept, secrets::host_of(kind, &value).as_deref());
            secrets.insert(id, values);
            hosts.insert(id, allowed);
        }
        if kind != Kind::Integration {
            open.extend(describe(kind, &value).references);
            open.extend(named(kind, &value));
        }
        heads.insert(id, own_heads);
        resources.insert(id, RunResource { kind, value });
    }
    let (hashes, files) = files(account, &resources).await?;
    let checkpoints = checkpoints(&super::list(account, Some(flow), usize::MAX).await?);
    let job = RunJob {
        row: row(account, flow, &value, heads),
        flow: value,
        resources,
        secrets: Secrets(secrets),
        hosts,
        files: hashes,
        begin: RunBegin::default(),
        checkpoints,
    };
    Ok(Bundle { job, files })
}

fn row(account: &Account, flow: Id, value: &Value, heads: BTreeMap<Id, Vec<String>>) -> RunRow {
    let link = account.link.borrow().link;
    RunRow {
        id: env::new_id(),
        flow,
        flow_name: text_at(value, "name").unwrap_or_default().to_owned(),
        status: RunStatus::Running,
        place: RunPlace::Browser,
        // Without a server there is nothing to be away from.
        offline: !account.is_local() && link != Link::Online,
        started_ms: env::now_ms(),
        ended_ms: None,
        steps: Vec::new(),
        error: None,
        heads,
        n: 0,
    }
}

async fn read(account: &Rc<Account>, id: Id) -> Result<(Kind, Value, Vec<String>), Fault> {
    documents::ensure(account, id).await?;
    let found = account.documents.with(id, |opened| {
        let document = &opened.document;
        (document.kind(), document.value(), document.heads_hex())
    });
    documents::release(account);
    found.ok_or(Fault::NotFound(id))
}

async fn files(
    account: &Rc<Account>,
    resources: &BTreeMap<Id, RunResource>,
) -> Result<(Vec<String>, Vec<Blob>), Fault> {
    let (mut hashes, mut files) = (Vec::new(), Vec::new());
    for resource in resources.values().filter(|resource| resource.kind == Kind::Export) {
        let Some(hash) = text_at(&resource.value, "rawData") else {
            continue;
        };
        if hashes.iter().any(|known| known == hash) {
            continue;
        }
        let Some(file) = blobs::get(account, hash).await? else {
            let name = text_at(&resource.value, "name").unwrap_or("the source");
            return Err(Fault::Invalid(format!("The file of “{name}” is not on this device. Choose it again.")));
        };
        hashes.push(hash.to_owned());
        files.push(file);
    }
    Ok((hashes, files))
}
