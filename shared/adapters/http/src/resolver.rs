//! Which addresses may be connected to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::url::SourceUrl;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use crate::names::Names;

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
pub(crate) fn judge_literal(
    names: &dyn Names,
    rule: &SourceRule,
    url: &SourceUrl,
) -> Result<(), PrivateAddress> {
    match url.ip() {
        Some(ip) if !rule.allow_private => judge(names, url.host(), ip),
        _ => Ok(()),
    }
}

/// Resolves names for one client. The connector gets the very addresses that were judged, so that no
/// second answer of a name server can slip in between.
pub(crate) struct Resolver {
    names: Arc<dyn Names>,
    public_only: bool,
}

impl Resolver {
    /// Refuses names that lead to an address which is not public.
    pub(crate) fn public_only(names: Arc<dyn Names>) -> Self {
        Self {
            names,
            public_only: true,
        }
    }

    /// Refuses nothing.
    pub(crate) fn of_everything(names: Arc<dyn Names>) -> Self {
        Self {
            names,
            public_only: false,
        }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, public_only) = (Arc::clone(&self.names), self.public_only);
        Box::pin(async move {
            let found = names.addresses(name.as_str()).await?;
            if public_only {
                all_public(&*names, name.as_str(), &found)?;
            }
            // The connector replaces port 0 by the URL's.
            let found = found.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}

/// One private address among public ones is enough to refuse: to drop it would hide the attempt,
/// and leave what is fetched to the order of a name server's answer.
fn all_public(names: &dyn Names, host: &str, found: &[IpAddr]) -> Result<(), PrivateAddress> {
    found.iter().try_for_each(|&ip| judge(names, host, ip))
}

fn judge(names: &dyn Names, host: &str, ip: IpAddr) -> Result<(), PrivateAddress> {
    if names.is_public(ip) {
        Ok(())
    } else {
        Err(PrivateAddress {
            host: host.to_owned(),
            ip,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::SystemNames;

    fn judged(addresses: &[&str]) -> Result<(), PrivateAddress> {
        let found: Vec<_> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        all_public(&SystemNames, "example.com", &found)
    }

    #[test]
    fn a_name_with_one_private_address_among_public_ones_is_refused() {
        assert!(judged(&["93.184.216.34", "2606:4700::1111"]).is_ok());
        assert!(judged(&["93.184.216.34", "10.0.0.1"]).is_err());
        assert!(judged(&["::ffff:127.0.0.1", "93.184.216.34"]).is_err());
    }
}
