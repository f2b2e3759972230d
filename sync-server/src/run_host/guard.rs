//! Which addresses a run may reach.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Resolves names to public addresses only, so that no name leads into the network of the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|found| is_public(found.ip())).collect();
            if public.is_empty() {
                let text =
                    format!("{} has no public address, and this server does not reach private ones", name.as_str());
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, text).into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether a host that is written as a number leads outside; names are judged when they are resolved.
pub(super) fn literal_is_allowed(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse().map_or(true, is_public)
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (b == 18 || b == 19);
    let protocol = a == 192 && b == 0 && c == 0;
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || shared
        || benchmark
        || protocol)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Global unicast is 2000::/3; everything else is local, multicast or reserved. In it, 2001::/23 is for protocols such
    // as Teredo, which hide an address of another kind (RFC 2928), and two blocks are for documentation.
    let [first, second, ..] = address.segments();
    let protocol = first == 0x2001 && second < 0x0200;
    let documentation = (first == 0x2001 && second == 0x0db8) || (first == 0x3fff && second < 0x1000);
    (first & 0xe000) == 0x2000 && !protocol && !documentation
}

/// The IPv4 address inside a mapped, translated (`64:ff9b::/96`) or 6to4 one.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let low = || Ipv4Addr::from((u32::from(g) << 16) | u32::from(h));
    match (a, b) {
        (0, 0) if c == 0 && d == 0 && e == 0 && (f == 0xffff || f == 0) => Some(low()),
        // Behind 64:ff9b:1::/48 the operator decides where the inner address stands (RFC 8215): that prefix is none of these.
        (0x64, 0xff9b) if c == 0 && d == 0 && e == 0 && f == 0 => Some(low()),
        (0x2002, _) => Some(Ipv4Addr::from((u32::from(b) << 16) | u32::from(c))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_a_private_address_is_public() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1:a9fe:a9:fe00:808:808",
            "2001:0:808:808:0:0:5601:5601",
            "2001:db8::1",
            "3fff::1",
            "2002:7f00:1::",
            "ff02::1",
            "192.0.0.8",
            "198.18.0.1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in
            ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        assert!(!literal_is_allowed("[::1]"));
        assert!(literal_is_allowed("example.com"));
    }

    /// How browsers and other programs take an address: each of these is one way to write the same four bytes.
    fn spellings(address: Ipv4Addr) -> Vec<String> {
        let [a, b, c, d] = address.octets();
        let number = u32::from(address);
        let (high, low) = (number >> 16, number & 0xffff);
        let wide = |text: String| {
            text.chars()
                .map(|c| c.to_digit(10).map_or('．', |n| char::from_u32(0xff10 + n).unwrap()))
                .collect::<String>()
        };
        vec![
            format!("{address}"),
            format!("{address}."),
            format!("{number}"),
            format!("0x{number:x}"),
            format!("0{number:o}"),
            format!("0x{a:x}.0x{b:x}.0x{c:X}.0x{d:x}"),
            format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
            format!("{a}.{}", number & 0x00ff_ffff),
            format!("{a}.{b}.{}", number & 0xffff),
            address.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect(),
            wide(address.to_string()),
            format!("user:secret@{address}"),
            format!("8.8.8.8@{address}"),
            format!("[::ffff:{address}]"),
            format!("[::ffff:{high:x}:{low:x}]"),
            format!("[0:0:0:0:0:FFFF:{high:X}:{low:X}]"),
            format!("[::{high:x}:{low:x}]"),
            format!("[64:ff9b::{high:x}:{low:x}]"),
            format!("[2002:{high:x}:{low:x}::1]"),
            format!("[2001:0:808:808:0:0:{:x}:{:x}]", !high & 0xffff, !low & 0xffff),
            format!("[64:ff9b:1:{high:x}:{:x}:{:x}00::]", low >> 8, low & 0xff),
            format!("[fe80::{high:x}:{low:x}]"),
            format!("[fd00::{high:x}:{low:x}]"),
            format!("[fec0::{high:x}:{low:x}]"),
        ]
    }

    #[test]
    fn hundreds_of_ways_to_write_a_private_address_are_one() {
        let private =
            ["127.0.0.1", "127.255.0.9", "10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1", "169.254.169.254"];
        let private = private.into_iter().chain([
            "100.64.0.1",
            "0.0.0.0",
            "198.19.0.1",
            "192.0.0.8",
            "224.0.0.1",
            "255.255.255.255",
        ]);
        let (mut forms, mut open) = (0, Vec::new());
        for address in private.map(|text| text.parse::<Ipv4Addr>().unwrap()) {
            for spelling in spellings(address) {
                // By the parser of the one who dials; what it does not take goes nowhere.
                let Ok(url) = reqwest::Url::parse(&format!("http://{spelling}:8080/x")) else { continue };
                forms += 1;
                if url.host_str().is_some_and(literal_is_allowed) {
                    open.push(format!("{spelling} is {:?}", url.host_str()));
                }
            }
        }
        assert!(forms >= 240, "only {forms} forms are addresses");
        assert!(open.is_empty(), "{open:#?}");
        // The same spellings of an address outside lead there: it is the address that is judged.
        let outside = spellings(Ipv4Addr::new(8, 8, 4, 4));
        let reached = outside.iter().take(9).filter(|spelling| {
            let url = reqwest::Url::parse(&format!("http://{spelling}/")).unwrap();
            url.host_str().is_some_and(literal_is_allowed)
        });
        assert_eq!(reached.count(), 9);
    }
}
