//! What the server holds: buckets, objects, unfinished uploads and the time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::account::Account;
use super::answer::{Answer, Refusal};
use super::arrivals::Arrivals;
use super::object::{Condition, Object};
use super::uploads::Upload;
use crate::servers::s3::{Faults, Pace};

const MIB: u64 = 1024 * 1024;

/// How the server deviates from Google's; by default it does not.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The least size in bytes of a part that is not the last one: 5 MiB. A test with small objects
    /// lowers it.
    pub smallest_part: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            smallest_part: 5 * MIB,
        }
    }
}

#[derive(Debug)]
pub(super) struct Store {
    pub(super) settings: Settings,
    pub(super) account: Account,
    pub(super) arrivals: Arrivals,
    pub(super) faults: Faults,
    pub(super) pace: Pace,
    state: Mutex<State>,
}

impl Store {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            account: Account::new(),
            arrivals: Arrivals::default(),
            faults: Faults::default(),
            pace: Pace::default(),
            state: Mutex::default(),
        }
    }

    /// Everything at once: what is done under one lock is atomic. Never held over an await.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// The machine's time, by which clients sign.
#[allow(
    clippy::disallowed_methods,
    reason = "the clients sign with the machine's time"
)]
pub(super) fn machine_time() -> SystemTime {
    SystemTime::now()
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) buckets: BTreeMap<String, Bucket>,
    ahead: Duration,
    uploads_begun: u64,
    last_generation: u64,
}

impl State {
    /// The machine's time, and what the test has added to it.
    pub(super) fn now(&self) -> SystemTime {
        machine_time() + self.ahead
    }

    pub(super) fn time_passes(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// Identifiers in the order of their uploads' beginnings.
    pub(super) fn new_upload_id(&mut self) -> String {
        self.uploads_begun += 1;
        format!("VXBsb2Fk-{:08}", self.uploads_begun)
    }

    /// Microseconds, as Google's generations are; each greater than the one before, over all names.
    fn new_generation(&mut self) -> u64 {
        let now = self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        self.last_generation = (self.last_generation + 1).max(now.as_micros() as u64);
        self.last_generation
    }

    pub(super) fn bucket(&self, name: &str) -> Answer<&Bucket> {
        self.buckets.get(name).ok_or_else(no_such_bucket)
    }

    pub(super) fn bucket_mut(&mut self, name: &str) -> Answer<&mut Bucket> {
        self.buckets.get_mut(name).ok_or_else(no_such_bucket)
    }

    pub(super) fn object(&self, (bucket, key): (&str, &str)) -> Answer<&Object> {
        let objects = &self.bucket(bucket)?.objects;
        objects.get(key).ok_or_else(Refusal::no_such_key)
    }

    /// Writes an object, under a new generation, if the condition allows it; tells it as written.
    pub(super) fn write(
        &mut self,
        (bucket, key): (&str, &str),
        mut object: Object,
        condition: &Condition,
    ) -> Answer<Object> {
        condition.allow(self.bucket(bucket)?.objects.get(key))?;
        object.generation = self.new_generation();
        object.modified = self.now();
        let bucket = self.bucket_mut(bucket)?;
        bucket.objects.insert(key.to_owned(), object.clone());
        Ok(object)
    }
}

fn no_such_bucket() -> Refusal {
    Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist.")
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) objects: BTreeMap<String, Object>,
    /// By key and identifier, which is the order in which they are listed.
    pub(super) uploads: BTreeMap<(String, String), Upload>,
    /// The bucket as the JSON API tells it.
    pub(super) resource: Value,
    pub(super) metageneration: u64,
    /// The bindings of its policy, as the JSON API tells them.
    pub(super) bindings: Value,
    pub(super) policy_version: u64,
    pub(super) denied: bool,
    pub(super) requester_pays: bool,
}

impl Bucket {
    pub(super) fn new(resource: Value) -> Self {
        Self {
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            resource,
            metageneration: 1,
            bindings: Value::Array(Vec::new()),
            policy_version: 1,
            denied: false,
            requester_pays: false,
        }
    }

    /// Whether everybody may read its objects: by a role that lets them, and unless the bucket
    /// prevents public access.
    pub(super) fn public(&self) -> bool {
        let prevented = &self.resource["iamConfiguration"]["publicAccessPrevention"] == "enforced";
        let reads = |binding: &Value| {
            let readers = [
                "roles/storage.objectViewer",
                "roles/storage.legacyObjectReader",
            ];
            let role = binding["role"].as_str().unwrap_or_default();
            let members = binding["members"].as_array();
            readers.contains(&role)
                && members.is_some_and(|members| members.iter().any(|member| member == "allUsers"))
        };
        !prevented
            && self
                .bindings
                .as_array()
                .is_some_and(|all| all.iter().any(reads))
    }

    /// The days after which the action of that name befalls what has that name, by the rules that ask for
    /// an age and perhaps for the beginning of a name.
    pub(super) fn age(&self, action: &str, name: &str) -> Option<u64> {
        age(&self.resource, action, name)
    }
}

/// The same of a bucket's resource.
pub(super) fn age(resource: &Value, action: &str, name: &str) -> Option<u64> {
    let rules = resource["lifecycle"]["rule"].as_array()?;
    let rules = rules.iter().filter(|rule| rule["action"]["type"] == action);
    let holding = rules.filter(|rule| holds(&rule["condition"], name));
    holding
        .filter_map(|rule| rule["condition"]["age"].as_u64())
        .min()
}

fn holds(condition: &Value, name: &str) -> bool {
    let mut all = condition.as_object().into_iter().flatten();
    all.all(|(key, value)| match (key.as_str(), value.as_array()) {
        ("age", _) => true,
        ("matchesPrefix", Some(prefixes)) => {
            let mut prefixes = prefixes.iter().filter_map(Value::as_str);
            prefixes.any(|prefix| name.starts_with(prefix))
        }
        _ => false,
    })
}
