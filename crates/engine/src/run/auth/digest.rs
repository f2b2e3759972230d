//! HTTP digest access authentication (RFC 7616), with MD5 and SHA-256.

use tombolo_template::hash;

use super::held::Held;
use crate::http::{HttpError, Request, Response};
use crate::secret::{Masked, Secret};

/// What an endpoint wants answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// Whether the quality of protection is `auth`; none is that of RFC 2069.
    auth: bool,
    /// Whether only the nonce was too old.
    pub(super) stale: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Algorithm {
    name: &'static str,
    hash: &'static str,
    session: bool,
}

const ALGORITHMS: [Algorithm; 4] = [
    Algorithm { name: "SHA-256", hash: "sha256", session: false },
    Algorithm { name: "SHA-256-sess", hash: "sha256", session: true },
    Algorithm { name: "MD5", hash: "md5", session: false },
    Algorithm { name: "MD5-sess", hash: "md5", session: true },
];

/// Takes up the challenge of a refusal, the strongest that is known.
pub(super) fn challenged(held: &Held, response: &Response) -> Result<bool, HttpError> {
    let headers = response.headers.iter().filter(|(name, _)| name == "www-authenticate");
    let mut known: Vec<Challenge> = headers.flat_map(|(_, value)| challenges(value)).collect();
    known.sort_by_key(|challenge| ALGORITHMS.iter().position(|one| *one == challenge.algorithm));
    match known.into_iter().next() {
        Some(challenge) => Ok(held.challenge(challenge)),
        None if response.status == 401 && response.headers_may_be_hidden => Err(HttpError::Refused(
            "the browser hides what the endpoint wants to be proved. Run the flow on the server".to_owned(),
        )),
        None => Ok(false),
    }
}

impl Challenge {
    /// The `Authorization` header of a request; `count` counts the answers to this challenge.
    pub(super) fn answer(
        &self,
        request: &Request,
        username: &str,
        password: &Secret,
        cnonce: &str,
        count: u32,
    ) -> Masked {
        let hash = |text: &str| hex::encode(hash(self.algorithm.hash, text.as_bytes()).unwrap_or_default());
        let url = request.url.reveal();
        let uri = target(&url);
        let count = format!("{count:08x}");
        let response = password.map(|password| {
            let mut user = hash(&format!("{username}:{}:{password}", self.realm));
            if self.algorithm.session {
                user = hash(&format!("{user}:{}:{cnonce}", self.nonce));
            }
            let asked = hash(&format!("{}:{uri}", request.method));
            if self.auth {
                hash(&format!("{user}:{}:{count}:{cnonce}:auth:{asked}", self.nonce))
            } else {
                hash(&format!("{user}:{}:{asked}", self.nonce))
            }
        });
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let mut value = Masked::plain(format!(
            "Digest username=\"{}\", realm=\"{}\", uri=\"",
            quoted(username),
            quoted(&self.realm)
        ));
        value = if request.url.as_plain().is_some() {
            value.and(uri)
        } else {
            value.and_secret(Secret::of(request.url.owners().collect(), uri.to_owned()))
        };
        value = value.and(format!("\", algorithm={}, nonce=\"{}\"", self.algorithm.name, quoted(&self.nonce)));
        if self.auth {
            value = value.and(format!(", nc={count}, cnonce=\"{cnonce}\", qop=auth"));
        }
        value = value.and(", response=\"").and_secret(response).and("\"");
        match &self.opaque {
            Some(opaque) => value.and(format!(", opaque=\"{}\"", quoted(opaque))),
            None => value,
        }
    }
}

/// What stands in the request line.
fn target(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let target = rest.find(['/', '?', '#']).map_or("/", |at| &rest[at..]);
    let target = target.split('#').next().unwrap_or("/");
    if target.is_empty() { "/" } else { target }
}

/// The digest challenges in a header, which may hold others too.
fn challenges(header: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        let end = rest.find([' ', ',', '=', '\t']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            break;
        }
        match after.trim_start().strip_prefix('=') {
            Some(value) => {
                let (value, after) = parameter(value.trim_start());
                if let Some((_, parameters)) = found.last_mut() {
                    parameters.push((word.to_ascii_lowercase(), value));
                }
                rest = after;
            }
            None => {
                found.push((word.to_ascii_lowercase(), Vec::new()));
                rest = after;
            }
        }
    }
    let digests = found.iter().filter(|(scheme, _)| scheme == "digest");
    digests.filter_map(|(_, parameters)| challenge(parameters)).collect()
}

/// A token or quoted text, and what follows it.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', ',', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, character) in quoted.char_indices() {
        match character {
            _ if escaped => {
                value.push(character);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, &quoted[at + 1..]),
            other => value.push(other),
        }
    }
    (value, "")
}

fn challenge(parameters: &[(String, String)]) -> Option<Challenge> {
    let get = |name: &str| parameters.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str());
    let name = get("algorithm").unwrap_or("MD5");
    let qop = get("qop").map(|qop| qop.split(',').any(|one| one.trim().eq_ignore_ascii_case("auth")));
    Some(Challenge {
        realm: get("realm")?.to_owned(),
        nonce: get("nonce")?.to_owned(),
        opaque: get("opaque").map(ToOwned::to_owned),
        algorithm: *ALGORITHMS.iter().find(|one| one.name.eq_ignore_ascii_case(name))?,
        // One that wants the body's integrity proved and nothing less cannot be answered.
        auth: match qop {
            None => false,
            Some(true) => true,
            Some(false) => return None,
        },
        stale: get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
    })
}

#[cfg(test)]
mod tests {
    use tombolo_model::Id;

    use super::*;

    /// RFC 7616, 3.9.1.
    #[test]
    fn a_challenge_is_answered_as_the_standard_shows() {
        let header = r#"Basic realm="x", Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256,
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
            Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5,
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;
        let found = challenges(&header.replace('\n', ""));
        let request = Request {
            method: "GET".into(),
            url: Masked::plain("http://www.example.org/dir/index.html"),
            headers: Vec::new(),
            body: None,
        };
        let password = Secret::new(Id::from_parts(1, [0; 8]), "Circle of Life");
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let wants = [
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ];
        assert_eq!(found.len(), 2);
        for (challenge, (algorithm, response)) in found.iter().zip(wants) {
            let value = challenge.answer(&request, "Mufasa", &password, cnonce, 1);
            let want = format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, cnonce=\"{cnonce}\", qop=auth, \
                 response=\"{response}\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            );
            assert_eq!(value.reveal(), want);
            assert!(!value.to_string().contains(response));
        }
    }

    #[test]
    fn a_challenge_of_any_shape_is_read_or_left() {
        for (header, count) in [
            ("", 0),
            ("Digest", 0),
            ("digest nonce=a,realm=b", 1),
            ("Digest nonce=\"a\\\"b\", realm=\"\", qop=\"auth-int\"", 0),
            ("Digest nonce=\"a, realm=b", 0),
            ("Digest nonce=a, realm=b, algorithm=SHA-512-256", 0),
            ("Negotiate abc==, Digest realm=\"r\", nonce=\"n\"", 1),
            ("=,=,,\"", 0),
        ] {
            assert_eq!(challenges(header).len(), count, "{header}");
        }
    }
}
