//! An object, what a writer says of it, and conditions on it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{self, HeaderName};

use super::answer::{Answer, Refusal, Reply, set};
use super::checksums::{base64, crc32c, md5};
use super::request::Request;
use super::store::Bucket;

/// The bytes that names and values of an object's own metadata may have in all.
const METADATA_LIMIT: usize = 8 * 1024;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The headers that an object keeps, and their names in the JSON API.
pub(super) const KEPT: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "cacheControl"),
    (header::CONTENT_DISPOSITION, "contentDisposition"),
    (header::CONTENT_ENCODING, "contentEncoding"),
    (header::CONTENT_LANGUAGE, "contentLanguage"),
    (header::CONTENT_TYPE, "contentType"),
];

/// What a writer says of an object beside its bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// By the header's name.
    pub(super) headers: BTreeMap<String, String>,
    /// Without `x-goog-meta-`.
    pub(super) metadata: BTreeMap<String, String>,
}

impl Facts {
    pub(super) fn of(request: &Request) -> Answer<Self> {
        let mut facts = Self::default();
        for (name, value) in &request.headers {
            let text = || value.to_str().map(str::to_owned);
            let invalid = |_| Refusal::invalid(&format!("{name} is no text"));
            if let Some(name) = name.as_str().strip_prefix("x-goog-meta-") {
                facts
                    .metadata
                    .insert(name.to_owned(), text().map_err(invalid)?);
            } else if KEPT.iter().any(|(kept, _)| kept == name) {
                facts
                    .headers
                    .insert(name.to_string(), text().map_err(invalid)?);
            }
        }
        facts.checked()
    }

    pub(super) fn checked(self) -> Answer<Self> {
        let metadata = self.metadata.iter();
        let bytes: usize = metadata.map(|(name, value)| name.len() + value.len()).sum();
        match bytes > METADATA_LIMIT {
            true => Err(Refusal::new(
                400,
                "MetadataTooLarge",
                "Your metadata exceeds 8 KiB.",
            )),
            false => Ok(self),
        }
    }

    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name.as_str()).map(String::as_str)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) bytes: Bytes,
    pub(super) facts: Facts,
    pub(super) generation: u64,
    pub(super) modified: SystemTime,
    /// Of objects that were made of parts or components there is none.
    pub(super) md5: Option<[u8; 16]>,
    pub(super) crc32c: String,
    /// How many components it was composed of; none of an object that was not.
    pub(super) components: Option<usize>,
    /// Without quotes, where it is not the MD5.
    made_etag: Option<String>,
}

impl Object {
    /// An object that is written in one request.
    pub(super) fn whole(bytes: Bytes, facts: Facts) -> Self {
        Self {
            md5: Some(md5(&bytes)),
            crc32c: crc32c(&bytes),
            bytes,
            facts,
            generation: 0,
            modified: SystemTime::UNIX_EPOCH,
            components: None,
            made_etag: None,
        }
    }

    /// An object without an MD5, and with an etag that is none.
    pub(super) fn made(
        bytes: Bytes,
        facts: Facts,
        etag: String,
        components: Option<usize>,
    ) -> Self {
        Self {
            md5: None,
            made_etag: Some(etag),
            components,
            ..Self::whole(bytes, facts)
        }
    }

    /// In quotes.
    pub(super) fn etag(&self) -> String {
        let md5 = || hex::encode(self.md5.unwrap_or_default());
        format!("\"{}\"", self.made_etag.clone().unwrap_or_else(md5))
    }

    /// The headers that every answer about an object carries.
    pub(super) fn tell(&self, reply: &mut Reply) {
        set(reply, header::ETAG, &self.etag());
        let generation = self.generation.to_string();
        set(
            reply,
            HeaderName::from_static("x-goog-generation"),
            &generation,
        );
        set(reply, HeaderName::from_static("x-goog-metageneration"), "1");
        let hash = HeaderName::from_static("x-goog-hash");
        set(reply, hash.clone(), &format!("crc32c={}", self.crc32c));
        if let Some(md5) = self.md5 {
            set(reply, hash, &format!("md5={}", base64(&md5)));
        }
        let length = self.bytes.len().to_string();
        set(
            reply,
            HeaderName::from_static("x-goog-stored-content-length"),
            &length,
        );
        let encoding = self
            .facts
            .header(&header::CONTENT_ENCODING)
            .unwrap_or("identity");
        set(
            reply,
            HeaderName::from_static("x-goog-stored-content-encoding"),
            encoding,
        );
        if let Some(components) = self.components {
            let name = HeaderName::from_static("x-goog-component-count");
            set(reply, name, &components.to_string());
        }
    }

    /// What readers are told beside that. An object without a `Cache-Control` has Google's: that of
    /// public objects is documented, that of others only seen. Nor is it documented how
    /// `x-goog-expiration` is written; here as `Last-Modified` is.
    pub(super) fn describe(&self, bucket: &Bucket, name: &str, reply: &mut Reply) {
        for (name, _) in KEPT {
            if let Some(value) = self.facts.header(&name) {
                set(reply, name, value);
            }
        }
        if self.facts.header(&header::CONTENT_TYPE).is_none() {
            set(reply, header::CONTENT_TYPE, "application/octet-stream");
        }
        if self.facts.header(&header::CACHE_CONTROL).is_none() {
            let caches = match bucket.public() {
                true => "public, max-age=3600",
                false => "private, max-age=0",
            };
            set(reply, header::CACHE_CONTROL, caches);
        }
        for (name, value) in &self.facts.metadata {
            let name = format!("x-goog-meta-{name}").parse();
            set(reply, name.unwrap(), value);
        }
        let modified = http_date(self.modified);
        set(reply, header::LAST_MODIFIED, &modified);
        if let Some(days) = bucket.age("Delete", name) {
            let end = http_date(self.modified + DAY * days as u32);
            set(reply, HeaderName::from_static("x-goog-expiration"), &end);
        }
    }
}

pub(super) fn http_date(moment: SystemTime) -> String {
    httpdate::fmt_http_date(moment)
}

/// What a writer or a reader demands of what exists.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    generation: Option<u64>,
}

impl Condition {
    const GENERATION: &str = "x-goog-if-generation-match";
    const METAGENERATION: &str = "x-goog-if-metageneration-match";

    /// Of the XML API.
    pub(super) fn of(request: &Request) -> Answer<Self> {
        if request.header(Self::METAGENERATION).is_some() {
            return Err(Refusal::new(
                501,
                "NotImplemented",
                "not known to this server",
            ));
        }
        let invalid = |_| Refusal::invalid("the generation is no number");
        let generation = request.header(Self::GENERATION).map(str::parse);
        let generation = generation.transpose().map_err(invalid)?;
        Ok(Self { generation })
    }

    /// Of the JSON API.
    pub(super) fn of_query(request: &Request) -> Answer<Self> {
        let generation = request.number("ifGenerationMatch")?;
        Ok(Self { generation })
    }

    /// Multipart uploads take none.
    pub(super) fn refuse(request: &Request) -> Answer<()> {
        let any = [Self::GENERATION, Self::METAGENERATION];
        match any.iter().any(|name| request.header(name).is_some()) {
            true => Err(Refusal::new(
                400,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented.",
            )),
            false => Ok(()),
        }
    }

    /// Nought asks that there is nothing.
    pub(super) fn allow(&self, existing: Option<&Object>) -> Answer<()> {
        let actual = existing.map_or(0, |object| object.generation);
        match self.generation {
            Some(wanted) if wanted != actual => Err(Refusal::unmet(Self::GENERATION)),
            _ => Ok(()),
        }
    }
}
