//! The public REST API, called as programs call it: a token and an address.

#[path = "v1/bin.rs"]
mod bin;
#[path = "v1/client.rs"]
pub(crate) mod client;
#[path = "v1/copies.rs"]
mod copies;
#[path = "v1/data.rs"]
mod data;
#[path = "v1/description.rs"]
mod description;
#[path = "v1/errors.rs"]
mod errors;
#[path = "v1/fields.rs"]
mod fields;
#[path = "v1/hostile.rs"]
mod hostile;
#[path = "v1/hosts.rs"]
mod hosts;
#[path = "v1/jobs.rs"]
mod jobs;
#[path = "v1/kept.rs"]
mod kept;
#[path = "v1/keys.rs"]
mod keys;
#[path = "v1/lists.rs"]
mod lists;
#[path = "v1/members.rs"]
mod members;
#[path = "v1/outages.rs"]
mod outages;
#[path = "v1/packages.rs"]
mod packages;
#[path = "v1/ping.rs"]
mod ping;
#[path = "v1/processors.rs"]
mod processors;
#[path = "v1/resources.rs"]
mod resources;
#[path = "v1/rights.rs"]
mod rights;
#[path = "v1/secrets.rs"]
mod secrets;
#[path = "v1/templates.rs"]
mod templates;
#[path = "v1/third_party.rs"]
mod third_party;
#[path = "v1/tokens.rs"]
mod tokens;
#[path = "v1/whole_task.rs"]
mod whole_task;
