//! Signatures by OAuth 1.0a (RFC 5849).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tombolo_model::Id;
use tombolo_template::hmac;

use crate::compile::percent;
use crate::http::{Body, Request};
use crate::plan::auth::{OAuth1, OAuth1Key};
use crate::secret::{Masked, Secret};
use crate::sign::SignError;

/// The `Authorization` header of a request.
pub(super) fn header(
    oauth: &OAuth1,
    request: &Request,
    nonce: &str,
    now_ms: i64,
    realm: Option<&str>,
) -> Result<Masked, SignError> {
    let time = (now_ms / 1000).to_string();
    let own = [
        ("oauth_consumer_key", oauth.consumer.as_str()),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", oauth.method),
        ("oauth_timestamp", &time),
        ("oauth_token", oauth.token.value()),
        ("oauth_version", "1.0"),
    ];
    let base = base_string(request, &own);
    let signature = match &oauth.by {
        OAuth1Key::Hmac(hash, key) => {
            STANDARD.encode(hmac(hash, key.value().as_bytes(), base.as_bytes()).map_err(|_| SignError::Failed)?)
        }
        OAuth1Key::Plain(key) => key.value().to_owned(),
        OAuth1Key::Rsa(signing) => STANDARD.encode(signing.sign(base.as_bytes())?),
    };
    let owners: Vec<Id> = oauth.token.owners().collect();
    let mut value = Masked::plain("OAuth ");
    if let Some(realm) = realm {
        value = value.and(format!("realm=\"{}\", ", realm.replace(['"', '\\'], "")));
    }
    for (name, text) in own {
        value = value.and(format!("{name}=\""));
        value =
            if name == "oauth_token" { value.and_secret(oauth.token.map(percent)) } else { value.and(percent(text)) };
        value = value.and("\", ");
    }
    Ok(value.and("oauth_signature=\"").and_secret(Secret::of(owners, percent(&signature))).and("\""))
}

/// RFC 5849, 3.4.1.
fn base_string(request: &Request, own: &[(&str, &str)]) -> String {
    let url = request.url.reveal();
    let url = url.split('#').next().unwrap_or_default();
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let is_form = request.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type")
            && value.as_plain().is_some_and(|kind| kind.trim().starts_with("application/x-www-form-urlencoded"))
    });
    let body = request.body.as_ref().filter(|_| is_form).map(Body::reveal).unwrap_or_default();
    let body = String::from_utf8_lossy(&body);
    let mut all: Vec<(String, String)> = own.iter().map(|(name, value)| (percent(name), percent(value))).collect();
    for pair in query.split('&').chain(body.split('&')).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        all.push((percent(&form_decoded(name)), percent(&form_decoded(value))));
    }
    all.sort();
    let joined: Vec<String> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}&{}&{}", request.method.to_ascii_uppercase(), percent(&base_uri(address)), percent(&joined.join("&")))
}

/// Scheme and host in lower case, without the usual port.
fn base_uri(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    let port = if scheme == "https" { ":443" } else { ":80" };
    format!("{scheme}://{}{path}", host.strip_suffix(port).unwrap_or(&host))
}

/// What a form writes as `+` and `%xx`; what is encoded wrongly stays.
pub(super) fn form_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.filter(|digits| *byte == b'%' && !digits.starts_with('+'));
        match decoded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(if *byte == b'+' { b' ' } else { *byte });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(Id::from_parts(1, [0; 8]), text)
    }

    /// RFC 5849, 3.4.1.1; its request has no version.
    #[test]
    fn the_base_string_is_that_of_the_standard() {
        let request = Request {
            method: "POST".into(),
            url: Masked::plain("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b"),
            headers: vec![("Content-Type".into(), Masked::plain("application/x-www-form-urlencoded"))],
            body: Some(b"c2&a3=2+q".to_vec().into()),
        };
        let own = [
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
        ];
        assert_eq!(
            base_string(&request, &own),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26\
             oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26\
             oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
        );
    }

    /// The example of OAuth Core 1.0a, appendix A.5, which has the version that RFC 5849 leaves out.
    #[test]
    fn a_request_is_signed_as_the_core_document_shows() {
        let oauth = OAuth1 {
            consumer: "dpf43f3p2l4k3l03".into(),
            token: secret("nnch734d00sl2jdk"),
            method: "HMAC-SHA1",
            by: OAuth1Key::Hmac("sha1", secret("kd94hf93k423kf44&pfkkdhi9sl3r4s00")),
            realm: None,
        };
        let request = Request {
            method: "GET".into(),
            url: Masked::plain("http://photos.example.net/photos?file=vacation.jpg&size=original"),
            headers: Vec::new(),
            body: None,
        };
        let value = header(&oauth, &request, "kllo9940pd9333jh", 1_191_242_096_000, Some("Photos")).unwrap();
        assert_eq!(
            value.reveal(),
            "OAuth realm=\"Photos\", oauth_consumer_key=\"dpf43f3p2l4k3l03\", oauth_nonce=\"kllo9940pd9333jh\", \
             oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1191242096\", oauth_token=\"nnch734d00sl2jdk\", \
             oauth_version=\"1.0\", oauth_signature=\"tR3%2BTy81lMeYAr%2FFid0kMTYa%2FWM%3D\""
        );
        assert!(!format!("{value} {oauth:?}").contains("nnch734d00sl2jdk"));
    }
}
