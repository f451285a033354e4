//! One run, seen by everything that works for it.

use cloud_mirror_domain::entry::{Digests, Replica};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Fetch, NewObject, Part, SourceFacts, UploadId, Written};

use crate::Copier;
use crate::job::Job;
use crate::lease::Lease;

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
}

/// What is left to write once every byte was read.
pub(crate) enum Last {
    Whole(Written),
    Parts {
        upload: UploadId,
        parts: Vec<Part>,
        digests: Digests,
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

impl Last {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Whole(written) => written.bytes.len() as u64,
            Self::Parts { size, .. } => *size,
        }
    }
}
