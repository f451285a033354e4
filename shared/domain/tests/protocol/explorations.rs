//! What is explored: promises, and for each two budgets within which it holds.
//!
//! The small ones run with all other tests, the full ones where the environment says
//! `PROTOCOL=full`.

use crate::budget::{Budget, FOREVER};
use crate::explore;
use crate::world::Copies;

const NOTHING: Budget = Budget::NOTHING;

const ONE: Budget = Budget {
    requesters: 1,
    ..NOTHING
};

const TWO: Budget = Budget {
    requesters: 2,
    ..NOTHING
};

const PURGE: Budget = Budget { purges: 1, ..ONE };

/// Copies in parts, by runs of which one may hand its work on.
const IN_PARTS: Budget = Budget {
    handovers: 1,
    copies_are: Copies {
        in_parts: true,
        mutation: None,
    },
    ..ONE
};

/// Half a lease behind or ahead.
const NEAR: &[i8] = &[-1, 1];
/// So far ahead that its leases count as over.
const FAR: &[i8] = &[5];

/// One test for each promise: its name, what is printed, and what may happen.
macro_rules! explorations {
    ($($promise:ident, $name:literal, small: {$($small:tt)*}, full: {$($full:tt)*};)*) => {$(
        #[test]
        fn $promise() {
            let full = std::env::var_os("PROTOCOL").is_some_and(|size| size == "full");
            let small = Budget { $($small)* };
            let budget = if full { Budget { $($full)* } } else { small };
            let states = explore($name, budget);
            assert!(states > 2_000, "a budget that allows nothing shows nothing");
        }
    )*};
}

