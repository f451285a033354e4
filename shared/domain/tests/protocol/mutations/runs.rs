//! What a run must and must not do: DESIGN §4.3, §4.4, §4.6 and the row of renewals in §3.

use super::*;
use crate::mutation::Mutation::*;
use crate::mutation::Verb;

pub(super) const CASES: &[Case] = &[
    case(
        BeginOverALiveRun,
        "begin: compare-and-swap on a `pending` entry without a live run",
        ONE_COPY,
        ONE,
    ),
    case(
        BeginOnTheAttemptAlone,
        "A message is a hint; begin decides",
        ONE_COPY,
        ONE,
    ),
    case(
        BeginDemandsTheAttempt,
        "The message's attempt need not match",
        Budget { time: 4, ..NOTHING },
        LATE,
    ),
    case(
        BeginOverAPresent,
        "begin: compare-and-swap on a `pending` entry (and no present one)",
        ONE_COPY,
        ONE,
    ),
    case(
        BeginOverAPurge,
        "begin: compare-and-swap on a `pending` entry (and no purging one)",
        Budget { time: 1, ..PURGED },
        HAS_ITS_REPLICA,
    ),
    case(
        BeginOverAnAbsence,
        "(or a transient `error` whose time has come)",
        Budget {
            failed_copies: 1,
            duplicates: 1,
            ..NOTHING
        },
        TOO_EARLY,
    ),
    case(
        UploadDroppedBy(Verb::Begin),
        "the unfinished upload stays (begin)",
        HANDED_ON,
        SOMEBODY,
    ),
    case(
        UploadDroppedBy(Verb::Release),
        "clears its run but keeps the upload",
        HANDED_ON,
        SOMEBODY,
    ),
    case(
        UploadDroppedBy(Verb::Extend),
        "Continuing an upload: the entry carries it (heartbeat)",
        Budget {
            time: 1,
            ..IN_PARTS
        },
        ENDS_WELL,
    ),
    case(HandedOnRunHolds, "clears its run", HANDED_ON, IN_HANDS),
    case(
        UploadDroppedBy(Verb::Settle),
        "the unfinished upload stays (a failed copy)",
        Budget {
            failed_copies: 1,
            ..IN_PARTS
        },
        SOMEBODY,
    ),
    case(
        ExtendWithoutItsRun,
        "Heartbeat [...] on `run`. Another owner = fenced: stop before the next part",
        Budget { time: 2, ..PURGED },
        ENDS_WELL,
    ),
    case(
        SilenceIsFenced,
        "No answer = go on while the lease lasts",
        Budget { time: 1, ..NOTHING },
        HEARS_NOTHING,
    ),
    case(
        FencedRunGoesOn,
        "Another owner = fenced: stop before the next part",
        Budget {
            time: 3,
            ..IN_PARTS
        },
        ENDS_WELL,
    ),
    case(
        LostEntryNotInserted,
        "No entry, own lease alive = the table was lost: insert our own `pending` again",
        Budget { time: 1, ..NOTHING },
        OUTLIVES,
    ),
    case(
        LostEntryInsertedTooLate,
        "No entry, own lease alive",
        Budget {
            time: 3,
            table_losses: 1,
            purges: 1,
            ..NOTHING
        },
        ENDS_WELL,
    ),
    case(
        SettleWithoutItsRun,
        "Settle `present` or `error`, on `run` and state `pending`",
        Budget { time: 2, ..PURGED },
        ENDS_WELL,
    ),
    case(
        FailureNotSettled,
        "Every failure settles `error` at once",
        Budget {
            failed_copies: 1,
            ..NOTHING
        },
        IN_HANDS,
    ),
    case(
        FailedRenewalEndsThePresent,
        "a failed renewal changes nothing else",
        Budget {
            failed_copies: 1,
            ..RENEWED
        },
        GOOD_IS_SERVED,
    ),
    case(
        AcknowledgedAtOnce,
        "what becomes of the message is a separate question: no message is lost",
        Budget {
            requesters: 0,
            prefetches: 1,
            crashes: 1,
            ..NOTHING
        },
        NO_MESSAGE,
    ),
    case(
        OwnWriteUnknownTo(Verb::Claim),
        "recognises its own id there: that is success (claim)",
        Budget {
            lost_replies: 1,
            ..NOTHING
        },
        IN_HANDS,
    ),
    case(
        OwnWriteUnknownTo(Verb::Begin),
        "recognises its own id there: that is success (begin)",
        Budget {
            requesters: 0,
            prefetches: 1,
            lost_replies: 1,
            ..NOTHING
        },
        IN_HANDS,
    ),
];
