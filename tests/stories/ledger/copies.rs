//! Misses, and their copies.

use cloud_mirror_copier::TimeLimit;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::wired::{Counts, Who, Wired};

use super::{MIB, PATH, SMALL_PARTS, THREE_PARTS, book, with_a_replica};

#[tokio::test]
async fn a_small_copy_inside_a_store_is_one_request_and_one_look() {
    let mirror = Wired::start("").await;
    let url = mirror.store_has("a", 10);
    let (_, calls) = mirror.calls_of(mirror.ask(&url)).await;
    book::STORE_MISS.is(&calls);
}

#[tokio::test]
async fn a_copy_in_parts_costs_its_parts_and_five_calls_more() {
    let mirror = Wired::start(SMALL_PARTS).await;
    let url = mirror.store_has("a", THREE_PARTS);
    let (_, calls) = mirror.calls_of(mirror.ask(&url)).await;
    book::STORE_PARTS_MISS.is_with(&calls, 1, 3);
}

#[tokio::test]
async fn a_streamed_object_is_read_once_and_its_digests_are_not_read_back() {
    let mirror = Wired::start("").await;
    mirror.origin().serve(PATH, "ten bytes.");
    let (_, calls) = mirror
        .calls_of(mirror.ask(&mirror.origin().url(PATH)))
        .await;
    book::STREAM_MISS.is(&calls);
}

#[tokio::test]
async fn a_stream_in_parts_is_read_once_and_its_digests_are_not_read_back() {
    let mirror = Wired::start(SMALL_PARTS).await;
    let bytes = vec![7; usize::try_from(THREE_PARTS).unwrap()];
    mirror
        .origin()
        .serve(PATH, Object::new(bytes).etag("\"1\""));
    let (_, calls) = mirror
        .calls_of(mirror.ask(&mirror.origin().url(PATH)))
        .await;
    book::STREAM_PARTS_MISS.is_with(&without_progress(calls), 1, 3);
}

/// Where a stream goes on is written after each part, unless the write before it is still under way; and
/// settling may meet the last of them, and be repeated. What is left is what a stream costs at any rate.
fn without_progress(mut calls: Counts) -> Counts {
    let (story, write) = (
        &book::STREAM_PARTS_MISS,
        (Who::Copier, "DynamoDB PutItem".to_owned()),
    );
    let at_any_rate = story.counts(1, 3)[&write];
    let writes = calls.insert(write, at_any_rate).unwrap_or_default();
    assert!(
        (at_any_rate + 1..=at_any_rate + story.at_most(3)).contains(&writes),
        "{writes} writes"
    );
    calls
}

#[tokio::test]
async fn a_lost_table_costs_one_look_per_object() {
    let (mirror, url) = with_a_replica("").await;
    mirror.empty_table().await;
    let (_, calls) = mirror.calls_of(mirror.ask(&url)).await;
    book::BACK_FILL.is(&calls);
}

#[tokio::test]
async fn what_a_source_does_not_have_is_asked_for_once() {
    let mirror = Wired::start("").await;
    mirror.origin().serve(PATH, Object::new("").status(404));
    let url = mirror.origin().url(PATH);
    let (answer, calls) = mirror.calls_of(mirror.ask(&url)).await;
    assert_eq!(answer.status(), 404);
    book::NOT_FOUND.is(&calls);
    let (_, calls) = mirror.calls_of(mirror.ask(&url)).await;
    book::NOT_FOUND_AGAIN.is(&calls);
}

#[tokio::test]
async fn a_try_that_fails_costs_no_write_into_the_pool() {
    let mirror = Wired::start("").await;
    mirror.origin().serve(PATH, Object::new("").status(503));
    mirror.ask_without_waiting(&mirror.origin().url(PATH)).await;
    let ((), calls) = mirror.calls_of(mirror.work_off()).await;
    book::FAILING.is(&calls);
}

#[tokio::test]
async fn a_large_copy_changes_over_by_two_writes_and_a_message() {
    let mirror = Wired::start("[copy]\nassumed_throughput = \"1KiB/s\"").await;
    let url = mirror.store_has("a", MIB);
    mirror.ask_without_waiting(&url).await;
    let ((), calls) = mirror.calls_of(mirror.work_off()).await;
    book::TOO_LARGE_TO_WAIT.is(&calls);
}

#[tokio::test]
async fn a_continuation_copies_only_what_is_missing() {
    let mirror = Wired::start(SMALL_PARTS).await;
    let url = mirror.store_has("a", THREE_PARTS);
    mirror.ask_without_waiting(&url).await;
    let ends = mirror.clone();
    let limit = TimeLimit::when(async move {
        ends.s3().until_count("UploadPartCopy", 2).await;
    });
    let ((), mut first) = mirror.calls_of(mirror.work_off_within(&limit)).await;
    let copied = first[&(Who::Copier, "S3 UploadPartCopy".to_owned())];
    first.retain(|_, count| *count > 0);
    book::OUT_OF_TIME.is_with(&first, 1, copied);
    let ((), rest) = mirror.calls_of(mirror.work_off_bulk()).await;
    let rest_copied = rest[&(Who::Copier, "S3 UploadPartCopy".to_owned())];
    book::CONTINUATION.is_with(&rest, 1, rest_copied);
    assert!(
        copied + rest_copied <= 4,
        "what was under way may be copied twice"
    );
}
