//! The public REST API: its rows of the route table.
//!
//! Each kind of resource has the same rows; what only one kind has stands below. The description of the API is made of
//! these rows, so none is without a sentence.

mod ashares;
mod audit;
mod body;
mod caches;
mod clone;
mod decisions;
mod errors;
mod flows;
mod jobs;
mod listeners;
mod openapi;
mod packages;
mod ping;
mod processors;
mod recycle_bin;
mod registered;
mod resources;
mod retry;
mod spelling;
mod state;
mod tags;
mod templates;
mod tokens;
mod transfers;

use tombolo_model::{Action, Kind};

use super::{Route, delete, get, patch, post, put};
use crate::auth::caller::Right;
pub(crate) use spelling::respelled;

/// The largest resource in a request: a document's change takes no more.
const RESOURCE_BYTES: usize = 2 * 1024 * 1024;
/// The largest body of a request that brings data.
const DATA_BYTES: usize = 6 * 1024 * 1024;
/// The largest zip; one that is larger gets the words of who reads it.
const PACKAGE_BYTES: usize = tombolo_package::MOST_ARCHIVE_BYTES + 1024;

/// What every member may do.
const ENTER: Right = Right::Token(Action::Enter, Kind::Integration);
/// What concerns the account and no single resource.
const READ: Right = Right::Token(Action::Read, Kind::Integration);
const READ_AUDIT: Right = Right::Token(Action::ReadAudit, Kind::Integration);
const SEE_MEMBERS: Right = Right::Token(Action::ReadMembers, Kind::Integration);
const MANAGE_MEMBERS: Right = Right::Token(Action::ManageMembers, Kind::Integration);
const TRANSFER: Right = Right::Token(Action::Transfer, Kind::Integration);
const WRITE: Right = Right::Token(Action::Write, Kind::Integration);
/// Runs of the flows that the caller sees.
const SEE_RUNS: Right = Right::TokenSomewhere(Action::Read, Kind::Flow);
/// Runs of the flows that the caller may run.
const RUN_SOMEWHERE: Right = Right::TokenSomewhere(Action::Run, Kind::Flow);

