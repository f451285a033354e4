//! What becomes of a copy that fails, and of the message and the clients with it: seen, not said.

use std::time::Duration;

use cloud_mirror_domain::claim::MAX_TRIES;
use cloud_mirror_domain::decide::{Decision, Observation, Patience, Wanted, Why, decide};
use cloud_mirror_domain::entry::{Entry, Failed, State};
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::StatusTable as _;
use cloud_mirror_domain::time::Timestamp;
use tokio::time::{Instant, sleep, timeout};
use ulid::Ulid;

use crate::house::{House, LEASE, SECOND, event, replica, rules};

/// Longer than any message stays away.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What became of a copy that never succeeded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fate {
    /// After each failure in a row: what a client is answered, and for how long.
    pub(crate) answers: Vec<(Answer, Duration)>,
    /// How long the message stayed away each time that it was not acknowledged.
    pub(crate) pauses: Vec<Duration>,
    /// How often the message was received.
    pub(crate) receptions: usize,
    pub(crate) ends: End,
}

/// What a client is answered that asks right after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Status(u16),
    Origin,
    Waits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Acknowledged,
    DeadLetter,
}

/// A house whose source fails in that way and no other.
pub(crate) fn told_to_fail(kind: Kind) -> House {
    let house = House::new();
    house.source.fail_as(kind);
    house
}

/// A request claims and sends its message, which is then received at each moment at which it comes
/// back, until nobody has it any more.
pub(crate) async fn fate_of(house: &House) -> Fate {
    house.a_request_claims().await;
    house.send(&event("sqs-put"));
    let (mut answers, mut pauses, mut receptions) = (Vec::new(), Vec::new(), 0);
    loop {
        house.work_for(Duration::ZERO).await;
        if end_of(house) == Some(End::DeadLetter) {
            break;
        }
        receptions += 1;
        // A message on its way to the dead letters is not tried again.
        if failed(&house.entry().await.unwrap()).retry_at > house.now() {
            answers.push(answer(house).await);
        }
        if end_of(house) == Some(End::Acknowledged) {
            break;
        }
        let (_, pause) = house.queue.retries()[pauses.len()];
        pauses.push(pause);
        sleep(pause).await;
    }
    Fate {
        receptions,
        ends: end_of(house).unwrap(),
        answers,
        pauses,
    }
}

/// One claim after the other is not brought to an end, until a claim gives up; and the message of
/// the first is received again and again by copiers that are killed.
pub(crate) async fn abandoned() -> Fate {
    let house = House::new();
    house.source.hold();
    house.send(&event("sqs-put"));
    let mut received = Instant::now();
    for _ in 0..MAX_TRIES {
        assert!(claims(&house).await);
        let killed = timeout(SECOND, house.work_for(DAY)).await;
        assert!(killed.is_err());
        sleep(2 * LEASE).await;
    }
    assert!(!claims(&house).await, "it gives up");
    let answers = vec![answer(&house).await];
    let mut pauses = Vec::new();
    while timeout(DAY, house.queue.messages.receive(1)).await.is_ok() {
        pauses.push(whole_seconds(received.elapsed()));
        received = Instant::now();
    }
    Fate {
        answers,
        receptions: pauses.len() + 1,
        pauses,
        ends: end_of(&house).unwrap(),
    }
}

/// Whether a request's claim is won.
async fn claims(house: &House) -> bool {
    let (id, attempt, when) = (replica(), Ulid::generate(), house.when());
    let claimed = house.table.claim(&id, attempt, &when).await;
    claimed.unwrap().is_done()
}

/// What a client is answered now that asks as a client asks that says nothing of its patience.
pub(crate) async fn decision(house: &House) -> Decision {
    decision_at(&house.entry().await.unwrap(), house.now())
}

/// What is answered now, and for how long; after that the object is claimed anew.
async fn answer(house: &House) -> (Answer, Duration) {
    let (entry, now) = (house.entry().await.unwrap(), house.now());
    let failed = failed(&entry);
    assert_eq!(decision_at(&entry, failed.retry_at), Decision::Claim);
    let answer = match decision_at(&entry, now) {
        Decision::SourceSays(kind) if kind == failed.failure.kind => {
            Answer::Status(kind.status().unwrap())
        }
        Decision::Origin(Why::Error(failure)) if failure == failed.failure => Answer::Origin,
        Decision::Wait(_, until) if until == failed.retry_at => Answer::Waits,
        other => panic!("{failed:?} is answered with {other:?}"),
    };
    (answer, failed.retry_at.since(now))
}

fn failed(entry: &Entry) -> &Failed {
    match &entry.state {
        State::Error(failed) => failed,
        other => panic!("no error but {other:?}"),
    }
}

fn decision_at(entry: &Entry, now: Timestamp) -> Decision {
    let (id, policy) = (replica(), Policy::default());
    let patience = Patience {
        invocation_ends: now + policy.wait.invocation,
        budget_ends: now + policy.wait.total,
        hops_left: 3,
    };
    let wanted = Wanted {
        target: rules().resolve(&id.pool, id.url.as_str(), None),
        patience,
        no_cache: false,
    };
    let observation = Observation::Entry(Some(entry.clone()));
    decide(&wanted, &observation, now, &policy)
}

/// What became of the message, once the queue has it no more.
fn end_of(house: &House) -> Option<End> {
    let queue = &house.queue.messages;
    match queue.dead_letters().is_empty() {
        _ if !queue.is_empty() => None,
        true => Some(End::Acknowledged),
        false => Some(End::DeadLetter),
    }
}

/// Timers are a millisecond late.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs((time + SECOND / 2).as_secs())
}
