//! Sources over HTTP and HTTPS, fetched safely.
//!
//! | look in | for |
//! |---|---|
//! | `client` | how the two clients are built, and what they put up with |
//! | `names` | where names lead, and whether that is public |
//! | `resolver` | which addresses may be connected to |
//! | `follow` | the walk along redirects, each step judged by the rule |
//! | `answer` | what an answer means to whoever asked |
//! | `facts` | what an answer's headers say of the object |
//! | `offered` | digests among these headers |
//! | `failure` | what goes wrong, in the domain's words and without secrets |

mod answer;
mod client;
mod facts;
mod failure;
mod follow;
mod names;
mod offered;
mod resolver;

pub use client::{BuildError, Limits, tls, unruled, unruled_builder};
pub use names::{Names, SystemNames};

/// What a source sends, read without a network: pure, total, and the same each time.
pub mod sent {
    pub use crate::follow::{next, permitted};
    pub use crate::offered::offered;
    pub use cloud_mirror_body::ContentRange;
}

use std::sync::Arc;

use async_trait::async_trait;
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::ports::{Fetch, Opened, Resume, Source, SourceFacts};
use http::StatusCode;

use crate::client::Clients;
use crate::follow::{Question, follow};

/// Any source over HTTP or HTTPS.
///
/// Guaranteed: every step of a redirect is judged by the rule before it is taken; an address is
/// connected to only if it belongs to the public internet or the rule says `allow_private`; no
/// credential, cookie, referrer or proxy is used; bytes arrive undecoded. No failure's detail
/// holds a query string, which may be a signature. Cloning is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct HttpSource {
    clients: Clients,
}

impl HttpSource {
    /// A source with these limits. It makes no request, and may be repeated.
    ///
    /// # Errors
    /// Only where TLS or the client cannot be set up at all: nothing that a source could cause.
    pub fn new(limits: Limits) -> Result<Self, BuildError> {
        Self::with_names(limits, Arc::new(SystemNames))
    }

    /// The same with other names than the system's: for tests, which have no public address.
    ///
    /// # Errors
    /// As [`HttpSource::new`].
    pub fn with_names(limits: Limits, names: Arc<dyn Names>) -> Result<Self, BuildError> {
        Ok(Self {
            clients: Clients::new(limits, names)?,
        })
    }
}

#[async_trait]
impl Source for HttpSource {
    async fn head(&self, fetch: Fetch<'_>) -> Result<SourceFacts, Failure> {
        let mut answer = follow(&self.clients, fetch.url, Question::head(fetch)).await?;
        if knows_no_head(answer.status()) {
            // From the start again: a redirect's target may be signed for one method only.
            answer = follow(&self.clients, fetch.url, Question::get(fetch, None)).await?;
        }
        answer.successful_facts()
    }

    async fn open(&self, fetch: Fetch<'_>, resume: Option<Resume<'_>>) -> Result<Opened, Failure> {
        let answer = follow(&self.clients, fetch.url, Question::get(fetch, resume)).await?;
        answer.opened(resume, self.clients.limits().progress)
    }
}

/// Some servers answer GET only, and say so in one of two ways.
fn knows_no_head(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
    )
}
