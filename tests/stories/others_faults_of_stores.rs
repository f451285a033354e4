//! The named faults of other systems in copying what lies in stores: sizes, and what an entity tag
//! says. Where a fault was reported, its number is in the text above it.

use bytes::Bytes;
use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Answer, Mirror, Setup, Stage, eventually};

use crate::store_copies::{BUCKET, MIB, POOL, ask_for, in_front_of_a_store, replica, tiles, url};

/// The most that S3 copies in one request.
const LARGEST_COPY: u64 = 5 * 1024 * MIB;

const NO_CACHE: [(&str, &str); 1] = [("cache-control", "no-cache")];

/// s5cmd#29, open since 2019. The simulated S3 refuses as S3 does; whoever sets the threshold to all
/// that one request can do gets one request up to it, and parts from the next byte on.
pub(crate) async fn fault_of_s5cmd_a_copy_above_5_gib_succeeds(stage: Stage) {
    let policy = "[copy]\nserver_side_single = \"5GiB\"\npart = \"1GiB\"";
    let mirror = in_front_of_a_store(&stage, policy).await;
    for (key, size, by) in [
        ("at-most", LARGEST_COPY, ("CopyObject", 1)),
        ("above", LARGEST_COPY + 1, ("UploadPartCopy", 6)),
    ] {
        mirror.s3().put_pattern(BUCKET, key, size, 7);
        eventually("it is copied, which nobody can wait for", || async {
            mirror.is_replica(&ask_for(&mirror, BUCKET, key).await)
        })
        .await;
        assert!(same_bytes(&mirror, key), "{key}");
        assert_eq!(mirror.s3().count(by.0), by.1, "{key}");
    }
    assert_eq!(tiles(&mirror), LARGEST_COPY + 1);
}

/// The same of a threshold that nobody has thought through: S3's limit is above it.
pub(crate) async fn fault_of_s5cmd_no_setting_makes_a_request_of_more_than_5_gib(stage: Stage) {
    let policy = "[copy]\nserver_side_single = \"1TiB\"\npart = \"1TiB\"";
    let mirror = in_front_of_a_store(&stage, policy).await;
    mirror
        .s3()
        .put_pattern(BUCKET, "a", 2 * LARGEST_COPY + 1, 7);
    eventually("it is copied, which nobody can wait for", || async {
        mirror.is_replica(&ask_for(&mirror, BUCKET, "a").await)
    })
    .await;
    assert!(same_bytes(&mirror, "a"));
    assert_eq!(mirror.s3().count("CopyObject"), 0);
}

fn same_bytes(mirror: &Mirror, key: &str) -> bool {
    let copy = replica(mirror, key);
    mirror.s3().same_bytes((BUCKET, key), (POOL, &copy))
}

/// chorus#245: the tag of an object that came in parts is no digest of its bytes, and says nothing
/// against a copy whose parts are others.
pub(crate) async fn fault_of_chorus_a_source_that_came_in_other_parts_is_good(stage: Stage) {
    let policy = "[copy]\nstream_part = \"5MiB\"\nstream_memory = \"20MiB\"";
    let setup = Setup::default().own_store().policy(policy);
    let mirror = stage.mirror_as(setup).await;
    let bytes = pattern(17);
    let tag = "\"d41d8cd98f00b204e9800998ecf8427e-3\"";
    mirror.origin_has("/a", Object::new(bytes.clone()).etag(tag));
    mirror.has_copied("/a").await;
    let downloaded = mirror.download("/a").await;
    assert!(downloaded.body == bytes, "{} bytes", downloaded.body.len());
    let copy = mirror.replica("/a").await.expect("a replica");
    assert_eq!(upstream_tag(&copy), Some(tag));
    assert_ne!(copy.etag, tag, "else they are alike by chance");
    assert_eq!(copy.size, 17 * MIB);
    mirror.deployment.empty_table().await;
    let answer = mirror.ask("/a").await;
    assert!(
        mirror.is_replica(&answer) && was_found_again(&answer),
        "{answer:?}"
    );
    assert_eq!(mirror.origin.gets("/a"), 1, "and not copied again");
}

/// s3sync#54: what was copied in parts has another tag than its source, and is the same all the same.
pub(crate) async fn fault_of_s3sync_a_replica_made_in_parts_is_good(stage: Stage) {
    let policy = "[copy]\nserver_side_single = \"5MiB\"\npart = \"5MiB\"";
    let mirror = in_front_of_a_store(&stage, policy).await;
    let tag = mirror.s3().put(BUCKET, "a", pattern(12), &[]);
    let answer = ask_for(&mirror, BUCKET, "a").await;
    assert!(mirror.is_replica(&answer), "{answer:?}");
    assert!(same_bytes(&mirror, "a"));
    let copy = head(&mirror, "a").await;
    assert_eq!(upstream_tag(&copy), Some(&*tag));
    assert!(copy.etag.contains("-3") && copy.etag != tag, "{copy:?}");
    let looked = ask_again(&mirror, "a").await;
    assert!(mirror.is_replica(&looked), "{looked:?}");
    mirror.deployment.empty_table().await;
    let answer = ask_for(&mirror, BUCKET, "a").await;
    assert!(
        mirror.is_replica(&answer) && was_found_again(&answer),
        "{answer:?}"
    );
    assert_eq!(
        mirror.s3().count("UploadPartCopy"),
        3,
        "and not copied again"
    );
}

fn pattern(mebibytes: u64) -> Bytes {
    let byte = |n: u64| (n ^ (n >> 8) ^ (n >> 16)) as u8;
    (0..mebibytes * MIB).map(byte).collect::<Vec<_>>().into()
}

fn upstream_tag(replica: &Replica) -> Option<&str> {
    replica.upstream.as_ref()?.etag.as_deref()
}

fn was_found_again(answer: &Answer) -> bool {
    let status = answer.header("cache-status");
    status.ends_with("detail=back-filled")
}

async fn head(mirror: &Mirror, key: &str) -> Replica {
    let id = ReplicaId {
        pool: mirror.pool_id(),
        url: SourceUrl::parse(&url(mirror, BUCKET, key)).unwrap(),
    };
    let pool = mirror.deployment.pool(&id.pool).pool;
    pool.head(&id.url).await.unwrap().expect("a replica")
}

async fn ask_again(mirror: &Mirror, key: &str) -> Answer {
    let url = cloud_mirror_domain::url::to_base64url(&url(mirror, BUCKET, key));
    let route = mirror.route("redirect", &url);
    mirror.client.ask("GET", &route, &NO_CACHE).await
}
