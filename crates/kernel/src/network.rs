//! Client networks: one spelling of every address, the unit that limits count, and the proxies that are trusted.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net};
use serde::Deserialize;

/// The network that limits count as one caller: an IPv4 address, or the /64 of an IPv6 address, which one subscriber
/// commonly has as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientNetwork(IpAddr);

impl ClientNetwork {
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            address @ IpAddr::V4(_) => address,
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        })
    }

    /// The network's address as 16 bytes; those of IPv4 are mapped into IPv6.
    pub const fn octets(self) -> [u8; 16] {
        match self.0 {
            IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
            IpAddr::V6(address) => address.octets(),
        }
    }
}

/// The header in which the trusted proxies report addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

/// A network of reverse proxies, as an address or in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ProxyNetwork(IpNet);

/// A text that is neither an address nor a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as 10.0.0.1, or a network such as 10.0.0.0/8")]
pub struct NotANetwork;

impl FromStr for ProxyNetwork {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(address.into());
        }
        let network = text.parse::<IpNet>().map_err(|_| NotANetwork)?;
        Ok(Self(canonical(network.trunc())))
    }
}

impl TryFrom<String> for ProxyNetwork {
    type Error = NotANetwork;

    fn try_from(text: String) -> Result<Self, NotANetwork> {
        text.parse()
    }
}

impl From<IpAddr> for ProxyNetwork {
    fn from(address: IpAddr) -> Self {
        Self(address.to_canonical().into())
    }
}

/// A network of IPv4 addresses that are mapped into IPv6, as a network of IPv4.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    let IpNet::V6(v6) = network else { return network };
    let within = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(MAPPED));
    within.and_then(|(address, length)| Ipv4Net::new(address, length).ok()).map_or(network, IpNet::V4)
}

/// The reverse proxies whose reports on the client's address are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct TrustedProxies(Vec<ProxyNetwork>);

impl TrustedProxies {
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.0.contains(&address))
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<ProxyNetwork>> FromIterator<N> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = N>>(networks: I) -> Self {
        Self(networks.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_one_network_however_it_is_spelt() {
        assert_eq!(ClientNetwork::of(ip("::ffff:192.0.2.1")), ClientNetwork::of(ip("192.0.2.1")));
        assert_ne!(ClientNetwork::of(ip("::ffff:192.0.2.1")), ClientNetwork::of(ip("::ffff:192.0.2.2")));
        assert_eq!(ClientNetwork::of(ip("2001:db8::1")), ClientNetwork::of(ip("2001:db8::2:0:0:1")));
        assert_ne!(ClientNetwork::of(ip("2001:db8::1")), ClientNetwork::of(ip("2001:db8:0:1::1")));
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let trusted: TrustedProxies = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::ffff:172.16.0.0/108"]
            .iter()
            .map(|text| text.parse::<ProxyNetwork>().unwrap())
            .collect();
        for inside in ["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "2001:db8:1::1", "172.16.9.9", "::ffff:172.31.0.1"] {
            assert!(trusted.contains(ip(inside)), "{inside}");
        }
        for outside in ["11.0.0.1", "192.0.2.8", "2001:db9::1", "172.32.0.1", "::ffff:192.0.2.8"] {
            assert!(!trusted.contains(ip(outside)), "{outside}");
        }
        for wrong in ["", "x", "10.0.0.0/33", "10.0.0", "10.0.0.1:80", "::/129"] {
            assert_eq!(wrong.parse::<ProxyNetwork>(), Err(NotANetwork), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_mapped_address_is_the_address(bits: u32) {
            let v4 = std::net::Ipv4Addr::from_bits(bits);
            let mapped = IpAddr::from(v4.to_ipv6_mapped());
            prop_assert_eq!(ClientNetwork::of(mapped), ClientNetwork::of(v4.into()));
            prop_assert!(TrustedProxies::from_iter([IpAddr::from(v4)]).contains(mapped));
            prop_assert!(TrustedProxies::from_iter([mapped]).contains(v4.into()));
        }
    }
}
