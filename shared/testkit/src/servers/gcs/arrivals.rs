//! What has arrived: every request, also those that were refused.

use http::{Request, Response};
use hyper::body::Body;
use tokio::sync::watch;

use super::request::parameters;

/// How a request proved who sent it, rightly or wrongly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credential {
    /// Not at all.
    #[default]
    Nothing,
    /// By an `Authorization` header.
    Header,
    /// By a signature in its query.
    SignedUrl,
}

/// One request that arrived at the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arrival {
    /// The operation, in S3's words where it has one, such as `CopyObject`.
    pub operation: String,
    /// The HTTP method.
    pub method: String,
    /// The path as it came, percent-encoded.
    pub path: String,
    /// The query string as it came, without `?`; empty if there was none.
    pub query: String,
    /// A copy's source as it came.
    pub copy_source: Option<String>,
    /// The range that was asked for, such as `bytes=0-5242879`.
    pub range: Option<String>,
    /// What the request proved itself with.
    pub credential: Credential,
    /// The size of the request's body in bytes.
    pub received_bytes: u64,
    /// The size of the answer's body in bytes; of a HEAD's none.
    pub sent_bytes: u64,
    /// The status of the answer; none while there is no answer, and if there will be none.
    pub status: Option<u16>,
}

impl Arrival {
    fn of<B>(request: &Request<B>) -> Self {
        let header = |name| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        Self {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            copy_source: header("x-goog-copy-source"),
            range: header("range"),
            credential: credential(request),
            ..Self::default()
        }
    }
}

fn credential<B>(request: &Request<B>) -> Credential {
    let query = parameters(request.uri().query().unwrap_or_default());
    let mut names = query.iter().map(|(name, _)| name.as_str());
    if request.headers().contains_key(http::header::AUTHORIZATION) {
        Credential::Header
    } else if names.any(|name| name == "X-Goog-Signature") {
        Credential::SignedUrl
    } else {
        Credential::Nothing
    }
}

/// Which arrival a request is.
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

    /// The request has come to its end.
    pub(super) fn is(&self, ticket: Ticket, operation: &str, received_bytes: usize) {
        self.0.send_modify(|all| {
            all[ticket.0].operation = operation.to_owned();
            all[ticket.0].received_bytes = received_bytes as u64;
        });
    }

    pub(super) fn answered<B: Body>(&self, ticket: Ticket, answer: &Response<B>) {
        self.0.send_modify(|all| {
            let arrival = &mut all[ticket.0];
            arrival.status = Some(answer.status().as_u16());
            if arrival.method != "HEAD" {
                arrival.sent_bytes = answer.body().size_hint().lower();
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
