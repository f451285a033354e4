//! A source, read as its rule allows.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use super::ObjectHeaders;
use crate::error::Failure;
use crate::rules::SourceRule;
use crate::url::SourceUrl;

/// What is to be fetched, and the rule by which every step of it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Fetch<'a> {
    /// The source URL.
    pub url: &'a SourceUrl,
    /// The rule that allows it.
    pub rule: &'a SourceRule,
}

/// What a source says of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFacts {
    /// Its size in bytes, where the source says it.
    pub size: Option<u64>,
    /// Its entity tag.
    pub etag: Option<String>,
    /// Its headers for clients.
    pub headers: ObjectHeaders,
    /// The hosts that were redirected through.
    pub via_hosts: Vec<String>,
}

/// The bytes of an object as they arrive, undecoded.
pub type Body = BoxStream<'static, Result<Bytes, Failure>>;

/// An object that was opened.
pub struct Opened {
    /// What the source says of it now.
    pub facts: SourceFacts,
    /// Its bytes.
    pub body: Body,
}

/// A source. Redirects are followed here, and each is checked against the rule: scheme, prefix or
/// `redirect_hosts`, address. No credentials of ours are sent. Both verbs may be repeated.
#[async_trait]
pub trait Source: Send + Sync {
    /// What the source says of an object. Every answer but success is a failure of its kind.
    async fn head(&self, fetch: Fetch<'_>) -> Result<SourceFacts, Failure>;

    /// Opens an object from its first byte. The status is judged as strictly as HEAD's.
    async fn open(&self, fetch: Fetch<'_>) -> Result<Opened, Failure>;
}
