//! Web addresses: joined and resolved (RFC 3986), as texts.
//!
//! Which host an address leads to is left to the one who dials: a second reading of it here could differ from the first.

use crate::secret::{Masked, Piece};

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

/// As [`join`], where secrets may be part of either.
pub(crate) fn join_masked(mut base: Masked, mut relative: Masked) -> Masked {
    if let (Some(base), Some(relative)) = (base.as_plain(), relative.as_plain()) {
        return Masked::plain(join(base, relative));
    }
    if let Some(Piece::Plain(first)) = relative.pieces_mut().first_mut() {
        *first = first.trim_start().to_owned();
        if is_absolute(first) {
            return relative;
        }
    }
    let mark = match relative.pieces().first() {
        None => "",
        Some(Piece::Plain(first)) if first.starts_with(['?', '#', '/']) => "",
        Some(_) => "/",
    };
    if let Some(Piece::Plain(last)) = base.pieces_mut().last_mut() {
        *last = last.trim_end().trim_end_matches('/').to_owned();
    }
    base = base.and(mark);
    base.extend(&relative);
    base
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
pub(crate) fn with_parameter(mut url: Masked, name: &str, value: &Masked) -> Masked {
    let at = url.pieces().iter().position(|piece| matches!(piece, Piece::Plain(text) if text.contains('#')));
    let after = at.map(|at| url.pieces_mut().split_off(at)).unwrap_or_default();
    let mut fragment = Masked::default();
    for piece in after {
        match piece {
            Piece::Plain(text) if fragment.pieces().is_empty() => {
                let (before, after) = text.find('#').map_or((text.as_str(), ""), |at| text.split_at(at));
                url = url.and(before);
                fragment = fragment.and(after);
            }
            piece => fragment.pieces_mut().push(piece),
        }
    }
    let plain: String =
        url.pieces().iter().map(|piece| if let Piece::Plain(text) = piece { text } else { "x" }).collect();
    let mark = match plain.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    url = url.and(format!("{mark}{name}="));
    url.extend(value);
    url.extend(&fragment);
    url
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
    let is_web = |scheme: &str| scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    address.split_once("://").is_some_and(|(scheme, _)| is_web(scheme))
}

#[cfg(test)]
mod tests {
    use tombolo_model::Id;

    use super::*;
    use crate::secret::Secret;

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
        for (url, want) in [
            ("http://a/x", "http://a/x?p=1"),
            ("http://a/x?a=b#f", "http://a/x?a=b&p=1#f"),
            ("http://a/x?", "http://a/x?p=1"),
        ] {
            assert_eq!(with_parameter(Masked::plain(url), "p", &Masked::plain("1")).reveal(), want);
        }
        let secret = |text: &str| Secret::new(Id::from_parts(1, [0; 8]), text);
        let url = Masked::plain("http://a/").and_secret(secret("s?")).and("/x#").and_secret(secret("f"));
        let made = with_parameter(url, "p", &Masked::default().and_secret(secret("t")));
        assert_eq!(
            (made.reveal().as_str(), made.to_string().as_str()),
            ("http://a/s?/x?p=t#f", "http://a/******/x?p=******#******")
        );
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
