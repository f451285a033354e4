//! The protocol's rules, one story each. Their interleavings are the model's.

use std::time::Duration;

use ulid::Ulid;

use super::*;
use crate::entry::{Purging, Replica, UnfinishedUpload, Work};
use crate::error::Kind;

const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const LEASE: Duration = Duration::from_secs(60);

/// One entry, told what happens to it.
#[derive(Default)]
struct Table(Option<Entry>);

impl Table {
    fn tell(&mut self, transition: Transition<Answer>) -> bool {
        match transition.write {
            Write::Nothing => {}
            Write::Put(entry) => self.0 = Some(entry),
            Write::Delete => self.0 = None,
        }
        transition.answer.is_done()
    }

    fn claim(&mut self, attempt: u64, at: Timestamp) -> bool {
        self.tell(claim(self.0.as_ref(), id(attempt), at, &terms()))
    }

    fn begin(&mut self, run: u64, at: Timestamp) -> bool {
        self.tell(begin(self.0.as_ref(), id(run), at, &terms()))
    }

    fn settle(&mut self, holder: Holder, outcome: &Outcome, at: Timestamp) -> bool {
        self.tell(settle(self.0.as_ref(), holder, outcome, at, &terms()))
    }

    fn extend(&mut self, run: u64, own: &Entry, at: Timestamp) -> bool {
        let extension = Extension {
            own: own.clone(),
            underway: None,
            upload: own.upload.clone(),
        };
        self.tell(extend(self.0.as_ref(), id(run), &extension, at, &terms()))
    }

    fn release(&mut self, holder: Holder, at: Timestamp) -> bool {
        self.tell(release(self.0.as_ref(), holder, at))
    }

    fn begin_purge(&mut self, purge: u64, resumes: Option<u64>, at: Timestamp) -> bool {
        let resumes = resumes.map(id);
        self.tell(begin_purge(
            self.0.as_ref(),
            id(purge),
            resumes,
            at,
            &terms(),
        ))
    }

    fn forget(&mut self, owner: u64, at: Timestamp) -> bool {
        self.tell(forget(self.0.as_ref(), id(owner), at, &terms()))
    }

    fn entry(&self) -> &Entry {
        self.0.as_ref().expect("an entry")
    }

    fn status(&self) -> &'static str {
        self.0.as_ref().map_or("absent", |entry| entry.status(NOW))
    }

    /// A table in which run 2 has settled claim 1 as present, for six hours.
    fn with_a_present_entry() -> Self {
        let mut table = Self::default();
        assert!(table.claim(1, NOW) && table.begin(2, NOW));
        assert!(table.settle(Holder::Run(id(2)), &present_for(6 * HOUR), NOW));
        table
    }

    fn renewal(&self) -> Option<Work> {
        match &self.entry().state {
            State::Present(present) => present.renewal,
            _ => None,
        }
    }

    fn purging(&self) -> Purging {
        match &self.entry().state {
            State::Purging(purging) => *purging,
            state => panic!("not purging: {state:?}"),
        }
    }

    fn retry_at(&self) -> Timestamp {
        match &self.entry().state {
            State::Error(failed) => failed.retry_at,
            state => panic!("no error: {state:?}"),
        }
    }
}

fn id(n: u64) -> Ulid {
    Ulid::from(u128::from(n))
}

fn terms() -> Terms {
    Terms {
        lifetimes: Lifetimes::default(),
        lifespan: 24 * HOUR,
    }
}

fn present_for(life: Duration) -> Outcome {
    Outcome::Present {
        replica: Replica::default(),
        expires: NOW + life,
    }
}

fn error(kind: Kind) -> Outcome {
    Outcome::Error(Failure::new(kind, "why"))
}

#[test]
fn a_claim_holds_for_a_lease_and_is_then_taken_over() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW));
    assert!(table.claim(1, NOW), "its own write is recognised");
    assert!(
        !table.claim(2, NOW + LEASE - SECOND),
        "while the lease is alive"
    );
    assert!(table.claim(2, NOW + LEASE), "when it is over");
    assert_eq!(table.entry().tries, 2);
}

#[test]
fn a_claim_keeps_the_unfinished_upload_of_whoever_died() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW));
    let upload = UnfinishedUpload {
        id: "u".into(),
        source_etag: None,
        size: 9,
        part_size: 5,
    };
    let own = Entry {
        upload: Some(upload.clone()),
        ..table.entry().clone()
    };
    assert!(table.extend(2, &own, NOW));
    assert!(table.claim(3, NOW + LEASE));
    assert_eq!(table.entry().upload, Some(upload));
}

