//! `tombolo serve`.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use tombolo_wire::rest::Links;
use tracing_subscriber::EnvFilter;

use super::run_worker::{self, MEMORY_MIB};
use crate::config::{self, Config, MailWishes};
use crate::mail::SmtpUrl;

/// Options of `tombolo serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address and port; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:7070", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Folder for the database and the key
    #[arg(long, value_name = "FOLDER", default_value = "tombolo-data")]
    data: PathBuf,
    /// Serves the app from this folder instead of the one in the program
    #[arg(long, value_name = "FOLDER")]
    assets: Option<PathBuf>,
    /// Shortest time between two scheduled runs of a flow, for example 15m or 1h
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = config::duration_ms)]
    min_schedule_interval: i64,
    /// Lets anybody make an account when the address is not loopback
    #[arg(long)]
    signup: bool,
    /// Certificate chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "behind_proxy")]
    tls_cert: Option<PathBuf>,
    /// Private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The address under which a proxy with TLS serves this, for example <https://tombolo.example>
    #[arg(long, value_name = "ORIGIN")]
    behind_proxy: Option<String>,
    /// Lets flows on the server reach private and loopback addresses
    #[arg(long)]
    allow_private_network: bool,
    /// The most memory that a run on the server may take, in MiB
    #[arg(long, value_name = "MIB", default_value_t = MEMORY_MIB, value_parser = clap::value_parser!(u64).range(256..=1_048_576))]
    run_memory: u64,
    /// How long a connection whose credentials were refused is left alone before it is tested again; the longer it is so, the
    /// rarer it is tested
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = config::duration_ms)]
    retest_after: i64,
    /// Sends invitations and other letters over this mail server: <smtps://USER:PASSWORD@HOST>, or `smtp://` for one with
    /// STARTTLS. The variable `TOMBOLO_SMTP` says the same and is not seen in the list of processes
    #[arg(long, value_name = "URL", value_parser = SmtpUrl::checked)]
    smtp: Option<SmtpUrl>,
    /// In whose name letters go out, for example "Tombolo <tombolo@example.com>"
    #[arg(long, value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// The address that people use, for links in letters; behind a proxy it is the proxy's
    #[arg(long, value_name = "ORIGIN")]
    site: Option<String>,
    /// A page where people help each other, for the page Help
    #[arg(long, value_name = "URL")]
    community: Option<String>,
    /// A page where tickets are opened
    #[arg(long, value_name = "URL")]
    tickets: Option<String>,
    /// A page of courses
    #[arg(long, value_name = "URL")]
    courses: Option<String>,
    /// A page of plans and wishes
    #[arg(long, value_name = "URL")]
    ideas: Option<String>,
    /// Writes logs as JSON lines
    #[arg(long)]
    log_json: bool,
}

/// Serves until the process is told to stop.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    start_log(args.log_json)?;
    let tls = args.tls_cert.zip(args.tls_key);
    let config = Config::new(config::Wishes {
        listen: args.listen,
        data: args.data,
        assets: args.assets,
        min_schedule_interval_ms: args.min_schedule_interval,
        signup: args.signup,
        tls,
        behind_proxy: args.behind_proxy,
        allow_private_network: args.allow_private_network,
        run_memory_mib: args.run_memory,
        retest_after_ms: args.retest_after,
        mail: MailWishes { smtp: smtp(args.smtp)?, from: args.mail_from, site: args.site },
        links: Links { community: args.community, tickets: args.tickets, courses: args.courses, ideas: args.ideas },
    })?;
    run_worker::try_out();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot start")?;
    runtime.block_on(crate::serve::serve(config))?;
    Ok(ExitCode::SUCCESS)
}

/// The mail server that was given, or that the environment names.
fn smtp(given: Option<SmtpUrl>) -> anyhow::Result<Option<SmtpUrl>> {
    match (given, std::env::var("TOMBOLO_SMTP")) {
        (None, Ok(text)) if !text.is_empty() => {
            SmtpUrl::checked(&text).map(Some).map_err(|problem| anyhow::anyhow!("TOMBOLO_SMTP: {problem}"))
        }
        (given, _) => Ok(given),
    }
}

/// Logs go to stderr: stdout carries the ready line for programs that start this one.
fn start_log(json: bool) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_env("TOMBOLO_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = if json { log.json().try_init() } else { log.try_init() };
    started.map_err(|error| anyhow::anyhow!("the log cannot start: {error}"))
}
