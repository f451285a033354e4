//! The ledger: every kind of request with all its calls.

use cloud_mirror_tests::wired::Who::{Copier, Poller, Purge, Request};

use super::lines::{Line, Story, each_look, each_part, each_part_at_most, line, once_at_most};

/// Names a story.
macro_rules! book {
    ($($name:ident: $title:literal = $($block:ident),* $(,)?;)+) => {
        $(pub(crate) const $name: Story = Story { title: $title, blocks: &[$($block),*] };)+

        /// All of them, in the document's order.
        pub(crate) const BOOK: &[&Story] = &[$(&$name),+];
    };
}

book! {
    HOT_HIT: "a hit, remembered by the environment" = ASKED;
    TABLE_HIT: "a hit" = ASKED, READ;
    SIGNED_HIT: "a hit in a presigned pool: the address is signed here, and asked of nobody" = ASKED, READ;
    RECHECKED_HIT: "a hit whose recheck is due" = ASKED, READ, LOOKED;
    NO_CACHE_HIT: "a hit with `Cache-Control: no-cache`" = ASKED, READ_STRONGLY, LOOKED;
    RENEWAL: "a hit near its end: the renewal, copied by S3" =
        ASKED, READ, RENEWS, DELIVERED, BEGUN_ANEW, HEAD_OF_SOURCE, COPIED, VERIFIED, SETTLED;
    STORE_MISS: "a miss, copied by S3 in one request" =
        ASKED, READ, CLAIMED, WAITED, DELIVERED, BEGUN, HEAD_OF_SOURCE, COPIED, VERIFIED, SETTLED;
    STORE_PARTS_MISS: "a miss, copied by S3 in parts" =
        ASKED, READ, CLAIMED, WAITED, DELIVERED, BEGUN, HEAD_OF_SOURCE, UPLOAD_BEGUN, PARTS_COPIED,
        COMPLETED, VERIFIED, SETTLED;
    STREAM_MISS: "a miss, streamed in one request" =
        ASKED, READ, CLAIMED, WAITED, DELIVERED, BEGUN, HEAD_OF_SOURCE, GET_OF_SOURCE, PUT, VERIFIED, SETTLED;
    STREAM_PARTS_MISS: "a miss, streamed in parts" =
        ASKED, READ, CLAIMED, WAITED, DELIVERED, BEGUN, HEAD_OF_SOURCE, GET_OF_SOURCE, UPLOAD_BEGUN,
        PARTS_WRITTEN, STREAM_NOTED, LOOKED_AGAIN, COMPLETED, TAGGED, VERIFIED, SETTLED;
    WAITER: "another request for an object that is being copied" = ASKED, READ, WAITED;
    OVERTAKEN: "another request of the same moment, whose claim is refused" =
        ASKED, READ, CLAIM_REFUSED, WAITED;
    BACK_FILL: "a miss only of the table, which was lost; streamed once" =
        ASKED, READ, FOUND;
    NOT_FOUND: "a miss of what the source does not have" =
        ASKED, READ, CLAIMED, WAITED, DELIVERED, BEGUN, HEAD_OF_SOURCE, SETTLED;
    NOT_FOUND_AGAIN: "the same, remembered" = ASKED, READ;
    ORIGIN: "what is not mirrored: signed, with a query, in the pool's own region" = ASKED;
    FAILING: "a try of a copy that fails for now" =
        DELIVERED_IN_VAIN, BEGUN, HEAD_OF_SOURCE, SETTLED, AGAIN_LATER;
    TOO_LARGE_TO_WAIT: "a large copy, changing over to the bulk queue" =
        DELIVERED, BEGUN, HEAD_OF_SOURCE, SIZE_NOTED, HANDED_ON;
    OUT_OF_TIME: "a copy in parts whose invocation ends, up to its continuation" =
        DELIVERED, BEGUN, HEAD_OF_SOURCE, UPLOAD_BEGUN, PARTS_COPIED, PROGRESS_NOTED, HANDED_ON;
    CONTINUATION: "the continuation, from its message on" =
        DELIVERED, BEGUN, HEAD_OF_SOURCE, GONE_ON, PARTS_COPIED, COMPLETED, VERIFIED, SETTLED;
    PURGE: "a purge" = PURGE_ASKED, PURGE_BEGUN, DELETED, FORGOTTEN;
    PURGE_OF_NOTHING: "a purge of what is not there" = PURGE_ASKED, PURGE_BEGUN_OF_NOTHING, NOTHING_THERE, FORGOTTEN;
    PURGE_OF_A_RUN: "a purge while a copy runs, up to its answer" =
        PURGE_ASKED, PURGE_BEGUN, NOTHING_THERE, PURGE_LATER;
}

