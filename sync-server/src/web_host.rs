//! Which host a web address leads to: asked once, of the parser whose answer is dialled.
//!
//! It reads addresses as browsers do (<https://url.spec.whatwg.org/>), so that the host a device has entered a secret for
//! and the one that the server calls are the same text, also where a name is written outside ASCII.

use reqwest::Url;

/// The host of a full web address: in lower case, a name outside ASCII as `xn--…`, with the port where it is not the usual
/// one, and with `http://` before it where what is sent can be read on the way. `None` for anything else.
pub(crate) fn of(address: &str) -> Option<String> {
    of_url(&Url::parse(address).ok()?)
}

/// The same of an address that has been read.
pub(crate) fn of_url(url: &Url) -> Option<String> {
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?;
    let open = if url.scheme() == "http" { "http://" } else { "" };
    Some(match url.port() {
        Some(port) => format!("{open}{host}:{port}"),
        None => format!("{open}{host}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_its_port_only_when_it_is_unusual() {
        assert_eq!(of("https://API.example.com/v1").as_deref(), Some("api.example.com"));
        assert_eq!(of("HTTPS://u@B.example:443/x").as_deref(), Some("b.example"));
        assert_eq!(of("https://b.example:80/x").as_deref(), Some("b.example:80"));
        for none in ["{{base}}/v1", "/v1", "ftp://b/", "data:,b", "https://", "https://a b/"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn a_host_that_is_called_without_encryption_is_another_one() {
        assert_eq!(of("http://b.example/x").as_deref(), Some("http://b.example"));
        assert_eq!(of("http://127.0.0.1:8080/").as_deref(), Some("http://127.0.0.1:8080"));
        assert_ne!(of("http://b.example:443/x"), of("https://b.example/x"));
    }

    #[test]
    fn a_name_outside_ascii_is_the_one_that_is_asked_for() {
        for address in ["https://münchen.example/", "https://MÜNCHEN.example/", "https://xn--mnchen-3ya.example/"] {
            assert_eq!(of(address).as_deref(), Some("xn--mnchen-3ya.example"), "{address}");
        }
        // A full stop of another script ends a label too, and a letter of full width is the plain one.
        assert_eq!(of("https://api。example/").as_deref(), Some("api.example"));
        assert_eq!(of("https://ａpi.example/").as_deref(), Some("api.example"));
    }

    #[test]
    fn an_address_that_looks_like_another_hosts_is_the_one_it_leads_to() {
        for address in [
            "https://evil.example/api.example:8443",
            "https://api.example:8443@evil.example/",
            "https:/evil.example/://api.example:8443/",
            "https:evil.example/://api.example:8443/",
            "http:\\evil.example\\://api.example:8443/",
            "https://evil.example\\@api.example:8443/",
            "ht\ttps://evil.ex\nample/",
            "https:///evil.example/",
        ] {
            let host = of(address).unwrap_or_default();
            assert_eq!(host.trim_start_matches("http://"), "evil.example", "{address}");
        }
        assert_ne!(of("https://api.example:8443.evil.example/").as_deref(), Some("api.example:8443"));
    }
}
