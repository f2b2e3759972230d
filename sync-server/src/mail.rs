//! Letters: written into the database with what they are about, and sent from there.
//!
//! Whoever asks for a letter does not wait for it. A mail server that is away is tried again with growing pauses for a
//! day and a half; how it went is kept and shown. A letter that was sent and not marked, because the server stopped in
//! between, is sent once more. The text may hold a secret link, so it is sealed while it waits and gone afterwards.
//!
//! Without a mail server there are no letters: links are shown to whoever made them.

mod letter;
mod relay;

use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::Notify;
use tombolo_model::Id;
use tombolo_wire::rest::{MailState, MailStatus};

use crate::app::App;
use crate::auth::attempts::Source;
use crate::clock;
use crate::error::ApiError;
use crate::fresh;
use crate::store::{DueMail, MailRow, NewMail, SealedSecret};
use crate::vault::SecretPlace;

pub(crate) use letter::{Letter, changed, confirm, factor_reset, invitation, leaving, offer};
pub(crate) use relay::{MailError, Relay, SmtpUrl};

/// What letters are about, as the database names it.
pub(crate) mod about {
    /// An invitation to an account.
    pub(crate) const INVITATION: &str = "invitation";
    /// Integrations that are offered in a transfer.
    pub(crate) fn transfer(id: tombolo_model::Id) -> String {
        format!("transfer {id}")
    }
    /// The confirmation of another address, for this person: two who want the same one each get their letter.
    pub(crate) fn email(user: tombolo_model::Id) -> String {
        format!("email {user}")
    }
    /// What somebody is told of what was done.
    pub(crate) const NOTICE: &str = "notice";
}

/// The pauses before a letter is tried again; after the last it has failed.
const PAUSES_MS: [i64; 7] = [1_000, 60_000, 300_000, 1_800_000, 7_200_000, 28_800_000, 86_400_000];
/// Letters that are taken out at once.
const AT_ONCE: u32 = 20;
/// How long the mail server may take for one.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often letters are looked for when nothing is known to wait.
const LOOK: Duration = Duration::from_secs(300);
/// How much of what a mail server says is kept.
const LONGEST_PROBLEM: usize = 300;
/// Where the text of a letter lies in the vault's terms.
pub(crate) const PATH: &str = "letter";

/// The way out for letters.
pub(crate) struct Post {
    relay: Relay,
    /// The address that links begin with.
    site: String,
    wake: Notify,
}

impl Post {
    /// Letters go out over this relay, with links that begin with `site`.
    pub(crate) fn new(relay: Relay, site: String) -> Self {
        Self { relay, site, wake: Notify::new() }
    }

    /// A link as a letter has it.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.site)
    }
}

/// Counts a letter that somebody is about to cause: whoever may sign up could send any number to anybody otherwise, with
/// words of their own, in the name of this server.
///
/// # Errors
///
/// Returns how long to wait.
pub(crate) fn count(app: &App, by: Id, to: &str) -> Result<(), ApiError> {
    if app.post.is_none() {
        return Ok(());
    }
    let sources = vec![Source::Letters(by), Source::LettersTo(to.to_owned())];
    // Never given back: that it was sent is what counts.
    let counted = app.attempts.begin(sources, clock::now_ms()).map(drop);
    counted.map_err(|seconds| {
        let message = format!("Too many letters were sent. Try again in {seconds} seconds.");
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_letters", message).again_in(seconds)
    })
}

/// Puts a letter on its way, in place of one about the same to the same address that still waits.
///
/// # Errors
///
/// Returns that it could not be kept; nothing is sent then.
pub(crate) async fn post(app: &App, letter: Letter) -> Result<(), ApiError> {
    let Some(post) = &app.post else { return Ok(()) };
    let id = fresh::id()?;
    let place = SecretPlace { account: id, connection: id, path: PATH };
    let sealed = app.vault.seal(place, Vec::new(), &letter.text).map_err(|error| ApiError::internal(&error))?;
    let mail = NewMail {
        id,
        account: letter.account,
        about: letter.about,
        recipient: letter.to,
        subject: letter.subject,
        sealed: sealed.sealed,
        now_ms: clock::now_ms(),
    };
    app.store.add_mail(&mail).await?;
    post.wake.notify_one();
    Ok(())
}

