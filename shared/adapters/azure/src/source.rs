//! The `Source` port: objects of containers that private rules name, read with our credentials.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud_mirror_body::{ContentRange, PROGRESS, checked};
use cloud_mirror_domain::digest::{Algorithm, OfferedDigest};
use cloud_mirror_domain::error::{Failure, Kind, chain};
use cloud_mirror_domain::ports::{Fetch, ObjectHeaders, Opened, Resume, Source, SourceFacts};
use cloud_mirror_domain::rules::StoredObject;
use futures::StreamExt as _;
use http::{HeaderMap, HeaderName, Method, header};
use reqwest::Response;

use crate::AzureClients;
use crate::call::Call;
use crate::client::Container;
use crate::source_failure::of_source;
use crate::stores::Stores;

/// The objects that private rules name in containers of Azure Blob Storage.
///
/// Guaranteed: only [`stored`](cloud_mirror_domain::rules::SourceRule::stored) objects are asked for,
/// and the credentials are those of the object's own account. Cloning is cheap and shares the
/// connections. Azure RBAC: `Storage Blob Data Reader` on the container; or the account's key; or a
/// shared access signature with `r`.
#[derive(Clone, Debug)]
pub struct AzureSource {
    stores: Stores,
    progress: Duration,
}

impl AzureSource {
    /// Sources that these clients reach. Makes no request.
    pub fn new(clients: AzureClients) -> Self {
        Self {
            stores: Stores::new(clients),
            progress: PROGRESS,
        }
    }

    /// The same with another patience than the usual one: how long Azure may let us wait for its
    /// answer, and then for each next piece of the body.
    #[must_use]
    pub fn patient(self, progress: Duration) -> Self {
        Self { progress, ..self }
    }
}

#[async_trait]
impl Source for AzureSource {
    async fn head(&self, fetch: Fetch<'_>) -> Result<SourceFacts, Failure> {
        let asked = self.asked(fetch)?;
        let call = Call::new(Method::HEAD, "GetBlobProperties").blob(&asked.object.key);
        let answer = asked.container.send(&call).await.map_err(of_source)?;
        Ok(facts(answer.headers()))
    }

    async fn open(&self, fetch: Fetch<'_>, resume: Option<Resume<'_>>) -> Result<Opened, Failure> {
        let asked = self.asked(fetch)?;
        let answer = self.get(&asked, resume).await?;
        self.opened(&asked, answer, resume)
    }
}

/// An object, and who is asked for it.
struct Asked {
    object: StoredObject,
    container: Container,
}

impl Asked {
    fn named(&self) -> String {
        format!("GetBlob {}/{}", self.object.bucket, self.object.key)
    }

    fn failed(&self, kind: Kind, why: &str) -> Failure {
        Failure::new(kind, format!("{}: {why}", self.named()))
    }
}

impl AzureSource {
    /// A URL that names no object for certain must not be asked for in any other way: a stranger is
    /// refused, and whoever is not is no private source.
    fn asked(&self, fetch: Fetch<'_>) -> Result<Asked, Failure> {
        let Some(object) = fetch.rule.stored(fetch.url) else {
            let url = fetch.url.without_query();
            let detail = format!("{url} names no object of the private rule's store for certain");
            return Err(Failure::new(Kind::SourceRefused, detail));
        };
        let container = self.stores.of(&object).map_err(of_source)?;
        Ok(Asked { object, container })
    }

    /// A part is asked for of the very object that the stream began with: any other is refused.
    async fn get(&self, asked: &Asked, resume: Option<Resume<'_>>) -> Result<Response, Failure> {
        let mut call = Call::new(Method::GET, "GetBlob")
            .blob(&asked.object.key)
            .patient();
        if let Some(resume) = resume {
            call = call
                .header(header::RANGE, format!("bytes={}-", resume.first_byte))
                .header(header::IF_MATCH, resume.etag);
        }
        match tokio::time::timeout(self.progress, asked.container.send(&call)).await {
            Ok(answer) => answer.map_err(of_source),
            Err(_) => {
                let why = format!("no answer for {:?}", self.progress);
                Err(asked.failed(Kind::SourceStalled, &why))
            }
        }
    }

