//! What lies in a store that a rule names, the store itself copies; and nothing else is read with
//! our credentials.

use cloud_mirror_domain::url::{KeyStyle, SourceUrl, object_key, to_base64url};
use cloud_mirror_testkit::servers::s3::Arrival;
use cloud_mirror_tests::{Answer, Mirror, Setup, Stage};

pub(crate) const MIB: u64 = 1024 * 1024;
pub(crate) const BUCKET: &str = "acme-artifacts";
pub(crate) const POOL: &str = "mirror-eu-central-1";

/// A mirror in front of a public bucket in another region, which a rule names as a store.
pub(crate) async fn in_front_of_a_store(stage: &Stage, policy: &str) -> Mirror {
    let source = format!(
        r#"
        [[source]]
        url = "{{store}}/{BUCKET}/"
        store = {{ provider = "s3", bucket = "{BUCKET}", region = "us-west-2" }}
        allow_http = true
        allow_private = true
        "#
    );
    let setup = Setup::default().own_store().sources(source);
    let mirror = stage.mirror_as(setup.policy(policy)).await;
    mirror.s3().create_bucket(BUCKET, "us-west-2");
    mirror.s3().make_public(BUCKET);
    mirror
}

pub(crate) fn url(mirror: &Mirror, bucket: &str, key: &str) -> String {
    format!("{}/{bucket}/{key}", mirror.s3().url())
}

pub(crate) async fn ask_for(mirror: &Mirror, bucket: &str, key: &str) -> Answer {
    let url = to_base64url(&url(mirror, bucket, key));
    let route = mirror.route("redirect", &url);
    mirror.client.ask("GET", &route, &[]).await
}

/// The key of the replica.
pub(crate) fn replica(mirror: &Mirror, key: &str) -> String {
    let url = SourceUrl::parse(&url(mirror, BUCKET, key)).unwrap();
    object_key(&url, KeyStyle::Host)
}

/// First and last byte of each part, by its beginning.
fn ranges(parts: &[Arrival]) -> Vec<(u64, u64)> {
    let range = |part: &Arrival| {
        let range = part.copy_source_range.as_deref().expect("a range");
        let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
        Some((first.parse().ok()?, last.parse().ok()?))
    };
    let mut ranges: Vec<_> = parts
        .iter()
        .map(|part| range(part).expect("a range"))
        .collect();
    ranges.sort_unstable();
    ranges
}

/// The parts that were copied tile the object from its first byte to this one.
pub(crate) fn tiles(mirror: &Mirror) -> u64 {
    let mut parts = mirror.s3().requests();
    parts.retain(|request| request.operation == "UploadPartCopy");
    let mut end = 0;
    for (first, last) in ranges(&parts) {
        assert_eq!(first, end, "they tile it: {parts:?}");
        end = last + 1;
    }
    end
}

pub(crate) async fn a_large_object_is_copied_by_the_store_in_parts_that_tile_it(stage: Stage) {
    let policy = "[copy]\nserver_side_single = \"64MiB\"\npart = \"64MiB\"";
    let mirror = in_front_of_a_store(&stage, policy).await;
    mirror.s3().put_pattern(BUCKET, "big", 300 * MIB, 7);
    let answer = ask_for(&mirror, BUCKET, "big").await;
    assert!(mirror.is_replica(&answer), "{answer:?}");
    assert_eq!(
        mirror.s3().count("GetObject"),
        0,
        "no byte passed through us"
    );
    assert_eq!(tiles(&mirror), 300 * MIB);
    assert_eq!(mirror.s3().count("UploadPartCopy"), 5);
    let copy = replica(&mirror, "big");
    assert!(mirror.s3().same_bytes((BUCKET, "big"), (POOL, &copy)));
    assert_eq!(
        mirror.s3().uploads(POOL),
        [],
        "no unfinished upload is left"
    );
}

pub(crate) async fn a_small_object_is_copied_by_the_store_in_one_request(stage: Stage) {
    let mirror = in_front_of_a_store(&stage, "").await;
    let headers = [
        ("content-type", "text/css"),
        ("content-encoding", "gzip"),
        ("content-language", "de"),
        ("cache-control", "max-age=7"),
        ("x-amz-meta-secret", "of the source alone"),
    ];
    let etag = mirror
        .s3()
        .put(BUCKET, "a b/c%2Fd+.css", "not really gzip", &headers);
    let answer = ask_for(&mirror, BUCKET, "a%20b/c%252Fd%2B.css").await;
    assert!(mirror.is_replica(&answer), "{answer:?}");
    let copied = (
        mirror.s3().count("CopyObject"),
        mirror.s3().count("GetObject"),
    );
    assert_eq!(copied, (1, 0), "no byte passed through us");
    let location = answer.header("location");
    let downloaded = mirror.client.ask("GET", location, &[]).await;
    assert_eq!(downloaded.text(), "not really gzip");
    for (name, value) in &headers[..4] {
        assert_eq!(downloaded.header(name), *value, "{name}");
    }
    let upstream = downloaded.header("x-amz-meta-cloud-mirror-upstream-etag");
    assert_eq!(upstream, etag);
    assert_eq!(
        downloaded.header("x-amz-meta-secret"),
        "",
        "metadata is replaced"
    );
}

pub(crate) async fn what_a_store_refuses_to_strangers_is_not_published(stage: Stage) {
    let mirror = in_front_of_a_store(&stage, "").await;
    mirror.s3().create_bucket(BUCKET, "us-west-2");
    mirror.s3().put(BUCKET, "a", "secret", &[]);
    let answer = ask_for(&mirror, BUCKET, "a").await;
    assert_eq!(answer.header("location"), url(&mirror, BUCKET, "a"));
    let detail = "cloud-mirror; fwd=miss; detail=source-refused";
    assert_eq!(answer.header("cache-status"), detail);
    assert!(mirror.s3().keys(POOL).is_empty());
}

pub(crate) async fn what_our_role_may_read_but_no_rule_names_is_never_read_with_our_credentials(
    stage: Stage,
) {
    let source = r#"
        [[source]]
        url = "{store}/ledgers/"
        allow_http = true
        allow_private = true
    "#;
    let setup = Setup::default().own_store().sources(source);
    let mirror = stage.mirror_as(setup).await;
    mirror.s3().create_bucket("ledgers", "us-west-2");
    mirror.s3().put("ledgers", "salaries", "secret", &[]);
    let answer = ask_for(&mirror, "ledgers", "salaries").await;
    assert_eq!(
        answer.header("location"),
        url(&mirror, "ledgers", "salaries")
    );
    let detail = "cloud-mirror; fwd=miss; detail=source-refused";
    assert_eq!(answer.header("cache-status"), detail);
    let source = |request: &&Arrival| {
        let copies = request.copy_source.as_deref().unwrap_or_default();
        request.bucket == "ledgers" || copies.starts_with("ledgers/")
    };
    let asked = mirror.s3().requests();
    let mut asked = asked.iter().filter(source).peekable();
    assert!(asked.peek().is_some(), "it was asked for, as by anybody");
    assert!(asked.all(|request| !request.signed() && request.copy_source.is_none()));
}
