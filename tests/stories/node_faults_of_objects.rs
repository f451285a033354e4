//! The faults of the Node original in what it took for an object, and in what it kept of it.

use bytes::Bytes;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Mirror, Setup, Stage};

const QUICK: &str = "[lifetimes]\nretry_backoff = \"20ms..10m\"";

/// Above it the original copied in parts, and sent the digest of the whole with each.
const BEYOND_ONE_PART: usize = 33 * 1024 * 1024;
const ITS_MD5: &str = "lxmMhPmAKQH9aONKHsK69w==";

fn beyond_one_part() -> Bytes {
    let byte = |n: usize| (n ^ (n >> 8) ^ (n >> 16)) as u8;
    (0..BEYOND_ONE_PART).map(byte).collect::<Vec<_>>().into()
}

pub(crate) async fn fault_of_node_06_an_error_page_is_never_stored_as_the_object(stage: Stage) {
    let mirror = stage.mirror_with(QUICK).await;
    mirror.origin_has("/a", Object::new("bytes").head_ok_get_status(500));
    is_never_present(&mirror, "/a", "source-failed").await;
}

pub(crate) async fn fault_of_node_06_what_arrived_is_compared_with_what_was_promised(stage: Stage) {
    let mirror = stage.mirror_with(QUICK).await;
    let cut_short = Object::new(vec![1; 100_000]).cut_short_after(50_000);
    mirror.origin_has("/length", cut_short);
    let md5_of_others = Object::new("other bytes").header("content-md5", ITS_MD5);
    mirror.origin_has("/digest", md5_of_others);
    is_never_present(&mirror, "/length", "source-unreachable").await;
    is_never_present(&mirror, "/digest", "digest-mismatch").await;
}

async fn is_never_present(mirror: &Mirror, path: &str, kind: &str) {
    let answer = mirror.ask(path).await;
    assert!(mirror.is_origin(&answer, path), "{answer:?}");
    let detail = format!("cloud-mirror; fwd=miss; detail={kind}");
    assert_eq!(answer.header("cache-status"), detail);
    assert_eq!(mirror.replica(path).await, None, "nothing is in the pool");
    let status = mirror.status(path).await;
    assert!(status.contains(r#""status":"error""#), "{status}");
}

pub(crate) async fn fault_of_node_06_an_object_without_a_type_is_mirrored(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/untyped", Object::new("bytes").without_content_type());
    assert_eq!(mirror.download("/untyped").await.text(), "bytes");
    assert!(mirror.is_replica(&mirror.ask("/untyped").await));
}

pub(crate) async fn fault_of_node_06_a_digest_of_more_than_32_mebibytes_is_checked_and_no_obstacle(
    stage: Stage,
) {
    let setup = Setup::default().own_store().policy(QUICK);
    let mirror = stage.mirror_as(setup).await;
    let bytes = beyond_one_part();
    let object = || Object::new(bytes.clone());
    mirror.origin_has("/good", object().header("content-md5", ITS_MD5));
    mirror.has_copied("/good").await;
    let downloaded = mirror.download("/good").await;
    assert!(downloaded.body == bytes, "{} bytes", downloaded.body.len());
    let of_nothing = "1B2M2Y8AsgTpgAmY7PhCfg==";
    mirror.origin_has("/bad", object().header("content-md5", of_nothing));
    is_never_present(&mirror, "/bad", "digest-mismatch").await;
}

pub(crate) async fn fault_of_node_07_no_signature_of_a_redirect_is_public_and_no_key_is_too_long(
    stage: Stage,
) {
    let mirror = stage.mirror().await;
    let long = format!("/{}/tool.tar.gz", "d/".repeat(700));
    let secret = mirror.origin.url(&format!("{long}?X-Amz-Signature=sesame"));
    mirror.origin_has("/a", Object::redirect_to(secret));
    mirror.origin_has(&long, "bytes");
    for path in ["/a", &long] {
        tells_no_secret(&mirror, path).await;
        assert!(mirror.is_replica(&mirror.ask(path).await), "{path}");
    }
}

pub(crate) async fn fault_of_node_07_a_chain_of_redirects_beyond_s3s_metadata_is_no_obstacle(
    stage: Stage,
) {
    let mirror = stage.mirror().await;
    let step = |n: usize| format!("/step-{n}?X-Amz-Signature=sesame{}", "0".repeat(1000));
    for n in 0..5 {
        let next = mirror.origin.url(&step(n + 1));
        mirror.origin_has(&step(n), Object::redirect_to(next));
    }
    mirror.origin_has("/a", Object::redirect_to(mirror.origin.url(&step(0))));
    mirror.origin_has(&step(5), "bytes");
    mirror.has_copied("/a").await;
    tells_no_secret(&mirror, "/a").await;
}

/// Neither those who download it nor those who ask for its status; nor is it kept.
async fn tells_no_secret(mirror: &Mirror, path: &str) {
    let downloaded = mirror.download(path).await;
    assert_eq!(downloaded.text(), "bytes", "{path}");
    let told = format!("{:?}", downloaded.headers);
    let kept = format!("{:?}", mirror.entry(path).await.expect("an entry"));
    for text in [told, kept, mirror.status(path).await] {
        assert!(!text.contains("sesame"), "{path}: {text}");
    }
}
