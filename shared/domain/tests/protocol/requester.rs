//! A requester: its steps are those of `decide`.

use std::time::Duration;

use cloud_mirror_domain::claim::{self, Answer, Holder, Outcome};
use cloud_mirror_domain::decide::{Decision, Observation, Patience, Sight, Upkeep, Wanted, decide};
use cloud_mirror_domain::entry::{Entry, Replica, State};
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

use crate::world::{LIFESPAN, Sent, Verb, World, policy, replica, seen, target, terms};

/// A requester is where its last observation left it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Requester {
    At(Box<Seen>),
    /// Was redirected to a replica near its end, and has claimed its renewal.
    Renewing {
        attempt: Ulid,
        seen: Option<Ulid>,
    },
    Done,
}

/// What the model keeps of an [`Observation`]: enough to ask `decide` again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Seen {
    Nothing,
    Entry(Option<Entry>),
    Looked(Entry, Option<Ulid>),
    Claimed(Entry),
    ClaimedAndLooked(Entry, Option<Ulid>),
}

impl Seen {
    fn observation(&self) -> Observation {
        match self {
            Self::Nothing => Observation::Nothing,
            Self::Entry(entry) => Observation::Entry(entry.clone()),
            Self::Claimed(entry) => Observation::Claimed(entry.clone(), None),
            Self::Looked(entry, object) => Observation::Looked(entry.clone(), sight(*object)),
            Self::ClaimedAndLooked(entry, object) => {
                Observation::Claimed(entry.clone(), Some(sight(*object)))
            }
        }
    }
}

fn sight(object: Option<Ulid>) -> Sight {
    object.map_or(Sight::Gone, |run| Sight::There(replica(run)))
}

impl Requester {
    pub(crate) fn new() -> Self {
        Self::At(Box::new(Seen::Nothing))
    }

    /// One step as `decide` says; `None` where nothing would change.
    pub(crate) fn step(&self, world: &mut World) -> Option<Self> {
        let seen_so_far = match self {
            Self::At(seen_so_far) => seen_so_far,
            Self::Renewing { attempt, seen } => {
                let (attempt, seen) = (*attempt, *seen);
                world.send(Sent::Put { attempt, seen });
                return Some(Self::Done);
            }
            Self::Done => return None,
        };
        let observation = seen_so_far.observation();
        let next = match decide(&wanted(world.now), &observation, world.now, policy()) {
            Decision::Wait(entry, until) => {
                if world.table.as_ref() == Some(&entry) && world.now < until {
                    return None;
                }
                Seen::Entry(world.table.clone())
            }
            Decision::Get => Seen::Entry(world.table.clone()),
            Decision::Claim => return Some(claim(world)),
            Decision::Look(entry) => Seen::Looked(entry, world.object),
            Decision::Forget(entry) => forget(world, &entry),
            Decision::LookUnderClaim(entry) => Seen::ClaimedAndLooked(entry, world.object),
            Decision::SettlePresent(entry, replica) => settle(world, &entry, replica),
            Decision::Enqueue(entry, hint) => {
                let attempt = attempt_of(&entry);
                let seen = seen(&hint);
                world.send(Sent::Put { attempt, seen });
                Seen::Entry(Some(entry))
            }
            Decision::Replica(_, Upkeep::Renew) => return Some(renew(world)),
            _ => return Some(Self::Done),
        };
        Some(Self::At(Box::new(next)))
    }
}

/// A request with all the patience in the world.
fn wanted(now: Timestamp) -> Wanted {
    let forever = now + Duration::from_secs(60);
    let patience = Patience {
        invocation_ends: forever,
        budget_ends: forever,
        hops_left: 0,
    };
    Wanted {
        target: Ok(target()),
        patience,
        no_cache: false,
    }
}

fn claim(world: &mut World) -> Requester {
    let attempt = world.mint();
    let found = world.table.as_ref();
    let claimed = claim::claim(found, attempt, world.now, &terms());
    let seen = match world.write_by(Verb::Claim, claimed) {
        Answer::Done(entry) => match &entry.state {
            // Present meanwhile and near its end: what was won is its renewal.
            State::Present(present) => {
                let seen = present.replica.written_by;
                return Requester::Renewing { attempt, seen };
            }
            _ => Seen::Claimed(entry),
        },
        Answer::Refused(entry) => Seen::Entry(entry),
    };
    Requester::At(Box::new(seen))
}

fn renew(world: &mut World) -> Requester {
    match claim(world) {
        renewing @ Requester::Renewing { .. } => renewing,
        _ => Requester::Done,
    }
}

fn settle(world: &mut World, entry: &Entry, replica: Replica) -> Seen {
    let outcome = Outcome::Present {
        replica,
        expires: world.now + LIFESPAN,
    };
    let holder = Holder::Attempt(attempt_of(entry));
    let found = world.table.as_ref();
    match world.write(claim::settle(found, holder, &outcome, world.now, &terms())) {
        Answer::Done(entry) => {
            world.found_by_a_claim();
            Seen::Entry(Some(entry))
        }
        Answer::Refused(entry) => Seen::Entry(entry),
    }
}

fn forget(world: &mut World, entry: &Entry) -> Seen {
    if let State::Present(present) = &entry.state {
        let (found, owner) = (world.table.as_ref(), present.settled_by);
        world.write(claim::forget(found, owner, world.now, &terms()));
    }
    Seen::Nothing
}

fn attempt_of(entry: &Entry) -> Ulid {
    match &entry.state {
        State::Pending(pending) => pending.work.attempt,
        _ => panic!("a claim is pending"),
    }
}
