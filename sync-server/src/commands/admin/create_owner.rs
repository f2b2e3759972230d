//! `tombolo admin create-owner`: the first person of a server where nobody signs up without an invitation.
//!
//! Takes the folder's lock, for nobody else may write while a server runs. The password comes from stdin and never
//! from an argument, which every user of the machine could read.

use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, bail};

use crate::auth::details::{Details, check_password};
use crate::auth::password::Passwords;
use crate::serve::{DATABASE, lock};
use crate::sqlite::Sqlite;
use crate::store::{People, SignUp, Store};
use crate::{clock, fresh, private};

/// Adds the person; gives what to say about it.
pub(super) async fn run(data: &Path, name: &str, email: &str) -> anyhow::Result<String> {
    let details = Details::checked(name, email)?;
    private::folder(data).with_context(|| format!("the folder {} cannot be made", data.display()))?;
    let lock = lock(data)?;
    let password = read_password()?;
    check_password(&password)?;
    let user = details.user(Passwords::new()?.hash(password).await?, None)?;
    let epoch = u64::from_be_bytes(fresh::bytes()?) >> 1;
    let store = Sqlite::open(&data.join(DATABASE), epoch, clock::now_ms()).await?;
    let ended = store.sign_up(&user).await;
    store.close().await;
    drop(lock);
    match ended? {
        SignUp::Created { .. } => {
            Ok(format!("{} owns a new account, {:?}: start the server and sign in", user.email, user.account_name))
        }
        SignUp::EmailTaken => bail!("somebody has signed up as {}: choose another address", user.email),
        SignUp::InvitationUnknown | SignUp::InvitationExpired | SignUp::OtherAddress | SignUp::InvitationHeld => {
            bail!("an invitation was asked for where there is none")
        }
    }
}

/// One line of stdin. On a terminal it is asked for and not shown.
fn read_password() -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    let hidden = stdin.is_terminal().then(Hidden::begin).transpose()?;
    let mut line = String::new();
    stdin.read_line(&mut line).context("the password cannot be read from stdin")?;
    drop(hidden);
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// A terminal that does not show what is typed, until this is dropped.
struct Hidden {
    #[cfg(unix)]
    before: rustix::termios::Termios,
}

impl Hidden {
    fn begin() -> anyhow::Result<Self> {
        write!(std::io::stderr(), "Password: ")?;
        #[cfg(unix)]
        {
            use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
            let before = tcgetattr(std::io::stdin()).context("the terminal cannot be asked")?;
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            tcsetattr(std::io::stdin(), OptionalActions::Flush, &silent).context("the terminal cannot be silenced")?;
            Ok(Self { before })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            use rustix::termios::{OptionalActions, tcsetattr};
            let shown = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.before);
            if shown.is_err() || writeln!(std::io::stderr()).is_err() {
                tracing::debug!("the terminal has gone");
            }
        }
    }
}
