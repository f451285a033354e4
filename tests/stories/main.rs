//! The stories, told end to end over HTTP against a running mirror.
//!
//! Each is a promise. The list below is told on every kind of deployment; what is on it and
//! cannot be told somewhere must say why there.

#![allow(clippy::unwrap_used, reason = "a story fails by panicking")]

mod attacks;
mod failures;
mod hits;
mod huge_copies;
mod matrix;
mod misses;
mod node_faults;
mod node_faults_of_parts;
mod objects;
mod private;
mod purges;
mod refusals;
mod sharing;
mod simulated;
mod source_errors;
mod store_copies;
mod waiting;

use cloud_mirror_tests::{Deployed, InProcess, Processes, Stage};
use matrix::Row;

/// Makes one test of each story on each deployment, and [`STORIES`]. A story is followed by its
/// empty cells, if it has any: `(deployment: REASON)`.
macro_rules! stories {
    ($($module:ident: $($story:ident $(($at:ident: $reason:ident))*),+;)+) => {
        /// Every story, in the order of the list.
        const STORIES: &[Row] = &[$($(
            (
                stringify!($module),
                stringify!($story),
                &[$((stringify!($at), matrix::$reason)),*],
            ),
        )+)+];

        mod in_process {
            $($(cell! { in_process $module $story $(($at))* })+)+
        }

        mod processes {
            $($(cell! { processes $module $story $(($at))* })+)+
        }

        mod deployed {
            $($(cell! { deployed $module $story $(($at))* })+)+
        }
    };
}

/// One cell of the matrix: a test, unless this deployment is among those that it is empty for.
macro_rules! cell {
    (in_process $module:ident $story:ident (in_process) $($others:tt)*) => {};
    (processes $module:ident $story:ident (processes) $($others:tt)*) => {};
    (deployed $module:ident $story:ident (deployed) $($others:tt)*) => {};
    ($deployment:ident $module:ident $story:ident ($other:ident) $($others:tt)*) => {
        cell! { $deployment $module $story $($others)* }
    };
    (deployed $module:ident $story:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "needs a deployment: tests/deploy-stories makes one and tells these"]
        async fn $story() {
            crate::$module::$story(crate::stage::deployed()).await;
        }
    };
    ($deployment:ident $module:ident $story:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $story() {
            crate::$module::$story(crate::stage::$deployment()).await;
        }
    };
}

mod stage {
    use super::{Deployed, InProcess, Processes, Stage};

    pub(crate) fn in_process() -> Stage {
        Stage::new(InProcess::start)
    }

    pub(crate) fn processes() -> Stage {
        let program = env!("CARGO_BIN_EXE_member");
        Stage::new(move |setup, origin| Processes::start(program, setup, origin))
    }

    pub(crate) fn deployed() -> Stage {
        Stage::with_origins(Deployed::start)
    }
}

