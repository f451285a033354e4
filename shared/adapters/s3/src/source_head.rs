//! What S3 says of the source of a copy, and why it says nothing.
//!
//! Answers to HEAD have no body: a status must do for a reason, and two of them have several. Where
//! one of these comes, a second request finds out which it is, as an operator does something else
//! about each. Objects that can be copied never cost more than the first.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::DateTimeFormat;
use aws_sdk_s3::types::{ArchiveStatus, ChecksumType, RequestPayer, StorageClass};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud_mirror_domain::digest::{Algorithm, OfferedDigest};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::plan::Kept;
use cloud_mirror_domain::ports::{ObjectHeaders, SourceFacts};
use cloud_mirror_domain::rules::StoredObject;

use crate::S3Clients;
use crate::failure::{Reason, Refusal, place};

/// What the store says of an object, asked in its own region.
pub(crate) async fn source_facts(
    clients: &S3Clients,
    object: &StoredObject,
) -> Result<SourceFacts, Failure> {
    let asking = Asking {
        client: clients.in_region(&object.region),
        object,
    };
    match asking.head(payer(object)).await {
        Ok(found) => Ok(facts(&found)),
        Err(refusal) => Err(match refusal.reason {
            Reason::Denied if !object.requester_pays => asking.would_payment_do(refusal).await,
            Reason::Wordless => asking.in_words(refusal).await,
            _ => refusal.of_source(),
        }),
    }
}

/// What a request for an object says of who pays for it, where its rule allows that we do.
pub(crate) fn payer(object: &StoredObject) -> Option<RequestPayer> {
    object.requester_pays.then_some(RequestPayer::Requester)
}

struct Asking<'a> {
    client: Client,
    object: &'a StoredObject,
}

impl Asking<'_> {
    async fn head(&self, payer: Option<RequestPayer>) -> Result<HeadObjectOutput, Refusal> {
        let asking = self.client.head_object().set_request_payer(payer);
        let asking = asking.bucket(&self.object.bucket).key(&self.object.key);
        let asked = asking.send().await;
        asked.map_err(|error| self.refused("HeadObject", &error))
    }

    /// Asked once more, as one who pays: a HEAD costs us next to nothing, but a copy may not be paid
    /// for unless the rule says so.
    async fn would_payment_do(&self, refusal: Refusal) -> Failure {
        match self.head(Some(RequestPayer::Requester)).await {
            Ok(_) => Failure::new(Kind::RequesterPays, refusal.words),
            Err(_) => refusal.of_source(),
        }
    }

    /// The same refusal with its words, from a GET of one byte: 400 is S3's answer to a HEAD without
    /// a customer's key, but to one in the wrong region and to ended credentials as well.
    async fn in_words(&self, refusal: Refusal) -> Failure {
        let asking = self.client.get_object().range("bytes=0-0");
        let asking = asking.bucket(&self.object.bucket).key(&self.object.key);
        let asked = asking.set_request_payer(payer(self.object)).send().await;
        match asked {
            Ok(_) => refusal.of_source(),
            Err(error) => self.refused("GetObject", &error).of_source(),
        }
    }

    fn refused<E>(&self, action: &str, error: &SdkError<E, HttpResponse>) -> Refusal
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let place = place(&self.object.bucket, &self.object.key);
        Refusal::of(action, &place, error)
    }
}

/// What an answer says of its object. A macro, because the SDK's answers that have these fields
/// (`HeadObject`, `GetObject`) share no trait.
macro_rules! facts {
    ($found:expr) => {{
        let found = $found;
        let own = |value: Option<&str>| value.map(str::to_owned);
        let size = found.content_length();
        let modified = found.last_modified();
        let checksums = [
            (Algorithm::Crc32, found.checksum_crc32()),
            (Algorithm::Crc32c, found.checksum_crc32_c()),
            (Algorithm::Crc64Nvme, found.checksum_crc64_nvme()),
            (Algorithm::Sha1, found.checksum_sha1()),
            (Algorithm::Sha256, found.checksum_sha256()),
        ];
        SourceFacts {
            size: size.and_then(|size| u64::try_from(size).ok()),
            etag: own(found.e_tag()),
            last_modified: modified.and_then(|moment| moment.fmt(DateTimeFormat::HttpDate).ok()),
            offered: offered(found.checksum_type(), checksums),
            obstacle: None,
            headers: ObjectHeaders {
                content_type: own(found.content_type()),
                content_encoding: own(found.content_encoding()),
                content_disposition: own(found.content_disposition()),
                content_language: own(found.content_language()),
                cache_control: own(found.cache_control()),
            },
            via_hosts: Vec::new(),
        }
    }};
}

pub(crate) fn of_answer(found: &GetObjectOutput) -> SourceFacts {
    facts!(found)
}

fn facts(found: &HeadObjectOutput) -> SourceFacts {
    SourceFacts {
        obstacle: is_archived(found).then_some(Kind::Archived),
        ..facts!(found)
    }
}

/// The checksums of the whole object. One of an object that came in parts may be one of the parts'
/// checksums: newer answers say so by its type, older ones by a `-` and the number of parts, which
/// is no base64.
fn offered(
    kind: Option<&ChecksumType>,
    checksums: [(Algorithm, Option<&str>); 5],
) -> Vec<OfferedDigest> {
    let of_parts = kind == Some(&ChecksumType::Composite);
    let said = checksums.into_iter().filter(|_| !of_parts);
    said.filter_map(|(algorithm, base64)| {
        let bytes = STANDARD.decode(base64?).ok()?;
        let hex = hex::encode(&bytes);
        (bytes.len() == algorithm.size_bytes()).then_some(OfferedDigest { algorithm, hex })
    })
    .collect()
}

fn is_archived(found: &HeadObjectOutput) -> bool {
    let kept = Kept {
        storage_class: found.storage_class().map(StorageClass::as_str),
        archive_status: found.archive_status().map(ArchiveStatus::as_str),
        restore: found.restore(),
    };
    kept.is_archived()
}