/// Sends what waits, until the server stops.
pub(crate) async fn drive(app: App) {
    let Some(post) = &app.post else { return std::future::pending().await };
    loop {
        let pause = match deliver(&app, post).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(%error, "letters cannot be read; they are looked for again later");
                LOOK
            }
        };
        tokio::select! {
            () = post.wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Sends what is due; says how long there is nothing to do.
async fn deliver(app: &App, post: &Post) -> Result<Duration, crate::store::StoreError> {
    loop {
        let due = app.store.due_mails(clock::now_ms(), AT_ONCE).await?;
        if due.is_empty() {
            break;
        }
        for mail in due {
            let ended = send(app, post, &mail).await;
            if let Err(error) = &ended {
                tracing::warn!(mail = %mail.id, about = mail.about, %error, "a letter was not sent");
            }
            let now_ms = clock::now_ms();
            match after(ended, mail.tries, now_ms) {
                After::Sent => app.store.mail_ended(mail.id, true, "", now_ms).await?,
                After::Failed { problem } => app.store.mail_ended(mail.id, false, &problem, now_ms).await?,
                After::Again { at_ms, problem } => app.store.mail_waits(mail.id, at_ms, &problem).await?,
            }
        }
    }
    let next = app.store.next_mail().await?;
    let wait = next.map(|at_ms| u64::try_from(at_ms - clock::now_ms()).unwrap_or(0).max(50));
    Ok(wait.map_or(LOOK, |ms| Duration::from_millis(ms).min(LOOK)))
}

async fn send(app: &App, post: &Post, mail: &DueMail) -> Result<(), MailError> {
    let sealed =
        SealedSecret { connection: mail.id, path: PATH.to_owned(), sealed: mail.sealed.clone(), hosts: Vec::new() };
    let text = app.vault.open_secret(mail.id, &sealed).map_err(|_| MailError::Sealed)?;
    let sending = post.relay.send(&mail.recipient, &mail.subject, text);
    tokio::time::timeout(PATIENCE, sending).await.unwrap_or(Err(MailError::Slow))
}

/// What becomes of a letter after a try.
#[derive(Debug, PartialEq, Eq)]
enum After {
    Sent,
    Again { at_ms: i64, problem: String },
    Failed { problem: String },
}

fn after(ended: Result<(), MailError>, tries: u32, now_ms: i64) -> After {
    let Err(error) = ended else { return After::Sent };
    let problem: String = error.to_string().chars().filter(|c| !c.is_control()).take(LONGEST_PROBLEM).collect();
    let pause = PAUSES_MS.get(usize::try_from(tries).unwrap_or(usize::MAX)).filter(|_| error.passes());
    pause.map_or(After::Failed { problem: problem.clone() }, |ms| After::Again { at_ms: now_ms + ms, problem })
}

/// How a letter went, as it is shown.
pub(crate) fn shown(row: &MailRow) -> MailState {
    MailState {
        status: match (row.ended_ms, row.sent) {
            (None, _) => MailStatus::Waiting,
            (Some(_), true) => MailStatus::Sent,
            (Some(_), false) => MailStatus::Failed,
        },
        problem: Some(row.problem.clone()).filter(|problem| !problem.is_empty()),
        at_ms: row.ended_ms.unwrap_or(row.created_ms),
    }
}

/// What became of the letters of an account about something, by address.
///
/// # Errors
///
/// Returns what the store says.
pub(crate) async fn states(
    app: &App,
    account: Id,
    about: &str,
) -> Result<std::collections::HashMap<String, MailState>, ApiError> {
    let rows = app.store.mails_of(account, about).await?;
    Ok(rows.iter().map(|row| (row.recipient.clone(), shown(row))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_that_is_away_is_tried_again_with_growing_pauses_and_then_given_up() {
        let mut waited = 0;
        for tries in 0..7 {
            let After::Again { at_ms, problem } = after(Err(MailError::Slow), tries, 0) else { panic!("given up") };
            assert!(at_ms > 0 && problem.contains("did not answer"), "{problem}");
            waited += at_ms;
        }
        assert!(waited > 30 * 3_600_000, "{waited}");
        assert!(matches!(after(Err(MailError::Slow), 7, 0), After::Failed { .. }));
        assert_eq!(after(Ok(()), 3, 0), After::Sent);
    }

    #[test]
    fn an_address_that_the_mail_server_refuses_is_not_tried_again() {
        let refused = || MailError::Refused("550 no such\r\nuser".to_owned());
        assert_eq!(
            after(Err(refused()), 0, 0),
            After::Failed { problem: refused().to_string().replace(['\r', '\n'], "") }
        );
    }
}
