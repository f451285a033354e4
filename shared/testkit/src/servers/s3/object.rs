//! An object, and what S3 tells of it.

use std::time::SystemTime;

use s3s::dto::{ETag, HeadObjectOutput, Metadata, Tag, Timestamp};
use s3s::{S3Result, s3_error};

use super::checksums::{Sum, tell_sum};
use super::content::Content;
use super::custody::Custody;

/// The bytes that keys and values of user metadata may have in all, and, counted for themselves,
/// those of the headers that S3 keeps.
const METADATA_LIMIT: usize = 2 * 1024;

/// What a writer says of an object beside its bytes and tags.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) expires: Option<Timestamp>,
    pub(super) metadata: Metadata,
}

/// The facts in the input of any operation that writes an object.
macro_rules! facts {
    ($input:expr) => {
        $crate::servers::s3::object::Facts {
            cache_control: $input.cache_control.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: $input.content_encoding.clone(),
            content_language: $input.content_language.clone(),
            content_type: $input.content_type.clone(),
            expires: $input.expires.clone(),
            metadata: $input.metadata.clone().unwrap_or_default(),
        }
        .checked()
    };
}
pub(super) use facts;

impl Facts {
    /// As they are stored: within the limits, and without the encoding that only the upload had.
    pub(super) fn checked(mut self) -> S3Result<Self> {
        self.content_encoding = self.content_encoding.as_deref().and_then(stored_encoding);
        let user = self.metadata.iter();
        let user: usize = user.map(|(key, value)| key.len() + value.len()).sum();
        if user.max(self.system()) > METADATA_LIMIT {
            return Err(s3_error!(
                MetadataTooLarge,
                "Your metadata headers exceed the maximum allowed metadata size"
            ));
        }
        Ok(self)
    }

    /// The bytes of names and values of the headers that S3 keeps.
    fn system(&self) -> usize {
        let headers = [
            ("cache-control", &self.cache_control),
            ("content-disposition", &self.content_disposition),
            ("content-encoding", &self.content_encoding),
            ("content-language", &self.content_language),
            ("content-type", &self.content_type),
        ];
        let bytes = |(name, value): (&str, &Option<String>)| {
            value.as_ref().map_or(0, |value| name.len() + value.len())
        };
        headers.into_iter().map(bytes).sum()
    }
}

fn stored_encoding(sent: &str) -> Option<String> {
    let kept = sent
        .split(',')
        .map(str::trim)
        .filter(|encoding| *encoding != "aws-chunked");
    let kept = kept.collect::<Vec<_>>().join(",");
    (!kept.is_empty()).then_some(kept)
}

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) content: Content,
    /// Without quotes.
    pub(super) etag: String,
    pub(super) sum: Option<Sum>,
    pub(super) facts: Facts,
    pub(super) tags: Vec<Tag>,
    pub(super) custody: Custody,
    pub(super) modified: SystemTime,
}

impl Object {
    /// An object that is written in one request, with the plain MD5 as its etag.
    pub(super) fn whole(content: Content, sum: Option<Sum>, facts: Facts, tags: Vec<Tag>) -> Self {
        Self {
            etag: hex::encode(content.md5()),
            content,
            sum,
            facts,
            tags,
            custody: Custody::default(),
            modified: SystemTime::UNIX_EPOCH,
        }
    }

    pub(super) fn etag(&self) -> Option<ETag> {
        Some(ETag::Strong(self.etag.clone()))
    }

    pub(super) fn last_modified(&self) -> Option<Timestamp> {
        Some(self.modified.into())
    }

    /// Everything that a HEAD tells, and the checksum if it is asked for.
    pub(super) fn described(&self, expiration: Option<String>, sums: bool) -> HeadObjectOutput {
        let facts = self.facts.clone();
        let content_type = facts.content_type.unwrap_or("binary/octet-stream".into());
        let mut head = HeadObjectOutput {
            accept_ranges: Some("bytes".into()),
            cache_control: facts.cache_control,
            content_disposition: facts.content_disposition,
            content_encoding: facts.content_encoding,
            content_language: facts.content_language,
            content_length: Some(self.content.len() as i64),
            content_type: Some(content_type),
            e_tag: self.etag(),
            expiration,
            expires: facts.expires,
            last_modified: self.last_modified(),
            metadata: Some(facts.metadata),
            ..HeadObjectOutput::default()
        };
        self.custody.tell(&mut head);
        if sums {
            tell_sum!(head, self.sum.as_ref());
            head.checksum_type = self.sum.as_ref().map(Sum::kind);
        }
        head
    }
}