/// All rows.
pub(super) fn table() -> Vec<Route> {
    let mut rows = vec![
        get("/v1/openapi.json", Right::Anybody, openapi::description).says("This description"),
        get("/v1/docs", Right::Anybody, openapi::page).says("This description, for people"),
        get("/v1/tokenInfo", ENTER, tokens::info).says("Whose token this is and what it reaches"),
        get("/v1/accesstokens", ENTER, tokens::list).says("List API tokens"),
        post("/v1/accesstokens", ENTER, tokens::create)
            .says("Create an API token; its text is shown in this answer only"),
        get("/v1/accesstokens/{id}", ENTER, tokens::one).says("Get an API token, without its text"),
        put("/v1/accesstokens/{id}", ENTER, tokens::change).says("Rename, rescope, revoke or reactivate an API token"),
        delete("/v1/accesstokens/{id}", ENTER, tokens::remove)
            .says("Delete an API token that is revoked, into the recycle bin"),
        get("/v1/accesstokens/{id}/audit", READ_AUDIT, audit::of_one)
            .says("List what was done to an API token and when it was used"),
        get("/v1/ashares", SEE_MEMBERS, ashares::list)
            .says("List the members of the account and its open invitations, without the owner"),
        get("/v1/ashares/{id}", SEE_MEMBERS, ashares::one).says("Get a member or an invitation"),
        put("/v1/ashares/{id}", MANAGE_MEMBERS, ashares::change).says("Replace a member's rights, or switch them off"),
        delete("/v1/ashares/{id}", MANAGE_MEMBERS, ashares::remove).says("Remove a member, or withdraw an invitation"),
        put("/v1/ashares/{id}/disable", MANAGE_MEMBERS, ashares::disable)
            .says("Switch a member off, or on again with {\"disabled\": false}"),
        post("/v1/invite", MANAGE_MEMBERS, ashares::invite)
            .says("Invite somebody by e-mail, with the rights of an access share"),
        post("/v1/invite/multiple", MANAGE_MEMBERS, ashares::invite_many)
            .says("Invite several people with the same rights"),
        get("/v1/transfers", TRANSFER, transfers::list)
            .says("List integrations that are handed over to or by the account"),
        post("/v1/transfers", TRANSFER, transfers::offer).says("Offer integrations to somebody in another account"),
        post("/v1/transfers/preview", TRANSFER, transfers::preview).says("List what would go with integrations"),
        get("/v1/transfers/{id}", TRANSFER, transfers::one).says("Get a hand-over"),
        put("/v1/transfers/{id}/cancel", TRANSFER, transfers::cancel).says("Take an offer back"),
        get("/v1/audit", READ_AUDIT, audit::of_account)
            .says("List who did what: resourceType, _resourceId, _byUserId, source, action, from, to, limit, offset"),
        get("/v1/downloads/{ticket}", Right::Anybody, packages::fetch)
            .says("Get a file whose address another answer gave; for five minutes"),
        get("/v1/tags", SEE_RUNS, tags::list).says("List the tags of errors"),
        post("/v1/tags", WRITE, tags::create).says("Make a tag"),
        get("/v1/tags/{id}", SEE_RUNS, tags::one).says("Get a tag"),
        put("/v1/tags/{id}", WRITE, tags::change).says("Rename a tag, also where errors have it"),
        delete("/v1/tags/{id}", WRITE, tags::remove).says("Delete a tag, and take it off errors"),
        get("/v1/published", Right::TokenSomewhere(Action::Open, Kind::Template), templates::published)
            .says("List the templates that are published"),
        post("/v1/processors/{name}", ENTER, processors::evaluate)
            .takes(DATA_BYTES)
            .says("Evaluate rules on an input, without saving anything"),
        get("/v1/state", READ, state::keys).says("List the keys of the account's state"),
        delete("/v1/state", WRITE, state::clear).says("Delete all of the account's state"),
        get("/v1/state/{key}", READ, state::value).says("Get the value of a key"),
        put("/v1/state/{key}", WRITE, state::keep).takes(RESOURCE_BYTES).says("Set the value of a key"),
        delete("/v1/state/{key}", WRITE, state::remove).says("Delete a key"),
        get("/v1/recycleBinTTL", ENTER, recycle_bin::all).says("List deleted resources"),
        get("/v1/recycleBinTTL/{type}", ENTER, recycle_bin::of_kind).says("List deleted resources of a type"),
        get("/v1/recycleBinTTL/{type}/{id}", ENTER, recycle_bin::one).says("Get a deleted resource"),
        delete("/v1/recycleBinTTL/{type}/{id}", ENTER, recycle_bin::purge)
            .says("Delete a resource for good, and what belongs to it in the bin"),
        post("/v1/recycleBinTTL/{type}/{id}", ENTER, recycle_bin::restore).says("Restore a deleted resource"),
        post("/v1/recycleBinTTL/{type}/{id}/doCascadeRestore", ENTER, recycle_bin::restore_with_all)
            .says("Restore a deleted resource, and what it refers to"),
    ];
    rows.extend(Kind::ALL.into_iter().flat_map(of_each_kind));
    rows.extend(of_some_kinds());
    rows.extend(of_jobs());
    rows.extend(of_errors());
    rows.extend(of_templates().into_iter().chain(of_listeners()));
    rows
}

/// Runs of flows, and the steps of runs.
fn of_jobs() -> Vec<Route> {
    vec![
        get("/v1/jobs", SEE_RUNS, jobs::list).says("List runs of flows, or steps of runs"),
        get("/v1/jobs/{id}", SEE_RUNS, jobs::one).says("Get a run, or a step of one"),
        get("/v1/jobs/{id}/errors", SEE_RUNS, jobs::errors::list).says("List the errors of a run or a step"),
        get("/v1/jobs/{id}/joberrors", SEE_RUNS, jobs::errors::old)
            .says("List up to 1,000 errors of a run or a step, as older clients read them"),
        get("/v1/jobs/{id}/errorFile/signedURL", SEE_RUNS, jobs::errors::file)
            .says("Say where the errors of a run or a step wait as a JSON file"),
        put("/v1/jobs/{id}/cancel", RUN_SOMEWHERE, jobs::cancel).says("Cancel a run"),
        delete("/v1/jobs/{id}", RUN_SOMEWHERE, jobs::cancel).says("Cancel a run"),
        post("/v1/jobs/current", SEE_RUNS, jobs::current)
            .says("List runs that go on: of the _flowId, _flowIds or _integrationId of the body"),
    ]
}

/// Where other programs send; what the listener asks of them is looked at there.
fn of_listeners() -> Vec<Route> {
    let (open, secret) = ("/v1/exports/{id}/data", "/v1/exports/{id}/{token}/data");
    let about = "Send something to a listener, with the signature, token or password that it asks for";
    let by_address = "Send something to a listener whose address is secret";
    let asks = "Ask whether a listener is there, with a challenge";
    vec![
        post(open, Right::Proof, listeners::open).takes(listeners::MOST_BYTES).says(about),
        put(open, Right::Proof, listeners::open).takes(listeners::MOST_BYTES).says(about),
        get(open, Right::Proof, listeners::open).says(asks),
        post(secret, Right::Proof, listeners::secret).takes(listeners::MOST_BYTES).says(by_address),
        put(secret, Right::Proof, listeners::secret).takes(listeners::MOST_BYTES).says(by_address),
        get(secret, Right::Proof, listeners::secret).says(asks),
    ]
}

