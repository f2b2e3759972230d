//! The server over real HTTP and real sockets: the built program, a fresh folder, a free port.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it should be"
)]

#[path = "http/account.rs"]
mod account;
#[path = "http/audit.rs"]
mod audit;
#[path = "http/backup.rs"]
mod backup;
#[path = "http/backup_load.rs"]
mod backup_load;
#[path = "http/bell.rs"]
mod bell;
#[path = "http/bomb.rs"]
mod bomb;
#[path = "http/device.rs"]
mod device;
#[path = "http/files.rs"]
mod files;
#[path = "http/flood.rs"]
mod flood;
#[cfg(target_os = "linux")]
#[path = "http/full_disk.rs"]
mod full_disk;
#[path = "http/grants.rs"]
mod grants;
#[path = "http/help.rs"]
mod help;
#[path = "http/hostile.rs"]
mod hostile;
#[path = "http/hostile_sync.rs"]
mod hostile_sync;
#[path = "http/kill.rs"]
mod kill;
#[path = "http/mail.rs"]
mod mail;
#[path = "http/mailbox.rs"]
mod mailbox;
#[path = "http/members.rs"]
mod members;
#[cfg(target_os = "linux")]
#[path = "http/memory.rs"]
mod memory;
#[path = "http/old_data.rs"]
mod old_data;
#[path = "http/pages.rs"]
mod pages;
#[path = "http/people.rs"]
mod people;
#[path = "http/refused.rs"]
mod refused;
#[path = "http/relay.rs"]
mod relay;
#[path = "http/retention.rs"]
mod retention;
#[path = "http/revoked.rs"]
mod revoked;
#[path = "http/rights.rs"]
mod rights;
#[path = "http/runs.rs"]
mod runs;
#[path = "http/schedule.rs"]
mod schedule;
#[path = "http/secrets.rs"]
mod secrets;
#[path = "http/security.rs"]
mod security;
#[path = "http/server.rs"]
mod server;
#[path = "http/sso.rs"]
mod sso;
#[path = "http/stopping.rs"]
mod stopping;
#[path = "http/subscription.rs"]
mod subscription;
#[path = "http/sync.rs"]
mod sync;
#[path = "http/tls.rs"]
mod tls;
#[path = "http/transfers.rs"]
mod transfers;
#[path = "http/v1.rs"]
mod v1;
#[path = "http/webhooks.rs"]
mod webhooks;
