//! Every situation a request can be in, in the order in which the document tells them.

use std::time::Duration;

use cloud_mirror_domain::decide::{Decision, Observation, Patience, Sight, Wanted, decide};
use cloud_mirror_domain::entry::{Entry, Replica, Underway};
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::Port;
use cloud_mirror_domain::rules::{PoolId, Refusal, ReplicaId, Standing, Target};
use cloud_mirror_domain::url::{SourceUrl, UrlError};

use crate::entries::{
    DAY, HOUR, NOW, SECOND, URL, failed, pending, present, purging, purging_a_run, renewing,
    replica,
};

/// A request, and what the ports have told it.
#[derive(Clone)]
pub(crate) struct Situation {
    pub(crate) told: &'static str,
    pub(crate) wanted: Wanted,
    pub(crate) observation: Observation,
}

impl Situation {
    pub(crate) fn decide(&self) -> Decision {
        decide(&self.wanted, &self.observation, NOW, &Policy::default())
    }

    /// The same, at the end of the invocation's wait.
    fn at_its_end(mut self, told: &'static str) -> Self {
        self.told = told;
        self.wanted.patience.invocation_ends = NOW;
        self
    }

    fn with_budget(mut self, hops_left: u8) -> Self {
        self.wanted.patience.budget_ends = NOW + 30 * SECOND;
        self.wanted.patience.hops_left = hops_left;
        self
    }

    fn no_cache(mut self, told: &'static str) -> Self {
        self.told = told;
        self.wanted.no_cache = true;
        self
    }
}

pub(crate) fn all() -> Vec<Situation> {
    let parts = [
        before_the_table(),
        presents(),
        waits(),
        absences(),
        claims(),
        errors(),
        faults(),
    ];
    parts.into_iter().flatten().collect()
}

fn before_the_table() -> Vec<Situation> {
    let refused = |told, refusal: Refusal| Situation {
        wanted: Wanted {
            target: Err(refusal),
            ..wanted(Standing::Mirrored)
        },
        ..situation(told, Observation::Nothing)
    };
    let standing = |told, standing| Situation {
        wanted: wanted(standing),
        ..situation(told, Observation::Nothing)
    };
    let unknown = Refusal::UnknownPool {
        wanted: "s3/mars-1".into(),
        known: Vec::new(),
    };
    vec![
        refused("nothing: the URL is malformed", UrlError::Unreadable.into()),
        refused(
            "nothing: the URL is longer than 2,000 bytes",
            UrlError::TooLong.into(),
        ),
        refused("nothing: no source rule matches", Refusal::NotAllowed),
        refused("nothing: the pool is unknown", unknown),
        standing(
            "nothing: the source lies in the pool's provider and region, or where the caller is and no pool",
            Standing::SamePlace,
        ),
        standing("nothing: the URL carries a signature", Standing::Signed),
        standing("nothing: a query string without a meaning", Standing::Query),
        standing(
            "nothing: the pool is left to us, and none takes the caller",
            Standing::NoPool,
        ),
        standing(
            "nothing: the pool is being evacuated, and none near it takes its callers",
            Standing::Drained,
        ),
        situation("nothing yet", Observation::Nothing),
    ]
}

fn presents() -> Vec<Situation> {
    let fresh = || present(12 * HOUR, HOUR);
    vec![
        entry("present", fresh()),
        entry(
            "present, in the last eighth of its life",
            present(2 * HOUR, HOUR),
        ),
        entry(
            "the same, a renewal is alive",
            renewing(present(2 * HOUR, HOUR)),
        ),
        entry(
            "present, less than five minutes left",
            present(4 * 60 * SECOND, HOUR),
        ),
        entry("present, recheck due", present(12 * HOUR, 6 * HOUR)),
        entry("", fresh()).no_cache("present, and the request says `no-cache`"),
        looked(
            "present and looked at: there",
            fresh(),
            Sight::There(replica()),
        ),
        looked(
            "present and looked at: there, in the last eighth of its life",
            present(2 * HOUR, 6 * HOUR),
            Sight::There(replica()),
        ),
        looked("present and looked at: gone", fresh(), Sight::Gone),
        looked(
            "present and looked at: the pool does not answer",
            fresh(),
            Sight::Failed,
        ),
    ]
}

fn waits() -> Vec<Situation> {
    let alive = || pending(30 * SECOND, None);
    let slow = Underway {
        size: 1 << 40,
        began: NOW,
    };
    let small = Underway {
        size: 1 << 20,
        began: NOW,
    };
    vec![
        entry("pending, lease alive", alive()),
        entry(
            "pending, will end within the budget",
            pending(30 * SECOND, Some(small)),
        ),
        entry(
            "pending, cannot end within the whole budget",
            pending(30 * SECOND, Some(slow)),
        ),
        entry("", alive())
            .with_budget(3)
            .at_its_end("pending, the invocation's wait is over, budget and hops are left"),
        entry("", alive())
            .with_budget(0)
            .at_its_end("pending, the invocation's wait is over, no hop is left"),
        exhausted(entry("pending, the whole budget is used up", alive())),
        entry("purging, lease alive", purging(30 * SECOND)),
        entry(
            "purging, waiting for a live run beyond the whole budget",
            purging_a_run(40 * SECOND),
        ),
    ]
}

