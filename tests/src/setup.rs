//! How a deployment is to be started.

use std::collections::BTreeMap;
use std::time::Duration;

/// The regions of every deployment's pools.
pub(crate) const REGIONS: [&str; 2] = ["us-west-2", "eu-central-1"];

/// How a deployment is to be started; by default with the default policy, in two processes where
/// it has processes.
///
/// In sources `{store}` stands for the URL of the S3 that the pools are on, where it is the test's
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
    /// Whether the story is about the store: pools are on an S3 of the test's own then, also where
    /// another has been deployed, which refuses nobody and cannot be looked into.
    pub own_store: bool,
    /// Variables for every process.
    pub environment: BTreeMap<String, String>,
    /// How many processes there are.
    pub processes: usize,
    /// How long a message that was received stays invisible.
    pub visibility: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            policy: String::new(),
            source: String::new(),
            sources: String::new(),
            presigned: false,
            own_store: false,
            environment: BTreeMap::new(),
            processes: 2,
            visibility: Duration::from_secs(60),
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

    /// Whether it asks for nothing in particular, but for a number of processes.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default().processes(self.processes)
    }

    /// The configuration in front of an origin, with these pools.
    pub(crate) fn config(&self, origin: &str, pools: &str) -> String {
        let Self {
            policy,
            source,
            sources,
            ..
        } = self;
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
