//! What has arrived: every request, also those that were refused.

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Request, Response, Uri};
use percent_encoding::percent_decode_str;
use tokio::sync::watch;

use super::hosts;

/// One request that arrived at the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arrival {
    /// S3's name of the operation, such as `CopyObject`; empty if the request got no further than
    /// its signature.
    pub operation: String,
    /// The HTTP method.
    pub method: String,
    /// The bucket; empty if none was named.
    pub bucket: String,
    /// The key, decoded; empty if none was named.
    pub key: String,
    /// The host that it was sent to, with its port.
    pub host: String,
    /// The query string as it came, without `?`; empty if there was none.
    pub query: String,
    /// A copy's source, `bucket/key`, decoded.
    pub copy_source: Option<String>,
    /// The range of the source that a part is copied from, such as `bytes=0-5242879`.
    pub copy_source_range: Option<String>,
    /// The region that the request was signed for; none if it is not signed at all.
    pub region: Option<String>,
    /// The size of the request's body in bytes.
    pub received_bytes: u64,
    /// The size of the answer's body in bytes; of a HEAD's none.
    pub sent_bytes: u64,
    /// The status of the answer; none while there is no answer, and if there will be none.
    pub status: Option<u16>,
}

impl Arrival {
    /// Whether it carried a signature, in a header or in its query. It may have been a wrong one.
    pub fn signed(&self) -> bool {
        self.region.is_some()
    }

    fn of<B>(request: &Request<B>) -> Self {
        let header = |name| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        let host = header("host").unwrap_or_default();
        let path = decoded(request.uri().path().trim_start_matches('/'));
        let (bucket, key) = match hosts::bucket(&host) {
            Some(bucket) => (bucket, &*path),
            None => path.split_once('/').unwrap_or((&path, "")),
        };
        let source = header("x-amz-copy-source");
        Self {
            method: request.method().to_string(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            host: host.clone(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            copy_source: source.map(|source| decoded(source.trim_start_matches('/'))),
            copy_source_range: header("x-amz-copy-source-range"),
            region: signed_region(request.headers(), request.uri()),
            ..Self::default()
        }
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The region in the scope of a signature of version 4.
pub(super) fn signed_region(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let header = headers.get(http::header::AUTHORIZATION);
    let scope = match header {
        Some(header) => {
            let (_, credential) = header.to_str().ok()?.split_once("Credential=")?;
            credential.split(',').next()?.to_owned()
        }
        None => url::form_urlencoded::parse(uri.query()?.as_bytes())
            .find(|(name, _)| name == "X-Amz-Credential")?
            .1
            .into_owned(),
    };
    scope.split('/').nth(2).map(str::to_owned)
}

/// Which arrival a request is; travels with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket(usize);

#[derive(Debug, Default)]
pub(super) struct Arrivals(watch::Sender<Vec<Arrival>>);

impl Arrivals {
    pub(super) fn note<B>(&self, request: &Request<B>) -> Ticket {
        let arrival = Arrival::of(request);
        let mut number = 0;
        self.0.send_modify(|all| {
            number = all.len();
            all.push(arrival);
        });
        Ticket(number)
    }

    pub(super) fn is_operation(&self, ticket: Ticket, operation: &str) {
        self.0
            .send_modify(|all| all[ticket.0].operation = operation.to_owned());
    }

    pub(super) fn received(&self, ticket: Ticket, bytes: usize) {
        self.0
            .send_modify(|all| all[ticket.0].received_bytes = bytes as u64);
    }

    pub(super) fn answered<B>(&self, ticket: Ticket, answer: &Response<B>) {
        let length = answer.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        self.0.send_modify(|all| {
            let arrival = &mut all[ticket.0];
            arrival.status = Some(answer.status().as_u16());
            if arrival.method != "HEAD" {
                arrival.sent_bytes = length.unwrap_or(0);
            }
        });
    }

    pub(super) fn all(&self) -> Vec<Arrival> {
        self.0.borrow().clone()
    }

    pub(super) fn count(&self, operation: &str) -> usize {
        count(&self.0.borrow(), operation)
    }

    pub(super) async fn until(&self, operation: &str, times: usize) {
        let mut all = self.0.subscribe();
        all.wait_for(|all| count(all, operation) >= times)
            .await
            .unwrap();
    }
}

fn count(all: &[Arrival], operation: &str) -> usize {
    all.iter()
        .filter(|arrival| arrival.operation == operation)
        .count()
}
