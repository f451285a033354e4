//! What every status table must do: exactly what the domain's transitions do, atomically.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::claim::{
    self, Answer, Extension, Holder, Outcome, Terms, Transition, Write,
};
use cloud_mirror_domain::entry::{Entry, Replica, State, Underway, UnfinishedUpload};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{Clock, Read, StatusTable, When};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use ulid::Ulid;

const LIFESPAN: Duration = Duration::from_secs(24 * 3600);

/// Runs the whole suite over an empty table whose waiting goes by `clock`.
pub async fn conforms(table: Arc<dyn StatusTable>, clock: Arc<dyn Clock>) {
    one_of_many_simultaneous_claims_wins(&table, clock.now()).await;
    every_verb_recognises_its_own_write(&*table, clock.now()).await;
    random_stories_go_as_in_the_domain(&[&*table], &*table, clock.now()).await;
    an_expired_entry_is_never_read(&*table, clock.now()).await;
    a_waiter_hears_of_a_change(&table, &*clock).await;
    a_waiter_without_news_comes_back_in_time(&*table, &*clock).await;
}

fn id(name: &str) -> ReplicaId {
    let url = SourceUrl::parse(&format!("https://example.com/{name}")).unwrap();
    ReplicaId {
        pool: PoolId::new("s3", "eu-central-1"),
        url,
    }
}

fn terms() -> Terms {
    Terms {
        lifetimes: Lifetimes::default(),
        lifespan: LIFESPAN,
    }
}

fn at(now: Timestamp) -> When {
    When {
        now,
        terms: terms(),
    }
}

fn ulid(n: u64) -> Ulid {
    Ulid::from(u128::from(n))
}

fn replica(now: Timestamp) -> Outcome {
    let replica = Replica {
        etag: "\"e\"".into(),
        size: 10,
        stored: now,
        ..Replica::default()
    };
    Outcome::Present {
        replica,
        expires: now + Duration::from_secs(3600),
    }
}

async fn one_of_many_simultaneous_claims_wins(table: &Arc<dyn StatusTable>, now: Timestamp) {
    let claims = (1..=100).map(|n| {
        let table = Arc::clone(table);
        tokio::spawn(async move { table.claim(&id("herd"), ulid(n), &at(now)).await.unwrap() })
    });
    let answers = futures::future::join_all(claims).await;
    let wins = answers
        .into_iter()
        .filter(|answer| answer.as_ref().unwrap().is_done())
        .count();
    assert_eq!(wins, 1, "of a hundred simultaneous claims one wins");
}

async fn every_verb_recognises_its_own_write(table: &dyn StatusTable, now: Timestamp) {
    let (id, when) = (id("repeated"), at(now));
    let (attempt, run, purge) = (ulid(1), ulid(2), ulid(3));
    for _ in 0..2 {
        assert!(table.claim(&id, attempt, &when).await.unwrap().is_done());
    }
    for _ in 0..2 {
        assert!(table.begin(&id, run, &when).await.unwrap().is_done());
    }
    for _ in 0..2 {
        let settled = table
            .settle(&id, Holder::Run(run), &replica(now), &when)
            .await
            .unwrap();
        assert!(settled.is_done());
    }
    for _ in 0..2 {
        assert!(
            table
                .begin_purge(&id, purge, None, &when)
                .await
                .unwrap()
                .is_done()
        );
    }
    for _ in 0..2 {
        assert!(table.forget(&id, purge, &when).await.unwrap().is_done());
    }
}

async fn an_expired_entry_is_never_read(table: &dyn StatusTable, now: Timestamp) {
    let id = id("expired");
    table.claim(&id, ulid(1), &at(now)).await.unwrap();
    table.begin(&id, ulid(2), &at(now)).await.unwrap();
    table
        .settle(&id, Holder::Run(ulid(2)), &replica(now), &at(now))
        .await
        .unwrap();
    let later = now + Duration::from_secs(3600);
    assert!(table.get(&id, Read::Strong, now).await.unwrap().is_some());
    assert_eq!(table.get(&id, Read::Strong, later).await.unwrap(), None);
    assert!(
        table
            .claim(&id, ulid(3), &at(later))
            .await
            .unwrap()
            .is_done()
    );
}

