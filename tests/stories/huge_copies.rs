//! Copies that take more than one request, or more than anybody waits for; and what the smallest
//! one costs.

use std::time::Duration;

use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_testkit::servers::s3::Fault;
use cloud_mirror_tests::{Mirror, Setup, Stage, eventually};

use crate::store_copies::{BUCKET, MIB, POOL, ask_for, in_front_of_a_store, replica, tiles, url};

pub(crate) const GIB: u64 = 1024 * MIB;

pub(crate) async fn a_six_gibibyte_object_is_copied_by_the_store_in_parts_that_tile_it(
    stage: Stage,
) {
    let mirror = in_front_of_a_store(&stage, "").await;
    mirror.s3().put_pattern(BUCKET, "huge", 6 * GIB, 7);
    let answer = ask_for(&mirror, BUCKET, "huge").await;
    assert_eq!(
        answer.header("location"),
        url(&mirror, BUCKET, "huge"),
        "nobody can wait for it"
    );
    has_copied(&mirror, "huge").await;
    assert_eq!(tiles(&mirror), 6 * GIB);
    let copied = (
        mirror.s3().count("CopyObject"),
        mirror.s3().count("GetObject"),
    );
    assert_eq!(copied, (0, 0), "no byte passed through us");
    let copy = replica(&mirror, "huge");
    assert!(mirror.s3().same_bytes((BUCKET, "huge"), (POOL, &copy)));
    assert_eq!(mirror.s3().uploads(POOL), [], "no upload is left");
}

pub(crate) async fn a_store_that_says_slow_down_is_asked_less_and_the_copy_succeeds(stage: Stage) {
    let policy = "[copy]\nserver_side_single = \"5MiB\"\npart = \"5MiB\"";
    let mirror = in_front_of_a_store(&stage, policy).await;
    mirror.s3().put_pattern(BUCKET, "busy", 100 * MIB, 7);
    let busy = mirror.s3();
    busy.fail_next("UploadPartCopy", 8, Fault::slow_down());
    busy.fail_next("UploadPartCopy", 1, Fault::ErrorIn200("SlowDown".into()));
    let answer = ask_for(&mirror, BUCKET, "busy").await;
    assert!(mirror.is_replica(&answer), "{answer:?}");
    assert_eq!(
        mirror.s3().count("UploadPartCopy"),
        20 + 9,
        "each part until it succeeded, and no part after that"
    );
    let copy = replica(&mirror, "busy");
    assert!(mirror.s3().same_bytes((BUCKET, "busy"), (POOL, &copy)));
}

pub(crate) async fn a_source_overwritten_between_two_parts_is_never_present(stage: Stage) {
    let policy = "[copy]\nserver_side_single = \"5MiB\"\npart = \"5MiB\"\nparts_in_flight = 1\n\
                  [lifetimes]\nretry_backoff = \"60s..60s\"";
    let mirror = in_front_of_a_store(&stage, policy).await;
    mirror.s3().put_pattern(BUCKET, "changing", 100 * MIB, 7);
    mirror
        .s3()
        .delay("UploadPartCopy", Duration::from_millis(50));
    let asking = {
        let mirror = mirror.clone();
        tokio::spawn(async move { ask_for(&mirror, BUCKET, "changing").await })
    };
    mirror.s3().until_count("UploadPartCopy", 3).await;
    mirror.s3().put_pattern(BUCKET, "changing", 100 * MIB, 8);
    let answer = asking.await.unwrap();
    assert_eq!(answer.header("location"), url(&mirror, BUCKET, "changing"));
    let detail = "cloud-mirror; fwd=miss; detail=source-changed";
    assert_eq!(answer.header("cache-status"), detail);
    assert_eq!(error(&mirror, "changing").await, Some(Kind::SourceChanged));
    assert!(mirror.s3().keys(POOL).is_empty(), "nothing is present");
    assert_eq!(mirror.s3().uploads(POOL), [], "and nothing is left");
}

