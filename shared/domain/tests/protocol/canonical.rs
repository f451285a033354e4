//! One form for all states that differ in nothing that matters.

use std::time::Duration;

use cloud_mirror_domain::entry::{Entry, State as EntryState};
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::model::{Budget, State, Who};
use crate::requester::{Requester, Seen};
use crate::stage::Stage;
use crate::terms::{LEASE, LIFESPAN, NOW, RECHECK, TICK};
use crate::walk::{Moment, Walker, walk};

/// An end that is farther away than this comes near only by a jump: until then all ends are
/// equally far.
const NEAR: Duration = Duration::from_millis(12 * 12);
/// What is left of a replica's life where it is far from its end.
const LIFE: Duration = Duration::from_millis(56 * 12);
/// What is left of any other entry's.
const KEEP: Duration = Duration::from_millis(7 * 24 * 3600 * 1000);

impl State {
    /// Brings the state into the one form of all that are like it.
    pub(crate) fn settle_down(&mut self, budget: &Budget) {
        self.forget_what_does_not_matter(budget);
        self.sort_actors();
        let mut settler = Settler {
            past: NOW - TICK * budget.slowest(),
            names: Vec::with_capacity(16),
        };
        walk(self, &mut settler);
        self.world.next_id = u8::try_from(settler.names.len() + 1).expect("few ids");
        self.world.messages.sort_unstable();
        self.world.uploads.sort_unstable();
    }

    /// Time passes: everything else comes nearer.
    pub(crate) fn pass(&mut self, time: Duration) {
        walk(self, &mut Shift(time));
        self.world.flights.retain(|flight| flight.until >= NOW);
    }

    fn forget_what_does_not_matter(&mut self, budget: &Budget) {
        for n in 0..self.requesters.len() {
            let (ahead, behind) = self.clock_of(Who::Requester(n));
            self.world.now = NOW + ahead - behind;
            self.requesters[n].forgetful(&self.world);
            if let Requester::At(seen) = &mut self.requesters[n]
                && let Seen::Claimed(entry) | Seen::ClaimedAndLooked(entry, _) = &mut **seen
            {
                strip(entry);
            }
        }
        self.world.now = NOW;
        if !budget.one_copy {
            (self.world.copies, self.world.runs) = (self.world.copies.min(2), 0);
        }
        if budget.claims == 0 {
            self.world.claims = 0;
        }
    }

    /// Actors of one kind are alike.
    fn sort_actors(&mut self) {
        if self.copiers[0].stage.rank() > self.copiers[1].stage.rank() {
            self.copiers.swap(0, 1);
            self.swap_clocks(Who::Copier(0), Who::Copier(1));
        }
        if let [one, other] = &self.requesters[..]
            && rank(one) > rank(other)
        {
            self.requesters.swap(0, 1);
            self.swap_clocks(Who::Requester(0), Who::Requester(1));
        }
    }

    fn swap_clocks(&mut self, one: Who, other: Who) {
        if let Some((who, _)) = &mut self.clock {
            if *who == one {
                *who = other;
            } else if *who == other {
                *who = one;
            }
        }
    }
}

/// Of its own claim a requester needs no more than whose it is, and whether it distrusts.
fn strip(entry: &mut Entry) {
    (entry.expires, entry.upload) = (NOW + KEEP, None);
    (entry.tries, entry.most_parts) = (1, 0);
    if let EntryState::Pending(pending) = &mut entry.state {
        pending.work.lease = NOW + LEASE;
    }
}

fn rank(requester: &Requester) -> u8 {
    match requester {
        Requester::At(seen) => match **seen {
            Seen::Nothing => 0,
            Seen::Waiting => 1,
            Seen::Entry(None) => 2,
            Seen::Entry(_) => 3,
            Seen::Looked(..) => 4,
            Seen::Claimed(_) => 5,
            Seen::ClaimedAndLooked(..) => 6,
        },
        Requester::Claiming { .. } => 7,
        Requester::Renewing { .. } => 8,
        Requester::Releasing(_) => 9,
        Requester::Done => 10,
    }
}

impl Stage {
    fn rank(&self) -> u8 {
        match self {
            Self::Idle => 0,
            Self::Claiming(_) => 1,
            Self::Beginning { .. } => 2,
            Self::Unseen(_) => 3,
            Self::Ready(..) => 4,
            Self::Writing(..) => 5,
            Self::Written(..) => 6,
            Self::Found(..) => 7,
            Self::Settling(..) => 8,
            Self::Failing { .. } => 9,
            Self::Stopping(_) => 10,
            Self::Purging(_) => 11,
        }
    }
}

/// Names ids anew, and moments that do not differ in what they mean alike.
struct Settler {
    past: Timestamp,
    names: Vec<Ulid>,
}

impl Walker for Settler {
    fn id(&mut self, id: &mut Ulid) {
        let known = self.names.iter().position(|name| name == id);
        let place = known.unwrap_or_else(|| {
            self.names.push(*id);
            self.names.len() - 1
        });
        let purges = u128::from(*id) % 256;
        *id = Ulid::from((place as u128 + 1) * 256 + purges);
    }

    fn moment(&mut self, moment: &mut Timestamp, means: Moment) {
        *moment = match means {
            Moment::Expires { present: true } if *moment > NOW + NEAR => NOW + LIFE,
            Moment::Expires { present: false } if *moment > NOW + NEAR => NOW + KEEP,
            Moment::Until | Moment::Expires { .. } => (*moment).max(self.past),
            Moment::Stored if *moment > NOW - (LIFE - NEAR) => NOW,
            Moment::Stored => (*moment).max(NOW - LIFESPAN),
            Moment::Checked if *moment > NOW - RECHECK => NOW,
            Moment::Checked => NOW - RECHECK - TICK,
        };
    }
}

/// Brings every moment nearer.
struct Shift(Duration);

impl Walker for Shift {
    fn id(&mut self, _: &mut Ulid) {}

    fn moment(&mut self, moment: &mut Timestamp, _: Moment) {
        *moment = *moment - self.0;
    }
}
