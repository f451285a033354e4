//! The way to the bytes: from where the mirror sends a client, along whatever redirects follow.

use std::time::Duration;

use bytes::Bytes;
use cloud_mirror_domain::url::{SourceUrl, is_signed};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, LOCATION};
use http::{HeaderMap, StatusCode};
use reqwest::{Client, Response};
use tokio::time::timeout;
use url::Url;

use crate::operator::OperatorError;
use crate::operator::mirror::{Answer, Redirected, cause};

/// As many redirects as browsers follow half of.
const MAX_REDIRECTS: usize = 10;

/// How long a store may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// S3 tells an object's checksum only to who asks with this.
const CHECKSUM_MODE: &str = "x-amz-checksum-mode";

/// An object that is about to be read.
pub(super) struct Fetched {
    response: Response,
    read: u64,
}

/// Why there is nothing to be read.
pub(super) enum Missed {
    /// The store says that it has no such replica, or, where strangers may not list, that it tells none.
    Gone(OperatorError),
    /// Anything else.
    Failed(OperatorError),
}

impl From<OperatorError> for Missed {
    fn from(error: OperatorError) -> Self {
        Self::Failed(error)
    }
}

impl From<Missed> for OperatorError {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Gone(error) | Missed::Failed(error) => error,
        }
    }
}

/// Opens the object where the mirror says it is. A replica is where it is; an origin may lead on.
pub(super) async fn fetch(http: &Client, redirected: &Redirected) -> Result<Fetched, Missed> {
    let unable = |told: &str| OperatorError::Unable(format!("{told}; ask the source's operator"));
    let mut address = Url::parse(&redirected.location)
        .map_err(|_| unable("the mirror's redirect is no address"))?;
    for _ in 0..=MAX_REDIRECTS {
        let response = ask(http, &address).await?;
        let Some(location) = leads_on(&response) else {
            return opened(response, redirected.answer);
        };
        let next = address.join(&location);
        let next = next.map_err(|_| unable("a redirect leads to no address"))?;
        if address.scheme() == "https" && next.scheme() != "https" {
            return Err(unable("a redirect leads from https to something less").into());
        }
        address = next;
    }
    Err(unable("redirects lead on and on").into())
}

/// A signature covers every `x-amz-` header there is, or S3 refuses the request ("headers present in
/// the request which were not signed"), and a mirror's signs none so that any client can use it. So
/// a signed address is asked without; its bytes are compared with what the mirror tells of them.
async fn ask(http: &Client, address: &Url) -> Result<Response, OperatorError> {
    let mut request = http.get(address.clone());
    let signed = SourceUrl::parse(address.as_str()).is_ok_and(|url| is_signed(&url));
    if !signed {
        request = request.header(CHECKSUM_MODE, "ENABLED");
    }
    let host = address.host_str().unwrap_or_default();
    match timeout(SILENCE, request.send()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(OperatorError::Unable(format!(
            "{host} cannot be reached ({}); try again",
            cause(error)
        ))),
        Err(_) => Err(OperatorError::Unable(format!(
            "{host} does not answer; try again"
        ))),
    }
}

fn leads_on(response: &Response) -> Option<String> {
    let location = response.headers().get(LOCATION)?;
    let leads = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    leads.then(|| String::from_utf8_lossy(location.as_bytes()).into_owned())
}

fn opened(response: Response, answer: Answer) -> Result<Fetched, Missed> {
    if response.status() == StatusCode::OK {
        return Ok(Fetched { response, read: 0 });
    }
    let (whose, next) = match answer {
        Answer::Replica => (
            "the replica",
            "it may be gone behind the mirror's back: purge it (`cloud-mirror purge`), then get it again",
        ),
        Answer::Origin | Answer::Hop => ("the source", "look whether the URL is right"),
    };
    let host = response.url().host_str().unwrap_or_default();
    let status = response.status().as_u16();
    let error = OperatorError::Unable(format!("{whose} at {host} answers {status}; {next}"));
    Err(match (answer, status) {
        (Answer::Replica, 403 | 404 | 410) => Missed::Gone(error),
        _ => Missed::Failed(error),
    })
}

impl Fetched {
    /// What came before the bytes.
    pub(super) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// How many bytes there will be, if that is told.
    pub(super) fn length(&self) -> Option<u64> {
        let told = self.headers().get(CONTENT_LENGTH)?;
        told.to_str().ok()?.parse().ok()
    }

    /// How they are compressed, if they are; they stay so.
    pub(super) fn content_encoding(&self) -> Option<String> {
        let told = self.headers().get(CONTENT_ENCODING)?.to_str().ok()?;
        Some(told.to_owned())
    }

    /// The next bytes, in order; `None` when that were all.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, OperatorError> {
        let broke = |why: String| {
            let read = self.read;
            OperatorError::Unable(format!(
                "the download broke off after {read} bytes ({why}); no file is left, so get it again"
            ))
        };
        match timeout(SILENCE, self.response.chunk()).await {
            Ok(Ok(bytes)) => {
                self.read += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
                Ok(bytes)
            }
            Ok(Err(error)) => Err(broke(cause(error))),
            Err(_) => Err(broke(format!("nothing came for {} s", SILENCE.as_secs()))),
        }
    }
}
