//! The paths of the HTTP contract.

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

/// When the invocation that answers a request ends, where its front door knows that. It travels in
/// a request's extensions; who waits longer is answered by nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvocationEnds(pub Timestamp);

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
}

impl<'a> Route<'a> {
    /// Reads a request's raw path, as the front door passed it on: nothing is decoded here.
    pub fn of(raw_path: &'a str) -> Option<Self> {
        let path = raw_path.strip_prefix("/v1/")?;
        match path {
            "pools" => return Some(Self::Pools),
            "ping" => return Some(Self::Ping),
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
        assert_eq!(Route::of("/v1/ping"), Some(Route::Ping));
        assert_eq!(Route::of("/v1/pools"), Some(Route::Pools));
    }
}
