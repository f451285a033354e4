//! Random stories, told to a table and to the domain.

use std::time::Duration;

use cloud_mirror_domain::claim::{self, Answer, Extension, Holder, Outcome, Transition, Write};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::ports::{Read, StatusTable};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use super::dice::Dice;
use super::{at, id, terms};

/// A random story is told to the table and to the domain's transitions over a plain map; every
/// answer and every entry must be the same.
pub(super) async fn go_as_in_the_domain(
    tellers: &[&dyn StatusTable],
    reader: &dyn StatusTable,
    begin: Timestamp,
) {
    let mut told = Told::default();
    for seed in 0..20 {
        let mut dice = Dice::new(seed + 1);
        let mut reference = Reference::default();
        let mut now = begin;
        let id = id(&format!("story-{seed}"));
        for step in 0..100 {
            now = now + Duration::from_millis(dice.roll(20_000));
            let before = reference.entry().cloned();
            dice.look_at(before.as_ref());
            let verb = Verb::any(&mut dice, now);
            let expected = reference.apply(&verb, now);
            told.note(&verb, before.as_ref(), &expected);
            let teller = tellers[dice.roll(tellers.len() as u64) as usize];
            let answer = verb.tell(teller, &id, now).await;
            assert_eq!(answer, expected, "seed {seed}, step {step}: {verb:?}");
            let entry = reader.get(&id, Read::Strong, now).await.unwrap();
            let live = Entry::live(reference.entry(), now).cloned();
            assert_eq!(entry, live, "seed {seed}, step {step}: {verb:?}");
        }
    }
    told.enough();
}

/// What the stories came to tell, so that they do not silently tell nothing.
#[derive(Debug, Default)]
struct Told {
    claims_released: usize,
    runs_released: usize,
    uploads_taken_over: usize,
    tries_forgiven: usize,
}

impl Told {
    fn note(&mut self, verb: &Verb, before: Option<&Entry>, answer: &Answer) {
        let (Some(before), Answer::Done(after)) = (before, answer) else {
            return;
        };
        let counts = match verb {
            Verb::Release(Holder::Attempt(_)) => &mut self.claims_released,
            Verb::Release(Holder::Run(_)) => &mut self.runs_released,
            Verb::Begin(_) if after.upload.is_some() => &mut self.uploads_taken_over,
            Verb::Extend(..) if after.tries < before.tries => &mut self.tries_forgiven,
            _ => return,
        };
        *counts += 1;
    }

    fn enough(&self) {
        let counts = [
            self.claims_released,
            self.runs_released,
            self.uploads_taken_over,
            self.tries_forgiven,
        ];
        assert!(
            counts.iter().all(|count| *count > 2),
            "too seldom: {self:?}"
        );
    }
}

#[derive(Default)]
struct Reference(Option<Entry>);

impl Reference {
    fn entry(&self) -> Option<&Entry> {
        self.0.as_ref()
    }

    fn apply(&mut self, verb: &Verb, now: Timestamp) -> Answer {
        let Transition { write, answer } = verb.transition(self.entry(), now);
        match write {
            Write::Nothing => {}
            Write::Put(entry) => self.0 = Some(entry),
            Write::Delete => self.0 = None,
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
        match dice.roll(16) {
            0..=2 => Self::Claim(dice.id()),
            3 => Self::Confirm(dice.id()),
            4..=6 => Self::Begin(dice.id()),
            7..=10 => Self::Extend(dice.id(), Box::new(dice.extension(now))),
            11 => Self::Release(dice.holder()),
            12..=13 => Self::Settle(dice.holder(), Box::new(dice.outcome(now))),
            14 => Self::BeginPurge(dice.id(), Some(dice.id())),
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
            Self::Release(holder) => claim::release(found, *holder, now, terms),
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
            Self::Release(holder) => table.release(id, *holder, when).await,
            Self::Settle(holder, outcome) => table.settle(id, *holder, outcome, when).await,
            Self::BeginPurge(purge, resumes) => table.begin_purge(id, *purge, *resumes, when).await,
            Self::Forget(owner) => table.forget(id, *owner, when).await,
        }
        .unwrap()
    }
}