explorations! {
    no_crash_breaks_a_promise, "crashes",
        small: { crashes: 2, time: 5, ..TWO },
        full: { crashes: 3, time: 6, ..TWO };
    however_much_time_passes_no_crash_breaks_a_promise, "a crash, and time without end",
        small: { crashes: 1, claims: 2, time: FOREVER, ..TWO },
        full: { crashes: 2, claims: 2, time: FOREVER, ..TWO };
    no_message_breaks_a_promise, "messages",
        small: { duplicates: 1, losses: 1, failed_sends: 1, time: 4, ..TWO },
        full: { duplicates: 2, losses: 2, failed_sends: 1, time: 4, ..TWO };
    a_lost_table_costs_one_look, "a lost table",
        small: { table_losses: 1, time: 3, ..TWO },
        full: { table_losses: 1, crashes: 1, time: 3, ..TWO };
    a_write_that_nobody_hears_of_is_recognised, "lost replies and failed calls",
        small: { lost_replies: 1, failed_calls: 1, time: 3, ..TWO },
        full: { lost_replies: 2, failed_calls: 1, time: 3, ..TWO };
    a_copy_that_fails_is_tried_again, "failed copies",
        small: { failed_copies: 2, time: 4, ..TWO },
        full: { failed_copies: 2, crashes: 1, time: 5, ..TWO };
    no_wrong_clock_breaks_a_promise, "a clock step",
        small: { clock_steps: 1, clocks: NEAR, time: 3, ..TWO },
        full: { clock_steps: 2, clocks: NEAR, time: 3, ..TWO };
    no_clock_far_ahead_breaks_a_promise, "a clock far ahead",
        small: { clock_steps: 1, clocks: FAR, claims: 2, time: 2, ..ONE },
        full: { clock_steps: 1, clocks: FAR, claims: 2, time: 4, ..ONE };
    a_renewal_disturbs_nobody, "a replica near its end",
        small: { jumps: 1, crashes: 1, time: 2, ..TWO },
        full: { jumps: 1, crashes: 2, time: 3, ..TWO };
    a_replica_that_has_vanished_is_missed_in_time, "a replica that vanishes",
        small: { jumps: 1, vanishings: 1, time: 1, ..TWO },
        full: { jumps: 1, vanishings: 1, crashes: 1, time: 2, ..TWO };
    any_program_may_prefetch, "prefetches",
        small: { prefetches: 1, crashes: 1, losses: 1, time: 3, ..ONE },
        full: { prefetches: 2, crashes: 1, duplicates: 1, time: 3, ..ONE };
    whatever_is_said_twice_there_is_exactly_one_copy, "one copy",
        small: { duplicates: 2, lost_replies: 2, failed_sends: 1, one_copy: true, ..TWO },
        full: { duplicates: 3, lost_replies: 3, failed_sends: 2, one_copy: true, ..TWO };
    work_that_is_handed_on_is_one_copy, "one copy in parts",
        small: {
            requesters: 2, duplicates: 2, failed_sends: 1, one_copy: true, ..IN_PARTS
        },
        full: {
            requesters: 2, duplicates: 2, failed_sends: 1, lost_replies: 1, handovers: 2,
            one_copy: true, ..IN_PARTS
        };

    a_purge_is_final_whoever_asks, "a purge and two requesters",
        small: { requesters: 2, time: 2, ..PURGE },
        full: { requesters: 2, time: 3, ..PURGE };
    a_purge_is_final_whatever_crashes, "a purge and crashes",
        small: { crashes: 1, time: 3, ..PURGE },
        full: { crashes: 2, time: 4, ..PURGE };
    a_purge_is_final_even_if_the_table_is_lost, "a purge and a lost table",
        small: { table_losses: 1, claims: 2, time: 2, ..PURGE },
        full: { table_losses: 1, claims: 2, time: 3, ..PURGE };
    what_a_dead_purge_took_is_missed_in_time, "a purge, a lost table and a crash",
        small: { table_losses: 1, crashes: 1, claims: 2, time: 1, ..PURGE },
        full: { table_losses: 1, crashes: 1, claims: 2, time: 2, ..PURGE };
    what_a_purge_took_whose_message_is_lost_is_missed_in_time, "a purge, a lost table and a lost message",
        small: { table_losses: 1, losses: 1, claims: 2, time: 1, ..PURGE },
        full: { table_losses: 1, losses: 1, claims: 2, time: 2, ..PURGE };
    a_purge_is_final_whatever_becomes_of_messages, "a purge and messages",
        small: { duplicates: 1, losses: 1, time: 2, ..PURGE },
        full: { duplicates: 1, losses: 1, failed_sends: 1, time: 3, ..PURGE };
    a_purge_is_final_whatever_is_not_heard, "a purge, lost replies and failed calls",
        small: { lost_replies: 1, failed_calls: 1, time: 1, ..PURGE },
        full: { lost_replies: 1, failed_calls: 1, time: 2, ..PURGE };
    a_purge_is_final_whatever_a_clock_says, "a purge and a clock step",
        small: { clock_steps: 1, clocks: NEAR, time: 1, ..PURGE },
        full: { clock_steps: 1, clocks: NEAR, claims: 2, time: 2, ..PURGE };
    a_purge_is_final_even_for_a_clock_far_ahead, "a purge and a clock far ahead",
        small: { clock_steps: 1, clocks: FAR, claims: 2, time: 0, ..PURGE },
        full: { clock_steps: 1, clocks: FAR, claims: 2, time: 1, ..PURGE };
    a_purge_is_final_although_copies_fail, "a purge and a failed copy",
        small: { failed_copies: 1, time: 2, ..PURGE },
        full: { failed_copies: 1, crashes: 1, time: 2, ..PURGE };
    two_purges_are_as_good_as_one, "two purges",
        small: { purges: 2, time: 2, ..ONE },
        full: { purges: 2, time: 3, ..ONE };
    a_purge_ends_a_renewal, "a purge and a replica near its end",
        small: { jumps: 1, time: 0, ..PURGE },
        full: { jumps: 1, time: 1, ..PURGE };

    no_crash_around_a_hand_over_loses_an_upload, "hand-overs and a crash",
        small: { crashes: 1, time: 2, ..IN_PARTS },
        full: { handovers: 2, crashes: 1, time: 3, ..IN_PARTS };
    no_message_around_a_hand_over_loses_an_upload, "hand-overs and messages",
        small: { duplicates: 1, losses: 1, failed_sends: 1, time: 2, ..IN_PARTS },
        full: { handovers: 2, duplicates: 1, losses: 1, failed_sends: 1, time: 2, ..IN_PARTS };
    work_may_be_handed_on_twice, "two hand-overs",
        small: { handovers: 2, time: 2, ..IN_PARTS },
        full: { requesters: 2, handovers: 2, time: 3, ..IN_PARTS };
    no_reply_around_a_hand_over_loses_an_upload, "hand-overs, lost replies and failed calls",
        small: { lost_replies: 1, failed_calls: 1, time: 1, ..IN_PARTS },
        full: { handovers: 2, lost_replies: 1, failed_calls: 1, time: 1, ..IN_PARTS };
    no_failed_copy_loses_an_upload, "hand-overs and failed copies",
        small: { failed_copies: 1, time: 2, ..IN_PARTS },
        full: { failed_copies: 2, crashes: 1, time: 2, ..IN_PARTS };
    no_wrong_clock_around_a_hand_over_loses_an_upload, "a hand-over and a clock step",
        small: { clock_steps: 1, clocks: NEAR, time: 1, ..IN_PARTS },
        full: { clock_steps: 1, clocks: NEAR, time: 2, ..IN_PARTS };
    a_purge_ends_the_upload_that_it_meets, "a hand-over and a purge",
        small: { purges: 1, time: 1, ..IN_PARTS },
        full: { purges: 1, crashes: 1, time: 1, ..IN_PARTS };
    what_a_lost_table_leaves_is_ended_by_the_next_run, "a hand-over and a lost table",
        small: { table_losses: 1, time: 1, ..IN_PARTS },
        full: { table_losses: 1, time: 2, ..IN_PARTS };
    a_renewal_may_be_handed_on, "a hand-over near the end of a replica",
        small: { jumps: 1, time: 1, ..IN_PARTS },
        full: { jumps: 1, time: 2, ..IN_PARTS };
}
