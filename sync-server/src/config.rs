//! What the operator wants, checked: which address, under which origin, who may sign up (decision 28).
//!
//! Browsers give service workers, cryptography and locks only to secure origins, so an address that others can
//! reach without TLS would serve an app that does not work, and sessions that anybody on the way can read.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;
use tombolo_wire::rest::Links;

use crate::mail::SmtpUrl;

/// The options as they were given.
#[derive(Debug)]
pub(crate) struct Wishes {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) assets: Option<PathBuf>,
    pub(crate) min_schedule_interval_ms: i64,
    pub(crate) signup: bool,
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    pub(crate) behind_proxy: Option<String>,
    pub(crate) allow_private_network: bool,
    pub(crate) run_memory_mib: u64,
    pub(crate) retest_after_ms: i64,
    pub(crate) mail: MailWishes,
    pub(crate) links: Links,
}

/// What is wished for letters.
#[derive(Debug, Default)]
pub(crate) struct MailWishes {
    pub(crate) smtp: Option<SmtpUrl>,
    pub(crate) from: Option<String>,
    pub(crate) site: Option<String>,
}

/// How letters go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailConfig {
    pub(crate) smtp: SmtpUrl,
    /// `Tombolo <tombolo@example.com>`
    pub(crate) from: String,
    /// What links in letters begin with, when it was said.
    site: Option<String>,
}

impl MailConfig {
    /// What links in letters begin with: where nothing was said, the address that the server says it is ready at. By another
    /// name of the same machine a browser has other cookies and other data.
    pub(crate) fn links_of(&self, exposure: &Exposure, address: SocketAddr) -> String {
        match (&self.site, exposure) {
            (Some(site), _) => site.clone(),
            (None, Exposure::Proxy { origin }) => origin.clone(),
            (None, Exposure::Loopback) => format!("http://{address}"),
            (None, Exposure::Tls { .. }) => format!("https://{address}"),
        }
    }
}

/// Options that fit together.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) assets: Option<PathBuf>,
    pub(crate) min_schedule_interval_ms: i64,
    /// Whether a stranger without an invitation may make an account.
    pub(crate) open_signup: bool,
    pub(crate) exposure: Exposure,
    pub(crate) allow_private_network: bool,
    pub(crate) run_memory_mib: u64,
    /// How long a connection that is offline is left alone before it is tested again, the first time.
    pub(crate) retest_after_ms: i64,
    /// Absent: no letters, links are shown.
    pub(crate) mail: Option<MailConfig>,
    /// Where people find help.
    pub(crate) links: Links,
}

/// How browsers reach the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// Plain HTTP from this machine.
    Loopback,
    /// TLS, ended here.
    Tls { cert: PathBuf, key: PathBuf },
    /// TLS, ended by a proxy that serves this origin.
    Proxy { origin: String },
}

/// Why the options do not fit together; shown as one line.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum ConfigError {
    /// An address that others can reach, without TLS.
    #[error(
        "{0} can be reached from other machines: give --tls-cert and --tls-key, or --behind-proxy ORIGIN when a proxy adds TLS"
    )]
    NotLoopback(SocketAddr),
    /// No origin.
    #[error("--behind-proxy and --site want an origin such as https://tombolo.example, not {0:?}")]
    NotAnOrigin(String),
    /// Letters go out in somebody's name.
    #[error("--smtp wants --mail-from ADDRESS as well: letters go out in its name")]
    NoSender,
    /// A certificate has many names, and a request may say any.
    #[error("--smtp with --tls-cert wants --site ORIGIN: links in letters begin with it")]
    NoSite,
    /// A page of the operator's that is none.
    #[error("--community, --tickets, --courses and --ideas want a page such as https://help.example, not {0:?}")]
    NotAPage(String),
    /// Letters without a way out.
    #[error("--mail-from and --site say how letters look: give --smtp URL, or the variable TOMBOLO_SMTP, as well")]
    NoRelay,
}