fn of_each_kind(kind: Kind) -> Vec<Route> {
    let all = format!("/v1/{}", kind.collection());
    let one = format!("{all}/{{id}}");
    let somewhere = |action| Right::TokenSomewhere(action, kind);
    let (read, write) = (Right::TokenResource(Action::Open, kind), Right::TokenResource(Action::Write, kind));
    let below = |end: &str| format!("{one}/{end}");
    vec![
        get(&all, somewhere(Action::Open), resources::list).says("List, a page at a time"),
        post(&all, somewhere_new(kind), resources::create).takes(RESOURCE_BYTES).says("Create"),
        get(&one, read, resources::one).says("Get"),
        put(&one, write, resources::replace)
            .takes(RESOURCE_BYTES)
            .says("Replace; what is left out is gone, and ****** keeps a secret"),
        patch(&one, write, resources::patch).takes(RESOURCE_BYTES).says("Change some fields by a JSON Patch"),
        delete(&one, write, resources::delete).says("Delete into the recycle bin, unless others use it"),
        get(below("dependencies"), read, resources::dependencies).says("List what uses it"),
        post(below("clone"), read, clone::copy).says("Copy, with the connections of connectionMap"),
        get(below("audit"), READ_AUDIT, audit::of_one).says("List who did what to it"),
        get(below("state"), read, state::keys_below).says("List the keys of its state"),
        delete(below("state"), write, state::clear_below).says("Delete all of its state"),
        get(below("state/{key}"), read, state::value_below).says("Get the value of a key of its state"),
        put(below("state/{key}"), write, state::keep_below)
            .takes(RESOURCE_BYTES)
            .says("Set the value of a key of its state"),
        delete(below("state/{key}"), write, state::remove_below).says("Delete a key of its state"),
    ]
}

/// What is listed below an integration.
const OF_INTEGRATIONS: [Kind; 7] =
    [Kind::Flow, Kind::Export, Kind::Import, Kind::Connection, Kind::LookupCache, Kind::Script, Kind::Tool];

/// To make something; where it will belong says its content.
const fn somewhere_new(kind: Kind) -> Right {
    Right::TokenSomewhere(Action::Write, kind)
}

fn of_some_kinds() -> Vec<Route> {
    let run = |kind| Right::TokenResource(Action::Run, kind);
    let read = |kind| Right::TokenResource(Action::Open, kind);
    let write = |kind| Right::TokenResource(Action::Write, kind);
    let mut rows: Vec<Route> = OF_INTEGRATIONS
        .into_iter()
        .map(|kind| {
            let path = format!("/v1/integrations/{{id}}/{}", kind.collection());
            get(path, read(Kind::Integration), flows::of_integration)
                .says("List what of this type belongs to an integration or is registered with it")
        })
        .collect();
    rows.extend([
        get("/v1/integrations/{id}/ashares", SEE_MEMBERS, ashares::of_integration)
            .says("List who gets into an integration, without the owner"),
        put("/v1/integrations/{id}/connections/register", write(Kind::Integration), registered::register_many)
            .says("Register connections with an integration, by a list of their ids"),
        put("/v1/integrations/{id}/connections/{connection}/register", write(Kind::Integration), registered::register)
            .says("Register a connection with an integration"),
        delete(
            "/v1/integrations/{id}/connections/{connection}/register",
            write(Kind::Integration),
            registered::unregister,
        )
        .says("Take a connection out of an integration"),
        post("/v1/flows/{id}/run", run(Kind::Flow), flows::run).says("Run a flow"),
        get("/v1/flows/{id}/descendants", read(Kind::Flow), flows::descendants)
            .says("Get the exports and imports of a flow"),
        get("/v1/flows/{id}/lastExportDateTime", read(Kind::Flow), flows::last_export)
            .says("Get up to when the exports of changes of a flow were read"),
        get("/v1/flows/{id}/jobs", read(Kind::Flow), jobs::of_one).says("List the runs of a flow"),
        get("/v1/flows/{id}/jobs/latest", read(Kind::Flow), jobs::latest).says("Get the newest run of a flow"),
        get("/v1/integrations/{id}/jobs", read(Kind::Integration), jobs::of_one)
            .says("List the runs of the flows of an integration"),
        get("/v1/integrations/{id}/jobs/latest", read(Kind::Integration), jobs::latest)
            .says("Get the newest run of each flow of an integration"),
        get("/v1/connections/{id}/ping", run(Kind::Connection), ping::saved).says("Test a connection"),
        post("/v1/connections/{id}/ping", run(Kind::Connection), ping::saved).says("Test a connection"),
        post("/v1/connections/ping", somewhere_new(Kind::Connection), ping::unsaved)
            .takes(RESOURCE_BYTES)
            .says("Test a connection that is not saved"),
        post("/v1/lookupcaches/{id}/data", write(Kind::LookupCache), caches::upsert)
            .takes(DATA_BYTES)
            .says("Add entries, in place of those with the same keys"),
        delete("/v1/lookupcaches/{id}/data", write(Kind::LookupCache), caches::remove).says("Delete entries by key"),
        delete("/v1/lookupcaches/{id}/data/purge", write(Kind::LookupCache), caches::purge).says("Delete all entries"),
        post("/v1/lookupcaches/{id}/getData", read(Kind::LookupCache), caches::read)
            .says("Get entries: a page of them, those of some keys, or those that begin alike"),
    ]);
    rows
}