    fn opened(
        &self,
        asked: &Asked,
        answer: Response,
        resume: Option<Resume<'_>>,
    ) -> Result<Opened, Failure> {
        let mut facts = facts(answer.headers());
        let range = one(answer.headers(), &header::CONTENT_RANGE);
        let (first_byte, announced) = match (range, resume) {
            (Some(said), Some(resume)) => {
                let range = part_from(asked, &said, resume.first_byte)?;
                // A part's own headers say little of the object: its digest is the part's.
                facts.size = range.total;
                facts.offered = Vec::new();
                (range.first, Some(range.remaining()))
            }
            _ => (0, facts.size),
        };
        // The HTTP library's error names the URL, which may be signed.
        let pieces = answer
            .bytes_stream()
            .map(|piece| piece.map_err(|error| chain(&error.without_url())));
        let body = checked(asked.named(), announced, self.progress, pieces);
        Ok(Opened {
            facts,
            first_byte,
            body,
        })
    }
}

fn part_from(asked: &Asked, said: &str, first_byte: u64) -> Result<ContentRange, Failure> {
    let range = ContentRange::parse(said).filter(|range| range.first == first_byte);
    range.ok_or_else(|| {
        let why = format!("sends {said} where bytes from {first_byte} on were asked for");
        asked.failed(Kind::SourceFailed, &why)
    })
}

/// What an answer says of the whole object.
fn facts(headers: &HeaderMap) -> SourceFacts {
    SourceFacts {
        size: one(headers, &header::CONTENT_LENGTH).and_then(|size| size.parse().ok()),
        etag: one(headers, &header::ETAG),
        last_modified: one(headers, &header::LAST_MODIFIED),
        offered: offered(headers),
        obstacle: is_archived(headers).then_some(Kind::Archived),
        headers: ObjectHeaders {
            content_type: one(headers, &header::CONTENT_TYPE),
            content_encoding: one(headers, &header::CONTENT_ENCODING),
            content_disposition: one(headers, &header::CONTENT_DISPOSITION),
            content_language: one(headers, &header::CONTENT_LANGUAGE),
            cache_control: one(headers, &header::CACHE_CONTROL),
        },
        via_hosts: Vec::new(),
    }
}

/// Azure keeps an MD5 of blobs that came in one request, or whatever their writer said it was.
fn offered(headers: &HeaderMap) -> Vec<OfferedDigest> {
    let md5 = one(headers, &HeaderName::from_static("content-md5"));
    let md5 = md5.and_then(|base64| STANDARD.decode(base64).ok());
    let md5 = md5.filter(|bytes| bytes.len() == Algorithm::Md5.size_bytes());
    md5.map(|bytes| OfferedDigest {
        algorithm: Algorithm::Md5,
        hex: hex::encode(bytes),
    })
    .into_iter()
    .collect()
}

/// While it is being brought back (`x-ms-archive-status`) a blob stays in that tier.
fn is_archived(headers: &HeaderMap) -> bool {
    let tier = one(headers, &HeaderName::from_static("x-ms-access-tier"));
    tier.is_some_and(|tier| tier.eq_ignore_ascii_case("Archive"))
}

/// A header as it was sent, where it is UTF-8.
fn one(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    String::from_utf8(headers.get(name)?.as_bytes().to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn said(lines: &[(&'static str, &'static str)]) -> SourceFacts {
        let lines = lines.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        facts(&HeaderMap::from_iter(lines))
    }

    #[test]
    fn what_is_not_said_is_not_known() {
        assert_eq!(said(&[]), SourceFacts::default());
        assert_eq!(said(&[("content-length", "many")]).size, None);
    }

    #[test]
    fn only_an_md5_that_can_be_one_is_offered() {
        let offered = said(&[("content-md5", "XUFAKrxLKna5cZ2REBfFkg==")]).offered;
        assert_eq!(
            offered[0].hex, "5d41402abc4b2a76b9719d911017c592",
            "of `hello`"
        );
        for none in ["", "XUFA", "not base64!"] {
            assert_eq!(said(&[("content-md5", none)]).offered, [], "{none}");
        }
    }

    #[test]
    fn a_blob_in_the_archive_cannot_be_copied_until_it_is_back() {
        let archived = Some(Kind::Archived);
        let tier = |tier| said(&[("x-ms-access-tier", tier)]).obstacle;
        assert_eq!(tier("Archive"), archived);
        for online in ["Hot", "Cool", "Cold", "P10"] {
            assert_eq!(tier(online), None, "{online}");
        }
        let coming_back = said(&[
            ("x-ms-access-tier", "Archive"),
            ("x-ms-archive-status", "rehydrate-pending-to-hot"),
        ]);
        assert_eq!(coming_back.obstacle, archived);
    }
}
