//! The `Source` port: private objects, read with our credentials.

use async_trait::async_trait;
use cloud_mirror_body::{ContentRange, PROGRESS, checked};
use cloud_mirror_domain::error::{Failure, Kind, chain};
use cloud_mirror_domain::ports::{Body, Fetch, Opened, Resume, Source, SourceFacts};
use cloud_mirror_domain::rules::StoredObject;
use futures::TryStreamExt;
use http::{HeaderMap, Method, StatusCode};
use reqwest::Response;

use crate::GcsClients;
use crate::failure::{Reason, Refusal};
use crate::found::{facts, size};
use crate::place::Place;
use crate::request::Asking;

/// Private objects of the stores that rules name.
///
/// Bytes arrive as they are stored: every request says that gzip is welcome, or Google would decompress
/// what is stored with `Content-Encoding: gzip`.
///
/// IAM: `storage.objects.get`, and `storage.objects.list` to tell absent from forbidden.
#[derive(Clone)]
pub struct GcsSource {
    clients: GcsClients,
}

impl GcsSource {
    /// A source with the credentials of `clients`. Makes no request.
    pub fn new(clients: GcsClients) -> Self {
        Self { clients }
    }

    fn asking(&self, action: &str, method: Method, object: &StoredObject) -> Asking {
        let place = Place {
            bucket: &object.bucket,
            key: &object.key,
        };
        let asking = self.clients.object(action, method, place);
        asking.welcoming_gzip().paid_by_us(object.requester_pays)
    }

    /// The same refusal with its words: HEAD's answers have none, and 400 is one to several faults,
    /// about each of which an operator does something else.
    async fn in_words(&self, refusal: Refusal, object: &StoredObject) -> Failure {
        let asking = self.asking("GetObject", Method::GET, object);
        match asking.header("range", "bytes=0-0").send().await {
            Err(spoken) if spoken.reason != Reason::BeyondEnd => spoken.of_source(),
            _ => refusal.of_source(),
        }
    }

    async fn whole(&self, object: &StoredObject) -> Result<Opened, Failure> {
        let asking = self.asking("GetObject", Method::GET, object);
        let name = asking.about.clone();
        let response = asking.open().await.map_err(Refusal::of_source)?;
        opened(name, response)
    }

    async fn rest(&self, object: &StoredObject, resume: Resume<'_>) -> Result<Opened, Failure> {
        let asking = self.asking("GetObject", Method::GET, object);
        let name = asking.about.clone();
        let answered = asking
            .header("range", &format!("bytes={}-", resume.first_byte))
            .header("if-match", resume.etag)
            .open()
            .await;
        match answered {
            Ok(response) => opened(name, response),
            // Another object by now: all of it is new.
            Err(refusal) if refusal.reason == Reason::Precondition => self.whole(object).await,
            Err(refusal) => Err(refusal.of_source()),
        }
    }
}

#[async_trait]
impl Source for GcsSource {
    async fn head(&self, fetch: Fetch<'_>) -> Result<SourceFacts, Failure> {
        let object = stored(fetch)?;
        match self
            .asking("HeadObject", Method::HEAD, &object)
            .send()
            .await
        {
            Ok(found) => Ok(facts(&found.headers)),
            Err(refusal) if refusal.reason == Reason::Wordless => {
                Err(self.in_words(refusal, &object).await)
            }
            Err(refusal) => Err(refusal.of_source()),
        }
    }

    async fn open(&self, fetch: Fetch<'_>, resume: Option<Resume<'_>>) -> Result<Opened, Failure> {
        let object = stored(fetch)?;
        match resume {
            None => self.whole(&object).await,
            Some(resume) => self.rest(&object, resume).await,
        }
    }
}

/// A URL that names no object for certain must not be asked for in any other way: a stranger is refused,
/// and whoever is not is no private source.
fn stored(fetch: Fetch<'_>) -> Result<StoredObject, Failure> {
    fetch.rule.stored(fetch.url).ok_or_else(|| {
        let url = fetch.url.without_query();
        let why = format!("{url} does not say which object of the rule's store is meant");
        Failure::new(Kind::SourceRefused, why)
    })
}

/// What an answer with bytes holds of the object.
fn opened(name: String, response: Response) -> Result<Opened, Failure> {
    let headers = response.headers();
    let facts = facts(headers);
    let (facts, first_byte, remaining) = if response.status() == StatusCode::PARTIAL_CONTENT {
        let part = range(&name, headers)?;
        // The answer's digests are not of what it brings.
        let facts = SourceFacts {
            size: part.total,
            offered: Vec::new(),
            ..facts
        };
        (facts, part.first, Some(part.remaining()))
    } else {
        (facts, 0, size(headers))
    };
    Ok(Opened {
        facts,
        first_byte,
        body: body(name, remaining, response),
    })
}

fn range(name: &str, headers: &HeaderMap) -> Result<ContentRange, Failure> {
    let said = headers
        .get("content-range")
        .and_then(|range| range.to_str().ok());
    said.and_then(ContentRange::parse).ok_or_else(|| {
        let why = format!("{name}: a part of the object, and not which");
        Failure::new(Kind::SourceFailed, why)
    })
}

fn body(name: String, remaining: Option<u64>, response: Response) -> Body {
    let pieces = response.bytes_stream();
    let pieces = pieces.map_err(|error| chain(&error.without_url()));
    checked(name, remaining, PROGRESS, pieces)
}
