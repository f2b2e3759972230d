//! `tombolo admin`: what an operator does to a server's data.

mod create_owner;
mod feedback;
mod reset_factor;
mod rotate_keys;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::serve::{DATABASE, KEY, lock};
use crate::sqlite::{AUDIT_KEY, SCHEMA_VERSION, Sqlite};
use crate::store::{Audit, Store};
use crate::{backup, clock, fresh, private};

/// Backs up, restores and checks a server's data, and lets the first person in.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Writes all data into one file, also while the server runs. The keys of the vault and of the audit log (secrets.key,
    /// audit.key) are not in it: keep them elsewhere
    Backup {
        /// The file to write; it must not exist
        file: PathBuf,
        /// The server's folder
        #[arg(long, value_name = "FOLDER", default_value = "tombolo-data")]
        data: PathBuf,
    },
    /// Puts a backup in the place of the data, while the server is stopped. Everybody has to sign in again; devices then push
    /// again what the backup lacks
    Restore {
        /// The backup
        file: PathBuf,
        /// The server's folder
        #[arg(long, value_name = "FOLDER", default_value = "tombolo-data")]
        data: PathBuf,
    },
    /// Adds a person with an account of their own, while the server is stopped: the way into a server where signing up is
    /// closed. The password is read from stdin
    CreateOwner {
        /// The person's address
        #[arg(long)]
        email: String,
        /// The person's name, which is also the account's
        #[arg(long)]
        name: String,
        /// The server's folder
        #[arg(long, value_name = "FOLDER", default_value = "tombolo-data")]
        data: PathBuf,
    },
    /// Takes the second factor of somebody away who has lost it and their recovery codes, while the server is stopped; they sign
    /// in with their password
    ResetFactor {
        /// The person's address
        #[arg(long)]
        email: String,
        /// The server's folder
        #[arg(long, value_name = "FOLDER", default_value = "tombolo-data")]
        data: PathBuf,
    },
    /// Puts credentials and second factors under a new key, while the server is stopped. It may be cut short at any moment
    RotateKeys {
        /// Forgets what does not open: for when the key is lost
        #[arg(long)]
        forget_unreadable: bool,
        /// The server's folder
        #[arg(long, value_name = "FOLDER", default_value = "tombolo-data")]
        data: PathBuf,
    },
    /// Checks the chain of the audit logs: a row that was changed, taken out, put in or cut off is named. An older copy of the
    /// whole database, and what somebody wrote who has audit.key, are not found
    VerifyAudit {
        /// The server's folder
        #[arg(long, value_name = "FOLDER", default_value = "tombolo-data")]
        data: PathBuf,
    },
    /// Prints what people wrote with Send feedback, also while a server of this version runs
    Feedback {
        /// Removes what it has printed, which makes room for more
        #[arg(long)]
        forget: bool,
        /// The server's folder
        #[arg(long, value_name = "FOLDER", default_value = "tombolo-data")]
        data: PathBuf,
    },
    /// Checks the database
    Verify {
        /// The server's folder
        #[arg(long, value_name = "FOLDER", default_value = "tombolo-data")]
        data: PathBuf,
    },
}

/// Does it and says so.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime cannot start")?;
    runtime.block_on(async {
        match command {
            Command::Backup { file, data } => back_up(file, data).await,
            Command::Restore { file, data } => restore(file, data).await,
            Command::CreateOwner { email, name, data } => say(&create_owner::run(data, name, email).await?),
            Command::ResetFactor { email, data } => say(&reset_factor::run(data, email).await?),
            Command::RotateKeys { forget_unreadable, data } => say(&rotate_keys::run(data, *forget_unreadable).await?),
            Command::Feedback { forget, data } => feedback::run(data, *forget).await,
            Command::VerifyAudit { data } => verify_audit(data).await,
            Command::Verify { data } => verify(data).await,
        }
    })
}

async fn back_up(file: &Path, data: &Path) -> anyhow::Result<ExitCode> {
    if file.exists() {
        bail!("{} exists: choose another name", file.display());
    }
    private::new_file(file).with_context(|| format!("{} cannot be made", file.display()))?;
    backup::write(&data.join(DATABASE), file).await?;
    say(&format!(
        "backed up {} to {}; keep {} as well, or secrets have to be entered again",
        data.display(),
        file.display(),
        data.join(KEY).display()
    ))
}

async fn restore(file: &Path, data: &Path) -> anyhow::Result<ExitCode> {
    private::folder(data).with_context(|| format!("the folder {} cannot be made", data.display()))?;
    let lock = lock(data)?;
    let epoch = u64::from_be_bytes(fresh::bytes()?) >> 1;
    backup::restore(file, &data.join(DATABASE), epoch, clock::now_ms()).await?;
    let key = rotate_keys::after_restore(data).await?;
    drop(lock);
    say(&format!(
        "restored {} from {}; {key}; everybody is signed out: once somebody signs in again, their devices push what the backup lacks",
        data.display(),
        file.display()
    ))
}

async fn verify(data: &Path) -> anyhow::Result<ExitCode> {
    let problems = backup::verify(&data.join(DATABASE)).await?;
    if problems.is_empty() {
        return say("the database is sound");
    }
    for problem in &problems {
        say(problem)?;
    }
    Ok(ExitCode::FAILURE)
}

async fn verify_audit(data: &Path) -> anyhow::Result<ExitCode> {
    let path = data.join(DATABASE);
    if !path.exists() {
        bail!("there is no database in {}: name the server's folder with --data", data.display());
    }
    let key = data.join(AUDIT_KEY);
    if !key.exists() {
        bail!("there is no {}: the logs are sealed with it, put it back first", key.display());
    }
    // Tables of an earlier release are brought up to date, which must not happen below a server that runs.
    let lock = if backup::version(&path).await? < SCHEMA_VERSION { Some(lock(data)?) } else { None };
    let store = Sqlite::open(&path, 0, clock::now_ms()).await?;
    let faults = store.verify_audit().await;
    store.close().await;
    drop(lock);
    let faults = faults?;
    if faults.is_empty() {
        say("the audit logs are whole")?;
        return say(
            "not found this way: an older copy of the whole database in place of this one, what the server was never told, \
             and what somebody wrote who has audit.key",
        );
    }
    for fault in &faults {
        say(&format!("entry {} of account {} {}", fault.n, fault.account, fault.what))?;
    }
    Ok(ExitCode::FAILURE)
}

fn say(text: &str) -> anyhow::Result<ExitCode> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}
