//! Rules that can be broken on purpose, one at a time.

mod bends;
mod bent;
mod broken;

use cloud_mirror_domain::entry::{Entry, Pending, Present, State, Work};
use cloud_mirror_domain::time::Timestamp;

use crate::requester::Seen;
use crate::run::Run;
use crate::world::{LEASE, World};

/// One rule, broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mutation {
    /// This verb drops the upload that it should have kept.
    UploadDroppedBy(Verb),
    /// This verb drops the distrust that it should have kept.
    DistrustDroppedBy(Verb),
    /// An expired entry counts until the table deletes it.
    ExpiredCountsAsLive,
    /// A lease that ends later than any lease can is waited for.
    FarLeaseBelieved,
    /// An error is tried again before its time has come.
    RetryAtIgnored,
    /// A claim is won whatever there is.
    ClaimUnconditional,
    /// A claim is won over a claim, a run or a purge whose lease is alive.
    ClaimOverALiveLease,
    /// A claim is lost to a claim, a run or a purge whose lease is over.
    ClaimNeverTakesOver,
    /// Claims in a row are not counted.
    TriesNotCounted,
    /// A run begins whether or not another is alive.
    BeginOverALiveRun,
    /// A run begins if the entry's attempt is the message's, whatever else the entry says.
    BeginOnTheAttemptAlone,
    /// A run begins only if the entry's attempt is the message's.
    BeginDemandsTheAttempt,
    /// A message makes a present entry pending.
    BeginOverAPresent,
    /// A run begins over a purge.
    BeginOverAPurge,
    /// A run settles an entry that is not its own.
    SettleWithoutItsRun,
    /// A run extends an entry that is not its own.
    ExtendWithoutItsRun,
    /// A run that finds no entry inserts its own although its lease is over.
    LostEntryInsertedTooLate,
    /// A run that finds no entry gives up although its lease is alive.
    LostEntryNotInserted,
    /// A present entry is forgotten together with the run that renews it.
    ForgetWithALiveRun,
    /// Whoever asks forgets an entry.
    ForgetWithoutItsId,
    /// A purge that is done deletes its entry.
    ForgetDeletesTheMark,
    /// A purge's entry expires with its lease.
    MarkEndsWithItsLease,
    /// Two deliveries of a purge's message go on under one id.
    TwoDeliveriesOfOnePurge,
    /// A purge is refused where another is over.
    PurgeRefusedOverAMark,
    /// A claim whose message could not be sent is deleted.
    ReleaseDeletes,
    /// A claim whose message could not be sent holds on.
    ReleaseKeepsTheLease,
    /// A run that hands its work on holds on.
    HandedOnRunHolds,
    /// The own write, met again after its answer was lost, is taken for another's.
    OwnWriteUnknownTo(Verb),
    /// A run begins although the source has just said that there is no such object.
    BeginOverAnAbsence,
    /// A renewal that fails makes an error of the present entry.
    FailedRenewalEndsThePresent,
    /// A purge that has to wait for a run holds for a lease only.
    PurgeHoldsForALease,
    /// A claim that was taken over is not sent again.
    TakeoverNotSent,
    /// A copy that fails leaves its entry pending.
    FailureNotSettled,
    /// A run that is fenced goes on.
    FencedRunGoesOn,
    /// A run whose heartbeat is not answered gives up.
    SilenceIsFenced,
    /// A message is acknowledged before its work is done.
    AcknowledgedAtOnce,
    /// A message that nobody has claimed for is dropped.
    UnclaimedMessageDropped,
    /// A purge that has to wait sends itself no message.
    PurgeMessageNotSent,
    /// A requester that finds a replica and no entry writes `present` without a claim.
    BackFillOutsideAClaim,
    /// The work is sent before it is claimed, whether or not the claim is won.
    EnqueueBeforeClaim,
    /// The winner sends the work without looking at the replica.
    EnqueueWithoutLooking,
    /// A run whose lease is over still writes.
    WriteAfterTheLease,
    /// The final write goes out without an extension before it.
    WriteWithoutExtending,
    /// The final write has no condition.
    WriteWithoutCondition,
    /// A refused final write is taken as a failure, without a look.
    RefusedWriteIsFailure,
    /// A refused final write is taken as a success, without a look.
    RefusedWriteIsSuccess,
    /// What another wrote is accepted although the entry carries distrust.
    AnothersObjectTrusted,
    /// A renewal accepts the very replica that it is to replace.
    RenewalKeepsTheOld,
    /// A run whose settling is refused deletes what it wrote.
    FencedRunDeletes,
    /// A fenced run ends its upload although the fencing entry carries that.
    FencedRunAbortsTheCarried,
    /// A run that begins an upload leaves those that nobody records.
    BeginLeavesUploads,
    /// A purge deletes after its lease.
    DeleteAfterTheLease,
    /// A purge that was refused deletes all the same.
    DeleteWithoutOwning,
    /// A purge deletes without `If-Match`.
    DeleteWhateverIsThere,
    /// A purge does not look again after its deletion.
    DeleteNotVerified,
    /// A purge whose forgetting is refused counts as done.
    RefusedForgetIsDone,
    /// A purge leaves the upload that its entry carries.
    PurgeLeavesTheUpload,
    /// A purge deletes and forgets while a run is alive.
    PurgeDoesNotWait,
}

/// A verb that drops what it should have kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    Claim,
    Begin,
    Extend,
    Release,
    Settle,
    BeginPurge,
    Forget,
}

impl World {
    /// Whether this rule is broken. Asked in the actors, where the rule is no write to the table.
    pub(crate) fn mutated(&self, mutation: Mutation) -> bool {
        self.copies_are.mutation == Some(mutation)
    }
}

pub(crate) fn back_fills(world: &World) -> bool {
    world.mutated(Mutation::BackFillOutsideAClaim) && world.object.is_some()
}

/// Where a replica is seen without an entry, it is taken for one that was claimed.
pub(crate) fn back_fill(world: &mut World) -> Seen {
    let attempt = world.mint();
    let work = Work {
        attempt,
        run: None,
        lease: world.now + LEASE,
    };
    let underway = None;
    let own = Entry {
        state: State::Pending(Pending { work, underway }),
        expires: work.lease,
        tries: 1,
        distrust: false,
        upload: None,
        most_parts: 0,
    };
    Seen::ClaimedAndLooked(own, world.object)
}

/// A fenced run that does not know it.
pub(crate) fn still_held(mut run: Run, now: Timestamp) -> Run {
    match &mut run.own.state {
        State::Pending(Pending { work, .. })
        | State::Present(Present {
            renewal: Some(work),
            ..
        }) => work.lease = now + LEASE,
        _ => {}
    }
    run
}
