//! Sources over HTTP and HTTPS, fetched safely.
//!
//! | look in | for |
//! |---|---|
//! | `client` | how the two clients are built, and how patient they are |
//! | `resolver` | which addresses may be connected to |
//! | `follow` | the walk along redirects, each step judged by the rule |
//! | `facts` | what an answer's headers say of the object |
//! | `body` | the bytes, counted and timed |
//! | `failure` | what goes wrong, in the domain's words and without secrets |

mod body;
mod client;
mod facts;
mod failure;
mod follow;
mod resolver;

pub use client::{BuildError, Limits};

use async_trait::async_trait;
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::ports::{Fetch, Opened, Source, SourceFacts};
use http::{Method, StatusCode};

use crate::client::Clients;
use crate::follow::follow;

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
        Ok(Self {
            clients: Clients::new(limits)?,
        })
    }
}

#[async_trait]
impl Source for HttpSource {
    async fn head(&self, fetch: Fetch<'_>) -> Result<SourceFacts, Failure> {
        let mut answer = follow(&self.clients, &Method::HEAD, fetch).await?;
        if knows_no_head(answer.status()) {
            // From the start again: a redirect's target may be signed for one method only.
            answer = follow(&self.clients, &Method::GET, fetch).await?;
        }
        Ok(answer.successful()?.facts())
    }

    async fn open(&self, fetch: Fetch<'_>) -> Result<Opened, Failure> {
        let answer = follow(&self.clients, &Method::GET, fetch)
            .await?
            .successful()?;
        let facts = answer.facts();
        let body = answer.into_body(facts.size, self.clients.limits().progress);
        Ok(Opened { facts, body })
    }
}

/// Some servers answer GET only, and say so in one of two ways.
fn knows_no_head(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
    )
}
