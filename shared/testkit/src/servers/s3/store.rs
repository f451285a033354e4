//! What the server holds: buckets, objects, unfinished uploads and the time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::dto::{
    CopySource, LifecycleRule, PublicAccessBlockConfiguration, ServerSideEncryptionConfiguration,
};
use s3s::{S3Result, s3_error};

use super::arrivals::Arrivals;
use super::faults::Faults;
use super::object::Object;
use super::pace::Pace;
use super::settings::Settings;
use super::uploads::Upload;

const DELETE_MARKER: HeaderName = HeaderName::from_static("x-amz-delete-marker");

#[derive(Debug)]
pub(super) struct Store {
    pub(super) settings: Settings,
    pub(super) arrivals: Arrivals,
    pub(super) faults: Faults,
    pub(super) pace: Pace,
    state: Mutex<State>,
}

impl Store {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            arrivals: Arrivals::default(),
            faults: Faults::default(),
            pace: Pace::default(),
            state: Mutex::default(),
        }
    }

    /// Everything at once: what is done under one lock is atomic. Never held over an await, nor while
    /// digests of large objects are computed.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) buckets: BTreeMap<String, Bucket>,
    ahead: Duration,
    uploads_begun: u64,
}

impl State {
    /// The machine's time, as signatures need it, and what the test has added to it.
    #[allow(
        clippy::disallowed_methods,
        reason = "the clients sign with the machine's time"
    )]
    pub(super) fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead
    }

    pub(super) fn time_passes(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// Identifiers in the order of their uploads' beginnings.
    pub(super) fn new_upload_id(&mut self) -> String {
        self.uploads_begun += 1;
        format!("upload-{:08}", self.uploads_begun)
    }

    pub(super) fn bucket(&self, name: &str) -> S3Result<&Bucket> {
        self.buckets
            .get(name)
            .ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist"))
    }

    pub(super) fn bucket_mut(&mut self, name: &str) -> S3Result<&mut Bucket> {
        self.buckets
            .get_mut(name)
            .ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist"))
    }

    /// The object that a copy names as its source, whatever its bucket's region, if its bytes can
    /// be had. A delete marker is said to nobody but its own readers.
    pub(super) fn source(&self, source: &CopySource, headers: &HeaderMap) -> S3Result<&Object> {
        let (bucket, key) = place(source)?;
        let bucket = self.bucket(bucket)?;
        if bucket.denied {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        bucket.charge(headers)?;
        let object = bucket.object(key)?;
        object.custody.give()?;
        Ok(object)
    }
}

/// Bucket and key of a copy's source.
pub(super) fn place(source: &CopySource) -> S3Result<(&str, &str)> {
    match source {
        CopySource::Bucket { bucket, key, .. } => Ok((bucket, key)),
        _ => Err(s3_error!(
            NotImplemented,
            "only buckets are sources of copies"
        )),
    }
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) region: String,
    pub(super) objects: BTreeMap<String, Object>,
    /// By key and identifier, which is the order in which they are listed.
    pub(super) uploads: BTreeMap<(String, String), Upload>,
    pub(super) lifecycle: Option<Vec<LifecycleRule>>,
    pub(super) public_access: Option<PublicAccessBlockConfiguration>,
    pub(super) encryption: Option<ServerSideEncryptionConfiguration>,
    pub(super) policy: Option<String>,
    pub(super) public_read: bool,
    pub(super) denied: bool,
    /// Whether the caller lacks `s3:ListBucket`, without which absence is told as 403.
    pub(super) secretive: bool,
    pub(super) requester_pays: bool,
    /// The keys whose newest version is a delete marker.
    pub(super) markers: BTreeSet<String>,
}

impl Bucket {
    pub(super) fn new(region: &str) -> Self {
        Self {
            region: region.to_owned(),
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            lifecycle: None,
            public_access: Some(everything_blocked()),
            encryption: None,
            policy: None,
            public_read: false,
            denied: false,
            secretive: false,
            requester_pays: false,
            markers: BTreeSet::new(),
        }
    }

    pub(super) fn object(&self, key: &str) -> S3Result<&Object> {
        self.objects.get(key).ok_or_else(|| {
            if self.secretive {
                s3_error!(AccessDenied, "Access Denied")
            } else {
                s3_error!(NoSuchKey, "The specified key does not exist.")
            }
        })
    }

    /// The same for a reader of its own, who is told of a delete marker.
    pub(super) fn read(&self, key: &str) -> S3Result<&Object> {
        self.object(key).map_err(|mut error| {
            if !self.secretive && self.markers.contains(key) {
                let marker = (DELETE_MARKER, HeaderValue::from_static("true"));
                error.set_headers(HeaderMap::from_iter([marker]));
            }
            error
        })
    }
}

/// What every new bucket has had since April 2023.
fn everything_blocked() -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration {
        block_public_acls: Some(true),
        block_public_policy: Some(true),
        ignore_public_acls: Some(true),
        restrict_public_buckets: Some(true),
    }
}
