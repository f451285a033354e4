//! What wakes a waiter, and what does not.

use std::time::Duration;

use ulid::Ulid;

use super::*;
use crate::claim::{
    Answer, Extension, Holder, Outcome, Terms, begin, begin_purge, claim, extend, release, settle,
};
use crate::decide::{Decision, Observation, Patience, Wanted, decide};
use crate::entry::{Progress, Replica, Underway, UnfinishedUpload};
use crate::error::{Failure, Kind};
use crate::policy::Policy;
use crate::rules::{PoolId, ReplicaId, Standing, Target};
use crate::time::Timestamp;
use crate::url::SourceUrl;

const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn terms() -> Terms {
    Terms {
        lifetimes: Policy::default().lifetimes,
        lifespan: DAY,
    }
}

fn ulid(n: u128) -> Ulid {
    Ulid::from(n)
}

fn done(answer: Answer) -> Entry {
    match answer {
        Answer::Done(entry) => entry,
        Answer::Refused(found) => panic!("refused: {found:?}"),
    }
}

/// Claimed now, by that attempt.
fn claimed(attempt: u128) -> Entry {
    done(claim(None, ulid(attempt), NOW, &terms()).answer)
}

/// Begun now, by run 2.
fn running() -> Entry {
    done(begin(Some(&claimed(1)), ulid(2), NOW, &terms()).answer)
}

fn upload(parts: u32) -> UnfinishedUpload {
    let progress = Progress {
        parts,
        stream: None,
    };
    UnfinishedUpload {
        id: "u".into(),
        begun_by: ulid(2),
        source_etag: Some("\"e\"".into()),
        size: Some(100),
        part_size: 5,
        progress,
        failed_completions: 0,
    }
}

/// Run 2 is alive then, with so many parts.
fn heartbeat(entry: &Entry, parts: u32, underway: Option<Underway>, now: Timestamp) -> Entry {
    let extension = Extension {
        own: entry.clone(),
        underway,
        upload: Some(upload(parts)),
    };
    done(extend(Some(entry), ulid(2), &extension, now, &terms()).answer)
}

fn tells(found: &Entry, seen: &Entry) -> bool {
    is_news(Some(found), Some(seen))
}

fn underway() -> Underway {
    Underway {
        size: 1 << 40,
        began: NOW,
    }
}

#[test]
fn a_heartbeat_is_no_news_however_far_the_copy_is() {
    let seen = Entry {
        tries: 3,
        ..running()
    };
    let mut found = seen.clone();
    for n in 1..100 {
        found = heartbeat(&found, n, None, NOW + SECOND * n);
        assert_ne!(found, seen);
        assert!(!tells(&found, &seen), "{found:?}");
    }
    assert_eq!(found.tries, 1, "which is progress, too");
}

#[test]
fn a_renewals_heartbeat_is_no_news() {
    let outcome = Outcome::Present {
        replica: Replica::default(),
        expires: NOW + DAY / 10,
    };
    let by = Holder::Attempt(ulid(1));
    let present = done(settle(Some(&claimed(1)), by, &outcome, NOW, &terms()).answer);
    let renewed = done(claim(Some(&present), ulid(3), NOW, &terms()).answer);
    assert!(tells(&renewed, &present), "a renewal began");
    let seen = done(begin(Some(&renewed), ulid(2), NOW, &terms()).answer);
    assert!(tells(&seen, &renewed), "in other hands");
    assert!(!tells(&heartbeat(&seen, 1, None, NOW + SECOND), &seen));
    let by = Holder::Run(ulid(2));
    let copied = done(settle(Some(&seen), by, &outcome, NOW + SECOND, &terms()).answer);
    assert!(tells(&copied, &seen));
}

