//! What is read back from the status table.

use std::time::Duration;

use cloud_mirror_domain::claim::{self, Answer, Terms, Transition, Write};
use cloud_mirror_domain::decide::{Decision, Observation, Patience, Upkeep, Wanted, decide};
use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::error::Fault;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::rules::{PoolId, ReplicaId, Standing, Target};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use ulid::Ulid;

use crate::input::text;

/// A verb of the protocol, as one caller asks for it.
type Verb<'a> = &'a dyn Fn(&Entry) -> Transition<Answer>;

/// When entries are looked at: those of the corpus lie around it.
const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);

/// An entry as JSON, whoever wrote it.
///
/// Promised: it reads as it is written; every request has a fate that its state allows, and waits
/// no longer than it may; what a request is told to claim can be claimed; and no verb of the
/// protocol stumbles over it, each recognising its own write.
pub fn entries(data: &[u8]) {
    let Some(entry) = text(data).and_then(|text| serde_json::from_str::<Entry>(text).ok()) else {
        return;
    };
    let json = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), entry);
    for no_cache in [false, true] {
        assert_fated(&entry, &wanted(no_cache));
    }
    assert_verbs_recognise_their_own(&entry);
}

fn wanted(no_cache: bool) -> Wanted {
    let url = SourceUrl::parse("https://example.com/a").unwrap();
    let id = ReplicaId {
        pool: PoolId::new("s3", "eu-central-1"),
        url: url.clone(),
    };
    Wanted {
        target: Ok(Target {
            id,
            origin: url,
            standing: Standing::Mirrored,
            signed_origin: None,
            lifespan: terms().lifespan,
        }),
        patience: Patience {
            invocation_ends: NOW + Duration::from_secs(25),
            budget_ends: NOW + Duration::from_secs(60),
            hops_left: 3,
        },
        no_cache,
    }
}

fn terms() -> Terms {
    Terms {
        lifetimes: Policy::default().lifetimes,
        lifespan: Duration::from_secs(24 * 3600),
    }
}

fn assert_fated(entry: &Entry, wanted: &Wanted) {
    let seen = Observation::Entry(Some(entry.clone()));
    let fate = decide(wanted, &seen, NOW, &Policy::default());
    let live = entry.is_live(NOW);
    assert!(live || fate == Decision::Claim, "{entry:?} is over");
    match (&fate, &entry.state) {
        (Decision::Replica(hit, upkeep), State::Present(_)) => {
            assert_eq!(hit, entry);
            assert!(*upkeep != Upkeep::Renew || can_claim(entry), "{entry:?}");
        }
        (Decision::Look(hit), State::Present(_)) => assert_eq!(hit, entry),
        (Decision::SourceSays(kind), State::Error(failed)) => {
            assert_eq!(*kind, failed.failure.kind);
            assert_eq!(kind.fault(), Fault::Absent);
        }
        (Decision::Wait(_, until), State::Pending(_) | State::Purging(_) | State::Error(_)) => {
            let patience = &wanted.patience;
            assert!(
                NOW < *until && *until <= patience.invocation_ends,
                "{until:?}"
            );
        }
        (Decision::Origin(_), State::Pending(_) | State::Purging(_) | State::Error(_)) => {}
        (Decision::Claim, _) => assert!(can_claim(entry), "{entry:?}"),
        (fate, _) => panic!("{entry:?} makes it {fate:?}"),
    }
}

/// Whether a fresh attempt's claim writes something: a lease, or that it is given up.
fn can_claim(entry: &Entry) -> bool {
    claim::claim(Some(entry), Ulid::from(u128::MAX), NOW, &terms()).write != Write::Nothing
}

fn assert_verbs_recognise_their_own(entry: &Entry) {
    let (id, terms) = (Ulid::from(7_u128), terms());
    let verbs: [Verb<'_>; 5] = [
        &|found| claim::claim(Some(found), id, NOW, &terms),
        &|found| claim::begin(Some(found), id, NOW, &terms),
        &|found| claim::begin_purge(Some(found), id, None, NOW, &terms),
        &|found| claim::confirm(Some(found), id, NOW),
        &|found| claim::forget(Some(found), id, NOW, &terms),
    ];
    for (n, verb) in verbs.iter().enumerate() {
        let first = verb(entry);
        if let (true, Write::Put(written)) = (first.answer.is_done(), first.write) {
            let again = verb(&written);
            assert_eq!(again.answer, first.answer, "verb {n} of {entry:?}");
        }
    }
}
