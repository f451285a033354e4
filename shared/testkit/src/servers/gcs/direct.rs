//! What a test does to the server past the wire.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::arrivals::Arrival;
use super::object::{Condition, Facts, KEPT, Object};
use super::store::{Bucket, age};
use super::{Fault, GcsServer, buckets};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Buckets and objects. Whatever names a bucket that does not exist panics.
impl GcsServer {
    /// Creates an empty bucket, in place of one of the same name. Its project's owners have it.
    pub fn create_bucket(&self, name: &str, location: &str) {
        let mut bucket = Bucket::new(buckets::resource(name, location));
        bucket.bindings = json!([{
            "role": "roles/storage.legacyBucketOwner",
            "members": ["projectOwner:cloud-mirror-test"],
        }]);
        self.store.state().buckets.insert(name.to_owned(), bucket);
    }

    /// Stores an object as a PUT would, and tells its generation. Headers are those of a PUT that
    /// are kept: `content-type` and its like, `x-goog-meta-…`; another one panics.
    pub fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> u64 {
        let object = Object::whole(bytes.into(), described(headers));
        let mut state = self.store.state();
        let written = state.write((bucket, key), object, &Condition::default());
        written.unwrap().generation
    }

    /// The bytes of an object.
    pub fn object(&self, bucket: &str, key: &str) -> Option<Bytes> {
        self.with(bucket, |bucket| {
            Some(bucket.objects.get(key)?.bytes.clone())
        })
    }

    /// The size of an object in bytes.
    pub fn size(&self, bucket: &str, key: &str) -> Option<u64> {
        self.object(bucket, key).map(|bytes| bytes.len() as u64)
    }

    /// An object's own metadata, without `x-goog-meta-`, sorted.
    pub fn metadata(&self, bucket: &str, key: &str) -> Option<Vec<(String, String)>> {
        self.with(bucket, |bucket| {
            let facts = &bucket.objects.get(key)?.facts;
            Some(facts.metadata.clone().into_iter().collect())
        })
    }

    /// Deletes an object, if it exists.
    pub fn delete(&self, bucket: &str, key: &str) {
        self.with(bucket, |bucket| bucket.objects.remove(key));
    }

    /// The names of a bucket's objects, sorted.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.with(bucket, |bucket| bucket.objects.keys().cloned().collect())
    }

    /// The unfinished uploads of a bucket: names and upload identifiers, sorted.
    pub fn uploads(&self, bucket: &str) -> Vec<(String, String)> {
        self.with(bucket, |bucket| bucket.uploads.keys().cloned().collect())
    }

    /// A bucket as the JSON API tells it, without its metageneration; none if there is none.
    pub fn bucket(&self, name: &str) -> Option<Value> {
        let state = self.store.state();
        state
            .buckets
            .get(name)
            .map(|bucket| bucket.resource.clone())
    }

    fn with<T>(&self, bucket: &str, change: impl FnOnce(&mut Bucket) -> T) -> T {
        change(self.store.state().bucket_mut(bucket).unwrap())
    }
}

/// Rights and time.
impl GcsServer {
    /// Lets everybody read the objects of a bucket, but not list them: to callers without
    /// credentials an absent object is 403.
    pub fn make_public(&self, bucket: &str) {
        let binding = json!({
            "role": "roles/storage.legacyObjectReader",
            "members": ["allUsers"],
        });
        self.with(bucket, |bucket| {
            bucket.bindings.as_array_mut().unwrap().push(binding);
            bucket.policy_version += 1;
        });
    }

    /// Refuses (403) every request for a bucket, and copies out of it; or no longer.
    pub fn deny(&self, bucket: &str, denied: bool) {
        self.with(bucket, |bucket| bucket.denied = denied);
    }

    /// Refuses (400) every request for a bucket, and copies out of it, that names no project to pay;
    /// or no longer.
    pub fn set_requester_pays(&self, bucket: &str, requester_pays: bool) {
        self.with(bucket, |bucket| bucket.requester_pays = requester_pays);
    }

    /// Lets time pass for `Last-Modified`, `x-goog-expiration` and [`Self::sweep_lifecycle`]; not
    /// for signatures and tokens, whose time is the machine's.
    pub fn time_passes(&self, by: Duration) {
        self.store.state().time_passes(by);
    }

    /// Deletes the objects and aborts the uploads whose age is over by the buckets' lifecycle rules.
    /// Google does it in its own time; here nothing ends before this is called.
    pub fn sweep_lifecycle(&self) {
        let mut state = self.store.state();
        let now = state.now();
        for bucket in state.buckets.values_mut() {
            let resource = bucket.resource.clone();
            let over = |action, name: &str, since| {
                let days = age(&resource, action, name);
                days.is_some_and(|days| since + DAY * days as u32 <= now)
            };
            let lives = |name: &String, since| !over("Delete", name, since);
            bucket
                .objects
                .retain(|name, object| lives(name, object.modified));
            let goes_on =
                |name: &String, since| !over("AbortIncompleteMultipartUpload", name, since);
            bucket
                .uploads
                .retain(|(name, _), upload| goes_on(name, upload.begun));
        }
    }
}

/// What has arrived, and faults.
impl GcsServer {
    /// Every request that has arrived, in order, also those that were refused.
    pub fn requests(&self) -> Vec<Arrival> {
        self.store.arrivals.all()
    }

    /// How many requests for an operation have arrived, such as `CopyObject`, faulty and refused
    /// ones included.
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

    /// The most requests for an operation that were under way at once.
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

fn described(headers: &[(&str, &str)]) -> Facts {
    let mut facts = Facts::default();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if let Some(name) = name.strip_prefix("x-goog-meta-") {
            facts.metadata.insert(name.to_owned(), (*value).to_owned());
        } else {
            assert!(
                KEPT.iter().any(|(kept, _)| *kept == *name),
                "{name} is not kept"
            );
            facts.headers.insert(name, (*value).to_owned());
        }
    }
    facts.checked().unwrap()
}
