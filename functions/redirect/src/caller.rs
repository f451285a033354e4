//! Who asks, gathered from a request, and where that leads.

use std::net::IpAddr;

use cloud_mirror_domain::asked::clients_query;
use cloud_mirror_domain::route::CallerAddress;
use cloud_mirror_domain::rules::{AUTO, Caller, Chosen, Edge, EdgeSays, Facts, PoolId, Refusal};
use http::header::HeaderValue;
use http::request::Parts;

use crate::Redirect;

/// What CloudFront says of its caller, where it is told to forward it.
const VIEWER_ADDRESS: &str = "cloudfront-viewer-address";
const VIEWER_COUNTRY: &str = "cloudfront-viewer-country";
const VIEWER_PART: &str = "cloudfront-viewer-country-region";

impl Redirect {
    /// Where the client of a request is sent.
    pub(crate) fn chosen(
        &self,
        parts: &Parts,
        asked: &PoolId,
        raw_url: &str,
    ) -> Result<Chosen, Refusal> {
        let query = parts.uri.query().and_then(clients_query);
        // Most requests name their region: nobody is looked up for them.
        let caller = match &*asked.region {
            AUTO => self.caller(parts),
            _ => Caller::default(),
        };
        self.rules.choose(asked, raw_url, query.as_deref(), &caller)
    }

    fn caller(&self, parts: &Parts) -> Caller {
        let auto = &self.rules.auto;
        let facts = facts(parts, auto.edge.as_ref());
        auto.locate(&facts, &*self.ports.geography)
    }
}

/// `X-Forwarded-For` is not among them: whoever asks may have written it, and what a front door knows
/// better it says in the [`CallerAddress`].
fn facts<'a>(parts: &'a Parts, edge: Option<&Edge>) -> Facts<'a> {
    let seen = parts.extensions.get::<CallerAddress>();
    let proven = edge.is_some_and(|edge| {
        let lines = parts.headers.get_all(&edge.secret_header).into_iter();
        edge.is_proven_by(lines.map(HeaderValue::as_bytes))
    });
    Facts {
        address: seen.map(|CallerAddress(address)| *address),
        edge: proven.then(|| edge_says(parts)),
    }
}

fn edge_says(parts: &Parts) -> EdgeSays<'_> {
    EdgeSays {
        address: only_line(parts, VIEWER_ADDRESS).and_then(viewer),
        country: only_line(parts, VIEWER_COUNTRY),
        part: only_line(parts, VIEWER_PART),
    }
}

fn viewer(text: &str) -> Option<IpAddr> {
    CallerAddress::read_with_port(text).map(|CallerAddress(address)| address)
}

/// The edge replaces what its caller wrote, so that a second line is not the edge's: which of them is,
/// nobody knows.
fn only_line<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let mut lines = parts.headers.get_all(name).into_iter();
    let only = lines.next().filter(|_| lines.next().is_none())?;
    only.to_str().ok()
}

#[cfg(test)]
mod tests;
