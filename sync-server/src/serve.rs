//! Puts the server together, runs it and takes it down in order.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::net::TcpListener;

use crate::app::{App, Parts};
use crate::assets::Assets;
use crate::auth::attempts::Attempts;
use crate::auth::cookie::Cookies;
use crate::auth::origin::Origins;
use crate::auth::password::Passwords;
use crate::auth::sso::Logins;
use crate::auth::sso::asking::Asking;
use crate::blobs::Desks;
use crate::config::{Config, Exposure};
use crate::connections::{self, Patience};
use crate::hub::Hub;
use crate::listen::{PlainListener, TlsListener};
use crate::mail::{self, Post};
use crate::relay::Relay;
use crate::rest::Rest;
use crate::runner::{self, Runner};
use crate::scheduler;
use crate::sqlite::Sqlite;
use crate::steady::keep_going;
use crate::store::{Accounts, Blobs};
use crate::webhooks::{self, Webhooks};
use crate::{audit, clock, fresh, keys, private, retention, routes, transfers};

/// The database's name in the data folder.
pub(crate) const DATABASE: &str = "tombolo.db";
/// The key's.
pub(crate) const KEY: &str = "secrets.key";
/// How long connections may take to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long devices may take to be told.
const GOODBYE: Duration = Duration::from_secs(2);

/// Serves until the process is told to stop.
///
/// # Errors
///
/// Returns why it could not start.
pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    open_as_many_files_as_allowed();
    private::folder(&config.data).with_context(|| format!("the folder {} cannot be made", config.data.display()))?;
    let lock = lock(&config.data)?;
    empty(&config.tmp())?;
    let tcp =
        TcpListener::bind(config.listen).await.with_context(|| format!("{} cannot be listened on", config.listen))?;
    let address = tcp.local_addr()?;
    let app = App::new(parts(config, address).await?);
    // What runs had taken that did not end waits again, before these are said to be over.
    app.store.release_all_received().await?;
    runner::close_interrupted(&app).await?;
    let stop = tokio::spawn(stop_signal(app.clone()));
    let (of_schedule, of_retention, of_audit, of_mail) = (app.clone(), app.clone(), app.clone(), app.clone());
    let schedule = tokio::spawn(keep_going("schedules", move || scheduler::driver::drive(of_schedule.clone())));
    let retention = tokio::spawn(keep_going("retention", move || retention::drive(of_retention.clone())));
    transfers::resume(&app).await?;
    let log = tokio::spawn(keep_going("audit", move || audit::keep_up(of_audit.clone())));
    let of_retests = app.clone();
    let retests = tokio::spawn(keep_going("tests of connections", move || runner::retests::drive(of_retests.clone())));
    let of_listeners = app.clone();
    let listeners = tokio::spawn(keep_going("listeners", move || webhooks::dispatch::drive(of_listeners.clone())));
    let letters = tokio::spawn(keep_going("mail", move || mail::drive(of_mail.clone())));
    listen(&app, tcp, address, Patience::USUAL).await?;
    stop.abort();
    schedule.abort();
    retention.abort();
    log.abort();
    listeners.abort();
    letters.abort();
    retests.abort();
    // Sockets outlive the server that opened them; devices are to hear that it goes.
    if tokio::time::timeout(GOODBYE, app.hub.all_gone()).await.is_err() {
        tracing::warn!("some devices were not told that the server stops");
    }
    runner::end_all(&app).await;
    app.store.close().await;
    drop(lock);
    tracing::info!("stopped");
    Ok(())
}

/// Each device holds a socket, and the usual limit of 1,024 files is for programs that have none.
#[cfg(unix)]
fn open_as_many_files_as_allowed() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, ?current, "the limit of open files stays as it was: so many devices can connect at most");
    }
}

#[cfg(not(unix))]
fn open_as_many_files_as_allowed() {}

async fn parts(config: Config, address: SocketAddr) -> anyhow::Result<Parts> {
    let epoch = u64::from_be_bytes(fresh::bytes()?) >> 1;
    let store = Sqlite::open(&config.data.join(DATABASE), epoch, clock::now_ms()).await?;
    let vault = keys::settle(&config.data, &store).await?;
    // What a killed server was given and did not finish would fill the disk without being seen.
    store.sweep_parts().await?;
    if !config.open_signup && store.accounts().await?.is_empty() {
        tracing::warn!("nobody can sign in yet: stop the server and run tombolo admin create-owner");
    }
    let cookies = match config.exposure {
        Exposure::Loopback => Cookies::loopback(address.port()),
        Exposure::Tls { .. } | Exposure::Proxy { .. } => Cookies::secure(),
    };
    let post = match &config.mail {
        Some(mail) => {
            Some(Post::new(mail::Relay::new(&mail.smtp, &mail.from)?, mail.links_of(&config.exposure, address)))
        }
        None => None,
    };
    Ok(Parts {
        post,
        origins: Origins::new(&config.exposure, address.port()),
        assets: Assets::new(config.assets.clone()),
        store: Arc::new(store),
        vault,
        cookies,
        passwords: Passwords::new()?,
        attempts: Attempts::default(),
        logins: Logins::default(),
        asking: Asking::default(),
        hub: Hub::new(),
        runner: Runner::new(),
        desks: Desks::default(),
        rest: Rest::new(),
        relay: Relay::new(config.allow_private_network)?,
        webhooks: Webhooks::default(),
        config,
    })
}

