//! What goes wrong, in the domain's words. No detail holds a query string: it may be a signature.

use std::error::Error;
use std::time::Duration;

use cloud_mirror_domain::error::{Failure, Kind, chain};
use cloud_mirror_domain::url::SourceUrl;
use http::{HeaderMap, StatusCode};

use crate::resolver::PrivateAddress;

/// How a URL is named in details.
pub(crate) fn named(url: &SourceUrl) -> String {
    url.without_query().to_string()
}

/// A failure at one URL.
pub(crate) fn failed_at(kind: Kind, url: &SourceUrl, why: &str) -> Failure {
    Failure::new(kind, format!("{}: {why}", named(url)))
}

/// An answer that is no success.
pub(crate) fn of_status(url: &SourceUrl, status: StatusCode, headers: &HeaderMap) -> Failure {
    let marked = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"true");
    let deleted = headers.get("x-amz-delete-marker").is_some_and(marked);
    let kind = match Kind::of_source_status(status.as_u16()) {
        Kind::SourceNotFound if deleted => Kind::SourceDeleted,
        kind => kind,
    };
    failed_at(kind, url, &format!("answered {status}"))
}

/// The address is not a public one.
pub(crate) fn of_address(url: &SourceUrl, refusal: &PrivateAddress) -> Failure {
    failed_at(Kind::AddressRefused, url, &refusal.to_string())
}

/// No answer came: no address, no connection, no TLS, or bytes that are no HTTP.
pub(crate) fn of_request(url: &SourceUrl, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    failed_at(kind_of(&error), url, &chain(&error))
}

/// A refused address and a head that is too large are told by their types. All else counts as
/// unreachable: bytes that are no HTTP are tried again just as a broken connection is.
fn kind_of(error: &(dyn Error + 'static)) -> Kind {
    let too_large = |error: &hyper::Error| error.is_parse_too_large();
    if cause::<PrivateAddress>(error).is_some() {
        Kind::AddressRefused
    } else if cause(error).is_some_and(too_large) {
        Kind::HeadersTooLarge
    } else {
        Kind::SourceUnreachable
    }
}

/// The first error of a type in a chain of causes.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref())
}

/// The source kept us waiting for longer than the limit.
pub(crate) fn of_silence(url: &SourceUrl, limit: Duration) -> Failure {
    failed_at(
        Kind::SourceStalled,
        url,
        &format!("no answer within {limit:?}"),
    )
}
