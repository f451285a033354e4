//! The model's writes to the table: the domain's own transitions, and the one place where a
//! mutation may change what a verb does.

use cloud_mirror_domain::claim::{self, Answer, Extension, Holder, Outcome, Transition, Write};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::world::{World, terms};

/// One call of a verb, with what its caller gave it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call<'a> {
    Claim(Ulid),
    /// The second is the attempt that the message named, which must not matter.
    Begin(Ulid, Option<Ulid>),
    Extend(Ulid, &'a Extension),
    Release(Holder),
    Settle(Holder, &'a Outcome),
    Confirm(Ulid),
    /// The second is the purge that this one goes on with.
    BeginPurge(Ulid, Option<Ulid>),
    Forget(Ulid),
}

impl Call<'_> {
    /// What the domain makes of it.
    pub(crate) fn on(&self, found: Option<&Entry>, now: Timestamp) -> Transition<Answer> {
        let terms = terms();
        match *self {
            Self::Claim(attempt) => claim::claim(found, attempt, now, &terms),
            Self::Begin(run, _) => claim::begin(found, run, now, &terms),
            Self::Extend(run, extension) => claim::extend(found, run, extension, now, &terms),
            Self::Release(holder) => claim::release(found, holder, now, &terms),
            Self::Settle(holder, outcome) => claim::settle(found, holder, outcome, now, &terms),
            Self::Confirm(settled_by) => claim::confirm(found, settled_by, now),
            Self::BeginPurge(id, resumes) => claim::begin_purge(found, id, resumes, now, &terms),
            Self::Forget(id) => claim::forget(found, id, now, &terms),
        }
    }
}

impl World {
    /// The entry as a reader finds it, whether or not it is live.
    pub(crate) fn get(&self) -> Option<Entry> {
        let found = self.table.clone();
        match self.copies_are.mutation {
            None => found,
            Some(mutation) => found.map(|entry| mutation.bends(entry, self.now)),
        }
    }

    pub(crate) fn claim(&mut self, attempt: Ulid) -> Answer {
        self.write(Call::Claim(attempt))
    }

    /// `attempt` is the message's, where it named one.
    pub(crate) fn begin(&mut self, run: Ulid, attempt: Option<Ulid>) -> Answer {
        self.write(Call::Begin(run, attempt))
    }

    pub(crate) fn extend(&mut self, run: Ulid, extension: &Extension) -> Answer {
        self.write(Call::Extend(run, extension))
    }

    pub(crate) fn release(&mut self, holder: Holder) -> Answer {
        self.write(Call::Release(holder))
    }

    pub(crate) fn settle(&mut self, holder: Holder, outcome: &Outcome) -> Answer {
        self.write(Call::Settle(holder, outcome))
    }

    pub(crate) fn confirm(&mut self, settled_by: Ulid) -> Answer {
        self.write(Call::Confirm(settled_by))
    }

    pub(crate) fn begin_purge(&mut self, id: Ulid, resumes: Option<Ulid>) -> Answer {
        self.write(Call::BeginPurge(id, resumes))
    }

    pub(crate) fn forget(&mut self, id: Ulid) -> Answer {
        self.write(Call::Forget(id))
    }

    /// Makes the call's one write, atomically.
    fn write(&mut self, call: Call<'_>) -> Answer {
        let found = self.table.as_ref();
        let made = match self.copies_are.mutation {
            None => call.on(found, self.now),
            Some(mutation) => mutation.of(call, found, self.now),
        };
        match made.write {
            Write::Nothing => {}
            Write::Put(entry) => self.table = Some(entry),
            Write::Delete => self.table = None,
        }
        made.answer
    }
}
