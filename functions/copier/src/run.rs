//! One run, seen by everything that works for it.

use cloud_mirror_domain::entry::{Digests, Replica};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Fetch, NewObject, Part, SourceFacts, UploadId, Written};

use crate::Copier;
use crate::job::Job;
use crate::lease::Lease;
use crate::server_side::CopyFrom;

#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) copier: &'a Copier,
    pub(crate) job: &'a Job<'a>,
    pub(crate) lease: &'a Lease<'a>,
}

/// What is known before the first byte moves.
pub(crate) struct Prepared {
    pub(crate) facts: SourceFacts,
    pub(crate) object: NewObject,
    pub(crate) seen: Seen,
    /// The source of a server-side copy, where that is possible.
    pub(crate) from: Option<CopyFrom>,
}

/// What is left to do that makes the replica visible.
pub(crate) enum Last {
    /// One copy inside the store.
    InStore {
        size: u64,
    },
    Whole(Written),
    Parts {
        upload: UploadId,
        parts: Vec<Part>,
        digests: Option<Digests>,
        size: u64,
    },
}

impl Run<'_> {
    /// Whether a replica may be kept instead of being written.
    pub(crate) fn is_good(&self, replica: &Replica) -> bool {
        let margin = self.copier.policy.lifetimes.present_margin;
        let (url, lifespan) = (&self.job.id.url, self.job.pool.lifespan);
        !self.lease.distrusts() && replica.is_good(url, lifespan, margin, self.copier.now())
    }

    pub(crate) fn fetch(&self) -> Fetch<'_> {
        Fetch {
            url: &self.job.id.url,
            rule: self.job.rule,
        }
    }
}

impl Prepared {
    /// The source of a server-side copy, which the plan is proof of.
    pub(crate) fn from(&self) -> Result<&CopyFrom, Failure> {
        let missing = || Failure::new(Kind::NotPermitted, "no store to copy from");
        self.from.as_ref().ok_or_else(missing)
    }
}

impl Last {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Whole(written) => written.bytes.len() as u64,
            Self::InStore { size } | Self::Parts { size, .. } => *size,
        }
    }
}
