//! Which addresses may be connected to.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};

use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_domain::url::address::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

/// A host's address is not of the public internet. The kind of a failure is told by finding this
/// in its chain of causes.
#[derive(Clone, Debug, Error)]
#[error(
    "{host} has the address {ip}, which is not public, and its rule does not say allow_private"
)]
pub(crate) struct PrivateAddress {
    host: String,
    ip: IpAddr,
}

/// A literal address is judged before the request, since connectors ask no resolver for these.
pub(crate) fn judge_literal(rule: &SourceRule, url: &SourceUrl) -> Result<(), PrivateAddress> {
    match url.ip() {
        Some(ip) if !rule.allow_private => judge(url.host(), ip),
        _ => Ok(()),
    }
}

/// Resolves names of the public internet only. The connector gets the very addresses that were
/// judged, so that no second answer of a name server can slip in between.
pub(crate) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The connector replaces port 0 by the URL's.
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            all_public(name.as_str(), &found)?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// One private address among public ones is enough to refuse: to drop it would hide the attempt,
/// and leave what is fetched to the order of a name server's answer.
fn all_public(host: &str, found: &[SocketAddr]) -> Result<(), PrivateAddress> {
    found
        .iter()
        .try_for_each(|address| judge(host, address.ip()))
}

fn judge(host: &str, ip: IpAddr) -> Result<(), PrivateAddress> {
    if is_public(ip) {
        Ok(())
    } else {
        Err(PrivateAddress {
            host: host.to_owned(),
            ip,
        })
    }
}

/// The refusal behind an error, if there is one.
pub(crate) fn refusal_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a PrivateAddress> {
    std::iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(addresses: &[&str]) -> Result<(), PrivateAddress> {
        let found: Vec<_> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        all_public("example.com", &found)
    }

    #[test]
    fn a_name_with_one_private_address_among_public_ones_is_refused() {
        assert!(judged(&["93.184.216.34:0", "[2606:4700::1111]:0"]).is_ok());
        assert!(judged(&["93.184.216.34:0", "10.0.0.1:0"]).is_err());
        assert!(judged(&["[::ffff:127.0.0.1]:0", "93.184.216.34:0"]).is_err());
    }
}