fn absences() -> Vec<Situation> {
    let fast_clock = pending(10 * 60 * SECOND, None);
    vec![
        situation("absent", Observation::Entry(None)),
        entry(
            "present, expired",
            Entry {
                expires: NOW,
                ..present(HOUR, HOUR)
            },
        ),
        entry("pending, lease over", pending(Duration::ZERO, None)),
        entry(
            "pending, its lease ends later than two leases from now (a fast clock)",
            fast_clock,
        ),
        entry(
            "purging, lease over: died or done, and distrusted",
            purging(Duration::ZERO),
        ),
    ]
}

fn claims() -> Vec<Situation> {
    let claimed =
        |told, claimed: Entry, sight| situation(told, Observation::Claimed(claimed, sight));
    let ours = || pending(60 * SECOND, None);
    let distrusted = || Entry {
        distrust: true,
        ..ours()
    };
    let foreign = Replica {
        upstream: None,
        ..replica()
    };
    let old = Replica {
        stored: NOW - DAY,
        ..replica()
    };
    vec![
        claimed("claimed by us", ours(), None),
        claimed(
            "claimed by us, a good replica is there",
            ours(),
            Some(Sight::There(replica())),
        ),
        claimed("claimed by us, nothing is there", ours(), Some(Sight::Gone)),
        claimed(
            "claimed by us, something else is there",
            ours(),
            Some(Sight::There(foreign)),
        ),
        claimed(
            "claimed by us, it is near its end",
            ours(),
            Some(Sight::There(old)),
        ),
        claimed(
            "claimed by us over a purge: whatever is there is distrusted",
            distrusted(),
            Some(Sight::There(replica())),
        ),
        claimed(
            "claimed by us, the pool does not answer",
            ours(),
            Some(Sight::Failed),
        ),
    ]
}

fn errors() -> Vec<Situation> {
    let soon = 10 * SECOND;
    let error = |told, kind, pause| entry(told, failed(kind, pause));
    vec![
        error("error: the source says 404", Kind::SourceNotFound, soon),
        error("error: the source says 410", Kind::SourceGone, soon),
        error(
            "error: the newest version in the source's bucket is a delete marker",
            Kind::SourceDeleted,
            soon,
        ),
        error("error: the source refuses us", Kind::SourceRefused, soon),
        error(
            "error: the source says `no-store` or `private`",
            Kind::NotStorable,
            soon,
        ),
        error(
            "error: the bytes are not those of the digest that the source offers",
            Kind::DigestMismatch,
            soon,
        ),
        error("error: too large", Kind::TooLarge, soon),
        error("error: archived, and not restored", Kind::Archived, soon),
        error("error: our rights", Kind::NotPermitted, soon),
        error(
            "error: transient, the next try comes within the budget",
            Kind::SourceFailed,
            soon,
        ),
        error(
            "error: transient, the next try comes too late",
            Kind::SourceFailed,
            60 * SECOND,
        ),
        error(
            "error: any, its time has come",
            Kind::SourceFailed,
            Duration::ZERO,
        ),
    ]
}

fn faults() -> Vec<Situation> {
    vec![
        situation("the status table fails", Observation::Failed(Port::Table)),
        situation("the copy queue fails", Observation::Failed(Port::Queue)),
        situation("the pool fails", Observation::Failed(Port::Pool)),
    ]
}

/// An error of this kind that is not to be tried again for a while, but within the budget.
pub(crate) fn error_of(kind: Kind) -> Situation {
    entry("", failed(kind, 10 * SECOND))
}

fn situation(told: &'static str, observation: Observation) -> Situation {
    Situation {
        told,
        wanted: wanted(Standing::Mirrored),
        observation,
    }
}

fn entry(told: &'static str, entry: Entry) -> Situation {
    situation(told, Observation::Entry(Some(entry)))
}

fn looked(told: &'static str, entry: Entry, sight: Sight) -> Situation {
    situation(told, Observation::Looked(entry, sight))
}

fn exhausted(mut situation: Situation) -> Situation {
    situation.wanted.patience.budget_ends = NOW;
    situation
}

fn wanted(standing: Standing) -> Wanted {
    let url = SourceUrl::parse(URL).expect("a URL");
    let target = Target {
        id: ReplicaId {
            pool: PoolId::new("s3", "eu-central-1"),
            url: url.clone(),
        },
        origin: url,
        standing,
        lifespan: DAY,
        signed_origin: None,
    };
    let ends = NOW + 25 * SECOND;
    let patience = Patience {
        invocation_ends: ends,
        budget_ends: ends,
        hops_left: 3,
    };
    Wanted {
        target: Ok(target),
        patience,
        no_cache: false,
    }
}
