//! The address of the client: the peer's, or the one that trusted proxies report.
//!
//! INVARIANT: a report is believed only from a trusted proxy. Reports are read from the right, the proxy's own end; everything
//! left of an untrusted or unreadable entry was written by somebody else and is ignored.

use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
};

use axum::http::{HeaderMap, HeaderName, header};

pub use crate::network::ForwardedHeader;
use crate::network::TrustedProxies;

/// At most this many entries are looked at: a chain of proxies is short.
const MAX_HOPS: usize = 64;

/// The client's address, in its canonical form.
pub fn client_address(
    peer: IpAddr,
    headers: &HeaderMap,
    trusted: &TrustedProxies,
    reported_in: ForwardedHeader,
) -> IpAddr {
    let mut nearest = peer.to_canonical();
    if !trusted.contains(nearest) {
        return nearest;
    }
    let (name, read): (HeaderName, fn(&str) -> Option<IpAddr>) = match reported_in {
        ForwardedHeader::XForwardedFor => (HeaderName::from_static("x-forwarded-for"), node),
        ForwardedHeader::Forwarded => (header::FORWARDED, forwarded_element),
    };
    // Bytes that are not text make their own entry unreadable, not those that a proxy appended to the same line.
    let lines: Vec<Cow<'_, str>> =
        headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    for entry in lines.iter().rev().flat_map(|line| entries_from_the_right(line)).take(MAX_HOPS) {
        // An entry that can't be read ends the chain: the proxy that reported it is the nearest that is known.
        let Some(address) = read(entry) else { return nearest };
        nearest = address.to_canonical();
        if !trusted.contains(nearest) {
            return nearest;
        }
    }
    nearest
}

/// The comma-separated entries of one line, the last first. Quotes are counted from the right, so that a quote that a
/// client left open swallows nothing of what a proxy appended. Empty entries are skipped, as RFC 9110 says of lists.
fn entries_from_the_right(line: &str) -> Vec<&str> {
    let mut entries = Vec::new();
    let (mut end, mut quoted) = (line.len(), false);
    for (place, byte) in line.bytes().enumerate().rev() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                entries.push(line[place + 1..end].trim());
                end = place;
            }
            _ => {}
        }
        if entries.len() > MAX_HOPS {
            return entries;
        }
    }
    entries.push(line[..end].trim());
    entries.retain(|entry| !entry.is_empty());
    entries
}

/// An address as proxies write it: with or without a port, an IPv6 address with or without brackets.
fn node(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    let bracketed = text.strip_prefix('[')?.strip_suffix(']')?;
    bracketed.parse::<std::net::Ipv6Addr>().ok().map(IpAddr::V6)
}

