//! What every source over HTTP promises.

mod failures;
mod objects;
mod redirects;
mod resumes;
mod story;

use cloud_mirror_domain::ports::Source;

/// Checks that a source keeps the port's promises, against origin servers of its own.
///
/// # Panics
/// At the first promise that is broken.
pub async fn conforms(source: &dyn Source) {
    objects::head_tells_what_the_source_says(source).await;
    objects::open_brings_the_bytes_and_the_same_facts(source).await;
    objects::an_empty_object_is_an_object(source).await;
    objects::escapes_in_a_url_are_kept(source).await;
    objects::encoded_bytes_arrive_as_they_are(source).await;
    objects::a_missing_content_type_is_no_failure(source).await;
    objects::a_source_without_head_is_asked_with_get(source).await;
    objects::a_length_may_be_unknown(source).await;
    failures::every_other_status_is_a_failure_of_its_kind(source).await;
    failures::get_is_judged_as_strictly_as_head(source).await;
    failures::a_body_that_is_cut_short_never_ends_well(source).await;
    failures::an_unreachable_source_says_so(source).await;
    failures::a_private_address_needs_permission(source).await;
    redirects::a_redirect_within_the_rule_is_followed(source).await;
    redirects::a_redirect_to_a_forbidden_place_is_refused(source).await;
    redirects::a_redirect_without_end_is_given_up(source).await;
    redirects::a_redirect_to_nowhere_is_a_failure(source).await;
    resumes::a_stream_that_broke_goes_on_where_it_is_asked_to(source).await;
    resumes::an_object_that_has_changed_answers_from_its_first_byte(source).await;
    resumes::a_source_without_ranges_answers_from_its_first_byte(source).await;
    resumes::an_object_that_has_become_shorter_has_changed(source).await;
    resumes::a_range_is_asked_for_at_every_step_of_a_redirect(source).await;
    resumes::a_stream_may_break_again_and_again(source).await;
    resumes::a_failure_stays_one_of_its_kind(source).await;
}
