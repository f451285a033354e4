//! A requester: its steps are those of `decide`, carried out as the redirect function does.

use cloud_mirror_domain::claim::{Answer, Holder, Outcome};
use cloud_mirror_domain::decide::{Decision, Observation, Sight, Upkeep, decide};
use cloud_mirror_domain::entry::{Entry, Replica, State};
use cloud_mirror_domain::message;
use ulid::Ulid;

use crate::mutation::{Mutation, back_fill, back_fills};
use crate::terms::{entry_expires, named, policy, replica, wanted};
use crate::world::{Object, World};

/// A requester is where its last observation left it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Requester {
    At(Box<Seen>),
    /// Has claimed and not been heard: claims again.
    Claiming {
        attempt: Ulid,
        renews: bool,
    },
    /// Has claimed a renewal, and is to send it.
    Renewing {
        attempt: Ulid,
        seen: Option<Ulid>,
    },
    /// Cannot go on with its claim.
    Releasing(Ulid),
    Done,
}

/// What the model keeps of an [`Observation`]: enough to ask `decide` again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Seen {
    Nothing,
    /// The entry as it still is, which is to be waited for.
    Waiting,
    Entry(Option<Entry>),
    Looked(Entry, Option<Object>),
    Claimed(Entry),
    ClaimedAndLooked(Entry, Option<Object>),
}

impl Seen {
    fn observation(&self, world: &World) -> Observation {
        match self {
            Self::Nothing => Observation::Nothing,
            Self::Waiting => Observation::Entry(world.get()),
            Self::Entry(entry) => Observation::Entry(entry.clone()),
            Self::Claimed(entry) => Observation::Claimed(entry.clone(), None),
            Self::Looked(entry, object) => Observation::Looked(entry.clone(), sight(*object)),
            Self::ClaimedAndLooked(entry, object) => {
                Observation::Claimed(entry.clone(), Some(sight(*object)))
            }
        }
    }

    pub(crate) fn decision(&self, world: &World) -> Decision {
        let observation = self.observation(world);
        decide(wanted(), &observation, world.now, policy())
    }
}

fn sight(object: Option<Object>) -> Sight {
    object.map_or(Sight::Gone, |object| Sight::There(replica(object)))
}

impl Requester {
    pub(crate) fn new() -> Self {
        at(Seen::Nothing)
    }

    /// One step as `decide` says; `None` where nothing would change.
    pub(crate) fn step(&self, world: &mut World) -> Option<Self> {
        Some(match self {
            Self::At(seen) => return carry_out(seen, world),
            Self::Claiming { attempt, renews } => claim(*attempt, *renews, world),
            Self::Renewing { attempt, seen } => {
                world.send_put(*attempt, *seen);
                Self::Done
            }
            Self::Releasing(attempt) => {
                world.release(Holder::Attempt(*attempt));
                Self::Done
            }
            Self::Done => return None,
        })
    }

    /// The call that it would make now has no effect, and an error for an answer.
    pub(crate) fn fails(&self, world: &World) -> Option<Self> {
        Some(match self {
            Self::At(seen) => match seen.decision(world) {
                Decision::LookUnderClaim(entry) | Decision::Enqueue(entry, _) => {
                    Self::Releasing(attempt_of(&entry))
                }
                Decision::Wait(..) => return None,
                _ => Self::Done,
            },
            Self::Renewing { attempt, .. } => Self::Releasing(*attempt),
            Self::Claiming { .. } | Self::Releasing(_) => Self::Done,
            Self::Done => return None,
        })
    }

    /// Whether the call that it would make now is one to the queue.
    pub(crate) fn sends(&self, world: &World) -> bool {
        match self {
            Self::At(seen) => matches!(seen.decision(world), Decision::Enqueue(..)),
            Self::Renewing { .. } => true,
            _ => false,
        }
    }

    /// The call that it would make now has its effect and no answer, so it will be made again.
    pub(crate) fn unheard(&self, world: &mut World) -> Option<Self> {
        let again = match self {
            Self::At(seen) => match seen.decision(world) {
                Decision::Claim => claiming(world, false),
                Decision::Replica(_, Upkeep::Renew) => claiming(world, true),
                Decision::SettlePresent(..) | Decision::Enqueue(..) | Decision::Forget(_) => {
                    self.clone()
                }
                _ => return None,
            },
            _ => self.clone(),
        };
        again.step(world)?;
        Some(again)
    }

