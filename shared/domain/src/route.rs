//! The paths of the HTTP contract.

use std::net::{IpAddr, SocketAddr};

use crate::rules::PoolId;
use crate::time::Timestamp;

/// The path as the front door got it, without a stage's prefix, nothing decoded or escaped since.
///
/// It travels in a request's extensions, and handlers prefer it to the path of the request's URI:
/// an HTTP API decodes the path before a function sees it, and what is left may be no URI at all
/// (spaces, `é`, line breaks, a `?` that was written `%3F`). Without it the URI's path is what the
/// client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawPath(pub String);

/// The address that a request comes from, as the front door saw it: never what a header says that the
/// caller may have written. It travels in a request's extensions; without it nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallerAddress(pub IpAddr);

impl CallerAddress {
    /// The address of a caller. IPv4 in IPv6 clothes is IPv4, as providers publish it.
    pub fn of(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// Reads an address as front doors write it, perhaps with a port behind it. What is anything else
    /// is unknown.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let before_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
        text.parse().ok().or_else(before_port).map(Self::of)
    }

    /// Reads an address with its port as CloudFront writes it: of IPv6 without brackets
    /// (`2001:db8::1:46532`), so that only its reader can know that the end is no part of the address.
    pub fn read_with_port(text: &str) -> Option<Self> {
        let text = text.trim();
        let bare = || {
            let (address, port) = text.rsplit_once(':')?;
            port.parse::<u16>().ok()?;
            address.parse().ok()
        };
        let socket = text.parse::<SocketAddr>().ok();
        socket.map(|socket| socket.ip()).or_else(bare).map(Self::of)
    }
}

/// When the invocation that answers a request ends, where its front door knows that. It travels in
/// a request's extensions; who waits longer is answered by nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvocationEnds(pub Timestamp);

/// A line of the HTTP contract: a path with its parts in braces, and the methods it is answered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// `{url}` stands for all that follows; the other parts end at a slash.
    pub path: &'static str,
    /// Everything else is answered 405, with these in `Allow`.
    pub methods: &'static [&'static str],
}

/// The HTTP contract, in the order in which documents list it. The API description and the routes
/// of the template are compared with it, and [`Route::offer`] does not compile without a new route.
pub const OFFERS: [Offer; 6] = [REDIRECT, STATUS, PURGE, POOLS, PING, OPEN_API];

/// Whoever may read may ask how much there is to read.
const READ: &[&str] = &["GET", "HEAD"];
const REDIRECT: Offer = Offer::of("/v1/redirect/{service}/{region}/{url}", READ);
const STATUS: Offer = Offer::of("/v1/status/{service}/{region}/{url}", READ);
const PURGE: Offer = Offer::of("/v1/purge/{service}/{region}/{url}", &["DELETE"]);
const POOLS: Offer = Offer::of("/v1/pools", READ);
const PING: Offer = Offer::of("/v1/ping", READ);
const OPEN_API: Offer = Offer::of("/v1/openapi.json", READ);

impl Offer {
    const fn of(path: &'static str, methods: &'static [&'static str]) -> Self {
        Self { path, methods }
    }
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// `/v1/redirect/{service}/{region}/{url}`: the main job.
    Redirect(PoolId, &'a str),
    /// `/v1/status/{service}/{region}/{url}`: what is known, without waiting or copying.
    Status(PoolId, &'a str),
    /// `/v1/purge/{service}/{region}/{url}`: removes replica and entry.
    Purge(PoolId, &'a str),
    /// `/v1/pools`: what exists.
    Pools,
    /// `/v1/ping`: liveness and version.
    Ping,
    /// `/v1/openapi.json`: the description of this API.
    OpenApi,
}

impl<'a> Route<'a> {
    /// Reads a request's raw path, as the front door passed it on: nothing is decoded here.
    pub fn of(raw_path: &'a str) -> Option<Self> {
        let path = raw_path.strip_prefix("/v1/")?;
        match path {
            "pools" => return Some(Self::Pools),
            "ping" => return Some(Self::Ping),
            "openapi.json" => return Some(Self::OpenApi),
            _ => {}
        }
        let mut parts = path.splitn(4, '/');
        let verb = parts.next()?;
        let service = parts.next().filter(|service| !service.is_empty())?;
        let region = parts.next().filter(|region| !region.is_empty())?;
        let (pool, url) = (PoolId::new(service, region), parts.next()?);
        match verb {
            "redirect" => Some(Self::Redirect(pool, url)),
            "status" => Some(Self::Status(pool, url)),
            "purge" => Some(Self::Purge(pool, url)),
            _ => None,
        }
    }

    /// The route's line of the contract.
    pub const fn offer(&self) -> Offer {
        match self {
            Self::Redirect(..) => REDIRECT,
            Self::Status(..) => STATUS,
            Self::Purge(..) => PURGE,
            Self::Pools => POOLS,
            Self::Ping => PING,
            Self::OpenApi => OPEN_API,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_everything_after_the_region() {
        let pool = PoolId::new("s3", "eu-central-1");
        for (path, url) in [
            ("/v1/redirect/s3/eu-central-1/aGk", "aGk"),
            (
                "/v1/redirect/s3/eu-central-1/https://e.com//a/",
                "https://e.com//a/",
            ),
            (
                "/v1/redirect/s3/eu-central-1/https%3A%2F%2Fe.com",
                "https%3A%2F%2Fe.com",
            ),
            ("/v1/redirect/s3/eu-central-1/", ""),
        ] {
            assert_eq!(
                Route::of(path),
                Some(Route::Redirect(pool.clone(), url)),
                "{path}"
            );
        }
    }

    #[test]
    fn an_address_is_read_as_front_doors_write_it() {
        let told = |CallerAddress(address)| address.to_string();
        for (text, address) in [
            ("203.0.113.17", Some("203.0.113.17")),
            (" 203.0.113.17 ", Some("203.0.113.17")),
            ("203.0.113.17:4711", Some("203.0.113.17")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]:4711", Some("2001:db8::1")),
            ("::ffff:203.0.113.17", Some("203.0.113.17")),
            ("203.0.113", None),
            ("203.0.113.017", None),
            ("unknown", None),
            ("fe80::1%eth0", None),
            ("", None),
        ] {
            let read = CallerAddress::read(text).map(told);
            assert_eq!(read.as_deref(), address, "{text}");
        }
        for (text, address) in [
            ("198.51.100.10:46532", Some("198.51.100.10")),
            ("2001:db8::1:46532", Some("2001:db8::1")),
            ("2001:db8:0:0:0:0:0:1:46532", Some("2001:db8::1")),
            ("[2001:db8::1]:46532", Some("2001:db8::1")),
            ("::ffff:198.51.100.10:46532", Some("198.51.100.10")),
            ("198.51.100.10", None),
            ("198.51.100.10:65536", None),
            ("198.51.100.10:46532, 203.0.113.17:1", None),
            ("", None),
        ] {
            let read = CallerAddress::read_with_port(text).map(told);
            assert_eq!(read.as_deref(), address, "{text}");
        }
    }

    #[test]
    fn other_paths_lead_nowhere() {
        for path in [
            "",
            "/",
            "/v1",
            "/v1/",
            "/v2/ping",
            "/v1/redirect/s3/eu",
            "/v1/sing/s3/eu/x",
        ] {
            assert_eq!(Route::of(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_offered_is_understood() {
        for offer in OFFERS {
            let understood = Route::of(offer.path).map(|route| route.offer());
            assert_eq!(understood, Some(offer));
        }
    }
}
