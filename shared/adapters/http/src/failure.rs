//! What goes wrong, in the domain's words. No detail holds a query string: it may be a signature.

use std::time::Duration;

use cloud_mirror_domain::error::{Failure, Kind, chain};
use cloud_mirror_domain::url::SourceUrl;
use http::StatusCode;

use crate::resolver::{PrivateAddress, refusal_in};

/// How a URL is named in details.
pub(crate) fn named(url: &SourceUrl) -> String {
    url.without_query().to_string()
}

/// A failure at one URL.
pub(crate) fn failed_at(kind: Kind, url: &SourceUrl, why: &str) -> Failure {
    Failure::new(kind, format!("{}: {why}", named(url)))
}

/// An answer that is no success.
pub(crate) fn of_status(url: &SourceUrl, status: StatusCode) -> Failure {
    let kind = Kind::of_source_status(status.as_u16());
    failed_at(kind, url, &format!("answered {status}"))
}

/// The address is not a public one.
pub(crate) fn of_address(url: &SourceUrl, refusal: &PrivateAddress) -> Failure {
    failed_at(Kind::AddressRefused, url, &refusal.to_string())
}

/// No answer came: no address, no connection, no TLS, or bytes that are no HTTP. All but a refused
/// address count as unreachable; to tell the last one apart would mean to name the types of a
/// library below reqwest, and both are tried again alike.
pub(crate) fn of_request(url: &SourceUrl, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let kind = match refusal_in(&error) {
        Some(_) => Kind::AddressRefused,
        None => Kind::SourceUnreachable,
    };
    failed_at(kind, url, &chain(&error))
}

/// The source kept us waiting for longer than the limit.
pub(crate) fn of_silence(url: &SourceUrl, limit: Duration) -> Failure {
    failed_at(
        Kind::SourceUnreachable,
        url,
        &format!("no answer within {limit:?}"),
    )
}