async fn a_waiter_hears_of_a_change(table: &Arc<dyn StatusTable>, clock: &dyn Clock) {
    let id = id("waited-for");
    let now = clock.now();
    let Answer::Done(entry) = table.claim(&id, ulid(1), &at(now)).await.unwrap() else {
        panic!("nobody else claims")
    };
    let waiting = {
        let (table, id) = (Arc::clone(table), id.clone());
        let until = now + Duration::from_secs(30);
        tokio::spawn(async move {
            table
                .wait_for_change(&id, Some(&entry), until)
                .await
                .unwrap()
        })
    };
    tokio::task::yield_now().await;
    table.begin(&id, ulid(2), &at(now)).await.unwrap();
    table
        .settle(&id, Holder::Run(ulid(2)), &replica(now), &at(now))
        .await
        .unwrap();
    let changed = waiting.await.unwrap().expect("an entry");
    assert!(!matches!(changed.state, State::Pending(ref pending) if pending.work.run.is_none()));
}

async fn a_waiter_without_news_comes_back_in_time(table: &dyn StatusTable, clock: &dyn Clock) {
    let id = id("never-changes");
    let until = clock.now() + Duration::from_millis(30);
    assert_eq!(table.wait_for_change(&id, None, until).await.unwrap(), None);
    assert!(clock.now() >= until, "not before its time");
    assert_eq!(
        table.wait_for_change(&id, None, until).await.unwrap(),
        None,
        "at once"
    );
}

/// Runs random stories over several processes' views of one empty table: each step is told to
/// any of `tellers`, whose knowledge is out of date all the time, and checked through `reader`.
pub async fn stories_of_several_processes(
    tellers: &[&dyn StatusTable],
    reader: &dyn StatusTable,
    begin: Timestamp,
) {
    random_stories_go_as_in_the_domain(tellers, reader, begin).await;
}

/// A random story is told to the table and to the domain's transitions over a plain map; every
/// answer and every entry must be the same.
async fn random_stories_go_as_in_the_domain(
    tellers: &[&dyn StatusTable],
    reader: &dyn StatusTable,
    begin: Timestamp,
) {
    for seed in 0..20 {
        let mut dice = Dice(seed + 1);
        let mut reference = Reference::default();
        let mut now = begin;
        let id = id(&format!("story-{seed}"));
        for step in 0..100 {
            now = now + Duration::from_millis(dice.roll(20_000));
            let verb = Verb::any(&mut dice, now);
            let expected = reference.apply(&verb, now);
            let teller = tellers[dice.roll(tellers.len() as u64) as usize];
            let answer = verb.tell(teller, &id, now).await;
            assert_eq!(answer, expected, "seed {seed}, step {step}: {verb:?}");
            let entry = reader.get(&id, Read::Strong, now).await.unwrap();
            let live = Entry::live(reference.entry(), now).cloned();
            assert_eq!(entry, live, "seed {seed}, step {step}: {verb:?}");
        }
    }
}

#[derive(Default)]
struct Reference(HashMap<(), Entry>);

impl Reference {
    fn entry(&self) -> Option<&Entry> {
        self.0.get(&())
    }

    fn apply(&mut self, verb: &Verb, now: Timestamp) -> Answer {
        let Transition { write, answer } = verb.transition(self.entry(), now);
        match write {
            Write::Nothing => {}
            Write::Put(entry) => drop(self.0.insert((), entry)),
            Write::Delete => drop(self.0.remove(&())),
        }
        answer
    }
}

