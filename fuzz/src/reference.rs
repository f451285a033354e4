//! The same questions answered once more, as plainly as one can: text and bytes, none of the
//! production code, and nothing clever.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What stands before `://`.
pub(crate) fn scheme_of(url: &str) -> &str {
    url.split("://").next().unwrap_or_default()
}

/// What stands between `://` and the next `/`, `?` or the end.
pub(crate) fn authority_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

/// What stands between the authority and the `?`.
pub(crate) fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let from = rest.find('/').unwrap_or(rest.len());
    rest[from..].split('?').next().unwrap_or_default()
}

/// A URL without its query.
pub(crate) fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

/// Whether a canonical URL lies under a canonical prefix, segment by segment.
pub(crate) fn lies_under(prefix: &str, url: &str) -> bool {
    let url = without_query(url);
    let folder = format!("{}/", prefix.strip_suffix('/').unwrap_or(prefix));
    url == prefix || url.starts_with(&folder)
}

/// Percent-decoded once; what is no escape stays as it is.
pub(crate) fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at..at + 3).and_then(escaped);
        decoded.push(escape.unwrap_or(bytes[at]));
        at += if escape.is_some() { 3 } else { 1 };
    }
    decoded
}

fn escaped(three: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = 16 * digit(three[1])? + digit(three[2])?;
    (three[0] == b'%').then(|| u8::try_from(value).unwrap())
}

/// A bucket of S3, and the key in it as it stands in the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket<'a> {
    pub(crate) partition: &'a str,
    pub(crate) name: &'a str,
    pub(crate) key: &'a str,
}

/// Endpoints that have buckets in their hosts only.
const ACCELERATED: [&str; 2] = ["s3-accelerate", "s3-accelerate.dualstack"];

/// The bucket behind a canonical URL, by the list of S3's endpoints: the host is one of them and
/// the path begins with the bucket, or the host is a bucket, a dot and one of them.
pub(crate) fn bucket_of(url: &str) -> Option<Bucket<'_>> {
    let (host, path) = (authority_of(url), path_of(url).strip_prefix('/')?);
    let partition = ["amazonaws.com.cn", "amazonaws.com"]
        .into_iter()
        .find(|partition| host.ends_with(&format!(".{partition}")))?;
    let host = &host[..host.len() - partition.len() - 1];
    let place = |name, key| Bucket {
        partition,
        name,
        key,
    };
    let dots = host.rmatch_indices('.').map(|(at, _)| at);
    let hosted = dots.clone().find(|at| is_endpoint(&host[at + 1..]));
    let found = match hosted {
        Some(at) => place(&host[..at], path),
        None if is_endpoint(host) && !ACCELERATED.contains(&host) => {
            let (name, key) = path.split_once('/').unwrap_or((path, ""));
            place(name, key)
        }
        None => return None,
    };
    is_bucket_name(found.name).then_some(found)
}

/// What stands before `.amazonaws.com` in the host of a region, or in one of the global hosts.
fn is_endpoint(host: &str) -> bool {
    const GLOBAL: [&str; 2] = ["s3", "s3-external-1"];
    const REGIONAL: [&str; 5] = [
        "s3.",
        "s3.dualstack.",
        "s3-fips.",
        "s3-fips.dualstack.",
        "s3-",
    ];
    let mut regions = REGIONAL
        .iter()
        .filter_map(|service| host.strip_prefix(service));
    GLOBAL.contains(&host) || ACCELERATED.contains(&host) || regions.any(is_region)
}

/// `eu-central-1`: words and a number.
fn is_region(text: &str) -> bool {
    let mut words: Vec<&str> = text.split('-').collect();
    let number = words.pop().unwrap_or_default();
    let is = |word: &str, one: fn(&u8) -> bool| !word.is_empty() && word.as_bytes().iter().all(one);
    !words.is_empty()
        && words.iter().all(|word| is(word, u8::is_ascii_alphanumeric))
        && is(number, u8::is_ascii_digit)
}

/// A name that a bucket can have; old ones have capitals and underscores.
pub(crate) fn is_bucket_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (3..=255).contains(&name.len()) && name.bytes().all(allowed)
}

/// Whether an address is of the public internet, by the registries' ranges written as numbers.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, d] = ip.octets();
    let refused = matches!(
        (a, b, c, d),
        (0 | 10 | 127 | 224.., ..)
            | (100, 64..=127, ..)
            | (168, 63, 129, 16)
            | (169, 254, ..)
            | (172, 16..=31, ..)
            | (192, 0, 0 | 2, _)
            | (192, 88, 99, _)
            | (192, 168, ..)
            | (198, 18 | 19, ..)
            | (198, 51, 100, _)
            | (203, 0, 113, _)
    );
    !refused
}

/// Only 2000::/3 is assigned to anybody, and of that some is documentation or IPv4 in disguise.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let refused = matches!(
        (a, b),
        (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff)
    );
    (0x2000..0x4000).contains(&a) && !refused
}