/// A server that was killed left the folders of its runs behind.
fn empty(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("{} cannot be emptied", folder.display()));
        }
        _ => {}
    }
    std::fs::create_dir(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))
}

/// Two servers on one folder would each believe that nobody else writes.
pub(crate) fn lock(data: &Path) -> anyhow::Result<File> {
    let path = data.join("lock");
    let file = File::create(&path).with_context(|| format!("{} cannot be made", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("another server uses {}", data.display()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{} cannot be locked", path.display())),
    }
}

async fn listen(app: &App, tcp: TcpListener, address: SocketAddr, patience: Patience) -> anyhow::Result<()> {
    let (router, stopping) = (routes::router(app), app.hub.stopping());
    match &app.config.exposure {
        Exposure::Tls { cert, key } => {
            let listener = TlsListener::start(tcp, cert, key, patience.write)?;
            say_ready("https", address)?;
            finish(app, connections::serve(listener, router, patience, stopping)).await;
        }
        Exposure::Loopback | Exposure::Proxy { .. } => {
            let listener = PlainListener::new(tcp, patience.write);
            say_ready("http", address)?;
            finish(app, connections::serve(listener, router, patience, stopping)).await;
        }
    }
    Ok(())
}

/// Waits for the server, and after a stop signal no longer than connections are allowed to take.
async fn finish(app: &App, server: impl Future<Output = ()>) {
    let mut stopping = app.hub.stopping();
    let patience = async {
        if stopping.wait_for(|stop| *stop).await.is_ok() {
            tokio::time::sleep(PATIENCE).await;
        }
    };
    tokio::select! {
        () = server => {}
        () = patience => {}
    }
}

/// Programs that start this one read the address from this line.
fn say_ready(scheme: &str, address: SocketAddr) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "Tombolo is ready at {scheme}://{address}")?;
    out.flush()?;
    tracing::info!(%address, scheme, "ready");
    Ok(())
}

async fn stop_signal(app: App) {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "interrupts are not noticed");
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate() => {}
    }
    tracing::info!("stopping");
    app.hub.stop();
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM is not noticed");
            std::future::pending().await
        }
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}

#[cfg(test)]
pub(crate) mod tests {
    use axum::http::StatusCode;

    use super::*;
    use crate::config::Wishes;
    use crate::{assets, config};

    /// The parts of a server on a fresh folder, and where it would listen.
    pub(crate) async fn fresh(data: &Path) -> (App, TcpListener) {
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            tracing::debug!("another test was first");
        }
        let wishes = Wishes {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: data.to_owned(),
            assets: None,
            min_schedule_interval_ms: 900_000,
            signup: false,
            tls: None,
            behind_proxy: None,
            allow_private_network: false,
            run_memory_mib: 1_024,
            retest_after_ms: 3_600_000,
            mail: config::MailWishes::default(),
            links: tombolo_wire::rest::Links::default(),
        };
        let config = Config::new(wishes).unwrap();
        let tcp = TcpListener::bind(config.listen).await.unwrap();
        let address = tcp.local_addr().unwrap();
        empty(&config.tmp()).unwrap();
        let parts = parts(config, address).await.unwrap();
        (App::new(Parts { assets: assets::tests::EMBEDDED, ..parts }), tcp)
    }

    /// What `serve` does with a program that has the page inside.
    async fn with_the_page_inside(data: &Path) -> (App, SocketAddr) {
        let (app, tcp) = fresh(data).await;
        let address = tcp.local_addr().unwrap();
        let served = app.clone();
        tokio::spawn(async move { listen(&served, tcp, address, Patience::USUAL).await });
        (app, address)
    }

    #[tokio::test]
    async fn a_program_with_the_page_inside_serves_it_without_a_folder() {
        let data = tempfile::tempdir().unwrap();
        let (app, address) = with_the_page_inside(data.path()).await;
        let client = reqwest::Client::builder().no_proxy().no_brotli().no_gzip().build().unwrap();
        let get = |path: &str| client.get(format!("http://{address}{path}"));
        for page in ["/", "/flows/0123", "/index.html"] {
            let answer = get(page).send().await.unwrap();
            assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
            assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("connect-src 'self'"));
            assert!(answer.text().await.unwrap().contains("<title>Tombolo"), "{page}");
        }
        let script = get("/assets/app-0123abcd.js").header("accept-encoding", "gzip, br").send().await.unwrap();
        assert_eq!(script.headers()["content-encoding"], "br");
        assert!(script.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        let tag = script.headers()["etag"].clone();
        assert_eq!(script.text().await.unwrap(), "squeezed");
        let again = get("/assets/app-0123abcd.js").header("accept-encoding", "br").header("if-none-match", tag);
        assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
        assert_eq!(get("/sw.js").send().await.unwrap().headers()["cache-control"], "no-store");
        let run = get("/workers/run.js").send().await.unwrap();
        assert!(run.headers()["content-security-policy"].to_str().unwrap().contains("connect-src *"));
        for none in ["/assets/gone.js", "/../Cargo.toml"] {
            assert_eq!(get(none).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{none}");
        }
        assert_eq!(get("/healthz").send().await.unwrap().status(), StatusCode::OK);
        app.hub.stop();
    }
}
