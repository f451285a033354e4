//! Two stacks in two regions over the same pools: each has a table and queues of its own, and neither
//! knows of the other. What they share is the buckets, so that is where everything is counted.

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::entry::{Replica, State};
use cloud_mirror_domain::url::{KeyStyle, object_key};
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Answer, Mirror, Stage, eventually};

use crate::store_copies::{BUCKET, MIB, POOL, ask_for, in_front_of_a_store};

const HERD: usize = 30;

/// With the default for what one mirror alone need not heed: an upload that its table does not know may
/// be the other stack's.
fn of_two(policy: &str) -> String {
    format!("[lifetimes]\nunrecorded_upload = \"1d\"\n{policy}")
}

/// The first stack, and one more over its pools.
async fn two_stacks(stage: &Stage, policy: &str) -> [Mirror; 2] {
    let first = stage.mirror_with(&of_two(policy)).await;
    let second = first.another_stack().await;
    [first, second]
}

/// Clients of both stacks ask at once.
async fn both_herds(stacks: &[Mirror; 2], path: &str) -> [Vec<Answer>; 2] {
    let [one, other] = stacks.each_ref().map(|stack| stack.herd(HERD, path));
    tokio::join!(one, other).into()
}

/// Both stacks serve the same one replica, which has those bytes, and nothing went wrong.
async fn both_serve_one_replica(stacks: &[Mirror; 2], path: &str, bytes: &[u8]) {
    let key = object_key(&stacks[0].id(path).url, KeyStyle::Host);
    assert_eq!(stacks[0].s3().keys(POOL), [key.as_str()]);
    assert_eq!(stacks[0].s3().object(POOL, &key).as_deref(), Some(bytes));
    for stack in stacks {
        present(stack, path).await;
        assert_eq!(stack.deployment.dead_letters().await, [""; 0]);
        stack.has_counted_fail_opens(0).await;
    }
}

/// The replica that a stack's entry tells of.
async fn present(stack: &Mirror, path: &str) -> Replica {
    let entry = stack.entry(path).await.expect("an entry");
    let State::Present(present) = entry.state else {
        panic!("not present: {entry:?}");
    };
    Arc::unwrap_or_clone(present.replica)
}

/// Whichever stack wrote the replica, both know it as it is.
async fn both_know_it(stacks: &[Mirror; 2], path: &str) {
    let replica = stacks[0].replica(path).await.expect("a replica");
    for stack in stacks {
        let known = present(stack, path).await;
        assert_eq!(
            (known.etag, known.written_by),
            (replica.etag.clone(), replica.written_by)
        );
    }
}

pub(crate) async fn two_stacks_that_are_asked_at_once_make_one_replica(stage: Stage) {
    let stacks = two_stacks(&stage, "").await;
    let slow = Object::new("bytes").slow(Duration::from_millis(200));
    stacks[0].origin_has("/a", slow);
    let herds = both_herds(&stacks, "/a").await;
    for (stack, herd) in stacks.iter().zip(herds) {
        assert!(herd.iter().all(|answer| stack.is_replica(answer)));
    }
    both_serve_one_replica(&stacks, "/a", b"bytes").await;
    both_know_it(&stacks, "/a").await;
    let copies = stacks[0].s3().count("PutObject");
    assert!((1..=2).contains(&copies), "{copies} writes at the store");
    assert!(stacks[0].origin.gets("/a") <= 2);
}

pub(crate) async fn two_stacks_that_copy_in_parts_at_once_leave_each_other_alone(stage: Stage) {
    let stacks = two_stacks(&stage, "[copy]\nstream_part = \"5MiB\"").await;
    let bytes = vec![7; 12 << 20];
    let held = Object::new(bytes.clone()).held();
    stacks[0].origin_has("/a", held);
    let mut asking = Vec::new();
    for stack in &stacks {
        asking.push(stack.asking("/a"));
        stack.origin.until_gets("/a", asking.len()).await;
    }
    assert_eq!(stacks[0].s3().uploads(POOL).len(), 2, "both are at it");
    stacks[0].origin.release("/a");
    for (stack, asking) in stacks.iter().zip(asking) {
        let answer = asking.await.unwrap();
        assert!(stack.is_replica(&answer), "{answer:?}");
    }
    both_serve_one_replica(&stacks, "/a", &bytes).await;
    both_know_it(&stacks, "/a").await;
    assert_eq!(stacks[0].origin.gets("/a"), 2, "at most one copy each");
    assert_eq!(stacks[0].s3().count("CreateMultipartUpload"), 2);
    assert_eq!(
        stacks[0].s3().uploads(POOL),
        [],
        "the slower one ends its own"
    );
}

pub(crate) async fn two_stacks_whose_store_copies_make_one_replica(stage: Stage) {
    let first = in_front_of_a_store(&stage, &of_two("")).await;
    let second = first.another_stack().await;
    first.s3().put_pattern(BUCKET, "a", MIB, 7);
    let answers = tokio::join!(ask_for(&first, BUCKET, "a"), ask_for(&second, BUCKET, "a"));
    assert!(first.is_replica(&answers.0), "{answers:?}");
    assert!(second.is_replica(&answers.1), "{answers:?}");
    assert_eq!(first.s3().keys(POOL).len(), 1);
    let copies = first.s3().count("CopyObject");
    assert!((1..=2).contains(&copies), "{copies} copies by the store");
    let key = first.s3().keys(POOL).remove(0);
    assert!(first.s3().same_bytes((BUCKET, "a"), (POOL, &key)));
}