impl Config {
    /// Checks the options.
    ///
    /// # Errors
    ///
    /// Returns why the server must not start with them.
    pub(crate) fn new(wishes: Wishes) -> Result<Self, ConfigError> {
        let exposure = match (wishes.tls, wishes.behind_proxy) {
            (Some((cert, key)), _) => Exposure::Tls { cert, key },
            (None, Some(origin)) => Exposure::Proxy { origin: checked_origin(origin)? },
            (None, None) if wishes.listen.ip().is_loopback() => Exposure::Loopback,
            (None, None) => return Err(ConfigError::NotLoopback(wishes.listen)),
        };
        let mail = checked_mail(wishes.mail, &exposure)?;
        Ok(Self {
            mail,
            links: checked_links(wishes.links)?,
            listen: wishes.listen,
            data: wishes.data,
            assets: wishes.assets,
            min_schedule_interval_ms: wishes.min_schedule_interval_ms,
            open_signup: wishes.signup || exposure == Exposure::Loopback,
            exposure,
            allow_private_network: wishes.allow_private_network,
            run_memory_mib: wishes.run_memory_mib,
            retest_after_ms: wishes.retest_after_ms,
        })
    }

    /// Where runs work and files wait until they are complete; emptied at each start.
    ///
    /// On the disk of the data: the system's folder for temporary files may be small, or memory.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.data.join("tmp")
    }
}

/// They are put into pages as links: only what a browser opens as a page.
fn checked_links(links: Links) -> Result<Links, ConfigError> {
    let Links { community, tickets, courses, ideas } = &links;
    for page in [community, tickets, courses, ideas].into_iter().flatten() {
        let opens = ["https://", "http://"].iter().any(|scheme| page.starts_with(scheme));
        if !opens || page.parse::<axum::http::Uri>().map_or(true, |uri| uri.host().is_none()) {
            return Err(ConfigError::NotAPage(page.clone()));
        }
    }
    Ok(links)
}

fn checked_mail(wishes: MailWishes, exposure: &Exposure) -> Result<Option<MailConfig>, ConfigError> {
    let site = wishes.site.map(checked_origin).transpose()?;
    match (wishes.smtp, wishes.from) {
        (None, None) if site.is_none() => Ok(None),
        (None, _) => Err(ConfigError::NoRelay),
        (Some(_), None) => Err(ConfigError::NoSender),
        (Some(_), Some(_)) if site.is_none() && matches!(exposure, Exposure::Tls { .. }) => Err(ConfigError::NoSite),
        (Some(smtp), Some(from)) => Ok(Some(MailConfig { smtp, from, site })),
    }
}

fn checked_origin(origin: String) -> Result<String, ConfigError> {
    let host = origin.strip_prefix("https://").unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
    if host.is_empty() || !host.chars().all(plain) {
        return Err(ConfigError::NotAnOrigin(origin));
    }
    Ok(origin)
}