#[test]
fn a_lease_that_ends_earlier_is_news() {
    let seen = claimed(1);
    let by = Holder::Attempt(ulid(1));
    let released = done(release(Some(&seen), by, NOW + SECOND, &terms()).answer);
    assert!(tells(&released, &seen));
    assert!(!tells(&seen, &released), "one that ends later is not");
    let work = |lease| Work {
        attempt: ulid(1),
        run: None,
        lease,
    };
    let millisecond = Duration::from_millis(1);
    assert!(!work(NOW - millisecond).goes_on_from(&work(NOW)));
    assert!(work(NOW).goes_on_from(&work(NOW)));
    assert!(work(NOW + millisecond).goes_on_from(&work(NOW)));
}

#[test]
fn other_hands_are_news_however_long_their_lease_is() {
    let seen = running();
    assert!(tells(&seen, &claimed(1)), "begun");
    assert!(tells(&claimed(3), &claimed(1)), "taken over");
    let by = Holder::Run(ulid(2));
    let handed_on = done(release(Some(&seen), by, NOW + SECOND, &terms()).answer);
    assert!(tells(&handed_on, &seen));
}

#[test]
fn what_a_waiter_acts_on_is_news() {
    let seen = running();
    let large = heartbeat(&seen, 1, Some(underway()), NOW);
    assert!(tells(&large, &seen), "how long it will take");
    assert!(tells(&seen, &large));
    let again = heartbeat(&large, 2, Some(underway()), NOW + SECOND);
    assert!(!tells(&again, &large), "but that once");
    let distrusted = Entry {
        distrust: true,
        ..seen.clone()
    };
    assert!(tells(&distrusted, &seen));
    let by = Holder::Run(ulid(2));
    let failure = Outcome::Error(Failure::new(Kind::SourceNotFound, ""));
    let failed = done(settle(Some(&seen), by, &failure, NOW, &terms()).answer);
    assert!(tells(&failed, &seen));
    let later = done(settle(Some(&seen), by, &failure, NOW + SECOND, &terms()).answer);
    assert!(tells(&later, &failed), "when it may be tried again");
    let purging = done(begin_purge(Some(&seen), ulid(4), None, NOW, &terms()).answer);
    assert!(tells(&purging, &seen));
}

#[test]
fn an_entry_where_there_was_none_is_news_and_so_is_its_end() {
    let entry = running();
    assert!(is_news(Some(&entry), None));
    assert!(is_news(None, Some(&entry)));
    assert!(!is_news(None, None));
}

/// So that who is not woken misses nothing, and who is woken at last by the old lease's end waits on.
#[test]
fn after_a_heartbeat_a_request_waits_as_before_and_at_the_old_leases_end_waits_on() {
    let policy = Policy::default();
    let lease = policy.lifetimes.lease;
    let decided = |entry: &Entry, now| {
        let seen = Observation::Entry(Some(entry.clone()));
        decide(&wanted(NOW + lease * 3), &seen, now, &policy)
    };
    let (seen, beats) = (running(), NOW + lease / 2);
    let found = heartbeat(&seen, 1, None, beats);
    for n in 0..10 {
        let now = beats + lease / 20 * n;
        let ends = |entry| match decided(entry, now) {
            Decision::Wait(_, until) => until,
            other => panic!("{other:?}"),
        };
        assert_eq!(ends(&seen), NOW + lease);
        assert_eq!(ends(&found), beats + lease);
    }
    let old_end = NOW + lease;
    assert_eq!(decided(&seen, old_end), Decision::Claim);
    assert_eq!(
        decided(&found, old_end),
        Decision::Wait(found.clone(), beats + lease),
        "later than now, or it would look again and again"
    );
}

fn wanted(ends: Timestamp) -> Wanted {
    let id = ReplicaId {
        pool: PoolId::new("s3", "eu-central-1"),
        url: SourceUrl::parse("https://example.com/a").unwrap(),
    };
    let target = Target {
        origin: id.url.clone(),
        id,
        standing: Standing::Mirrored,
        lifespan: DAY,
        signed_origin: None,
    };
    Wanted {
        target: Ok(target),
        patience: Patience {
            invocation_ends: ends,
            budget_ends: ends,
            hops_left: 0,
        },
        no_cache: false,
    }
}
