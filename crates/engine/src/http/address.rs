//! Web addresses: joined, resolved (RFC 3986), and taken apart as far as a host check needs.

/// The host and, where it is not the usual one, the port of an address, in lower case.
#[must_use]
pub fn authority(url: &str) -> Option<String> {
    let (usual, rest) = behind_scheme(url)?;
    // Browsers read a backslash as a slash, so it ends the host here too.
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next()?.to_ascii_lowercase();
    let host = host.strip_suffix(usual).unwrap_or(&host);
    (!host.is_empty()).then(|| host.to_owned())
}

/// A connection's base and what an export or import puts behind it.
pub(crate) fn join(base: &str, relative: &str) -> String {
    let relative = relative.trim();
    if is_absolute(relative) {
        return relative.to_owned();
    }
    let base = base.trim();
    if relative.is_empty() {
        return base.to_owned();
    }
    let base = base.trim_end_matches('/');
    if relative.starts_with(['?', '#']) {
        return format!("{base}{relative}");
    }
    format!("{base}/{}", relative.trim_start_matches('/'))
}

/// An address as a page at `current` would follow it.
pub(crate) fn resolve(current: &str, reference: &str) -> String {
    let reference = reference.trim();
    if is_absolute(reference) {
        return reference.to_owned();
    }
    let Some((scheme, rest)) = current.split_once("://") else {
        return reference.to_owned();
    };
    if let Some(network) = reference.strip_prefix("//") {
        return format!("{scheme}://{network}");
    }
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, place) = rest.split_at(host_end);
    let path = &place[..place.find(['?', '#']).unwrap_or(place.len())];
    if reference.starts_with('/') {
        format!("{scheme}://{host}{reference}")
    } else if reference.starts_with('?') {
        format!("{scheme}://{host}{path}{reference}")
    } else {
        let folder = path.rfind('/').map_or("/", |end| &path[..=end]);
        format!("{scheme}://{host}{folder}{reference}")
    }
}

/// An address with one more query parameter; the value is written as it is.
pub(crate) fn with_parameter(url: &str, name: &str, value: &str) -> String {
    let (url, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let mark = match url.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{url}{mark}{name}={value}{fragment}")
}

/// An address without a query parameter.
pub(crate) fn without_parameter(url: &str, name: &str) -> String {
    let (url, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let Some((place, query)) = url.split_once('?') else {
        return format!("{url}{fragment}");
    };
    let others: Vec<&str> =
        query.split('&').filter(|one| one.split_once('=').map_or(*one, |(have, _)| have) != name).collect();
    let mark = if others.is_empty() { "" } else { "?" };
    format!("{place}{mark}{}{fragment}", others.join("&"))
}

fn is_absolute(address: &str) -> bool {
    behind_scheme(address).is_some()
}

/// The usual port of a web address, and what stands behind its scheme.
///
/// Browsers also take `https:/a`: what is not written in full is none here, or `https:/a/://b`, which leads to `a`,
/// would pass for an address of `b`.
fn behind_scheme(address: &str) -> Option<(&'static str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let ports = [("https", ":443"), ("http", ":80")];
    ports.into_iter().find(|(name, _)| scheme.eq_ignore_ascii_case(name)).map(|(_, port)| (port, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_and_what_follows_it_meet_at_one_slash() {
        for (base, relative, want) in [
            ("http://a/v1", "x", "http://a/v1/x"),
            ("http://a/v1/", "/x", "http://a/v1/x"),
            ("http://a/v1/", "", "http://a/v1/"),
            ("http://a/v1", "?q=1", "http://a/v1?q=1"),
            ("http://a/v1", "https://b/x", "https://b/x"),
        ] {
            assert_eq!(join(base, relative), want);
        }
    }

    #[test]
    fn a_next_link_is_followed_as_a_browser_would() {
        for (reference, want) in [
            ("?page=2", "http://a:1/v1/x?page=2"),
            ("/y", "http://a:1/y"),
            ("y", "http://a:1/v1/y"),
            ("//b/y", "http://b/y"),
            ("https://c/", "https://c/"),
        ] {
            assert_eq!(resolve("http://a:1/v1/x?page=1#f", reference), want);
        }
    }

    #[test]
    fn a_parameter_is_added_before_the_fragment() {
        assert_eq!(with_parameter("http://a/x", "p", "1"), "http://a/x?p=1");
        assert_eq!(with_parameter("http://a/x?a=b#f", "p", "1"), "http://a/x?a=b&p=1#f");
    }

    #[test]
    fn an_address_that_leads_elsewhere_in_a_browser_has_no_host_here() {
        assert_eq!(authority("HTTPS://u@B.example:443/x").as_deref(), Some("b.example"));
        for url in ["https:/a/://b/", "https:a/://b/", "http:\\a\\://b/", "ht\ttps://b/", "https:///a/", "ftp://b/"] {
            assert_eq!(authority(url), None, "{url}");
        }
    }

    #[test]
    fn a_parameter_is_taken_out_wherever_it_stands() {
        for (url, want) in [
            ("http://a/p=1", "http://a/p=1"),
            ("http://a/x?p=1", "http://a/x"),
            ("http://a/x?a=b&p=1&p&pp=2&p=#p=3", "http://a/x?a=b&pp=2#p=3"),
        ] {
            assert_eq!(without_parameter(url, "p"), want);
        }
    }
}
