//! Rules that no promise of the model needs, because another rule covers them: each alone may be
//! broken, and nothing comes of it. They are kept for what the model leaves out.

use super::*;
use crate::mutation::Mutation::*;
use crate::mutation::Verb;

const PURGED_LATE: Budget = Budget { time: 2, ..PURGED };

const HEARD_LATE: Budget = Budget {
    lost_replies: 1,
    ..PURGED
};

/// How it is broken, why it is kept, and what was allowed to happen.
const SPARE_RULES: &[(Mutation, &str, Budget)] = &[
    (
        WriteWithoutExtending,
        "a final write that takes time must end while the lease lasts; here it takes none, or \
             lands whenever it likes, and conditions and distrust are enough",
        PURGED_LATE,
    ),
    (
        DeleteNotVerified,
        "a store may say that it has deleted what it still serves; here it never does",
        PURGED_LATE,
    ),
    (
        PurgeHoldsForALease,
        "who claims over a purge that waits would make a copy which that deletes at last; the \
             claim's distrust keeps the old one from being served",
        PURGED_LATE,
    ),
    (
        OwnWriteUnknownTo(Verb::Settle),
        "who settles does nothing after it, refused or not; but an error's pause would be lost",
        HEARD_LATE,
    ),
    (
        OwnWriteUnknownTo(Verb::BeginPurge),
        "a purge that takes its own entry for another's comes back by a message: 202 for 204",
        HEARD_LATE,
    ),
    (
        DistrustDroppedBy(Verb::BeginPurge),
        "every claim over a purge distrusts, whatever the purge's entry says of it",
        HIDDEN,
    ),
    (
        DistrustDroppedBy(Verb::Forget),
        "every claim over a purge's mark distrusts, whatever the mark says of it",
        HIDDEN,
    ),
];

#[test]
fn a_rule_that_another_covers_may_be_broken_alone() {
    for &(mutation, why, budget) in SPARE_RULES {
        let found = explore(mutated(budget, mutation), DEEPEST);
        assert!(found.broken.is_empty(), "{mutation:?}: {:?}", found.broken);
        let states = found.states;
        println!("mutation: {mutation:?}: covered by other rules in {states} states: {why}");
    }
}