/// Errors of the steps of flows. A step is named by its export or import; `/exports/{step}` and `/imports/{step}` are
/// understood too ([`spelling`]).
fn of_errors() -> Vec<Route> {
    let read = Right::TokenResource(Action::Read, Kind::Flow);
    let run = Right::TokenResource(Action::Run, Kind::Flow);
    // Who changes a record says what the application gets.
    let write = Right::TokenResource(Action::Write, Kind::Flow);
    vec![
        get(
            "/v1/integrations/{id}/errors",
            Right::TokenResource(Action::Read, Kind::Integration),
            errors::of_integration,
        )
        .says("Count the open errors of an integration, by flow"),
        get("/v1/flows/{id}/errors", read, errors::of_flow).says("Count the open errors of a flow, by step"),
        get("/v1/flows/{id}/{step}/errors", read, errors::list)
            .says("List the open errors of a step: occurredAt_gte, occurredAt_lte, source, limit"),
        get("/v1/flows/{id}/{step}/resolved", read, errors::resolved).says("List the resolved errors of a step"),
        put("/v1/flows/{id}/{step}/resolved", run, decisions::resolve)
            .says("Resolve errors of a step: those of errors, or all"),
        get("/v1/flows/{id}/{step}/{key}/data", read, retry::data).says("Get the record of an error"),
        put("/v1/flows/{id}/{step}/{key}/data", write, retry::put_data)
            .takes(RESOURCE_BYTES)
            .says("Change the record of an error, for when it is tried again"),
        post("/v1/flows/{id}/{step}/retry", run, retry::start)
            .says("Try records again at the step: those of retryDataKeys or errorIds"),
        put("/v1/flows/{id}/{step}/errors/assign", run, decisions::assign)
            .says("Give the errors of errorIds to the member with the address of email; to nobody where it is empty"),
        put("/v1/flows/{id}/{step}/tags", run, decisions::tag)
            .says("Give the errors of errorIds the tags of tagIds, and no others"),
        // As some clients send the same.
        post("/v1/flows/{id}/{step}/errors/retry", run, retry::start).says("Try records again at the step"),
        post("/v1/flows/{id}/{step}/errors/assign", run, decisions::assign).says("Give errors to a member"),
        post("/v1/flows/{id}/{step}/errors/tags", run, decisions::tag).says("Give errors tags"),
    ]
}

/// Integrations packed: as files, and as templates.
fn of_templates() -> Vec<Route> {
    let read = Right::TokenResource(Action::Open, Kind::Template);
    let write = |kind| Right::TokenResource(Action::Write, kind);
    vec![
        get("/v1/integrations/{id}/template", write(Kind::Integration), packages::download)
            .says("Download an integration without secrets: where its zip waits, or the zip where Accept asks for one"),
        get("/v1/flows/{id}/template", write(Kind::Flow), packages::download)
            .says("Download a flow without secrets: where its zip waits, or the zip where Accept asks for one"),
        post("/v1/templates/preview", ENTER, packages::preview)
            .takes(PACKAGE_BYTES)
            .says("Say what a zip would make, without making it"),
        post("/v1/templates/install", somewhere_new(Kind::Flow), packages::install)
            .takes(PACKAGE_BYTES)
            .says("Make what a zip holds, with the connections of connectionMap"),
        put("/v1/templates/{id}/zip", write(Kind::Template), templates::upload)
            .takes(PACKAGE_BYTES)
            .says("Set what a template makes: the zip of the body, or the integration of _integrationId as it is now"),
        get("/v1/templates/{id}/zip", read, templates::download).says("Download the zip of a template"),
        get("/v1/templates/{id}/preview", read, templates::preview).says("Say what a template would make"),
        post("/v1/integrations/template/{id}", somewhere_new(Kind::Flow), templates::install)
            .says("Make what a template holds, with the connections of connectionMap"),
    ]
}
