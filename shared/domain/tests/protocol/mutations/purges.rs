//! Purges: DESIGN §6.

use super::*;
use crate::mutation::Mutation::*;
use crate::mutation::Verb;

pub(super) const CASES: &[Case] = &[
    case(
        TwoDeliveriesOfOnePurge,
        "`begin_purge` writes `purging` with a fresh id",
        Budget {
            purges: 1,
            time: 8,
            duplicates: 1,
            story: Some(stories::a_purge_has_waited),
            ..NOTHING
        },
        HAS_ITS_REPLICA,
    ),
    case(
        ForgetWithoutItsId,
        "forget on that id",
        Budget {
            purges: 2,
            time: 8,
            story: Some(stories::a_purge_was_slow),
            ..NOTHING
        },
        HAS_ITS_REPLICA,
    ),
    case(
        UploadDroppedBy(Verb::BeginPurge),
        "it carries an unfinished upload over",
        PURGED_IN_PARTS,
        SOMEBODY,
    ),
    case(
        PurgeLeavesTheUpload,
        "and aborts it",
        PURGED_IN_PARTS,
        SOMEBODY,
    ),
    case(
        DeleteWhateverIsThere,
        "delete the replica (`If-Match` the ETag just seen",
        Budget {
            time: 2,
            requesters: 2,
            ..PURGED
        },
        HAS_ITS_REPLICA,
    ),
    case(
        DeleteAfterTheLease,
        "with a time limit inside the lease",
        Budget {
            time: 3,
            crashes: 1,
            ..PURGED
        },
        HAS_ITS_REPLICA,
    ),
    case(
        PurgeDoesNotWait,
        "A live run: the entry stays `purging`, [...] and its receiver deletes",
        PURGED,
        GONE,
    ),
    case(
        PurgeMessageNotSent,
        "a delayed `{\"action\": \"purge\"}` goes to the copy queue",
        PURGED,
        PURGE_WAITS,
    ),
    case(
        DeleteWithoutOwning,
        "Only the owner of a live `purging` deletes",
        Budget {
            purges: 2,
            time: 4,
            crashes: 1,
            ..NOTHING
        },
        ENDS_WELL,
    ),
    case(
        RefusedForgetIsDone,
        "If forgetting is refused and the entry says `present`: HEAD, [...]",
        HIDDEN,
        ENDS_WELL,
    ),
    case(
        ForgetWithALiveRun,
        "forget [...] No live run",
        Budget {
            vanishings: 1,
            jumps: 1,
            requesters: 2,
            ..NOTHING
        },
        KEEPS,
    ),
    case(
        DistrustDroppedBy(Verb::Claim),
        "A claim over a `purging` [...] carries `distrust`",
        HIDDEN,
        ENDS_WELL,
    ),
    case(
        DistrustDroppedBy(Verb::Begin),
        "`distrust` until a delete is verified (begin)",
        HIDDEN,
        ENDS_WELL,
    ),
    case(
        DistrustDroppedBy(Verb::Extend),
        "`distrust` until a delete is verified (extend)",
        Budget {
            copies_are: IN_PARTS.copies_are,
            ..HIDDEN
        },
        ENDS_WELL,
    ),
    case(
        DistrustDroppedBy(Verb::Settle),
        "`distrust` until a delete is verified (a failed run)",
        Budget {
            failed_copies: 1,
            ..HIDDEN
        },
        ENDS_WELL,
    ),
    case(
        DistrustDroppedBy(Verb::Release),
        "`distrust` until a delete is verified (a failed send)",
        Budget {
            failed_sends: 1,
            ..HIDDEN
        },
        ENDS_WELL,
    ),
    case(
        ForgetDeletesTheMark,
        "so that the distrust is not lost",
        HIDDEN,
        ENDS_WELL,
    ),
    case(
        MarkEndsWithItsLease,
        "the `purging` entry's TTL is the pool's lifespan",
        HIDDEN,
        ENDS_WELL,
    ),
    case(
        PurgeRefusedOverAMark,
        "`begin_purge` writes `purging` (refused only while another is at it)",
        PURGED,
        PURGE_IS_DONE,
    ),
];