stories! {
    hits:
        a_hit_redirects_to_the_replica_and_asks_nobody_else,
        a_client_may_keep_a_redirect_only_briefly,
        a_head_is_answered_like_a_get,
        the_status_is_told_without_waiting_or_copying,
        a_replica_deleted_behind_our_back_is_noticed_at_the_recheck,
        no_cache_looks_at_the_replica_itself,
        a_replica_near_its_end_is_renewed_behind_a_hit
            (deployed: ONE_CLOCK),
        a_failed_renewal_changes_nothing_else
            (deployed: ONE_CLOCK),
        a_client_whose_replica_has_vanished_is_sent_to_the_origin
            (processes: S3_ANSWERS)
            (deployed: S3_ANSWERS),
        a_replica_knows_its_own_entity_tag
            (processes: S3_ANSWERS)
            (deployed: S3_ANSWERS);
    misses:
        a_miss_is_copied_and_then_redirected_to,
        a_herd_of_a_hundred_makes_one_fetch,
        an_emptied_table_costs_one_head_and_no_copy,
        an_emptied_table_during_a_copy_still_ends_in_the_right_bytes,
        two_deliveries_of_one_message_make_one_copy,
        a_message_that_waited_longer_than_its_lease_is_still_good_work,
        any_program_may_prefetch;
    waiting:
        a_wait_that_is_exhausted_goes_to_the_origin_and_the_copy_goes_on,
        wait_zero_is_answered_now_and_starts_the_copy,
        a_wait_can_outlive_an_invocation_by_hops,
        hops_end_after_three,
        what_cannot_finish_in_time_is_not_waited_for;
    refusals:
        what_no_rule_allows_is_refused_even_while_a_present_entry_exists,
        an_unknown_pool_is_told_which_ones_exist,
        a_url_that_cannot_be_read_is_a_clear_400,
        a_url_that_is_too_long_is_a_414,
        a_signed_url_goes_to_the_origin_and_is_not_recorded,
        other_routes_and_methods_are_told_what_to_do
            (deployed: API_ROUTES),
        the_pools_and_the_version_are_told;
    source_errors:
        a_missing_source_is_told_at_once_and_remembered_briefly,
        a_failing_source_is_tried_again_and_then_left_alone,
        a_source_that_refuses_us_is_left_to_the_client,
        a_good_head_and_a_bad_get_is_never_present,
        a_body_cut_short_is_never_present,
        a_source_that_changes_between_head_and_get_is_never_present;
    purges:
        a_purged_object_is_copied_anew,
        a_purge_during_a_copy_is_final,
        a_purge_of_all_regions_leaves_none,
        purging_what_is_not_there_is_no_error,
        a_purge_is_refused_for_what_no_rule_allows,
        a_purge_that_nobody_signed_is_refused
            (in_process: NO_IAM)
            (processes: NO_IAM),
        a_purge_that_failed_is_finished_when_it_is_asked_again,
        what_is_there_goes_at_once_even_while_a_renewal_runs
            (deployed: ONE_CLOCK),
        a_signed_url_is_not_recorded_by_a_purge_either;
    objects:
        an_empty_object_is_mirrored,
        ten_bytes_are_mirrored,
        seventy_mebibytes_are_mirrored,
        odd_names_are_mirrored_byte_for_byte,
        neighbours_in_name_stay_two_objects,
        a_key_beyond_s3s_limit_is_mirrored,
        a_query_string_means_what_its_rule_says,
        encoded_bytes_arrive_unchanged,
        a_missing_content_type_stays_missing
            (processes: S3_HAS_A_TYPE)
            (deployed: S3_HAS_A_TYPE),
        an_object_without_a_length_is_mirrored,
        a_download_keeps_its_digests_and_its_name,
        a_range_of_a_replica_is_served;
    failures:
        a_table_that_is_down_sends_everybody_to_the_origin,
        a_queue_that_is_down_sends_to_the_origin_and_leaves_no_stuck_entry,
        a_pool_that_cannot_be_looked_at_is_not_read_as_absence,
        a_pool_that_fails_under_a_claim_leaves_no_stuck_entry,
        a_message_that_cannot_be_read_holds_up_nobody;
    node_faults:
        node_fault_01_twenty_cold_clients_make_one_copy_and_all_are_served_by_it,
        node_fault_02_a_queue_that_was_down_leaves_nothing_pending,
        node_fault_04_no_swallowed_error_makes_a_client_wait_for_nothing,
        node_fault_06_an_error_page_is_never_stored_as_the_object,
        node_fault_08_twenty_waiters_on_a_dead_origin_make_few_attempts,
        node_fault_09_a_flushed_cache_copies_nothing_again,
        node_fault_10_a_duplicate_message_leaves_a_present_entry_present,
        node_fault_12_a_query_string_is_answered_deliberately,
        node_fault_13_a_client_with_a_short_timeout_can_say_so;
    node_faults_of_parts:
        node_fault_03_a_copy_that_outlasts_its_messages_invisibility_runs_once
            (in_process: NO_WIRE),
        node_fault_05_a_purge_is_not_open_to_everyone_and_no_running_copy_undoes_it
            (deployed: IAM),
        node_fault_07_no_signature_of_a_redirect_is_public_and_no_key_is_too_long,
        node_fault_11_a_lost_table_or_queue_ends_neither_front_end_nor_copier,
        node_fault_14_every_spelling_of_a_bucket_is_one_place;
    sharing:
        a_herd_through_four_processes_makes_one_copy
            (in_process: ONE_PROCESS),
        what_one_process_copied_every_other_serves
            (in_process: ONE_PROCESS),
        a_frozen_connection_costs_moments_and_no_hit
            (in_process: NO_WIRE),
        a_frozen_connection_costs_moments_and_no_copy
            (in_process: NO_WIRE),
        a_lost_reply_changes_nothing
            (in_process: NO_WIRE),
        a_table_that_says_nothing_keeps_no_client;
    store_copies:
        a_large_object_is_copied_by_the_store_in_parts_that_tile_it
            (in_process: NO_S3),
        a_small_object_is_copied_by_the_store_in_one_request
            (in_process: NO_S3),
        what_a_store_refuses_to_strangers_is_not_published
            (in_process: NO_S3),
        what_our_role_may_read_but_no_rule_names_is_never_read_with_our_credentials
            (in_process: NO_S3);
    huge_copies:
        a_six_gibibyte_object_is_copied_by_the_store_in_parts_that_tile_it
            (in_process: NO_S3),
        a_store_that_says_slow_down_is_asked_less_and_the_copy_succeeds
            (in_process: NO_S3),
        a_source_overwritten_between_two_parts_is_never_present
            (in_process: NO_S3),
        an_object_that_no_request_can_read_is_left_to_the_origin_by_its_own_kind
            (in_process: NO_S3),
        the_smallest_copy_costs_four_requests_and_three_table_writes
            (in_process: NO_S3),
        the_smallest_stream_costs_one_look_one_read_one_write_and_a_look_with_tags
            (in_process: NO_S3);
    private:
        only_the_redirects_own_signature_opens_a_private_pool
            (in_process: NO_S3),
        a_private_source_on_an_open_api_is_refused_at_start
            (in_process: NO_S3);
}
