//! How a deployment is to be started.

use std::collections::BTreeMap;
use std::time::Duration;

use cloud_mirror_testkit::faults::{Call, Faults, Mishap};

/// The regions of every deployment's pools.
pub(crate) const REGIONS: [&str; 2] = ["us-west-2", "eu-central-1"];

/// How a deployment is to be started; by default with the default policy, in two processes where
/// it has processes.
///
/// In tables `{service}` stands for the service of the pools, and in sources `{store}` stands for the URL of the S3 that the pools are on, where it is the test's
/// own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Tables of `mirror.toml` beside sources and pools.
    pub policy: String,
    /// Keys of the origin's `[[source]]`.
    pub source: String,
    /// Further tables of sources.
    pub sources: String,
    /// Whether every replica's address is signed; else only those in `us-west-2` are.
    pub presigned: bool,
    /// The regions whose pools are being evacuated.
    pub drained: Vec<&'static str>,
    /// Whether the story is about the store: pools are on an S3 of the test's own then, also where
    /// another has been deployed, which refuses nobody and cannot be looked into.
    pub own_store: bool,
    /// Variables for every process.
    pub environment: BTreeMap<String, String>,
    /// How many processes there are.
    pub processes: usize,
    /// How long a message that was received stays invisible.
    pub visibility: Duration,
    /// What is to befall which calls, from the very first call on.
    pub planned: Vec<(Call, Mishap)>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            policy: String::new(),
            source: String::new(),
            sources: String::new(),
            presigned: false,
            drained: Vec::new(),
            own_store: false,
            environment: BTreeMap::new(),
            processes: 2,
            visibility: Duration::from_secs(60),
            planned: Vec::new(),
        }
    }
}

impl Setup {
    /// With these tables besides sources and pools.
    #[must_use]
    pub fn policy(self, policy: impl Into<String>) -> Self {
        Self {
            policy: policy.into(),
            ..self
        }
    }

    /// With these keys for the origin.
    #[must_use]
    pub fn source(self, source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            ..self
        }
    }

    /// With these sources beside the origin.
    #[must_use]
    pub fn sources(self, sources: impl Into<String>) -> Self {
        Self {
            sources: sources.into(),
            ..self
        }
    }

    /// With every replica's address signed.
    #[must_use]
    pub fn presigned(self) -> Self {
        Self {
            presigned: true,
            ..self
        }
    }

    /// With a region that is being evacuated.
    #[must_use]
    pub fn drained(mut self, region: &'static str) -> Self {
        self.drained.push(region);
        self
    }

    /// What a region's pool has in `mirror.toml` besides.
    pub(crate) fn drain(&self, region: &str) -> &'static str {
        if self.drained.contains(&region) {
            "drain = true"
        } else {
            ""
        }
    }

    /// With pools on an S3 of the test's own, where pools are on any.
    #[must_use]
    pub fn own_store(self) -> Self {
        Self {
            own_store: true,
            ..self
        }
    }

    /// With this variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// In so many processes.
    #[must_use]
    pub fn processes(self, processes: usize) -> Self {
        Self { processes, ..self }
    }

    /// With messages that come back after so long.
    #[must_use]
    pub fn visibility(self, visibility: Duration) -> Self {
        Self { visibility, ..self }
    }

    /// With a mishap for a call, from the start on: also for one that is made before a story begins.
    #[must_use]
    pub fn befalls(mut self, call: Call, mishap: Mishap) -> Self {
        self.planned.push((call, mishap));
        self
    }

    /// Tells the switchboard of a deployment that begins.
    pub(crate) fn plan(&self, faults: &Faults) {
        for (call, mishap) in &self.planned {
            faults.befall(call.clone(), *mishap);
        }
    }

    /// Whether it asks for nothing in particular, but for a number of processes.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default().processes(self.processes)
    }

    /// The configuration in front of an origin, with these pools, which are all of one service.
    pub(crate) fn config(&self, origin: &str, service: &str, pools: &str) -> String {
        let Self {
            policy,
            source,
            sources,
            ..
        } = self;
        let policy = with_lifetimes_of_stories(policy).replace("{service}", service);
        format!(
            r#"
            {policy}
            [[source]]
            url = "{origin}"
            allow_http = true
            allow_private = true
            {source}
            {sources}
            {pools}
            "#
        )
    }
}

/// What stories have otherwise than the default, unless they say it themselves. One mirror alone need
/// not wait for a day before it ends an upload that its table does not know, and no story has a day. And
/// what one process remembers, another's purge does not reach: stories of that say so.
const LIFETIMES: [(&str, &str); 2] = [("unrecorded_upload", "0s"), ("hot_cache", "0s")];

fn with_lifetimes_of_stories(policy: &str) -> String {
    const TABLE: &str = "[lifetimes]";
    let unsaid = LIFETIMES.iter().filter(|(key, _)| !policy.contains(key));
    let keys: String = unsaid
        .map(|(key, value)| format!("\n{key} = \"{value}\""))
        .collect();
    if policy.contains(TABLE) {
        policy.replace(TABLE, &format!("{TABLE}{keys}"))
    } else {
        format!("{policy}\n{TABLE}{keys}")
    }
}

/// How late a call is that is delayed: whatever was held by that lease when it was made, and
/// whatever anybody took over since, is over.
pub(crate) fn past(lease: Duration) -> Duration {
    2 * lease + Duration::from_secs(1)
}
