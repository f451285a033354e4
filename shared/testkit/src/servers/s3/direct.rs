//! What a test does to the server past the wire.

use std::time::Duration;

use bytes::Bytes;
use s3s::dto::{Metadata, Tag};

use super::arrivals::Arrival;
use super::checksums::{Algorithm, Sum};
use super::conditions::Conditions;
use super::content::Content;
use super::faults::Fault;
use super::object::{Facts, Object};
use super::store::Bucket;
use super::{S3Server, tags};

/// Buckets and objects. Whatever names a bucket that does not exist panics.
impl S3Server {
    /// Creates an empty bucket, in place of one of the same name.
    pub fn create_bucket(&self, name: &str, region: &str) {
        let mut state = self.store.state();
        state.buckets.insert(name.to_owned(), Bucket::new(region));
    }

    /// Stores an object as a PUT would, with a CRC64NVME checksum, and tells its etag, in quotes.
    /// Headers are those of a PUT that are kept: `content-type` and its like, `x-amz-meta-…`,
    /// `x-amz-tagging`; another one panics.
    pub fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> String {
        let content = Content::real(bytes.into());
        let sum = Sum::of(Algorithm::Crc64Nvme, &content);
        let (facts, tags) = described(headers);
        self.write(bucket, key, Object::whole(content, sum, facts, tags))
    }

    /// Stores an object of any size, even terabytes, whose bytes are made when they are read; tells
    /// its etag, in quotes. It has no checksum, and its etag is not the MD5 of its bytes. Two of them
    /// with the same `seed` have the same bytes, as far as the shorter one goes.
    pub fn put_pattern(&self, bucket: &str, key: &str, size: u64, seed: u64) -> String {
        let content = Content::pattern(seed..seed + size);
        let object = Object::whole(content, None, Facts::default(), Vec::new());
        self.write(bucket, key, object)
    }

    fn write(&self, bucket: &str, key: &str, object: Object) -> String {
        let mut state = self.store.state();
        let written = state.write((bucket, key), object, &Conditions::default());
        format!("\"{}\"", written.unwrap().1.etag)
    }

    /// The bytes of an object.
    pub fn object(&self, bucket: &str, key: &str) -> Option<Bytes> {
        self.content(bucket, key).map(|content| content.bytes())
    }

    /// The size of an object in bytes.
    pub fn size(&self, bucket: &str, key: &str) -> Option<u64> {
        self.content(bucket, key).map(|content| content.len())
    }

    /// Whether both objects, each a bucket and a key, exist and have the same bytes. Cheap even for
    /// huge patterns, if they are whole copies.
    pub fn same_bytes(&self, one: (&str, &str), other: (&str, &str)) -> bool {
        let contents = self
            .content(one.0, one.1)
            .zip(self.content(other.0, other.1));
        contents.is_some_and(|(one, other)| one.same_bytes(&other))
    }

    /// Each request that an object's bytes came by, in their order: its bytes' count and their
    /// SHA-256, in hexadecimal. Of an object that is not there, nothing; patterns, which no request
    /// brings, panic.
    pub fn received(&self, bucket: &str, key: &str) -> Vec<(u64, String)> {
        let content = self.content(bucket, key).unwrap_or_default();
        content.pieces_received()
    }

    fn content(&self, bucket: &str, key: &str) -> Option<Content> {
        let state = self.store.state();
        let object = state.bucket(bucket).unwrap().objects.get(key);
        object.map(|object| object.content.clone())
    }

    /// Deletes an object, if it exists.
    pub fn delete(&self, bucket: &str, key: &str) {
        self.with(bucket, |bucket| bucket.objects.remove(key));
    }

    /// The keys of a bucket, sorted.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let state = self.store.state();
        state
            .bucket(bucket)
            .unwrap()
            .objects
            .keys()
            .cloned()
            .collect()
    }

    /// The unfinished uploads of a bucket: keys and upload identifiers, sorted.
    pub fn uploads(&self, bucket: &str) -> Vec<(String, String)> {
        let state = self.store.state();
        state
            .bucket(bucket)
            .unwrap()
            .uploads
            .keys()
            .cloned()
            .collect()
    }

    pub(super) fn with<T>(&self, bucket: &str, change: impl FnOnce(&mut Bucket) -> T) -> T {
        change(self.store.state().bucket_mut(bucket).unwrap())
    }
}

