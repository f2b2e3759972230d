//! What the operator wants, checked: which address, under which origin, who may sign up (decision 28).
//!
//! Browsers give service workers, cryptography and locks only to secure origins, so an address that others can
//! reach without TLS would serve an app that does not work, and sessions that anybody on the way can read.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

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
    #[error("--behind-proxy wants an origin such as https://tombolo.example, not {0:?}")]
    NotAnOrigin(String),
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
        Ok(Self {
            listen: wishes.listen,
            data: wishes.data,
            assets: wishes.assets,
            min_schedule_interval_ms: wishes.min_schedule_interval_ms,
            open_signup: wishes.signup || exposure == Exposure::Loopback,
            exposure,
            allow_private_network: wishes.allow_private_network,
            run_memory_mib: wishes.run_memory_mib,
        })
    }

    /// Where runs work and files wait until they are complete; emptied at each start.
    ///
    /// On the disk of the data: the system's folder for temporary files may be small, or memory.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.data.join("tmp")
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
        }
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
