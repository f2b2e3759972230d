//! What a run needs: the flow, everything it refers to, the secrets and the files, as they are now.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;
use tombolo_model::catalogue::{describe, named};
use tombolo_model::{Id, Kind, alias};
use tombolo_wire::run::{RunBegin, RunOrigin, RunPlace, RunRow, RunStatus, checkpoints};
use tombolo_wire::run_worker::{PingJob, Relay, RunJob, RunOptions, RunResource, Secrets};
use tombolo_wire::store::Link;
use web_sys::Blob;

use super::text_at;
use crate::account::Account;
use crate::fault::Fault;
use crate::{blobs, documents, env, outages, secrets, stubs};

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
    let mut found = Found::default();
    found.heads.insert(flow, flow_heads);
    let described = describe(kind, &value);
    found.follow(account, flow, described.integration, described.references).await?;
    let Found { resources, secrets, hosts, heads, .. } = found;
    let (hashes, files) = files(account, &resources).await?;
    let checkpoints = checkpoints(&super::list(account, Some(flow), usize::MAX).await?);
    let job = RunJob {
        row: row(account, flow, &value, heads),
        flow: value,
        resources,
        secrets: Secrets(secrets),
        hosts,
        files: hashes,
        received: BTreeMap::new(),
        begin: RunBegin::default(),
        checkpoints,
        test: false,
        options: RunOptions::default(),
        answers: true,
        relay: relay(account, &format!("flows/{flow}")),
        offline: outages::reasons(account).await?,
        open: BTreeMap::new(),
    };
    Ok(Bundle { job, files })
}

/// What a connection that is tested needs. Secrets that are typed take the place of those that are kept.
pub(super) async fn gather_connection(
    account: &Rc<Account>,
    connection: Id,
    typed: &BTreeMap<String, String>,
) -> Result<PingJob, Fault> {
    let typed = secrets::typed(account, connection, typed).await?;
    let mut found = Found { typed: BTreeMap::from([(connection, typed)]), ..Found::default() };
    found.follow(account, connection, None, vec![connection]).await?;
    let Found { resources, secrets, hosts, .. } = found;
    if resources.get(&connection).is_none_or(|found| found.kind != Kind::Connection) {
        return Err(Fault::NotFound(connection));
    }
    let relay = relay(account, &format!("connections/{connection}"));
    Ok(PingJob { connection, resources, secrets: Secrets(secrets), hosts, relay })
}

/// A run on this device needs what its person may not open.
fn not_open(account: &Account, id: Id) -> Fault {
    let name = account.catalogue.borrow().get(&id).map(|stored| stored.row.name.clone()).unwrap_or_default();
    Fault::Invalid(format!(
        "It goes by “{name}”, which you may not open, so it cannot be tried out on this device. Run the flow: the server does that for you."
    ))
}

/// Where the server takes requests of a run.
fn relay(account: &Account, of: &str) -> Relay {
    match account.link.borrow().link {
        _ if account.is_local() => Relay::None,
        Link::Online => Relay::At(format!("/api/accounts/{}/{of}/relay", account.id)),
        _ => Relay::Away,
    }
}

/// What something refers to, directly or by way of others.
#[derive(Default)]
struct Found {
    resources: BTreeMap<Id, RunResource>,
    secrets: BTreeMap<Id, BTreeMap<String, String>>,
    hosts: BTreeMap<Id, Vec<String>>,
    heads: BTreeMap<Id, Vec<String>>,
    /// Secrets that are not kept, in place of those that are.
    typed: BTreeMap<Id, BTreeMap<String, secrets::Kept>>,
}

impl Found {
    /// Goes from `open` on; of the flow that is `own` and of others nothing is followed, and of integrations only the
    /// flow's own is part of a run, for its settings.
    async fn follow(
        &mut self,
        account: &Rc<Account>,
        own: Id,
        integration: Option<Id>,
        mut open: Vec<Id>,
    ) -> Result<(), Fault> {
        let mut seen: BTreeSet<Id> = self.heads.keys().copied().collect();
        loop {
            while let Some(id) = open.pop() {
                if !seen.insert(id) {
                    continue;
                }
                let (kind, value, own_heads) = match read(account, id).await {
                    Ok(found) => found,
                    Err(Fault::NotFound(_)) if stubs::is_stub(account, id) => return Err(not_open(account, id)),
                    // The engine says which step refers to nothing, and where.
                    Err(Fault::NotFound(_)) if id != own => continue,
                    Err(error) => return Err(error),
                };
                if kind == Kind::Flow || (kind == Kind::Integration && Some(id) != integration) {
                    continue;
                }
                if matches!(kind, Kind::Connection | Kind::IClient) {
                    let mut kept = secrets::of(account, id).await?.kept;
                    kept.extend(self.typed.remove(&id).unwrap_or_default());
                    let (values, allowed) = secrets::for_run(kept, secrets::host_of(kind, &value).as_deref());
                    self.secrets.insert(id, values);
                    self.hosts.insert(id, allowed);
                }
                if kind != Kind::Integration {
                    open.extend(describe(kind, &value).references);
                    open.extend(named(kind, &value));
                }
                self.heads.insert(id, own_heads);
                self.resources.insert(id, RunResource { kind, value });
            }
            open = self.called(integration).into_iter().filter(|id| !seen.contains(id)).collect();
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    /// What the scripts that are there call by an alias of the flow's integration.
    fn called(&self, integration: Option<Id>) -> Vec<Id> {
        let Some(integration) = integration.and_then(|id| self.resources.get(&id)) else { return Vec::new() };
        let scripts = self.resources.values().filter(|found| found.kind == Kind::Script).map(|found| &found.value);
        alias::called(&integration.value, scripts)
    }
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
        origin: RunOrigin::default(),
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