/// Rights and time.
impl S3Server {
    /// Lets everybody, unsigned too, read the objects of a bucket, but not list them: to unsigned
    /// requests an absent object is 403.
    pub fn make_public(&self, bucket: &str) {
        self.with(bucket, |bucket| bucket.public_read = true);
    }

    /// Refuses (403 `AccessDenied`) every request for a bucket, and copies out of it; or no longer.
    pub fn deny(&self, bucket: &str, denied: bool) {
        self.with(bucket, |bucket| bucket.denied = denied);
    }

    /// Takes the right to list a bucket, or gives it back: without it an absent object is answered
    /// 403 rather than 404. Listings themselves go on working.
    pub fn hide_absence(&self, bucket: &str, hidden: bool) {
        self.with(bucket, |bucket| bucket.secretive = hidden);
    }

    /// Lets time pass for `Last-Modified`, `x-amz-expiration` and [`Self::sweep_lifecycle`]; not for
    /// signatures, whose time is the machine's.
    pub fn time_passes(&self, by: Duration) {
        self.store.state().time_passes(by);
    }

    /// Deletes the objects and aborts the uploads whose time is over by the buckets' lifecycle rules.
    /// S3 does it once a day; here nothing ends before this is called.
    pub fn sweep_lifecycle(&self) {
        let mut state = self.store.state();
        let now = state.now();
        state
            .buckets
            .values_mut()
            .for_each(|bucket| bucket.sweep(now));
    }
}

/// What has arrived, and faults.
impl S3Server {
    /// Every request that has arrived, in order, also those that were refused.
    pub fn requests(&self) -> Vec<Arrival> {
        self.store.arrivals.all()
    }

    /// How many requests for an operation have arrived, such as `CopyObject`, faulty ones included.
    /// Requests with a wrong signature have no operation.
    pub fn count(&self, operation: &str) -> usize {
        self.store.arrivals.count(operation)
    }

    /// Waits until so many requests for an operation have arrived.
    pub async fn until_count(&self, operation: &str, times: usize) {
        self.store.arrivals.until(operation, times).await;
    }

    /// Lets the next requests for an operation meet a fault, after those ordered before.
    pub fn fail_next(&self, operation: &str, times: usize, fault: Fault) {
        self.store.faults.order(operation, times, fault);
    }

    /// Lets every request for an operation wait from now on, before it has its effect; of none, if
    /// the time is zero. Faults that are answers come at once.
    pub fn delay(&self, operation: &str, by: Duration) {
        self.store.pace.delay(operation, by);
    }

    /// The most requests for an operation that were under way at once: from when all of each had
    /// arrived to its answer.
    pub fn most_at_once(&self, operation: &str) -> usize {
        self.store.pace.most_at_once(operation)
    }

    /// Takes back all orders of [`Self::fail_next`].
    pub fn heal(&self) {
        self.store.faults.clear();
    }

    /// Closes all connections, the idle ones and those with a request under way. New ones are
    /// accepted.
    pub fn drop_connections(&self) {
        self.store.faults.disconnect();
    }
}

fn described(headers: &[(&str, &str)]) -> (Facts, Vec<Tag>) {
    let mut facts = Facts::default();
    let mut tagging = None;
    let mut metadata = Metadata::default();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let field = match name.as_str() {
            "cache-control" => &mut facts.cache_control,
            "content-disposition" => &mut facts.content_disposition,
            "content-encoding" => &mut facts.content_encoding,
            "content-language" => &mut facts.content_language,
            "content-type" => &mut facts.content_type,
            "x-amz-tagging" => &mut tagging,
            _ => {
                let key = name.strip_prefix("x-amz-meta-").unwrap();
                metadata.insert(key.to_owned(), (*value).to_owned());
                continue;
            }
        };
        *field = Some((*value).to_owned());
    }
    facts.metadata = metadata;
    (
        facts.checked().unwrap(),
        tags::parsed(tagging.as_deref()).unwrap(),
    )
}