pub(crate) async fn what_one_stack_copied_another_finds_without_copying(stage: Stage) {
    let [first, second] = two_stacks(&stage, "").await;
    first.origin_has("/a", "bytes");
    first.has_copied("/a").await;
    let answer = second.ask("/a").await;
    assert!(second.is_replica(&answer), "{answer:?}");
    let found = answer.header("cache-status");
    assert!(found.contains("; hit; "), "{found}");
    assert!(found.ends_with("; detail=back-filled"), "{found}");
    assert_eq!(first.s3().count("PutObject"), 1);
    assert_eq!(first.origin.gets("/a"), 1);
}

pub(crate) async fn a_purge_in_both_stacks_is_final(stage: Stage) {
    let stacks = two_stacks(&stage, "").await;
    stacks[0].origin_has("/a", "old");
    both_herds(&stacks, "/a").await;
    stacks[0].origin_has("/a", "new");
    for stack in &stacks {
        assert_eq!(stack.purge("/a").await.status, 204);
    }
    assert_eq!(stacks[0].s3().keys(POOL), [""; 0]);
    for stack in &stacks {
        assert!(stack.status("/a").await.contains(r#""status":"absent""#));
    }
    // Neither trusts what it finds after a purge, so that each makes a copy of its own: the later one
    // takes the place of the other, byte for byte.
    both_herds(&stacks, "/a").await;
    for stack in &stacks {
        assert_eq!(stack.download("/a").await.text(), "new");
    }
    both_serve_one_replica(&stacks, "/a", b"new").await;
    assert!(stacks[0].origin.gets("/a") <= 4, "at most one copy each");
}

pub(crate) async fn a_purge_in_both_stacks_is_final_even_while_one_copies(stage: Stage) {
    let stacks = two_stacks(&stage, "lease = \"600ms\"").await;
    let [idle, copying] = &stacks;
    idle.origin_has("/a", Object::new("old").held());
    let asking = copying.asking("/a");
    idle.origin.until_gets("/a", 1).await;
    assert_eq!(idle.purge("/a").await.status, 204);
    assert_eq!(copying.purge("/a").await.status, 202);
    idle.origin_has("/a", "new");
    idle.origin.release("/a");
    asking.await.unwrap();
    eventually("asked again, the purge is done", || async {
        copying.purge("/a").await.status == 204
    })
    .await;
    assert_eq!(idle.purge("/a").await.status, 204);
    for stack in &stacks {
        assert_eq!(stack.download("/a").await.text(), "new");
    }
    both_serve_one_replica(&stacks, "/a", b"new").await;
}

/// What a purge in only one of them means: the other goes on redirecting to what is gone.
async fn purged_in_one_only(stage: &Stage) -> [Mirror; 2] {
    let stacks = two_stacks(stage, "").await;
    let [purged, other] = &stacks;
    purged.origin_has("/a", "old");
    for stack in &stacks {
        stack.has_copied("/a").await;
    }
    purged.origin_has("/a", "new");
    assert_eq!(purged.purge("/a").await.status, 204);
    let answer = other.ask("/a").await;
    assert!(other.is_replica(&answer), "it does not know: {answer:?}");
    assert!(answer.header("cache-status").contains("; hit; "));
    // To a stranger S3 says 403 where he may not list.
    assert!([403, 404].contains(&other.download("/a").await.status));
    assert!(other.status("/a").await.contains(r#""status":"present""#));
    stacks
}

pub(crate) async fn a_purge_in_one_stack_is_noticed_by_the_other_at_the_recheck(stage: Stage) {
    let [purged, other] = purged_in_one_only(&stage).await;
    other
        .deployment
        .time_passes(Duration::from_secs(6 * 3600 + 60))
        .await;
    let answer = other.ask("/a").await;
    assert!(other.is_replica(&answer), "{answer:?}");
    assert_eq!(other.download("/a").await.text(), "new");
    assert_eq!(purged.download("/a").await.text(), "new");
}

pub(crate) async fn a_purge_in_one_stack_is_noticed_by_the_other_with_no_cache(stage: Stage) {
    let [_, other] = purged_in_one_only(&stage).await;
    let look = [("cache-control", "no-cache")];
    let answer = other.ask_with("/a", &look).await;
    assert!(other.is_replica(&answer), "{answer:?}");
    assert_eq!(other.download("/a").await.text(), "new");
}

pub(crate) async fn a_purge_in_one_stack_is_mended_by_its_next_copy(stage: Stage) {
    let [purged, other] = purged_in_one_only(&stage).await;
    purged.has_copied("/a").await;
    assert_eq!(other.download("/a").await.text(), "new");
    assert_eq!(purged.s3().count("PutObject"), 2);
}

pub(crate) async fn a_purge_in_one_stack_does_not_end_the_others_copy(stage: Stage) {
    let [purged, other] = two_stacks(&stage, "").await;
    purged.origin_has("/a", Object::new("old").held());
    let asking = other.asking("/a");
    purged.origin.until_gets("/a", 1).await;
    assert_eq!(purged.purge("/a").await.status, 204);
    purged.origin.release("/a");
    let answer = asking.await.unwrap();
    assert!(other.is_replica(&answer), "{answer:?}");
    assert_eq!(other.download("/a").await.text(), "old");
    assert_eq!(purged.download("/a").await.text(), "old", "it is back");
}
