//! The `Source` port: objects of stores that private rules name, read with our credentials.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::config::StalledStreamProtectionConfig;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use cloud_mirror_body::{ContentRange, PROGRESS, checked};
use cloud_mirror_domain::error::{Failure, Kind, chain};
use cloud_mirror_domain::ports::{Fetch, Opened, Resume, Source, SourceFacts};
use cloud_mirror_domain::rules::StoredObject;
use futures::stream::{self, Stream};

use crate::S3Clients;
use crate::failure::{Refusal, place};
use crate::source_head::{self, payer};

/// The objects that private rules name in stores of S3, or of one service that speaks its protocol.
///
/// Guaranteed: only [`stored`](cloud_mirror_domain::rules::SourceRule::stored) objects are asked
/// for, in the store's own region. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct S3Source {
    clients: S3Clients,
    progress: Duration,
}

impl S3Source {
    /// Sources that these clients reach: their endpoint and their credentials. Makes no request.
    pub fn new(clients: S3Clients) -> Self {
        Self {
            clients,
            progress: PROGRESS,
        }
    }

    /// The same with another patience than the usual one: how long a store may let us wait for its
    /// answer, and then for each next piece of the body.
    #[must_use]
    pub fn patient(self, progress: Duration) -> Self {
        Self { progress, ..self }
    }
}

#[async_trait]
impl Source for S3Source {
    /// Where S3's answer leaves open what the operator must do, one more request finds out.
    async fn head(&self, fetch: Fetch<'_>) -> Result<SourceFacts, Failure> {
        source_head::source_facts(&self.clients, &object_of(fetch)?).await
    }

    async fn open(&self, fetch: Fetch<'_>, resume: Option<Resume<'_>>) -> Result<Opened, Failure> {
        let object = object_of(fetch)?;
        let found = self.get(&object, resume).await?;
        self.opened(&object, found, resume)
    }
}

impl S3Source {
    /// The checksums are asked for so that the bytes can be compared with them: S3 sends none
    /// unasked. The SDK's own watch over slow streams is off, or there would be two time limits
    /// with a word each.
    async fn get(
        &self,
        object: &StoredObject,
        resume: Option<Resume<'_>>,
    ) -> Result<GetObjectOutput, Failure> {
        let client = self.clients.moving_bytes(&object.region);
        let asking = client.get_object().bucket(&object.bucket).key(&object.key);
        let asking = asking
            .set_request_payer(payer(object))
            .set_range(resume.map(|resume| format!("bytes={}-", resume.first_byte)))
            .set_if_match(resume.map(|resume| resume.etag.to_owned()))
            .set_checksum_mode(self.clients.dialect().checksum_mode())
            .customize()
            .config_override(unwatched());
        match tokio::time::timeout(self.progress, asking.send()).await {
            Ok(asked) => asked.map_err(|error| refused(object, &error)),
            Err(_) => {
                let why = format!("no answer for {:?}", self.progress);
                Err(failed(Kind::SourceStalled, object, &why))
            }
        }
    }

    fn opened(
        &self,
        object: &StoredObject,
        found: GetObjectOutput,
        resume: Option<Resume<'_>>,
    ) -> Result<Opened, Failure> {
        let mut facts = source_head::of_answer(&found);
        let (first_byte, announced) = match (found.content_range(), resume) {
            (Some(said), Some(resume)) => {
                let range = part_from(object, said, resume.first_byte)?;
                // A part's own headers say little of the object: its digests are the part's.
                facts.size = range.total;
                facts.offered = Vec::new();
                (range.first, Some(range.remaining()))
            }
            _ => (0, facts.size),
        };
        let name = place(&object.bucket, &object.key);
        let body = checked(name, announced, self.progress, pieces(found.body));
        Ok(Opened {
            facts,
            first_byte,
            body,
        })
    }
}

/// A URL that names no object for certain must not be asked for in any other way: a stranger is
/// refused, and whoever is not is no private source.
fn object_of(fetch: Fetch<'_>) -> Result<StoredObject, Failure> {
    fetch.rule.stored(fetch.url).ok_or_else(|| {
        let url = fetch.url.without_query();
        let detail = format!("{url} names no object of the private rule's store for certain");
        Failure::new(Kind::SourceRefused, detail)
    })
}

fn unwatched() -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::config::Builder::new()
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

fn part_from(object: &StoredObject, said: &str, first_byte: u64) -> Result<ContentRange, Failure> {
    let range = ContentRange::parse(said).filter(|range| range.first == first_byte);
    range.ok_or_else(|| {
        let why = format!("sends {said} where bytes from {first_byte} on were asked for");
        failed(Kind::SourceFailed, object, &why)
    })
}

fn pieces(body: ByteStream) -> impl Stream<Item = Result<Bytes, String>> + Send {
    stream::unfold(body, |mut body| async {
        let piece = body.next().await?;
        Some((piece.map_err(|error| chain(&error)), body))
    })
}

/// Nothing is left from the first byte that is missing: the object has become a shorter one, which
/// a store that judges ranges before conditions says so.
fn refused(object: &StoredObject, error: &SdkError<GetObjectError, HttpResponse>) -> Failure {
    let status = error.raw_response().map(|raw| raw.status().as_u16());
    let place = place(&object.bucket, &object.key);
    let failure = Refusal::of("GetObject", &place, error).of_source();
    match status {
        Some(416) => Failure::new(Kind::SourceChanged, failure.detail),
        _ => failure,
    }
}

fn failed(kind: Kind, object: &StoredObject, why: &str) -> Failure {
    let place = place(&object.bucket, &object.key);
    Failure::new(kind, format!("GetObject {place}: {why}"))
}
