//! Where names lead, and whether that is public.

use std::fmt::Debug;
use std::io;
use std::net::IpAddr;

use async_trait::async_trait;
use cloud_mirror_domain::url::address;

/// The two things of the network that decide what may be connected to.
///
/// [`SystemNames`] is the only implementation in production, and [`HttpSource::new`] takes it. This
/// is a trait because loopback is all that a test has: it must be able to call one address of it
/// public and another private, and to give a second answer.
///
/// [`HttpSource::new`]: crate::HttpSource::new
#[async_trait]
pub trait Names: Debug + Send + Sync {
    /// The addresses of a host. Asked once for each new connection, which is then made to one of
    /// the very addresses that were answered and judged.
    ///
    /// # Errors
    /// If the name is not known, or nobody can be asked: the source is unreachable.
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;

    /// Whether an address belongs to the public internet.
    fn is_public(&self, ip: IpAddr) -> bool;
}

/// The system's own names, and the domain's judgement.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }

    fn is_public(&self, ip: IpAddr) -> bool {
        address::is_public(ip)
    }
}