const ASKED: &[Line] = &[
    line(
        Request,
        "API request",
        "the front door: none where that is a function URL",
    ),
    line(
        Request,
        "Lambda invocation",
        "the redirect function answers it",
    ),
];
const READ: &[Line] = &[line(
    Request,
    "DynamoDB GetItem",
    "the first read may be a moment old, which is half the price: whatever it says wrongly, a claim's condition or a strong read puts right",
)];
const READ_STRONGLY: &[Line] = &[line(
    Request,
    "DynamoDB GetItem, strong",
    "who trusts no cache is told what is true now",
)];
const LOOKED: &[Line] = &[
    line(Request, "S3 HeadObject", "whether the replica is there"),
    line(
        Request,
        "DynamoDB PutItem",
        "notes the look, so that for a `recheck` nobody looks again",
    ),
];
const CLAIMED: &[Line] = &[
    line(
        Request,
        "DynamoDB PutItem",
        "the claim: of all that ask, one is responsible for the copy",
    ),
    line(
        Request,
        "S3 HeadObject",
        "the look under the claim: a lost table costs this and no copy, and what it sees is the condition of the final write, so that the copier need not look",
    ),
    line(Request, "SQS SendMessage", "the work, for the copier"),
];
const CLAIM_REFUSED: &[Line] = &[line(
    Request,
    "DynamoDB PutItem",
    "the claim, refused by its condition: DynamoDB bills it as a write, and answers the item as it is, so that it need not be read",
)];
const WAITED: &[Line] = &[each_look(
    Request,
    "DynamoDB GetItem, strong",
    "a look of the wait: `r(t)` of them",
)];
const DELIVERED: &[Line] = &[
    line(
        Poller,
        "SQS ReceiveMessage",
        "up to ten messages at once; here one alone",
    ),
    line(Copier, "Lambda invocation", "the same"),
    line(
        Poller,
        "SQS DeleteMessage",
        "acknowledged; up to ten at once",
    ),
];
const DELIVERED_IN_VAIN: &[Line] = &[
    line(
        Poller,
        "SQS ReceiveMessage",
        "up to ten messages at once; here one alone",
    ),
    line(Copier, "Lambda invocation", "the same"),
];
const BEGUN: &[Line] = &[line(
    Copier,
    "DynamoDB UpdateItem",
    "begin: of all deliveries, one makes the copy; blindly, so that the item need not be read first. Claim and begin are two writes, because the two are different processes, each of which may die",
)];
const BEGUN_ANEW: &[Line] = &[
    line(
        Copier,
        "DynamoDB UpdateItem",
        "begin, as for a claim, which this is not: refused, and answered with the item as it is",
    ),
    line(Copier, "DynamoDB PutItem", "begin, over a present entry"),
];
const HEAD_OF_SOURCE: &[Line] = &[line(
    Copier,
    "source HEAD",
    "size, validator and headers, of which the plan is made; as a stranger asks",
)];
const GET_OF_SOURCE: &[Line] = &[line(Copier, "source GET", "the bytes, once")];
const LOOKED_AGAIN: &[Line] = &[line(
    Copier,
    "source HEAD",
    "whether the object was written over meanwhile, where the source offers no digest",
)];
const COPIED: &[Line] = &[line(Copier, "S3 CopyObject", "the copy, which S3 makes")];
const PUT: &[Line] = &[line(
    Copier,
    "S3 PutObject",
    "the replica, its digests as tags of the same request",
)];
const UPLOAD_BEGUN: &[Line] = &[
    line(
        Copier,
        "S3 ListMultipartUploads",
        "uploads of this key that nobody records are ended: their runs died, or their table was lost",
    ),
    line(Copier, "S3 CreateMultipartUpload", "the upload"),
    line(
        Copier,
        "DynamoDB PutItem",
        "the upload's id, recorded before its first part: whoever goes on finds it; extends the lease, too",
    ),
];
const PARTS_COPIED: &[Line] = &[each_part(
    Copier,
    "S3 UploadPartCopy",
    "a part, which S3 copies",
)];
const PARTS_WRITTEN: &[Line] = &[each_part(Copier, "S3 UploadPart", "a part")];
const STREAM_NOTED: &[Line] = &[
    each_part_at_most(
        Copier,
        "DynamoDB PutItem",
        "where the stream goes on, with the states of its digests: a run that dies costs the source no byte that is in a part; extends the lease, too",
    ),
    once_at_most(
        Copier,
        "DynamoDB PutItem",
        "settle once more, where the last note was still on its way: refused, and answered with the item as it is",
    ),
];
const COMPLETED: &[Line] = &[line(
    Copier,
    "S3 CompleteMultipartUpload",
    "makes the object visible, under the condition of what was seen",
)];
const TAGGED: &[Line] = &[line(
    Copier,
    "S3 PutObjectTagging",
    "the digests, known only now; losing the table loses none",
)];
const VERIFIED: &[Line] = &[line(
    Copier,
    "S3 HeadObject",
    "what was written is there and is ours, whole; and the store's own word for when its life ends, which the answer to the write does not have",
)];
const SETTLED: &[Line] = &[line(
    Copier,
    "DynamoDB PutItem",
    "settle: the outcome, which all waiters hear",
)];
const RENEWS: &[Line] = &[
    line(
        Request,
        "DynamoDB PutItem",
        "the renewal's claim: one of all that ask renews",
    ),
    line(
        Request,
        "SQS SendMessage",
        "the work, for the copier; the entry says what is there, and nobody looks",
    ),
];
const FOUND: &[Line] = &[
    line(
        Request,
        "DynamoDB PutItem",
        "the claim: of all that ask, one looks",
    ),
    line(
        Request,
        "S3 HeadObject",
        "the look under the claim finds the replica",
    ),
    line(
        Request,
        "S3 GetObjectTagging",
        "its digests, which the entry had; none for a copy that S3 made in one request",
    ),
    line(
        Request,
        "DynamoDB PutItem",
        "settle: the entry is there again",
    ),
];
const AGAIN_LATER: &[Line] = &[line(
    Copier,
    "SQS ChangeMessageVisibility",
    "the message comes back when the next try is due, instead of after 90 minutes",
)];
const SIZE_NOTED: &[Line] = &[line(
    Copier,
    "DynamoDB PutItem",
    "the size, so that nobody waits for what cannot come in time",
)];
const PROGRESS_NOTED: &[Line] = &[line(Copier, "DynamoDB PutItem", "how far the copy is")];
const HANDED_ON: &[Line] = &[
    line(
        Copier,
        "DynamoDB PutItem",
        "release: the next run need not wait for the lease's end",
    ),
    line(
        Copier,
        "SQS SendMessage",
        "the rest of the work, on the bulk queue",
    ),
];
const GONE_ON: &[Line] = &[
    line(
        Copier,
        "S3 HeadObject",
        "the look at the pool: whoever was at work before may have made the whole replica",
    ),
    line(
        Copier,
        "S3 ListParts",
        "the parts that are there are not copied again",
    ),
    line(
        Copier,
        "S3 ListMultipartUploads",
        "uploads of this key that nobody records are ended",
    ),
];
const PURGE_ASKED: &[Line] = &[
    line(
        Purge,
        "API request",
        "the front door: none where that is a function URL",
    ),
    line(Purge, "Lambda invocation", "the purge function answers it"),
];
const PURGE_BEGUN_OF_NOTHING: &[Line] = &[line(
    Purge,
    "DynamoDB PutItem",
    "begin the purge: from here on nobody copies, and no run settles",
)];
const PURGE_BEGUN: &[Line] = &[
    line(
        Purge,
        "DynamoDB PutItem",
        "begin the purge, as if there were no entry: refused, and answered with the item as it is",
    ),
    line(
        Purge,
        "DynamoDB PutItem",
        "begin the purge: from here on nobody copies, and no run settles",
    ),
];
const NOTHING_THERE: &[Line] = &[line(Purge, "S3 HeadObject", "whether anything is there")];
const DELETED: &[Line] = &[
    line(
        Purge,
        "S3 HeadObject",
        "the validator of what is there, the condition of its deletion",
    ),
    line(Purge, "S3 DeleteObject", "the deletion"),
    line(Purge, "S3 HeadObject", "that nothing is there any more"),
];
const FORGOTTEN: &[Line] = &[line(
    Purge,
    "DynamoDB PutItem",
    "the purge's end; its mark stays, so that the next claim distrusts what it finds",
)];
const PURGE_LATER: &[Line] = &[line(
    Purge,
    "SQS SendMessage",
    "a delayed message, by which the copier purges once more when the run can write no more",
)];
