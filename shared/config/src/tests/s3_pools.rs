//! Pools on S3: what they become, and what is said of those that cannot be.

use super::*;

/// A table of pools on S3 with these keys beside the service.
fn s3(keys: &str) -> String {
    format!("[[pool]]\nservice = \"s3\"\n{keys}\n")
}

/// One pool in eu-central-1 with these keys.
fn one(keys: &str) -> String {
    s3(&format!("regions = [\"eu-central-1\"]\n{keys}"))
}

fn bucket(name: &str, access: Access) -> Storage {
    Storage::S3 {
        compatible: None,
        bucket: name.to_owned(),
        access,
    }
}

#[test]
fn each_region_is_a_bucket_of_its_own_that_only_signed_urls_open() {
    let keys = "regions = [\"us-east-1\", \"eu-central-1\"]\nbucket = \"{prefix}{region}\"";
    let config = accepted(&format!("{SOURCE}{}", s3(keys)));
    let buckets: Vec<_> = config.pools.iter().map(|pool| &pool.storage).collect();
    assert_eq!(
        buckets,
        [
            &bucket("acme-mirror-us-east-1", Access::Presigned),
            &bucket("acme-mirror-eu-central-1", Access::Presigned),
        ]
    );
    let pool = &config.pools[1];
    assert_eq!(pool.id, PoolId::new("s3", "eu-central-1"));
    assert_eq!(pool.key_style, KeyStyle::Host);
    assert_eq!(pool.lifespan, Duration::from_secs(24 * 3600));
}

#[test]
fn a_pool_may_be_public_live_for_days_and_keep_the_node_originals_keys() {
    let keys =
        "bucket = \"acme\"\naccess = \"public\"\nkey_style = \"url\"\nlifespan = \"2 weeks\"";
    let config = accepted(&format!("{SOURCE}{}", one(keys)));
    let pool = &config.pools[0];
    assert_eq!(pool.storage, bucket("acme", Access::Public));
    assert_eq!(pool.key_style, KeyStyle::Url);
    assert_eq!(pool.lifespan, Duration::from_secs(14 * 24 * 3600));
}

#[test]
fn a_bucket_must_be_one_that_s3_would_create() {
    for (keys, expected) in [
        (
            "",
            r#"pool[0].bucket: is missing; write one like "acme-mirror-{region}""#,
        ),
        (
            r#"bucket = """#,
            r#"pool[0].bucket: is empty; write one like "acme-mirror-{region}""#,
        ),
        (
            r#"bucket = "Acme-{region}""#,
            r#"pool[0].bucket: "Acme-eu-central-1" is no name for a bucket; use small letters, digits, "-" and "." only"#,
        ),
        (
            r#"bucket = "{data}-{region}""#,
            "pool[0].bucket: {data} is no placeholder here; write its value, or use {prefix}, {region}",
        ),
        (
            "bucket = \"acme\"\naccess = \"private\"",
            "pool[0].access: unknown variant `private`, expected `public` or `presigned` (line 5)",
        ),
        (
            "bucket = \"acme\"\nkey_style = \"hash\"",
            "pool[0].key_style: unknown variant `hash`, expected `host` or `url` (line 5)",
        ),
    ] {
        assert_eq!(refusal_of(&one(keys)), expected, "{keys}");
    }
}

#[test]
fn a_lifespan_on_s3_is_whole_days() {
    for (lifespan, shown) in [
        ("36h", "1day 12h"),
        ("1s", "1s"),
        ("1d 1ms", "1day 1ms"),
        ("1 month", "1month"),
    ] {
        let keys = format!("bucket = \"acme\"\nlifespan = \"{lifespan}\"");
        let expected = format!(
            "pool[0].lifespan: {shown} is no number of whole days, and lifecycles of buckets know no other; write \"1d\" or more"
        );
        assert_eq!(refusal_of(&one(&keys)), expected);
    }
    accepted(&format!(
        "{SOURCE}{}",
        one("bucket = \"acme\"\nlifespan = \"48h\"")
    ));
}

#[test]
fn no_two_pools_share_a_bucket() {
    let regions = "regions = [\"us-east-1\", \"eu-central-1\"]\nbucket = \"acme\"";
    assert_eq!(
        refusal_of(&s3(regions)),
        r#"pool[0].bucket: "acme" is the bucket of the pool s3/us-east-1 already; give each its own, as in "acme-mirror-{region}""#
    );
    let other = s3("regions = [\"us-east-1\"]\nbucket = \"acme\"\naccess = \"public\"");
    let tables = format!("{}{other}", one("bucket = \"acme\""));
    assert_eq!(
        refusal_of(&tables),
        r#"pool[1].bucket: "acme" is the bucket of the pool s3/eu-central-1 already; give each its own, as in "acme-mirror-{region}""#
    );
}

#[test]
fn a_bucket_prefix_that_the_environment_lacks_is_named() {
    let text = format!("{SOURCE}{}", one(r#"bucket = "{prefix}{region}""#));
    for (env, why) in [
        (env_of(&[]), "is not set"),
        (env_of(&[("POOL_BUCKET_PREFIX", "")]), "is empty"),
    ] {
        let expected = format!(
            "pool[0].bucket: {{prefix}} stands for the environment variable POOL_BUCKET_PREFIX, which {why}; set it to what the names of the pools' buckets begin with, or write that here"
        );
        assert_eq!(read_in(&text, &env).unwrap_err(), expected);
    }
    let without = format!("{SOURCE}{}", one(r#"bucket = "acme-{region}""#));
    assert!(read_in(&without, &env_of(&[])).is_ok());
}

#[test]
fn a_pool_never_shares_a_bucket_with_a_source() {
    let source = "[[source]]\nurl = \"https://acme.s3.us-west-2.amazonaws.com/\"\nstore = { provider = \"s3\", bucket = \"acme\", region = \"us-west-2\" }\n";
    assert_eq!(
        read(&format!("{source}{}", one("bucket = \"acme\""))).unwrap_err(),
        r#"source[0].store.bucket: "acme" is the bucket of the pool s3/eu-central-1, whose lifecycle would delete the sources; give the pool a bucket of its own"#
    );
    for url in [
        "https://acme.s3.us-west-2.amazonaws.com/",
        "https://acme.s3.amazonaws.com/public/",
        "https://s3.dualstack.us-west-2.amazonaws.com/acme/public/",
    ] {
        let source = format!("{SOURCE}[[source]]\nurl = \"{url}\"\n");
        assert_eq!(
            read(&format!("{source}{}", one("bucket = \"acme\""))).unwrap_err(),
            r#"source[1].url: "acme" is the bucket of the pool s3/eu-central-1, whose lifecycle would delete the sources; give the pool a bucket of its own"#
        );
        accepted(&format!("{source}{}", one("bucket = \"acme-mirror\"")));
    }
}
