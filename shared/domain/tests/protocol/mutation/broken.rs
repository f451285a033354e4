//! What becomes of a verb whose rule is broken.
//!
//! Most are the domain's own transition on an entry that was bent before, or with a result that
//! is bent afterwards: so what is broken is one rule, and all others still hold.

use cloud_mirror_domain::claim::{Answer, Holder, Transition, Write};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::time::Timestamp;

use super::bent;
use super::{Mutation, Verb};
use crate::verbs::Call;
use crate::world::LEASE;

type Made = Transition<Answer>;

impl Mutation {
    /// The entry, as every verb and every reader takes it to be.
    pub(crate) fn bends(self, entry: Entry, now: Timestamp) -> Entry {
        match self {
            Self::ExpiredCountsAsLive => bent::live_at(entry, now),
            Self::FarLeaseBelieved => bent::with_leases(entry, |lease| lease.min(now + LEASE * 2)),
            Self::RetryAtIgnored => bent::retried_at_once(entry, now),
            _ => entry,
        }
    }

    /// What becomes of a call of a verb.
    pub(crate) fn of(self, call: Call<'_>, found: Option<&Entry>, now: Timestamp) -> Made {
        let found = found.map(|entry| self.bends(entry.clone(), now));
        let answered = self.refuses(call, found.as_ref(), now);
        if let Some(made) = answered.or_else(|| self.writes_instead(call, found.as_ref())) {
            return made;
        }
        let bent = self.bends_for(call, found, now);
        let made = call.on(bent.as_ref(), self.judges_at(call, now));
        self.bends_after(call, made, now)
    }

    fn bends_after(self, call: Call<'_>, made: Made, now: Timestamp) -> Made {
        match self {
            Self::DistrustDroppedBy(verb) if verb.is(call) => bent(made, |e| e.distrust = false),
            Self::UploadDroppedBy(verb) if verb.is(call) => bent(made, |e| e.upload = None),
            Self::OwnWriteUnknownTo(verb) if verb.is(call) => unknown(made),
            Self::MarkEndsWithItsLease if Verb::BeginPurge.is(call) || Verb::Forget.is(call) => {
                bent(made, bent::end_with_the_lease)
            }
            Self::PurgeHoldsForALease if Verb::BeginPurge.is(call) => {
                bent(made, |entry| bent::hold_for_a_lease(entry, now))
            }
            _ => made,
        }
    }

    /// What the verb takes for its clock.
    fn judges_at(self, call: Call<'_>, now: Timestamp) -> Timestamp {
        match (self, call) {
            (Self::LostEntryInsertedTooLate, Call::Extend(_, extension)) => {
                bent::in_time(extension, now)
            }
            _ => now,
        }
    }

    fn refuses(self, call: Call<'_>, found: Option<&Entry>, now: Timestamp) -> Option<Made> {
        let refuses = match (self, call, found) {
            (
                Self::BeginDemandsTheAttempt | Self::BeginOnTheAttemptAlone,
                Call::Begin(_, Some(attempt)),
                Some(entry),
            ) => bent::attempt_of(entry).is_some_and(|claimed| claimed != attempt),
            (Self::ClaimNeverTakesOver, Call::Claim(_), Some(entry)) => !bent::is_present(entry),
            (Self::PurgeRefusedOverAMark, Call::BeginPurge(..), Some(entry)) => {
                bent::as_purging(entry).is_some_and(|purging| purging.is_over(now, LEASE))
            }
            (Self::LostEntryNotInserted, Call::Extend(..), None) => true,
            _ => false,
        };
        refuses.then(|| Transition {
            write: Write::Nothing,
            answer: Answer::Refused(found.cloned()),
        })
    }

    /// Writes that are none of the domain's.
    fn writes_instead(self, call: Call<'_>, found: Option<&Entry>) -> Option<Made> {
        let entry = found?.clone();
        let write = match (self, call) {
            (Self::ReleaseDeletes, Call::Release(holder @ Holder::Attempt(_)))
                if bent::is_of(&entry, holder) =>
            {
                Write::Delete
            }
            (Self::ReleaseKeepsTheLease, Call::Release(holder @ Holder::Attempt(_)))
            | (Self::HandedOnRunHolds, Call::Release(holder @ Holder::Run(_)))
                if bent::is_of(&entry, holder) =>
            {
                Write::Nothing
            }
            (Self::ForgetDeletesTheMark, Call::Forget(id))
                if bent::as_purging(&entry).is_some_and(|purging| purging.id == id) =>
            {
                Write::Delete
            }
            (Self::TwoDeliveriesOfOnePurge, Call::BeginPurge(_, resumes @ Some(_)))
                if bent::as_purging(&entry).map(|purging| purging.id) == resumes =>
            {
                Write::Nothing
            }
            _ => return None,
        };
        let answer = Answer::Done(entry);
        Some(Transition { write, answer })
    }
}

impl Verb {
    fn is(self, call: Call<'_>) -> bool {
        matches!(
            (self, call),
            (Self::Claim, Call::Claim(_))
                | (Self::Begin, Call::Begin(..))
                | (Self::Extend, Call::Extend(..))
                | (Self::Release, Call::Release(_))
                | (Self::Settle, Call::Settle(..))
                | (Self::BeginPurge, Call::BeginPurge(..))
                | (Self::Forget, Call::Forget(_))
        )
    }
}

/// What was written before, by this very call, is taken for another's.
fn unknown(made: Made) -> Made {
    match (&made.write, &made.answer) {
        (Write::Nothing, Answer::Done(entry)) => Transition {
            write: Write::Nothing,
            answer: Answer::Refused(Some(entry.clone())),
        },
        _ => made,
    }
}

fn bent(mut made: Made, bend: impl Fn(&mut Entry)) -> Made {
    if let Write::Put(entry) = &mut made.write {
        bend(entry);
    }
    if let Answer::Done(entry) = &mut made.answer {
        bend(entry);
    }
    made
}
