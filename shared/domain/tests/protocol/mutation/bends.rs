//! What a verb whose rule is broken takes for the entry that it finds.

use cloud_mirror_domain::claim::{Holder, Outcome};
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use super::{Mutation, bent};
use crate::verbs::Call;

impl Mutation {
    pub(super) fn bends_for(
        self,
        call: Call<'_>,
        found: Option<Entry>,
        now: Timestamp,
    ) -> Option<Entry> {
        match call {
            Call::Claim(_) => self.bends_for_a_claim(found, now),
            Call::Begin(run, attempt) => {
                found.map(|entry| self.bends_for_a_run(entry, run, attempt, now))
            }
            Call::Extend(run, _) if self == Self::ExtendWithoutItsRun => {
                found.map(|entry| bent::held(Some(entry), Holder::Run(run), now))
            }
            Call::Settle(holder, outcome) => {
                let renews = found
                    .as_ref()
                    .is_some_and(|it| bent::is_present_for(it, holder));
                if self.settles_anothers(holder) || self.settles_a_renewal(renews, outcome) {
                    Some(bent::held(found, holder, now))
                } else {
                    found
                }
            }
            Call::Forget(id) => found.map(|entry| self.bends_to_forget(entry, id)),
            _ => found,
        }
    }

    fn bends_for_a_claim(self, found: Option<Entry>, now: Timestamp) -> Option<Entry> {
        match self {
            Self::ClaimUnconditional => None,
            Self::ClaimOverALiveLease => found.map(|entry| bent::with_leases(entry, |_| now)),
            Self::TriesNotCounted => found.map(bent::untried),
            _ => found,
        }
    }

    fn bends_for_a_run(
        self,
        entry: Entry,
        run: Ulid,
        attempt: Option<Ulid>,
        now: Timestamp,
    ) -> Entry {
        match self {
            Self::BeginOverALiveRun => bent::without_run(entry),
            Self::BeginOnTheAttemptAlone if attempt.is_some() => bent::without_run(entry),
            Self::BeginOverAPresent if bent::is_present(&entry) => bent::claimed(entry, run, now),
            Self::BeginOverAPurge if bent::as_purging(&entry).is_some() => {
                bent::claimed(entry, run, now)
            }
            Self::BeginOverAnAbsence => bent::transient(entry, now),
            Self::TriesNotCounted => bent::untried(entry),
            _ => entry,
        }
    }

    fn settles_anothers(self, holder: Holder) -> bool {
        match self {
            Self::SettleWithoutItsRun => true,
            Self::BackFillOutsideAClaim => matches!(holder, Holder::Attempt(_)),
            _ => false,
        }
    }

    fn settles_a_renewal(self, renews: bool, outcome: &Outcome) -> bool {
        let failed = matches!(outcome, Outcome::Error(_));
        self == Self::FailedRenewalEndsThePresent && renews && failed
    }

    fn bends_to_forget(self, entry: Entry, id: Ulid) -> Entry {
        match self {
            Self::ForgetWithALiveRun => bent::without_renewal(entry),
            Self::ForgetWithoutItsId => bent::owned_by(entry, id),
            _ => entry,
        }
    }
}
