//! Huge copies that something comes in the way of: a store that fails, a lost message, a purge.

use std::time::Duration;

use cloud_mirror_domain::message::Action;
use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_testkit::servers::s3::Fault;
use cloud_mirror_tests::{Answer, Mirror, Stage, eventually};

use crate::huge_copies::{GIB, has_copied};
use crate::purges::purge_message;
use crate::store_copies::{BUCKET, POOL, ask_for, in_front_of_a_store, tiles, url};

/// So often a final write is tried before its run has failed.
const ATTEMPTS: usize = 6;

pub(crate) async fn a_huge_copy_that_failed_goes_on_from_its_parts(stage: Stage) {
    let policy = "[lifetimes]\nretry_backoff = \"50ms..200ms\"";
    let mirror = in_front_of_a_store(&stage, policy).await;
    mirror.s3().put_pattern(BUCKET, "huge", 6 * GIB, 7);
    let broken = Fault::Error(500, "InternalError".into());
    mirror
        .s3()
        .fail_next("CompleteMultipartUpload", ATTEMPTS, broken);
    ask_for(&mirror, BUCKET, "huge").await;
    has_copied(&mirror, "huge").await;
    assert_eq!(tiles(&mirror), 6 * GIB, "no part was copied twice");
    assert_eq!(mirror.s3().count("ListParts"), 1);
    assert_eq!(mirror.s3().uploads(POOL), [], "no upload is left");
}

/// What was found out about its size was not lost with the message.
pub(crate) async fn a_huge_copy_whose_message_was_lost_is_asked_for_again_among_the_huge_ones(
    stage: Stage,
) {
    let mirror = in_front_of_a_store(&stage, "[lifetimes]\nlease = \"1s\"").await;
    mirror.s3().put_pattern(BUCKET, "huge", 6 * GIB, 7);
    let faults = mirror.deployment.faults().clone();
    faults.hold_messages();
    ask_now(&mirror).await;
    mirror.deployment.deliver(faults.sent()[0].to_json()).await;
    eventually("the copier hands it on", || async {
        faults.sent().len() == 2
    })
    .await;
    eventually("whoever asks next sends it again", || async {
        ask_now(&mirror).await;
        faults.sent().len() > 2
    })
    .await;
    let bulk: Vec<_> = faults.sent().iter().map(|message| message.bulk).collect();
    assert_eq!(bulk, [false, true, true]);
    mirror.deployment.deliver_held().await;
    has_copied(&mirror, "huge").await;
    assert_eq!(tiles(&mirror), 6 * GIB, "one copy, though all three came");
}

pub(crate) async fn a_purge_ends_the_upload_of_a_running_copy(stage: Stage) {
    let mirror = a_huge_copy_runs(&stage).await;
    let url = to_base64url(&url(&mirror, BUCKET, "huge"));
    let purged = mirror.purge_at(&mirror.route("purge", &url)).await;
    assert_eq!(purged.status, 202, "{purged:?}");
    assert!(mirror.s3().count("AbortMultipartUpload") > 0, "at once");
    is_gone_for_good(&mirror).await;
}

pub(crate) async fn a_purge_by_message_outlasts_a_running_copy(stage: Stage) {
    let mirror = a_huge_copy_runs(&stage).await;
    let faults = mirror.deployment.faults();
    mirror.deployment.deliver(purge_message(&mirror)).await;
    eventually(
        "it is sent on to when the copy cannot write any more",
        || async {
            let sent = faults.sent();
            sent.iter().any(|message| message.action == Action::Purge)
        },
    )
    .await;
    is_gone_for_good(&mirror).await;
}

/// Some of its parts are there, and the others take long.
async fn a_huge_copy_runs(stage: &Stage) -> Mirror {
    let mirror = in_front_of_a_store(stage, "[lifetimes]\nlease = \"2s\"").await;
    mirror.s3().put_pattern(BUCKET, "huge", 6 * GIB, 7);
    let slow = Duration::from_secs(1);
    mirror.s3().delay("UploadPartCopy", slow);
    ask_for(&mirror, BUCKET, "huge").await;
    mirror.s3().until_count("UploadPartCopy", 2).await;
    mirror
}

/// Without waiting.
async fn ask_now(mirror: &Mirror) -> Answer {
    let url = to_base64url(&url(mirror, BUCKET, "huge"));
    let route = mirror.route("redirect", &url);
    let now = [("prefer", "wait=0")];
    mirror.client.ask("GET", &route, &now).await
}

async fn is_gone_for_good(mirror: &Mirror) {
    mirror.deployment.until_worked_off().await;
    eventually("its entry is purged", || async {
        let url = to_base64url(&url(mirror, BUCKET, "huge"));
        let status = mirror.route("status", &url);
        let told = mirror.client.ask("GET", &status, &[]).await.text();
        told.contains(r#""status":"absent""#)
    })
    .await;
    assert!(mirror.s3().keys(POOL).is_empty(), "nothing is present");
    assert_eq!(mirror.s3().uploads(POOL), [], "and nothing is left");
}
