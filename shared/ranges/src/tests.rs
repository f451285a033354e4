//! The set against a plain scan of the files it was made of.

use std::net::{Ipv4Addr, Ipv6Addr};

use cloud_mirror_domain::place::Cloud;
use ipnet::IpNet;
use proptest::prelude::*;

use super::*;
use crate::published::{Prefix, read};

const AWS: &str = include_str!("../published/aws-ip-ranges.json");
const GOOGLE: &str = include_str!("../published/gcp-cloud.json");

fn files() -> Vec<Publication> {
    let read = |name, text| read(name, text).unwrap();
    vec![read("ip-ranges.json", AWS), read("cloud.json", GOOGLE)]
}

/// The longest prefix of all files, found by looking at each: of one that is named twice what names a
/// region, and then the first.
fn by_plain_scan(files: &[Publication], address: IpAddr) -> Option<Place> {
    let address = address.to_canonical();
    let mut best: Option<(&Publication, &Prefix)> = None;
    for file in files {
        for prefix in &file.prefixes {
            let rank = |prefix: &Prefix| (prefix.net.prefix_len(), prefix.region.is_some());
            let better = best.is_none_or(|(_, before)| rank(prefix) > rank(before));
            if better && prefix.net.contains(&address) {
                best = Some((file, prefix));
            }
        }
    }
    best.map(|(file, prefix)| file.place_of(prefix))
}

/// The first and the last address of a prefix, its neighbours on both sides, and one inside.
fn drawn_from(net: IpNet) -> Vec<IpAddr> {
    match net {
        IpNet::V4(net) => {
            let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
            let inside = fastrand::u32(first..=last);
            [
                first.wrapping_sub(1),
                first,
                inside,
                last,
                last.wrapping_add(1),
            ]
            .map(|bits| Ipv4Addr::from_bits(bits).into())
            .to_vec()
        }
        IpNet::V6(net) => {
            let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
            let inside = fastrand::u128(first..=last);
            [
                first.wrapping_sub(1),
                first,
                inside,
                last,
                last.wrapping_add(1),
            ]
            .map(|bits| Ipv6Addr::from_bits(bits).into())
            .to_vec()
        }
    }
}

#[test]
fn thousands_of_addresses_lie_where_a_plain_scan_of_the_files_finds_them() {
    fastrand::seed(29);
    let (files, ranges) = (files(), Ranges::embedded().unwrap());
    let mut prefixes: Vec<&Prefix> = files.iter().flat_map(|file| &file.prefixes).collect();
    fastrand::shuffle(&mut prefixes);
    let published = prefixes
        .iter()
        .take(900)
        .flat_map(|prefix| drawn_from(prefix.net));
    let anywhere = (0..250).map(|_| Ipv4Addr::from_bits(fastrand::u32(..)).into());
    let anywhere_6 = (0..250).map(|_| Ipv6Addr::from_bits(fastrand::u128(..)).into());
    let (mut looked_up, mut found, mut sixes) = (0, 0, 0);
    for address in published.chain(anywhere).chain(anywhere_6) {
        let expected = by_plain_scan(&files, address);
        assert_eq!(ranges.place(address), expected, "{address}");
        looked_up += 1;
        found += usize::from(expected.is_some());
        sixes += usize::from(address.is_ipv6());
    }
    // Neither all of a kind nor none: the comparison must be able to fail.
    assert_eq!(looked_up, 5_000);
    assert!(
        found > 2_500 && looked_up - found > 400,
        "{found} of {looked_up}"
    );
    assert!(
        sixes > 500 && looked_up - sixes > 500,
        "{sixes} of {looked_up}"
    );
}

#[test]
fn the_embedded_set_is_made_of_the_files_beside_it() {
    let made = Ranges::of(files()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "whoever runs the test says so")]
    if std::env::var("UPDATE_DOCS").is_ok() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/ranges.bin");
        std::fs::write(path, made.to_bytes()).unwrap();
        return;
    }
    let remedy = "run it with UPDATE_DOCS=1 to make it anew";
    assert_eq!(Ranges::embedded().unwrap(), made, "{remedy}");
    let clouds: Vec<_> = made.published().iter().map(|of| of.cloud).collect();
    assert_eq!(clouds, [Cloud::Aws, Cloud::Google]);
    println!(
        "{} bytes of {}",
        Ranges::embedded_size_bytes(),
        AWS.len() + GOOGLE.len()
    );
}

#[test]
fn well_known_addresses_lie_where_everybody_knows_them() {
    let ranges = Ranges::embedded().unwrap();
    let place = |address: &str| {
        let place = ranges.place(address.parse().unwrap())?;
        Some((place.cloud, place.region.as_deref().map(str::to_owned)))
    };
    let in_region = |cloud, region: &str| Some((cloud, Some(region.to_owned())));
    assert_eq!(place("3.5.140.1"), in_region(Cloud::Aws, "ap-northeast-2"));
    assert_eq!(
        place("::ffff:3.5.140.1"),
        in_region(Cloud::Aws, "ap-northeast-2")
    );
    assert_eq!(
        place("34.35.0.1"),
        in_region(Cloud::Google, "africa-south1")
    );
    assert_eq!(place("13.32.0.1"), Some((Cloud::Aws, None)), "CloudFront's");
    for nowhere in [
        "127.0.0.1",
        "10.0.0.1",
        "192.0.2.1",
        "::1",
        "fe80::1",
        "2001:db8::1",
    ] {
        assert_eq!(place(nowhere), None, "{nowhere}");
    }
}

