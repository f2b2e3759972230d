//! The operator's mail server, by SMTP (RFC 5321).
//!
//! Elsewhere than on this machine the connection is encrypted or not made, so that neither the password nor a secret
//! link is read on the way.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use reqwest::Url;
use thiserror::Error;

/// How long the server may be silent.
const SILENCE: Duration = Duration::from_secs(20);

/// Why a letter did not go out.
#[derive(Debug, Error)]
pub(crate) enum MailError {
    /// An address that no letter can have.
    #[error("“{0}” is no address that a letter can be sent to")]
    Address(String),
    /// The letter could not be put together.
    #[error("the letter could not be written: {0}")]
    Unwritable(String),
    /// It does not open: the key is another one.
    #[error("the letter does not open any more: the server has another key; make the link again")]
    Sealed,
    /// The mail server does not want it.
    #[error("the mail server refuses it: {0}")]
    Refused(String),
    /// Nobody answers, or not for now.
    #[error("the mail server cannot be reached: {0}")]
    Away(String),
    /// No answer in time.
    #[error("the mail server did not answer in time")]
    Slow,
}

impl MailError {
    /// Whether it may go well later.
    pub(crate) const fn passes(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Slow)
    }
}

/// `smtps://user:password@host:465`, or `smtp://` for one that starts encryption by STARTTLS.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SmtpUrl(String);

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpUrl(******)")
    }
}

impl SmtpUrl {
    /// Checks an address. What is wrong is said without the address, which may hold a password.
    ///
    /// # Errors
    ///
    /// Returns what such an address looks like.
    pub(crate) fn checked(text: &str) -> Result<Self, String> {
        let form = || "a mail server looks like smtps://user:password@mail.example.com".to_owned();
        let mut url = Url::parse(text).map_err(|_| form())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(form)?;
        match url.scheme() {
            "smtps" => {}
            // On this machine nobody listens in.
            "smtp" if is_loopback(host) => {}
            "smtp" => url.set_query(Some("tls=required")),
            _ => return Err(form()),
        }
        Ok(Self(url.into()))
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A mail server, and in whose name letters go out.
pub(crate) struct Relay {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Relay {
    /// Opens nothing yet.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with either.
    pub(crate) fn new(url: &SmtpUrl, from: &str) -> Result<Self, MailError> {
        let from = from.parse().map_err(|_| MailError::Address(from.to_owned()))?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url.0)
            .map_err(|error| MailError::Away(error.to_string()))?
            .timeout(Some(SILENCE))
            .build();
        Ok(Self { transport, from })
    }

    /// Sends one letter.
    ///
    /// # Errors
    ///
    /// Returns why it did not go out.
    pub(crate) async fn send(&self, to: &str, subject: &str, text: String) -> Result<(), MailError> {
        let address = to.parse().map_err(|_| MailError::Address(to.to_owned()))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|error| MailError::Unwritable(error.to_string()))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(MailError::Refused(whole(&error))),
            Err(error) => Err(MailError::Away(whole(&error))),
        }
    }
}

/// An error with what lies behind it.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        below = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_mail_server_is_spoken_to_without_encryption() {
        let url = |text: &str| SmtpUrl::checked(text).map(|url| url.0);
        assert_eq!(url("smtp://127.0.0.1:2525").unwrap(), "smtp://127.0.0.1:2525");
        assert_eq!(url("smtp://[::1]:25").unwrap(), "smtp://[::1]:25");
        for (given, taken) in [
            ("smtp://mail.example.com", "smtp://mail.example.com?tls=required"),
            ("smtp://u:p@mail.example.com:587?tls=opportunistic", "smtp://u:p@mail.example.com:587?tls=required"),
            ("smtps://u:p@mail.example.com", "smtps://u:p@mail.example.com"),
        ] {
            assert_eq!(url(given).unwrap(), taken);
        }
        for wrong in ["mail.example.com", "https://mail.example.com", "smtp://", "smtp:u:p@host"] {
            assert!(url(wrong).unwrap_err().starts_with("a mail server looks like"), "{wrong}");
        }
        assert!(!format!("{:?}", SmtpUrl::checked("smtps://u:secret@h.example").unwrap()).contains("secret"));
    }
}