#[test]
fn the_fourth_claim_in_a_row_that_nobody_ended_gives_up_for_a_while() {
    let mut table = Table::default();
    let mut now = NOW;
    for attempt in 1..=3 {
        assert!(table.claim(attempt, now), "claim {attempt}");
        now = now + 2 * LEASE;
    }
    assert!(!table.claim(4, now), "the fourth settles an error instead");
    assert_eq!(table.status(), "error");
    assert_eq!(table.retry_at(), now + LEASE, "the longest pause");
    assert!(!table.claim(5, now + LEASE - SECOND));
    assert!(table.claim(5, now + LEASE), "and then it is tried again");
}

#[test]
fn of_two_deliveries_one_begins() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW));
    assert!(table.begin(2, NOW));
    assert!(table.begin(2, NOW), "its own write is recognised");
    assert!(!table.begin(3, NOW + SECOND), "the other leaves");
    assert!(table.begin(3, NOW + LEASE), "unless the first has died");
}

#[test]
fn a_message_without_an_entry_or_over_a_present_one_begins_nothing() {
    assert!(!Table::default().begin(2, NOW));
    let mut table = Table::with_a_present_entry();
    assert!(!table.begin(3, NOW), "fault 10 of the Node original");
    assert_eq!(table.status(), "present");
}

#[test]
fn what_queued_for_longer_than_its_lease_is_still_good_work() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW));
    assert!(table.begin(2, NOW + 10 * LEASE));
}

#[test]
fn a_run_that_was_overtaken_is_fenced_from_every_write() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW));
    let own = table.entry().clone();
    assert!(table.claim(3, NOW + LEASE));
    let later = NOW + LEASE;
    assert!(!table.extend(2, &own, later));
    assert!(!table.settle(Holder::Run(id(2)), &present_for(HOUR), later));
    assert!(!table.release(Holder::Run(id(2)), later));
}

#[test]
fn a_run_whose_table_was_lost_inserts_itself_again_while_its_lease_lasts() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW));
    let own = table.entry().clone();
    table.0 = None;
    assert!(
        !table.extend(2, &own, NOW + LEASE),
        "not once its lease is over"
    );
    assert!(table.extend(2, &own, NOW + LEASE - SECOND));
    assert_eq!(table.status(), "pending");
    assert!(table.settle(Holder::Run(id(2)), &present_for(HOUR), NOW + LEASE));
}

#[test]
fn only_an_unbegun_claim_may_settle_by_its_attempt() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW));
    assert!(
        !table.settle(Holder::Attempt(id(9)), &present_for(HOUR), NOW),
        "not another's"
    );
    assert!(table.begin(2, NOW));
    assert!(
        !table.settle(Holder::Attempt(id(1)), &present_for(HOUR), NOW),
        "a copier is at it"
    );
    assert!(table.settle(Holder::Run(id(2)), &present_for(HOUR), NOW));
    assert!(
        table.settle(Holder::Run(id(2)), &present_for(HOUR), NOW),
        "its own write"
    );
}

#[test]
fn transient_errors_back_off_and_then_give_up_for_a_while() {
    let mut table = Table::default();
    let mut now = NOW;
    let mut pauses = Vec::new();
    for n in 1..=4 {
        assert!(table.claim(2 * n, now) && table.begin(2 * n + 1, now));
        assert!(table.settle(Holder::Run(id(2 * n + 1)), &error(Kind::SourceFailed), now));
        assert!(
            !table.claim(99, table.retry_at() - SECOND / 2),
            "not before its time"
        );
        pauses.push(table.retry_at().since(now).as_secs());
        now = table.retry_at();
    }
    assert_eq!(pauses, [1, 2, 60, 60]);
}

#[test]
fn a_message_may_begin_again_after_a_transient_error_only() {
    for (kind, may) in [(Kind::SourceFailed, true), (Kind::SourceNotFound, false)] {
        let mut table = Table::default();
        assert!(table.claim(1, NOW) && table.begin(2, NOW));
        assert!(table.settle(Holder::Run(id(2)), &error(kind), NOW));
        assert!(!table.begin(3, NOW), "{kind}: not before its time");
        assert_eq!(table.begin(3, NOW + LEASE), may, "{kind}");
    }
}

#[test]
fn a_released_claim_is_free_at_once_and_counts_as_no_try() {
    let mut table = Table::default();
    for attempt in 1..=10 {
        assert!(table.claim(attempt, NOW), "claim {attempt}");
        assert!(table.release(Holder::Attempt(id(attempt)), NOW));
        assert!(
            table.release(Holder::Attempt(id(attempt)), NOW),
            "its own write"
        );
    }
    assert!(table.claim(11, NOW));
    assert_eq!(table.entry().tries, 1);
}