/// The address of an element of `Forwarded`: that of its one parameter `for`.
fn forwarded_element(element: &str) -> Option<IpAddr> {
    let mut reported = None;
    for pair in element.split(';') {
        let (name, value) = pair.trim().split_once('=')?;
        if name.eq_ignore_ascii_case("for") && reported.replace(value).is_some() {
            return None;
        }
    }
    let value = reported?;
    node(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::network::ProxyNetwork;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn trusted() -> TrustedProxies {
        let networks = ["127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48"];
        networks.iter().map(|text| text.parse::<ProxyNetwork>().unwrap()).collect()
    }

    fn client(peer: &str, reported_in: ForwardedHeader, lines: &[&str]) -> IpAddr {
        let mut headers = HeaderMap::new();
        for line in lines {
            let value = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            headers.append("x-forwarded-for", value.clone());
            headers.append("forwarded", value);
        }
        client_address(ip(peer), &headers, &trusted(), reported_in)
    }

    #[track_caller]
    fn check(lines: &[&str], expected: &str) {
        assert_eq!(client("127.0.0.1", ForwardedHeader::XForwardedFor, lines), ip(expected), "{lines:?}");
    }

    #[test]
    fn the_last_entry_that_a_trusted_proxy_wrote_counts() {
        check(&[], "127.0.0.1");
        check(&[""], "127.0.0.1");
        check(&["203.0.113.7"], "203.0.113.7");
        check(&["198.51.100.1, 203.0.113.7"], "203.0.113.7");
        check(&["198.51.100.1", "203.0.113.7"], "203.0.113.7");
        check(&["198.51.100.1", "203.0.113.7, 10.1.2.3"], "203.0.113.7");
        check(&["198.51.100.1, 203.0.113.7", "10.1.2.3", "10.0.0.9"], "203.0.113.7");
        check(&["10.9.9.9, 10.1.2.3"], "10.9.9.9");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_read() {
        check(&["203.0.113.7:4711"], "203.0.113.7");
        check(&["[2001:db8::1]:4711"], "2001:db8::1");
        check(&["[2001:db8::1]"], "2001:db8::1");
        check(&["2001:db8::1"], "2001:db8::1");
        check(&["::ffff:203.0.113.7, ::ffff:10.0.0.1"], "203.0.113.7");
        check(&["203.0.113.7,, [2001:db8:ffff::2]:80 ,"], "203.0.113.7");
    }

    #[test]
    fn an_unreadable_entry_ends_the_chain() {
        for garbage in ["unknown", "x", "203.0.113.7 203.0.113.8", "203.0.113.256", "[203.0.113.7]", "\u{e9}", "\"a"] {
            check(&["203.0.113.7", garbage], "127.0.0.1");
            check(&[&format!("203.0.113.7, {garbage}, 10.1.2.3")], "10.1.2.3");
        }
    }

    #[test]
    fn nobody_else_is_believed() {
        assert_eq!(client("203.0.113.1", ForwardedHeader::XForwardedFor, &["198.51.100.1"]), ip("203.0.113.1"));
        assert_eq!(client("::ffff:203.0.113.1", ForwardedHeader::XForwardedFor, &["198.51.100.1"]), ip("203.0.113.1"));
        assert_eq!(client("::ffff:127.0.0.1", ForwardedHeader::XForwardedFor, &["198.51.100.1"]), ip("198.51.100.1"));
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_says() {
        let check = |lines: &[&str], expected: &str| {
            assert_eq!(client("10.0.0.1", ForwardedHeader::Forwarded, lines), ip(expected), "{lines:?}");
        };
        check(&["for=203.0.113.7;proto=https;by=10.0.0.1"], "203.0.113.7");
        check(&["For=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17");
        check(&["for=198.51.100.1, for=203.0.113.7"], "203.0.113.7");
        check(&["for=198.51.100.1", "for=203.0.113.7, for=\"10.2.3.4:80\";proto=http"], "203.0.113.7");
        check(&["for=198.51.100.1, for=_hidden"], "10.0.0.1");
        check(&["for=198.51.100.1, for=unknown, for=10.3.3.3"], "10.3.3.3");
        check(&["for=203.0.113.7;for=198.51.100.1"], "10.0.0.1");
        check(&["proto=https"], "10.0.0.1");
        // A quote that the client left open swallows nothing.
        check(&["for=\"198.51.100.1, for=203.0.113.7"], "203.0.113.7");
        check(&["for=\"198.51.100.1", "for=203.0.113.7"], "203.0.113.7");
    }

    proptest! {
        /// Whatever the client writes, the address that the trusted proxy appended counts.
        #[test]
        fn the_clients_own_words_never_count(
            lines in proptest::collection::vec("[ -~\u{e9}]{0,40}", 0..4),
            own_line: bool,
            v4: [u8; 4],
        ) {
            let reported = std::net::Ipv4Addr::from(v4);
            prop_assume!(!trusted().contains(reported.into()));
            for (form, header) in [
                (reported.to_string(), ForwardedHeader::XForwardedFor),
                (format!("{reported}:80"), ForwardedHeader::XForwardedFor),
                (format!("for={reported}"), ForwardedHeader::Forwarded),
            ] {
                let mut lines = lines.clone();
                match lines.last_mut() {
                    Some(last) if !own_line => *last = format!("{last}, {form}"),
                    _ => lines.push(form),
                }
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                prop_assert_eq!(client("10.0.0.1", header, &lines), IpAddr::from(reported));
            }
        }

        /// No bytes of a header make the reader panic, nor name somebody other than a hop or a reported address.
        #[test]
        fn no_bytes_are_too_much(bytes in proptest::collection::vec(0x20_u8.., 0..200)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.append("x-forwarded-for", value.clone());
                headers.append("forwarded", value);
                for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
                    client_address(ip("10.0.0.1"), &headers, &trusted(), header);
                }
            }
        }
    }
}
