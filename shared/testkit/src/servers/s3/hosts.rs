//! Buckets before the host: `http://bucket.localhost:port/key`.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

const DOMAIN: &str = "localhost";

/// Whatever stands before `.localhost` is a bucket; any other host has its buckets in paths.
pub(super) struct Hosts;

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let virtual_host = VirtualHost::new(host);
        Ok(match bucket(host) {
            Some(bucket) => virtual_host.with_bucket(bucket),
            None => virtual_host,
        })
    }
}

/// The bucket in a `Host` header, with or without a port.
pub(super) fn bucket(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let bucket = name.strip_suffix(DOMAIN)?.strip_suffix('.')?;
    (!bucket.is_empty()).then_some(bucket)
}
