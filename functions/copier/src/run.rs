//! One run, seen by everything that works for it.

use std::sync::Arc;

use cloud_mirror_domain::entry::{Digests, Replica, State, UnfinishedUpload};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Fetch, NewObject, Part, SourceFacts, Written};

use crate::hand_on::Why;
use crate::job::Job;
use crate::lease::Lease;
use crate::pace::Pace;
use crate::server_side::CopyFrom;
use crate::{Copier, Delivery};

#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) copier: &'a Copier,
    pub(crate) job: &'a Job<'a>,
    pub(crate) delivery: &'a Delivery<'a>,
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
        upload: UnfinishedUpload,
        parts: Vec<Part>,
        digests: Option<Digests>,
        size: u64,
    },
}

/// What moving the bytes came to.
pub(crate) enum Moved {
    /// They are where they belong, but for this.
    All(Last),
    /// The rest is moved by another run.
    GoesOn(Why),
}

impl Run<'_> {
    /// Whether a replica may be kept instead of being written: not the one that is to be renewed.
    pub(crate) fn is_good(&self, replica: &Replica) -> bool {
        let good = replica.is_of(&self.job.id.url) && self.has_life_left(replica);
        good && !self.lease.distrusts() && !self.is_to_be_renewed(replica)
    }

    /// Ours, and so near its end that it is worth no entry any more.
    pub(crate) fn is_over(&self, replica: &Replica) -> bool {
        replica.is_of(&self.job.id.url) && !self.has_life_left(replica)
    }

    pub(crate) fn has_life_left(&self, replica: &Replica) -> bool {
        let margin = self.copier.policy.lifetimes.present_margin;
        let (url, lifespan) = (&self.job.id.url, self.job.pool.lifespan);
        replica.entry_expires(url, lifespan, margin) > self.copier.now()
    }

    fn is_to_be_renewed(&self, replica: &Replica) -> bool {
        let State::Present(present) = self.lease.own().state else {
            return false;
        };
        let old = present.replica;
        (old.written_by, old.stored) == (replica.written_by, replica.stored)
    }

    pub(crate) fn fetch(&self) -> Fetch<'_> {
        Fetch {
            url: &self.job.id.url,
            rule: self.job.rule,
        }
    }
}

impl Run<'_> {
    /// The pace of parts that come from there.
    pub(crate) fn pace_from(&self, from: &str) -> Arc<Pace> {
        self.copier.paces.of(from, &self.job.id.pool.region)
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
    /// The plan that led here, in a word.
    pub(crate) fn plan(&self) -> &'static str {
        match self {
            Self::InStore { .. } => "server-side",
            Self::Parts { digests: None, .. } => "server-side-parts",
            Self::Whole(_) => "stream",
            Self::Parts { .. } => "stream-parts",
        }
    }

    /// Whether the bytes passed through us, and were compared with the source's digests.
    pub(crate) fn is_digested(&self) -> bool {
        self.digests().is_some()
    }

    /// The digests of the bytes, if they passed through us.
    pub(crate) fn digests(&self) -> Option<&Digests> {
        match self {
            Self::InStore { .. } => None,
            Self::Whole(written) => Some(&written.digests),
            Self::Parts { digests, .. } => digests.as_ref(),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Whole(written) => written.bytes.len() as u64,
            Self::InStore { size } | Self::Parts { size, .. } => *size,
        }
    }
}