pub(crate) async fn an_object_that_no_request_can_read_is_left_to_the_origin_by_its_own_kind(
    stage: Stage,
) {
    let mirror = in_front_of_a_store(&stage, "").await;
    let s3 = mirror.s3();
    for key in ["archived", "customers-key", "kms", "deleted"] {
        s3.put(BUCKET, key, "bytes", &[]);
    }
    s3.archive(BUCKET, "archived", "DEEP_ARCHIVE");
    s3.encrypt_with_kms_denied(BUCKET, "kms");
    for (key, kind) in [("archived", "archived"), ("kms", "kms-denied")] {
        let answer = ask_for(&mirror, BUCKET, key).await;
        assert_eq!(answer.header("location"), url(&mirror, BUCKET, key));
        let detail = format!("cloud-mirror; fwd=miss; detail={kind}");
        assert_eq!(answer.header("cache-status"), detail);
    }
    s3.restore(BUCKET, "archived");
    s3.archive(BUCKET, "deleted", "GLACIER_IR");
    let answer = ask_for(&mirror, BUCKET, "deleted").await;
    assert!(mirror.is_replica(&answer), "GLACIER_IR is read like any");
}

/// What each request is for. The requester looks at the pool under its claim, since the table may
/// have been lost; the copier looks at the source as a stranger does, copies, and looks at what it
/// wrote. Nothing is asked of tags: no byte passed through us, so there are no digests to keep.
/// The table is written for claim, begin and settle. The lease was taken a moment before the
/// final write, so that it need not be extended.
pub(crate) async fn the_smallest_copy_costs_four_requests_and_three_table_writes(stage: Stage) {
    let mirror = in_front_of_a_store(&stage, "").await;
    mirror.s3().put(BUCKET, "small", "bytes", &[]);
    let faults = mirror.deployment.faults().clone();
    let writes = || faults.calls("table.put") + faults.calls("table.update");
    let (requests, written) = (mirror.s3().requests().len(), writes());
    let answer = ask_for(&mirror, BUCKET, "small").await;
    assert!(mirror.is_replica(&answer), "{answer:?}");
    let asked = mirror.s3().requests().split_off(requests);
    let asked: Vec<_> = asked
        .iter()
        .map(|request| (&*request.operation, &*request.bucket, request.signed()))
        .collect();
    assert_eq!(
        asked,
        [
            ("HeadObject", POOL, true),
            ("HeadObject", BUCKET, false),
            ("CopyObject", POOL, true),
            ("HeadObject", POOL, true),
        ]
    );
    assert_eq!(writes() - written, 3);
}

/// Of a small object that goes through us, the digests are written with it, as its tags. They are known
/// then, and not read back; what the entry says of them is what the store has.
pub(crate) async fn the_smallest_stream_costs_one_look_one_read_one_write_and_a_look(stage: Stage) {
    let mirror = stage.mirror_as(Setup::default().own_store()).await;
    mirror.origin_has("/small", "bytes");
    let requests = mirror.s3().requests().len();
    let answer = mirror.ask("/small").await;
    assert!(mirror.is_replica(&answer), "{answer:?}");
    let asked = mirror.s3().requests().split_off(requests);
    let asked: Vec<_> = asked.iter().map(|request| &*request.operation).collect();
    assert_eq!(asked, ["HeadObject", "PutObject", "HeadObject"]);
    let stored = mirror
        .replica("/small")
        .await
        .and_then(|replica| replica.digests);
    let entry = mirror.entry("/small").await.expect("an entry");
    let State::Present(present) = entry.state else {
        panic!("{entry:?} is present");
    };
    assert!(stored.is_some() && present.replica.digests == stored);
    let read = (mirror.origin.heads("/small"), mirror.origin.gets("/small"));
    assert_eq!(read, (1, 1));
}

pub(crate) async fn has_copied(mirror: &Mirror, key: &str) {
    eventually("it is copied", || async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        mirror.is_replica(&ask_for(mirror, BUCKET, key).await)
    })
    .await;
}

async fn error(mirror: &Mirror, key: &str) -> Option<Kind> {
    let id = ReplicaId {
        pool: mirror.pool_id(),
        url: SourceUrl::parse(&url(mirror, BUCKET, key)).unwrap(),
    };
    match mirror.entry_of(&id).await?.state {
        State::Error(failed) => Some(failed.failure.kind),
        _ => None,
    }
}