    /// Its memory without what does not matter any more.
    pub(crate) fn forgetful(&mut self, world: &World) {
        let Self::At(seen) = self else { return };
        let decision = match &**seen {
            Seen::Entry(_) | Seen::Looked(..) => seen.decision(world),
            _ => return,
        };
        match decision {
            Decision::Wait(entry, _) if world.table.as_ref() == Some(&entry) => {
                **seen = Seen::Waiting;
            }
            Decision::Wait(..) => **seen = Seen::Nothing,
            Decision::Claim => **seen = Seen::Entry(None),
            Decision::Replica(_, Upkeep::None) | Decision::Origin(_) | Decision::SourceSays(_) => {
                *self = Self::Done;
            }
            _ => {}
        }
    }
}

fn carry_out(seen: &Seen, world: &mut World) -> Option<Requester> {
    let next = match seen.decision(world) {
        Decision::Wait(..) if *seen == Seen::Waiting => return None,
        Decision::Get | Decision::Wait(..) => Seen::Entry(world.get()),
        Decision::Claim if back_fills(world) => back_fill(world),
        Decision::Claim => {
            let attempt = world.mint();
            return Some(claim(attempt, false, world));
        }
        Decision::Look(entry) => Seen::Looked(entry, world.object),
        Decision::Forget(entry) => forget(&entry, world),
        Decision::LookUnderClaim(entry) if world.mutated(Mutation::EnqueueWithoutLooking) => {
            Seen::ClaimedAndLooked(entry, None)
        }
        Decision::LookUnderClaim(entry) => Seen::ClaimedAndLooked(entry, world.object),
        Decision::SettlePresent(entry, replica) => settle(&entry, replica, world),
        Decision::Enqueue(entry, hint) => enqueue(&entry, &hint, world),
        Decision::Replica(entry, upkeep) => return Some(keep_up(&entry, upkeep, world)),
        _ => return Some(Requester::Done),
    };
    Some(at(next))
}

fn at(seen: Seen) -> Requester {
    Requester::At(Box::new(seen))
}

fn claiming(world: &mut World, renews: bool) -> Requester {
    let attempt = world.mint();
    Requester::Claiming { attempt, renews }
}

/// A requester that only wanted to renew has its answer already: the claim of a copy, of an entry
/// that has gone meanwhile, is not for it.
fn claim(attempt: Ulid, renews: bool, world: &mut World) -> Requester {
    if world.mutated(Mutation::EnqueueBeforeClaim) {
        let seen = world.object.map(|object| object.run);
        world.send_put(attempt, seen);
    }
    match world.claim(attempt) {
        Answer::Done(entry) => {
            world.claims += 1;
            match &entry.state {
                State::Present(present) => {
                    let seen = present.replica.written_by;
                    Requester::Renewing { attempt, seen }
                }
                _ if renews => Requester::Releasing(attempt),
                _ => at(Seen::Claimed(entry)),
            }
        }
        Answer::Refused(_) if renews => Requester::Done,
        Answer::Refused(entry) => at(Seen::Entry(entry)),
    }
}

fn enqueue(entry: &Entry, hint: &message::Seen, world: &mut World) -> Seen {
    let seen = match hint {
        message::Seen::None => None,
        message::Seen::Etag(etag) => named(etag),
    };
    let again = world.table.as_ref().is_some_and(|entry| entry.tries > 1);
    if !again || !world.mutated(Mutation::TakeoverNotSent) {
        world.send_put(attempt_of(entry), seen);
    }
    Seen::Nothing
}

fn keep_up(entry: &Entry, upkeep: Upkeep, world: &mut World) -> Requester {
    match (upkeep, &entry.state) {
        (Upkeep::Renew, _) => {
            let attempt = world.mint();
            return claim(attempt, true, world);
        }
        (Upkeep::Confirm, State::Present(present)) => {
            world.confirm(present.settled_by);
        }
        _ => {}
    }
    Requester::Done
}

fn settle(entry: &Entry, replica: Replica, world: &mut World) -> Seen {
    let expires = entry_expires(&replica);
    let outcome = Outcome::Present { replica, expires };
    match world.settle(Holder::Attempt(attempt_of(entry)), &outcome) {
        Answer::Done(entry) => {
            world.found_by_a_claim();
            Seen::Entry(Some(entry))
        }
        Answer::Refused(entry) => Seen::Entry(entry),
    }
}

fn forget(entry: &Entry, world: &mut World) -> Seen {
    if let State::Present(present) = &entry.state {
        world.forget(present.settled_by);
    }
    Seen::Nothing
}

fn attempt_of(entry: &Entry) -> Ulid {
    match &entry.state {
        State::Pending(pending) => pending.work.attempt,
        _ => panic!("a claim is pending"),
    }
}
