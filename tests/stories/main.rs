//! The stories, told end to end over HTTP against a running mirror.
//!
//! Each is a promise. The list below is told on every kind of deployment; what is on it and
//! cannot be told somewhere must say why there.

#![allow(clippy::unwrap_used, reason = "a story fails by panicking")]

mod attacks;
mod auto;
mod failures;
mod faults;
mod herds;
mod hits;
mod hot;
mod huge_copies;
mod interrupted_copies;
mod kills;
mod ledger;
mod limits_faults;
mod matrix;
mod misses;
mod node_faults;
mod node_faults_of_objects;
mod node_faults_of_parts;
mod node_faults_of_settings;
mod objects;
mod openapi;
mod others_faults;
mod others_faults_of_stores;
mod private;
mod purges;
mod refusals;
mod sharing;
mod signed_origins;
mod simulated;
mod simulated_waiting;
mod source_errors;
mod store_copies;
mod two_stacks;
mod waiting;

use cloud_mirror_tests::{Deployed, InProcess, Processes, Stage};
use matrix::Row;

/// Makes one test of each story on each deployment, [`STORIES`] and [`tell`]. A story is followed by its
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

        /// Tells one of them.
        ///
        /// # Panics
        /// If there is none of that name.
        fn tell(module: &str, story: &str, stage: Stage) -> faults::Telling {
            match (module, story) {
                $($((stringify!($module), stringify!($story)) => {
                    Box::pin($module::$story(stage))
                })+)+
                _ => panic!("there is no story {module}::{story}"),
            }
        }

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
        Stage::with_origins(move |setup| Processes::with_origin(program, setup))
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
    hot:
        a_hot_hit_asks_nobody
            (deployed: ENVIRONMENTS),
        a_hot_hit_needs_no_table
            (deployed: ENVIRONMENTS),
        what_is_not_to_be_remembered_is_asked_for_every_time
            (deployed: ENVIRONMENTS),
        a_purge_by_the_same_process_is_seen_at_once
            (deployed: PURGE_FUNCTION),
        a_purge_by_another_process_is_seen_after_hot_cache
            (in_process: ONE_PROCESS)
            (deployed: ENVIRONMENTS),
        a_purge_is_seen_everywhere_after_hot_cache_at_the_latest,
        who_trusts_no_cache_hears_of_a_purge_at_once,
        a_replica_deleted_behind_our_back_is_noticed_at_the_recheck_however_hot,
        hot_hits_near_the_end_make_one_renewal
            (deployed: ONE_CLOCK),
        an_evacuated_regions_hot_hits_go_elsewhere;
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
        a_signed_url_is_not_recorded_by_a_purge_either,
        a_purge_by_message_is_a_purge;
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
        fault_of_node_01_twenty_cold_clients_make_one_copy_and_all_are_served_by_it,
        fault_of_node_02_a_queue_that_was_down_leaves_nothing_pending,
        fault_of_node_02_a_message_that_was_lost_is_sent_again_after_a_lease,
        fault_of_node_04_no_swallowed_error_makes_a_client_wait_for_nothing,
        fault_of_node_04_nobody_is_redirected_to_a_scheme_that_is_no_web_address,
        fault_of_node_08_twenty_waiters_on_a_dead_origin_make_few_attempts,
        fault_of_node_08_what_the_source_does_not_have_is_remembered,
        fault_of_node_09_a_flushed_cache_copies_nothing_again,
        fault_of_node_10_a_duplicate_message_leaves_a_present_entry_present,
        fault_of_node_13_a_client_with_a_short_timeout_can_say_so,
        fault_of_node_13_a_wait_takes_so_few_hops_that_plain_clients_follow;
    node_faults_of_objects:
        fault_of_node_06_an_error_page_is_never_stored_as_the_object,
        fault_of_node_06_what_arrived_is_compared_with_what_was_promised,
        fault_of_node_06_an_object_without_a_type_is_mirrored,
        fault_of_node_06_a_digest_of_more_than_32_mebibytes_is_checked_and_no_obstacle,
        fault_of_node_07_no_signature_of_a_redirect_is_public_and_no_key_is_too_long,
        fault_of_node_07_a_chain_of_redirects_beyond_s3s_metadata_is_no_obstacle;
    node_faults_of_parts:
        fault_of_node_03_a_copy_that_outlasts_its_messages_invisibility_runs_once
            (in_process: NO_WIRE),
        fault_of_node_05_a_purge_is_not_open_to_everyone_and_no_running_copy_undoes_it
            (deployed: IAM),
        fault_of_node_05_the_entry_goes_before_its_object,
        fault_of_node_11_a_lost_table_or_queue_ends_neither_front_end_nor_copier,
        fault_of_node_11_a_table_that_fails_under_a_copy_ends_no_copier,
        fault_of_node_11_a_queue_that_cannot_be_read_ends_no_copier
            (in_process: NO_WIRE)
            (deployed: LAMBDA_ASKS),
        fault_of_node_14_every_spelling_of_a_bucket_is_one_place,
        fault_of_node_15_the_end_of_a_copy_is_not_noticed_on_whole_seconds
            (deployed: LAMBDA_ASKS);
    node_faults_of_settings:
        fault_of_node_12_a_query_string_is_answered_deliberately,
        fault_of_node_12_a_setting_in_the_wrong_section_is_refused_at_start,
        fault_of_node_12_what_only_another_configuration_allows_is_refused;
    others_faults:
        fault_of_nginx_a_wait_that_ends_starts_no_second_copy,
        fault_of_r2_sippy_two_users_of_one_file_start_one_copy,
        fault_of_mirrorbits_no_header_changes_where_a_client_is_sent,
        fault_of_mirrorbits_no_host_that_a_client_names_is_in_an_answer
            (deployed: API_HOST),
        fault_of_mirrorbits_a_table_that_is_down_is_answered_by_the_origin,
        fault_of_jenkins_nobody_is_redirected_to_a_private_address;
    others_faults_of_stores:
        fault_of_s5cmd_a_copy_above_5_gib_succeeds
            (in_process: NO_S3),
        fault_of_s5cmd_no_setting_makes_a_request_of_more_than_5_gib
            (in_process: NO_S3),
        fault_of_chorus_a_source_that_came_in_other_parts_is_good,
        fault_of_s3sync_a_replica_made_in_parts_is_good
            (in_process: NO_S3);
    limits_faults:
        fault_of_s3_a_403_for_a_replica_is_not_read_as_absence
            (in_process: NO_S3),
        fault_of_s3_an_error_inside_a_200_is_no_copy
            (in_process: NO_S3),
        fault_of_dynamodb_an_item_that_outlives_its_time_is_not_believed
            (deployed: ONE_CLOCK);
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
        the_smallest_stream_costs_one_look_one_read_one_write_and_a_look
            (in_process: NO_S3);
    interrupted_copies:
        a_huge_copy_that_failed_goes_on_from_its_parts
            (in_process: NO_S3),
        a_huge_copy_whose_message_was_lost_is_asked_for_again_among_the_huge_ones
            (in_process: NO_S3),
        a_purge_ends_the_upload_of_a_running_copy
            (in_process: NO_S3),
        a_purge_by_message_outlasts_a_running_copy
            (in_process: NO_S3);
    auto:
        a_caller_is_sent_to_the_pool_of_its_region,
        a_cloud_region_without_a_pool_is_served_by_the_first_near_it,
        a_country_counts_where_an_address_tells_nothing,
        an_unknown_caller_goes_to_the_default_region_or_to_the_origin,
        nothing_that_a_caller_writes_says_where_it_is,
        an_evacuated_pools_callers_are_sent_near_and_its_replicas_stay,
        an_evacuated_region_with_none_near_is_left_to_the_origin,
        what_was_ordered_for_an_evacuated_pool_is_still_copied_and_purged,
        a_purge_names_its_pool,
        a_choice_is_explained_to_who_asks,
        the_pools_tell_what_is_evacuated_what_is_near_and_how_old_the_ranges_are;
    private:
        only_the_redirects_own_signature_opens_a_private_pool
            (in_process: NO_S3),
        a_private_source_on_an_open_api_is_refused_at_start
            (in_process: NO_S3),
        what_is_private_is_opened_by_the_mirror_alone_and_no_log_can
            (in_process: NO_S3),
        a_private_object_comes_into_another_services_pool_by_our_credentials
            (in_process: NO_S3),
        what_its_source_forbids_to_store_is_left_to_it_every_time,
        what_its_source_forbids_to_store_is_mirrored_where_its_rule_says_so;
    two_stacks:
        two_stacks_that_are_asked_at_once_make_one_replica
            (in_process: ONE_STACK)
            (deployed: ONE_STACK),
        two_stacks_that_copy_in_parts_at_once_leave_each_other_alone
            (in_process: ONE_STACK)
            (deployed: ONE_STACK),
        two_stacks_whose_store_copies_make_one_replica
            (in_process: ONE_STACK)
            (deployed: ONE_STACK),
        what_one_stack_copied_another_finds_without_copying
            (in_process: ONE_STACK)
            (deployed: ONE_STACK),
        a_purge_in_both_stacks_is_final
            (in_process: ONE_STACK)
            (deployed: ONE_STACK),
        a_purge_in_both_stacks_is_final_even_while_one_copies
            (in_process: ONE_STACK)
            (deployed: ONE_STACK),
        a_purge_in_one_stack_is_noticed_by_the_other_at_the_recheck
            (in_process: ONE_STACK)
            (deployed: ONE_STACK),
        a_purge_in_one_stack_is_noticed_by_the_other_with_no_cache
            (in_process: ONE_STACK)
            (deployed: ONE_STACK),
        a_purge_in_one_stack_is_mended_by_its_next_copy
            (in_process: ONE_STACK)
            (deployed: ONE_STACK),
        a_purge_in_one_stack_does_not_end_the_others_copy
            (in_process: ONE_STACK)
            (deployed: ONE_STACK);
}