#[test]
fn a_renewal_leaves_the_entry_present_until_it_settles() {
    let mut table = Table::with_a_present_entry();
    assert!(
        !table.claim(3, NOW),
        "far from its end there is nothing to claim"
    );
    let late = NOW + 4 * HOUR;
    assert!(table.claim(3, late), "in the last eighth of a day");
    assert!(!table.claim(4, late), "once");
    assert!(table.begin(5, late));
    assert_eq!(table.status(), "present");
    assert!(table.settle(Holder::Run(id(5)), &present_for(20 * HOUR), late));
    assert_eq!((table.status(), table.renewal()), ("present", None));
    assert_eq!(table.entry().expires, NOW + 20 * HOUR);
}

#[test]
fn a_failed_renewal_changes_nothing_but_its_own_pause() {
    let mut table = Table::with_a_present_entry();
    let late = NOW + 4 * HOUR;
    assert!(table.claim(3, late) && table.begin(5, late));
    assert!(table.settle(Holder::Run(id(5)), &error(Kind::SourceNotFound), late));
    assert_eq!((table.status(), table.renewal()), ("present", None));
    assert_eq!(table.entry().expires, NOW + 6 * HOUR);
    assert!(!table.claim(6, late + SECOND), "not again at once");
    assert!(table.claim(6, late + LEASE));
}

#[test]
fn a_purge_fences_everybody_and_leaves_a_mark() {
    let mut table = Table::with_a_present_entry();
    assert!(table.begin_purge(7, None, NOW));
    assert_eq!(table.purging().run_until, None);
    assert!(!table.claim(8, NOW) && !table.begin(9, NOW));
    assert!(
        !table.begin_purge(10, None, NOW),
        "the first purge covers the second"
    );
    assert!(!table.forget(10, NOW), "only its owner ends it");
    assert!(table.forget(7, NOW));
    assert_eq!(table.status(), "absent");
    assert!(table.claim(8, NOW));
    assert!(
        table.entry().distrust,
        "whatever is found has to be replaced"
    );
    assert!(table.begin(9, NOW));
    assert!(table.settle(Holder::Run(id(9)), &present_for(HOUR), NOW));
    assert!(!table.entry().distrust);
}

#[test]
fn a_purge_over_a_live_run_waits_until_that_can_no_longer_write() {
    let mut table = Table::default();
    assert!(table.claim(1, NOW) && table.begin(2, NOW));
    assert!(table.begin_purge(7, None, NOW));
    let lifetimes = terms().lifetimes;
    let run_until = NOW + LEASE + lifetimes.write_limit() + lifetimes.skew();
    assert_eq!(table.purging().run_until, Some(run_until));
    assert!(!table.claim(3, run_until), "its lease covers the wait");
    assert!(
        table.begin_purge(8, Some(7), run_until),
        "its message goes on with it"
    );
    assert!(
        !table.begin_purge(9, Some(7), run_until),
        "the second delivery leaves"
    );
    assert_eq!(table.purging().run_until, None);
}

#[test]
fn a_purge_whose_owner_died_is_claimed_over_with_distrust() {
    let mut table = Table::with_a_present_entry();
    assert!(table.begin_purge(7, None, NOW));
    assert!(table.claim(8, NOW + LEASE));
    assert!(table.entry().distrust);
    assert!(
        !table.forget(7, NOW + LEASE),
        "the dead owner ends nothing any more"
    );
    assert!(table.claim(9, NOW + 3 * LEASE));
    assert!(table.entry().distrust, "distrust outlives a takeover");
}

#[test]
fn a_purge_from_a_fast_clock_holds_nobody_up() {
    let mut table = Table::default();
    let fast = NOW + HOUR;
    assert!(table.claim(1, fast) && table.begin(2, fast));
    assert!(table.begin_purge(7, None, fast));
    assert!(table.begin_purge(8, None, NOW), "another purge takes over");
    assert_eq!(table.purging().run_until, None, "and waits for nothing");
    assert!(table.begin_purge(7, None, fast) && table.claim(3, NOW));
}

#[test]
fn forgetting_a_present_entry_carries_a_live_renewal_on() {
    let mut table = Table::with_a_present_entry();
    let late = NOW + 4 * HOUR;
    assert!(table.claim(3, late) && table.begin(5, late));
    assert!(!table.forget(9, late), "only the settlement that was seen");
    assert!(table.forget(2, late));
    assert_eq!(table.status(), "pending");
    assert!(table.settle(Holder::Run(id(5)), &present_for(20 * HOUR), late));
    let mut settled = Table::with_a_present_entry();
    assert!(settled.forget(2, NOW));
    assert_eq!(settled.0, None);
}

#[test]
fn a_confirmation_counts_only_for_the_settlement_that_was_seen() {
    let mut table = Table::with_a_present_entry();
    let later = NOW + HOUR;
    assert!(!table.tell(confirm(table.0.as_ref(), id(9), later)));
    assert!(table.tell(confirm(table.0.as_ref(), id(2), later)));
    let State::Present(present) = &table.entry().state else {
        panic!("not present")
    };
    assert_eq!(present.checked, later);
}