#[derive(Debug)]
enum Verb {
    Claim(Ulid),
    Confirm(Ulid),
    Begin(Ulid),
    Extend(Ulid, Box<Extension>),
    Release(Holder),
    Settle(Holder, Box<Outcome>),
    BeginPurge(Ulid, Option<Ulid>),
    Forget(Ulid),
}

impl Verb {
    fn any(dice: &mut Dice, now: Timestamp) -> Self {
        match dice.roll(12) {
            0..=2 => Self::Claim(dice.id()),
            3 => Self::Confirm(dice.id()),
            4..=5 => Self::Begin(dice.id()),
            6 => Self::Extend(dice.id(), Box::new(dice.extension(now))),
            7 => Self::Release(dice.holder()),
            8..=9 => Self::Settle(dice.holder(), Box::new(dice.outcome(now))),
            10 => Self::BeginPurge(dice.id(), Some(dice.id())),
            _ => Self::Forget(dice.id()),
        }
    }

    fn transition(&self, found: Option<&Entry>, now: Timestamp) -> Transition<Answer> {
        let terms = &terms();
        match self {
            Self::Claim(attempt) => claim::claim(found, *attempt, now, terms),
            Self::Confirm(by) => claim::confirm(found, *by, now),
            Self::Begin(run) => claim::begin(found, *run, now, terms),
            Self::Extend(run, extension) => claim::extend(found, *run, extension, now, terms),
            Self::Release(holder) => claim::release(found, *holder, now),
            Self::Settle(holder, outcome) => claim::settle(found, *holder, outcome, now, terms),
            Self::BeginPurge(purge, resumes) => {
                claim::begin_purge(found, *purge, *resumes, now, terms)
            }
            Self::Forget(owner) => claim::forget(found, *owner, now, terms),
        }
    }

    async fn tell(&self, table: &dyn StatusTable, id: &ReplicaId, now: Timestamp) -> Answer {
        let when = &at(now);
        match self {
            Self::Claim(attempt) => table.claim(id, *attempt, when).await,
            Self::Confirm(by) => table.confirm(id, *by, now).await,
            Self::Begin(run) => table.begin(id, *run, when).await,
            Self::Extend(run, extension) => table.extend(id, *run, extension, when).await,
            Self::Release(holder) => table.release(id, *holder, now).await,
            Self::Settle(holder, outcome) => table.settle(id, *holder, outcome, when).await,
            Self::BeginPurge(purge, resumes) => table.begin_purge(id, *purge, *resumes, when).await,
            Self::Forget(owner) => table.forget(id, *owner, when).await,
        }
        .unwrap()
    }
}

/// Dice that fall the same way in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// Few ids, so that stories meet themselves again.
    fn id(&mut self) -> Ulid {
        ulid(self.roll(4))
    }

    fn holder(&mut self) -> Holder {
        let id = self.id();
        if self.roll(2) == 0 {
            Holder::Attempt(id)
        } else {
            Holder::Run(id)
        }
    }

    fn outcome(&mut self, now: Timestamp) -> Outcome {
        match self.roll(4) {
            0 => Outcome::Error(Failure::new(Kind::SourceNotFound, "gone")),
            1 => Outcome::Error(Failure::new(Kind::SourceFailed, "failed")),
            _ => replica(now),
        }
    }

    fn extension(&mut self, now: Timestamp) -> Extension {
        let run = self.id();
        let found = claim::claim(None, self.id(), now, &terms());
        let own = match found.write {
            Write::Put(claimed) => match claim::begin(Some(&claimed), run, now, &terms()).write {
                Write::Put(begun) => begun,
                _ => claimed,
            },
            _ => unreachable!("a first claim is written"),
        };
        let upload = UnfinishedUpload {
            id: "u".into(),
            source_etag: None,
            size: 7,
            part_size: 5,
        };
        Extension {
            own,
            underway: (self.roll(2) == 0).then_some(Underway {
                size: 7,
                began: now,
            }),
            upload: (self.roll(2) == 0).then_some(upload),
        }
    }
}
