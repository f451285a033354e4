//! The final write, and what is left in the pool: DESIGN §4.5 and §4.7.

use super::*;
use crate::mutation::Mutation::*;

pub(super) const CASES: &[Case] = &[
    case(
        WriteAfterTheLease,
        "a run whose lease is over by its own clock writes nothing",
        Budget { time: 2, ..PURGED },
        GONE,
    ),
    case(
        WriteWithoutCondition,
        "Second fence: `If-None-Match: *` where HEAD saw none, `If-Match: {etag}`",
        HIDDEN,
        ENDS_WELL,
    ),
    case(
        RefusedWriteIsFailure,
        "412 [...]: HEAD; ours and verified → settle",
        Budget {
            lost_replies: 1,
            ..NOTHING
        },
        GOOD_IS_SERVED,
    ),
    case(
        RefusedWriteIsSuccess,
        "412 [...]: HEAD; not good → once with its ETag",
        HIDDEN,
        ENDS_WELL,
    ),
    case(
        AnothersObjectTrusted,
        "carries `distrust` until a delete is verified",
        HIDDEN,
        ENDS_WELL,
    ),
    case(
        RenewalKeepsTheOld,
        "`If-Match: {etag}` where a replica is replaced (a renewal)",
        Budget {
            crashes: 1,
            time: 3,
            ..RENEWED
        },
        LATE,
    ),
    case(
        FencedRunDeletes,
        "A fenced run never deletes a replica",
        Budget { time: 3, ..NOTHING },
        HAS_ITS_REPLICA,
    ),
    case(
        FencedRunAbortsTheCarried,
        "and aborts only an upload that the fencing entry does not carry",
        Budget {
            time: 3,
            ..IN_PARTS
        },
        NOT_TWICE,
    ),
    case(
        BeginLeavesUploads,
        "Uploads of our exact key that nobody records are ended by begin",
        Budget {
            crashes: 1,
            ..IN_PARTS
        },
        ENDS_WELL,
    ),
];
