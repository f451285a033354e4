//! Whether a source's bucket can be read, for an operator who asks what is wrong.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::RequestPayer;
use cloud_mirror_domain::ports::LookError;
use cloud_mirror_domain::rules::Store;

use crate::S3Clients;
use crate::bucket::said_region;
use crate::failure::{Refusal, place};

/// How a source's bucket answers the credentials that ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceHealth {
    /// It can be listed, and the first object that was found there can be read.
    Readable,
    /// It can be listed, and no object's key begins with the store's prefix.
    Empty,
    /// It is in this region and not in the one that the configuration names.
    Elsewhere(String),
}

/// Lists one object below a store's prefix and looks at it, with the credentials of `clients`: what
/// the copier's role may do can differ. Reads only, may be repeated, and is paid for by the caller
/// where the store says so. IAM: `s3:ListBucket`, `s3:GetObject`.
///
/// # Errors
/// `Missing` where there is no such bucket, `Denied` where these credentials may not read it.
pub async fn source_health(clients: &S3Clients, store: &Store) -> Result<SourceHealth, LookError> {
    let client = clients.in_region(&store.region);
    let payer = store.requester_pays.then_some(RequestPayer::Requester);
    let listing = client.list_objects_v2().bucket(&store.bucket);
    let listing = listing.set_request_payer(payer.clone());
    let listed = listing.prefix(&store.prefix).max_keys(1).send().await;
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) => {
            let region = said_region(&error).filter(|region| *region != store.region);
            let refusal = Refusal::of("ListObjectsV2", &store.bucket, &error);
            return match (region, error.code()) {
                (Some(region), _) => Ok(SourceHealth::Elsewhere(region.to_owned())),
                (None, Some("NoSuchBucket")) => Err(LookError::Missing(refusal.words)),
                (None, _) => Err(refusal.into()),
            };
        }
    };
    match listed.contents().first().and_then(|object| object.key()) {
        Some(key) => look_at(&client, store, key, payer).await,
        None => Ok(SourceHealth::Empty),
    }
}

async fn look_at(
    client: &Client,
    store: &Store,
    key: &str,
    payer: Option<RequestPayer>,
) -> Result<SourceHealth, LookError> {
    let looking = client.head_object().bucket(&store.bucket).key(key);
    match looking.set_request_payer(payer).send().await {
        Ok(_) => Ok(SourceHealth::Readable),
        Err(error) => {
            let place = place(&store.bucket, key);
            Err(Refusal::of("HeadObject", &place, &error).into())
        }
    }
}