fn publication(cloud: Cloud, prefixes: &[(&str, Option<&str>)]) -> Publication {
    let prefixes = prefixes.iter().map(|(net, region)| Prefix {
        net: net.parse().unwrap(),
        region: region.map(Into::into),
    });
    Publication {
        cloud,
        published: cloud_mirror_domain::time::Timestamp::from_millis(1_785_313_625_000),
        prefixes: prefixes.collect(),
    }
}

#[test]
fn of_one_prefix_that_is_named_twice_a_region_counts_and_then_the_first() {
    let aws = [
        ("10.0.0.0/8", None),
        ("10.0.0.0/8", Some("a")),
        ("10.0.0.0/8", Some("b")),
    ];
    let google = [("10.0.0.0/8", Some("c"))];
    let ranges = Ranges::of(vec![
        publication(Cloud::Google, &google),
        publication(Cloud::Aws, &aws),
    ]);
    let place = ranges.unwrap().place("10.1.2.3".parse().unwrap()).unwrap();
    assert_eq!(
        (place.cloud, place.region.as_deref()),
        (Cloud::Aws, Some("a"))
    );
}

#[test]
fn the_very_first_and_the_very_last_address_are_addresses_too() {
    let all = [
        ("0.0.0.0/0", Some("wide")),
        ("255.255.255.255/32", Some("last")),
        ("0.0.0.0/32", Some("first")),
        ("::/0", Some("wide")),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", Some("last")),
    ];
    let ranges = Ranges::of(vec![publication(Cloud::Aws, &all)]).unwrap();
    let region = |address: &str| {
        ranges
            .place(address.parse().unwrap())
            .unwrap()
            .region
            .unwrap()
    };
    for (address, expected) in [
        ("0.0.0.0", "first"),
        ("0.0.0.1", "wide"),
        ("255.255.255.254", "wide"),
        ("255.255.255.255", "last"),
        ("::1", "wide"),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "last"),
    ] {
        assert_eq!(&*region(address), expected, "{address}");
    }
}

/// Prefixes close together, so that they hold each other and touch.
fn prefixes() -> impl Strategy<Value = Vec<Prefix>> {
    let region = prop_oneof![
        Just(None),
        "[a-c]".prop_map(|name| Some(name.as_str().into()))
    ];
    let v4 = (0_u32..64, 24_u8..=32).prop_map(|(bits, length)| {
        let net = ipnet::Ipv4Net::new(Ipv4Addr::from_bits(bits << 2), length).unwrap();
        IpNet::V4(net.trunc())
    });
    let v6 = (0_u128..64, 120_u8..=128).prop_map(|(bits, length)| {
        let net = ipnet::Ipv6Net::new(Ipv6Addr::from_bits(bits << 2), length).unwrap();
        IpNet::V6(net.trunc())
    });
    let prefix = (prop_oneof![v4, v6], region).prop_map(|(net, region)| Prefix { net, region });
    prop::collection::vec(prefix, 0..24)
}

proptest! {
    #[test]
    fn any_nesting_says_what_a_plain_scan_says_and_survives_as_bytes(
        one in prefixes(),
        other in prefixes(),
    ) {
        let files = [(Cloud::Aws, one), (Cloud::Azure, other)].map(|(cloud, prefixes)| Publication {
            prefixes,
            ..publication(cloud, &[])
        });
        let ranges = Ranges::of(files.to_vec()).unwrap();
        for bits in 0..=260_u32 {
            let four = IpAddr::from(Ipv4Addr::from_bits(bits));
            let six = IpAddr::from(Ipv6Addr::from_bits(bits.into()));
            prop_assert_eq!(ranges.place(four), by_plain_scan(&files, four));
            prop_assert_eq!(ranges.place(six), by_plain_scan(&files, six));
        }
        prop_assert_eq!(Ranges::from_bytes(&ranges.to_bytes()).unwrap(), ranges);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Ranges::from_bytes(&bytes);
    }

    #[test]
    fn a_set_that_was_damaged_anywhere_is_refused(at in any::<prop::sample::Index>(), by in 1_u8..) {
        let mut bytes = EMBEDDED.to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        prop_assert!(Ranges::from_bytes(&bytes).is_err());
    }

    #[test]
    fn what_lies_within_its_checksum_is_checked_all_the_same(
        at in any::<prop::sample::Index>(),
        by in 1_u8..,
    ) {
        let aws = [("10.0.0.0/8", Some("a")), ("10.1.0.0/16", None), ("2600::/32", Some("b"))];
        let mut bytes = Ranges::of(vec![publication(Cloud::Aws, &aws)]).unwrap().to_bytes();
        bytes.truncate(bytes.len() - 4);
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        let crc = crc32fast::hash(&bytes);
        bytes.extend(crc.to_be_bytes());
        // Refused, or another set that is as sound: looking up must not fail.
        if let Ok(ranges) = Ranges::from_bytes(&bytes) {
            for address in ["10.0.0.1", "10.1.2.3", "11.0.0.0", "2600::1", "::"] {
                let _ = ranges.place(address.parse().unwrap());
            }
        }
    }
}