/// Reads `500ms`, `1s`, `15m`, `2h`, `1d`.
///
/// # Errors
///
/// Returns what a time looks like.
pub(crate) fn duration_ms(text: &str) -> Result<i64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
    digits
        .parse::<i64>()
        .ok()
        .filter(|_| factor > 0)
        .and_then(|count| count.checked_mul(factor))
        .filter(|ms| *ms > 0)
        .ok_or_else(|| "a time looks like 30s, 15m or 1h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(listen: &str) -> Wishes {
        Wishes {
            listen: listen.parse().unwrap(),
            data: "data".into(),
            assets: None,
            min_schedule_interval_ms: 900_000,
            signup: false,
            tls: None,
            behind_proxy: None,
            allow_private_network: false,
            run_memory_mib: 4_096,
            retest_after_ms: 3_600_000,
            mail: MailWishes::default(),
            links: Links::default(),
        }
    }

    #[test]
    fn a_link_to_help_opens_a_page() {
        let config = |page: &str| {
            let mut given = wishes("127.0.0.1:7");
            given.links.ideas = Some(page.to_owned());
            Config::new(given).map(|config| config.links.ideas)
        };
        assert_eq!(
            config("https://ideas.example/wish?new").unwrap().as_deref(),
            Some("https://ideas.example/wish?new")
        );
        for wrong in ["", "ideas.example", "javascript:alert(1)", "https://"] {
            assert_eq!(config(wrong).unwrap_err(), ConfigError::NotAPage(wrong.to_owned()));
        }
    }

    #[test]
    fn letters_need_a_sender_and_an_address_for_their_links() {
        let config = |listen: &str, smtp: bool, from: bool, site: Option<&str>, tls: bool| {
            let mut given = wishes(listen);
            given.mail.smtp = smtp.then(|| SmtpUrl::checked("smtps://mail.example").unwrap());
            given.mail.from = from.then(|| "a@b.example".to_owned());
            given.mail.site = site.map(str::to_owned);
            given.tls = tls.then(|| ("cert".into(), "key".into()));
            Config::new(given)
        };
        assert_eq!(config("127.0.0.1:7", false, false, None, false).unwrap().mail, None);
        assert_eq!(config("127.0.0.1:7", true, false, None, false).unwrap_err(), ConfigError::NoSender);
        assert_eq!(config("127.0.0.1:7", false, true, None, false).unwrap_err(), ConfigError::NoRelay);
        assert_eq!(config("0.0.0.0:7", true, true, None, true).unwrap_err(), ConfigError::NoSite);
        let local = config("127.0.0.1:7", true, true, None, false).unwrap();
        assert_eq!(local.mail.unwrap().links_of(&local.exposure, local.listen), "http://127.0.0.1:7");
        let tls = config("0.0.0.0:7", true, true, Some("https://t.example"), true).unwrap();
        assert_eq!(tls.mail.unwrap().links_of(&tls.exposure, tls.listen), "https://t.example");
    }

    #[test]
    fn loopback_needs_nothing_and_lets_people_sign_up() {
        for listen in ["127.0.0.1:7070", "127.0.0.9:0", "[::1]:7070"] {
            let config = Config::new(wishes(listen)).unwrap();
            assert_eq!((config.exposure, config.open_signup), (Exposure::Loopback, true));
        }
    }

    #[test]
    fn an_address_that_others_reach_needs_tls_or_a_proxy() {
        for listen in ["0.0.0.0:7070", "192.168.1.4:80", "[::]:7070"] {
            let error = Config::new(wishes(listen)).unwrap_err();
            assert_eq!(error.to_string().lines().count(), 1);
            assert!(error.to_string().contains("--behind-proxy"));
        }
    }

    #[test]
    fn behind_a_proxy_signing_up_is_closed_unless_it_is_opened() {
        let mut given = wishes("0.0.0.0:7070");
        given.behind_proxy = Some("https://tombolo.example".to_owned());
        assert!(!Config::new(given).unwrap().open_signup);
        let mut given = wishes("0.0.0.0:7070");
        given.behind_proxy = Some("https://tombolo.example".to_owned());
        given.signup = true;
        assert!(Config::new(given).unwrap().open_signup);
    }

    #[test]
    fn an_origin_has_no_path_and_no_user() {
        for origin in ["", "http://a.example", "https://", "https://a.example/", "https://me@a.example"] {
            assert!(checked_origin(origin.to_owned()).is_err(), "{origin}");
        }
        assert!(checked_origin("https://a.example:8443".to_owned()).is_ok());
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration_ms("15m"), Ok(900_000));
        assert_eq!(duration_ms("1s"), Ok(1_000));
        for wrong in ["15", "m", "-1m", "0s", "1y", "99999999999999999d"] {
            assert!(duration_ms(wrong).is_err(), "{wrong}");
        }
    }
}
