//! Addresses that a fetch from the internet must never reach.

use std::net::IpAddr;
use std::sync::LazyLock;

use ipnet::IpNet;

/// Everything that is not the public internet (IANA's special-purpose registries), and every
/// way of writing an IPv4 address as an IPv6 one: none of those is needed to reach a public host.
const REFUSED: [&str; 28] = [
    "0.0.0.0/8",        // this network
    "10.0.0.0/8",       // private
    "100.64.0.0/10",    // carrier-grade NAT
    "127.0.0.0/8",      // loopback
    "168.63.129.16/32", // Azure's own services, public as it looks
    "169.254.0.0/16",   // link-local, and the clouds' metadata services
    "172.16.0.0/12",    // private
    "192.0.0.0/24",     // protocol assignments
    "192.0.2.0/24",     // documentation
    "192.88.99.0/24",   // 6to4 relays
    "192.168.0.0/16",   // private
    "198.18.0.0/15",    // benchmarks
    "198.51.100.0/24",  // documentation
    "203.0.113.0/24",   // documentation
    "224.0.0.0/4",      // multicast
    "240.0.0.0/4",      // reserved, broadcast
    "::/96",            // unspecified, loopback, IPv4-compatible
    "::ffff:0:0/96",    // IPv4-mapped
    "64:ff9b::/96",     // NAT64
    "64:ff9b:1::/48",   // local NAT64
    "100::/64",         // discard
    "2001::/23",        // Teredo and other assignments
    "2001:db8::/32",    // documentation
    "2002::/16",        // 6to4
    "3fff::/20",        // more documentation
    "fc00::/7",         // unique local, and AWS's IPv6 metadata service
    "fe80::/9",         // link-local, site-local
    "ff00::/8",         // multicast
];

static NETWORKS: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    REFUSED
        .iter()
        .filter_map(|network| network.parse().ok())
        .collect()
});

/// Whether an address belongs to the public internet. Everything else may be fetched from only
/// where a source rule says `allow_private`.
pub fn is_public(ip: IpAddr) -> bool {
    let assigned = match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(ip) => ip.segments()[0] >> 13 == 1,
    };
    assigned && !NETWORKS.iter().any(|network| network.contains(&ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_in_the_list_is_one() {
        assert_eq!(NETWORKS.len(), REFUSED.len());
    }

    #[test]
    fn only_the_public_internet_is_public() {
        for public in [
            "1.1.1.1",
            "93.184.216.34",
            "2606:4700::1111",
            "2a00:1450:4001::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.59",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }
}
