//! What a requester must and must not do: DESIGN §4.1 and §4.2.

use super::*;
use crate::mutation::Mutation::*;
use crate::mutation::Verb;

pub(super) const CASES: &[Case] = &[
    case(
        ClaimUnconditional,
        "Claim: one update [...] wins if",
        ONE_COPY,
        ONE,
    ),
    case(
        ExpiredCountsAsLive,
        "or it is expired ([...]: never trust the deletion)",
        RENEWED,
        HAS_ITS_REPLICA,
    ),
    case(
        ClaimOverALiveLease,
        "or `pending`/`purging` with its lease over",
        ONE_COPY,
        ONE,
    ),
    case(
        ClaimNeverTakesOver,
        "with its lease over",
        Budget {
            losses: 1,
            time: 3,
            ..NOTHING
        },
        GIVEN_UP,
    ),
    case(
        RetryAtIgnored,
        "or `error` whose `retry_at` has come",
        Budget {
            failed_copies: 1,
            ..NOTHING
        },
        TOO_EARLY,
    ),
    case(
        TriesNotCounted,
        "Counts `tries`, backs off, and from the fourth settles `error`",
        NOTHING,
        GIVEN_UP,
    ),
    case(
        FarLeaseBelieved,
        "A lease that ends later than now + 2 × lease counts as over (a fast clock)",
        Budget {
            clock_steps: 1,
            clocks: &[20],
            losses: 1,
            ..NOTHING
        },
        ENDS_WELL,
    ),
    case(
        UploadDroppedBy(Verb::Claim),
        "an unfinished upload's attributes stay",
        Budget {
            crashes: 1,
            time: 3,
            ..HANDED_ON
        },
        SOMEBODY,
    ),
    case(
        BackFillOutsideAClaim,
        "only the winner HEADs the replica, under its claim, [...] and settles `present`",
        HIDDEN,
        ENDS_WELL,
    ),
    case(
        EnqueueBeforeClaim,
        "only the winner [...] sends",
        ONE_COPY,
        ONE,
    ),
    case(EnqueueWithoutLooking, "Look, then enqueue", NOTHING, A_LOOK),
    case(
        ReleaseDeletes,
        "A failed send [...] never deletes the entry",
        Budget {
            failed_sends: 1,
            crashes: 1,
            time: 3,
            ..HANDED_ON
        },
        SOMEBODY,
    ),
    case(
        ReleaseKeepsTheLease,
        "A failed send ends the lease",
        Budget {
            failed_sends: 1,
            ..NOTHING
        },
        IN_HANDS,
    ),
    case(
        UnclaimedMessageDropped,
        "A message without `attempt` is welcome ([...]: the copier claims)",
        Budget {
            prefetches: 1,
            ..NOTHING
        },
        LATE,
    ),
    case(
        TakeoverNotSent,
        "Taking over an unbegun claim re-sends",
        Budget {
            losses: 1,
            time: 3,
            ..NOTHING
        },
        ENDS_WELL,
    ),
];
