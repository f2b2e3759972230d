//! Gathers what a run needs: the flow, everything it refers to, secrets and files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tombolo_model::views::{Flow, secret_addresses};
use tombolo_model::{Id, Kind, alias, catalogue};
use tombolo_wire::run::{MOST_OPEN, OpenErrors, RunRow};

use super::failure::RunFailure;
use super::report::Report;
use super::{Again, Narrowed};
use super::{outages, received};
use crate::app::App;
use crate::job::{Job, JobResource, Secrets};
use crate::resources::{self, Resource};
use crate::store::CLIENT_HOSTS;
use crate::{blobs, web_host};

/// A flow refers to no more than this, directly and through others.
const MOST: usize = 2_000;

/// What the flow's resources need besides themselves.
struct Needs {
    secrets: BTreeMap<Id, BTreeMap<String, String>>,
    hosts: BTreeMap<Id, Vec<String>>,
}

/// Gathers a job; its row carries the heads of everything it was made of.
pub(super) async fn gather(
    app: &App,
    account: Id,
    (flow, narrowed): (Resource, Narrowed),
    report: &mut Report,
    folder: &Path,
) -> Result<Job, RunFailure> {
    let mut row = report.row().clone();
    let resources = follow(app, account, &flow, &mut row).await?;
    let needs = secrets(app, account, &resources).await?;
    let mut files = files(app, account, &resources, folder).await?;
    let (bodies, received) = received::gather(app, account, &row, folder).await?;
    files.extend(bodies);
    let checkpoints = app.store.checkpoints(account, row.flow).await?;
    let offline = outages::of(app, account, |id| resources.contains_key(&id)).await?;
    // What is tried again is resolved as such, and an error that it has anew is the same one.
    let open = if resolves(&flow.value) && narrowed.again.is_none() {
        report.resolve(open(app, account, row.flow).await?)
    } else {
        BTreeMap::new()
    };
    let out = folder.join("out");
    tokio::fs::create_dir(&out).await.map_err(RunFailure::Folder)?;
    Ok(Job {
        row,
        flow: flow.value,
        resources: resources
            .into_iter()
            .map(|(id, found)| (id, JobResource { kind: found.kind, value: found.value }))
            .collect(),
        secrets: Secrets(needs.secrets),
        hosts: needs.hosts,
        files,
        checkpoints,
        sources: narrowed.sources,
        start_ms: narrowed.start_ms,
        retry: narrowed.again.as_ref().map(Again::job),
        received,
        out,
        allow_private_network: app.config.allow_private_network,
        offline,
        open,
    })
}

/// Whether errors of a flow are over when what has their trace key comes to their step again.
fn resolves(flow: &Value) -> bool {
    flow.get("autoResolveMatchingTraceKeys").and_then(Value::as_bool) == Some(true)
}

/// The errors of a flow that are open.
async fn open(app: &App, account: Id, flow: Id) -> Result<OpenErrors, RunFailure> {
    let errors = app.store.keyed_errors(account, flow, MOST_OPEN).await?;
    let runs = app.store.retries(account, Some(flow)).await?;
    Ok(OpenErrors::of(errors, &runs, &app.store.marks(account, Some(flow)).await?))
}

async fn follow(
    app: &App,
    account: Id,
    flow: &Resource,
    row: &mut RunRow,
) -> Result<BTreeMap<Id, Resource>, RunFailure> {
    let mut open: Vec<Id> = catalogue::describe(Kind::Flow, &flow.value).references.into_iter().collect();
    let mut seen: BTreeSet<Id> = [row.flow].into();
    let mut found = BTreeMap::new();
    loop {
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if seen.len() > MOST {
                return Err(RunFailure::TooManyResources);
            }
            // What is missing is the plan's to complain about: it knows which step wants it.
            let Some(resource) = resources::read(&*app.store, account, id).await? else {
                continue;
            };
            // A flow that comes next is another run; of integrations the flow's own is part of one, for its settings.
            let own = Flow(&flow.value).integration() == Some(id);
            if resource.kind == Kind::Flow || (resource.kind == Kind::Integration && !own) {
                continue;
            }
            if resource.kind != Kind::Integration {
                open.extend(catalogue::describe(resource.kind, &resource.value).references);
                open.extend(catalogue::named(resource.kind, &resource.value));
            }
            row.heads.insert(id, resource.heads.clone());
            found.insert(id, resource);
        }
        open = called(flow, &found).into_iter().filter(|id| !seen.contains(id)).collect();
        if open.is_empty() {
            return Ok(found);
        }
    }
}

/// What the scripts that are there call by an alias of the flow's integration.
fn called(flow: &Resource, found: &BTreeMap<Id, Resource>) -> Vec<Id> {
    let Some(integration) = Flow(&flow.value).integration().and_then(|id| found.get(&id)) else { return Vec::new() };
    let scripts = found.values().filter(|one| one.kind == Kind::Script).map(|one| &one.value);
    alias::called(&integration.value, scripts)
}

async fn secrets(app: &App, account: Id, resources: &BTreeMap<Id, Resource>) -> Result<Needs, RunFailure> {
    let holds = |kind| matches!(kind, Kind::Connection | Kind::IClient);
    let holders: Vec<Id> = resources.iter().filter(|(_, found)| holds(found.kind)).map(|(id, _)| *id).collect();
    let mut needs = Needs { secrets: BTreeMap::new(), hosts: BTreeMap::new() };
    for sealed in app.store.secrets(account, &holders).await? {
        let connection = sealed.connection;
        // The address was changed after the secret was entered (decision 24).
        let found = resources.get(&connection);
        let home = found.and_then(|found| home(found.kind, &found.value));
        if home.is_none_or(|host| !sealed.hosts.contains(&host)) {
            return Err(RunFailure::OtherHost { connection, path: sealed.path });
        }
        let secret = app.vault.open_secret(account, &sealed)?;
        if sealed.path != CLIENT_HOSTS {
            needs.secrets.entry(connection).or_default().insert(sealed.path, secret);
        }
        let hosts = needs.hosts.entry(connection).or_insert_with(|| sealed.hosts.clone());
        hosts.retain(|host| sealed.hosts.contains(host));
    }
    Ok(needs)
}

/// The host that a connection's or client's secrets have to be meant for at least.
pub(super) fn home(kind: Kind, value: &Value) -> Option<String> {
    secret_addresses(kind, value).into_iter().next().and_then(web_host::of)
}

async fn files(
    app: &App,
    account: Id,
    resources: &BTreeMap<Id, Resource>,
    folder: &Path,
) -> Result<BTreeMap<String, PathBuf>, RunFailure> {
    let mut files = BTreeMap::new();
    for found in resources.values() {
        let Some(name) = found.value.pointer("/rawData").and_then(Value::as_str) else {
            continue;
        };
        let mut sha256 = [0; 32];
        if files.contains_key(name) || hex::decode_to_slice(name, &mut sha256).is_err() {
            continue;
        }
        let path = folder.join(hex::encode(sha256));
        if blobs::write_to(app, account, &sha256, &path).await? {
            files.insert(name.to_owned(), path);
        }
    }
    Ok(files)
}
