//! A source, read as its rule allows.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use super::ObjectHeaders;
use crate::digest::OfferedDigest;
use crate::error::{Failure, Kind};
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
    /// When it was last changed, in the source's own words.
    pub last_modified: Option<String>,
    /// Digests of the whole object that the source offers, to be checked.
    pub offered: Vec<OfferedDigest>,
    /// Why it cannot be copied although it is there, where its own headers say so: archived.
    pub obstacle: Option<Kind>,
    /// Its headers for clients.
    pub headers: ObjectHeaders,
    /// The hosts that were redirected through.
    pub via_hosts: Vec<String>,
}

/// The bytes of an object as they arrive, undecoded.
pub type Body = BoxStream<'static, Result<Bytes, Failure>>;

/// Where a stream that broke goes on, if the object is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume<'a> {
    /// So many bytes are not needed any more.
    pub first_byte: u64,
    /// The strong entity tag that the object had.
    pub etag: &'a str,
}

/// An object that was opened.
pub struct Opened {
    /// What the source says of the whole object now.
    pub facts: SourceFacts,
    /// Where its bytes begin: where they were asked to, or at 0 from a source that answers no
    /// ranges or holds another object by now. (One that can be asked under a condition may fail as
    /// `source-changed` instead.)
    pub first_byte: u64,
    /// Its bytes from there.
    pub body: Body,
}

/// A source. Both verbs may be repeated.
///
/// Over HTTP, redirects are followed here, and each is checked against the rule: scheme, prefix or
/// `redirect_hosts`, address. Our credentials are sent only where the rule is `private`, and then
/// only to ask its own store for [`SourceRule::stored`] of the URL, or anybody could publish what
/// our role may read. IAM for those: `s3:GetObject` on the store, and `s3:ListBucket` to tell absent
/// from forbidden.
#[async_trait]
pub trait Source: Send + Sync {
    /// What the source says of an object. Every answer but success is a failure of its kind.
    async fn head(&self, fetch: Fetch<'_>) -> Result<SourceFacts, Failure>;

    /// Opens an object from its first byte, or from where a stream goes on. The status is judged
    /// as strictly as HEAD's.
    async fn open(&self, fetch: Fetch<'_>, resume: Option<Resume<'_>>) -> Result<Opened, Failure>;
}
