//! What the template's parameters allow is compared with what a configuration needs.

use super::*;

/// A mirror of `{bucket}/{prefix}` behind a CDN, at `url`, into two pools.
fn mirror(url: &str, bucket: &str, prefix: &str) -> Config {
    let store = format!("provider = \"s3\", bucket = \"{bucket}\", region = \"us-west-2\"");
    accepted(&format!(
        "{SOURCE}[[source]]\nurl = \"{url}\"\nstore = {{ {store}, prefix = \"{prefix}\" }}\n\
         [[pool]]\nservice = \"s3\"\nregions = [\"us-1\", \"eu-1\"]\nbucket = \"acme-{{region}}\"\n{POOL}"
    ))
}

fn problems(config: &Config, prefix: &str, arns: &[&str]) -> Vec<String> {
    let arns: Vec<String> = arns.iter().map(|arn| (*arn).to_owned()).collect();
    config.check_template(prefix, &arns)
}

#[test]
fn the_buckets_are_those_of_stores_and_of_pools_on_s3() {
    let buckets = mirror("https://e.example/p/", "files", "public").buckets();
    let [source] = buckets.sources.as_slice() else {
        panic!("{buckets:?}")
    };
    assert_eq!(source.key, "source[1].store");
    assert_eq!((&*source.bucket, &*source.region), ("files", "us-west-2"));
    assert_eq!((&*source.folder, &source.object), ("public/", &None));
    let pools: Vec<_> = buckets.pools.iter().map(|pool| &*pool.bucket).collect();
    assert_eq!(pools, ["acme-us-1", "acme-eu-1"]);
}

#[test]
fn parameters_that_allow_what_is_needed_are_no_problem() {
    let config = mirror("https://e.example/p/", "files", "public/");
    for arns in [
        ["arn:aws:s3:::files/public/*"].as_slice(),
        &["arn:aws:s3:::other/*", " arn:aws:s3:::files/* ", ""],
        &["arn:aws:s3:::fi*"],
        &["arn:aws:s3:::f?les/*c/*"],
        &["arn:aws:s3:::*"],
    ] {
        assert_eq!(problems(&config, "acme-", arns), [""; 0], "{arns:?}");
    }
}

#[test]
fn a_store_that_no_arn_covers_is_named_with_what_to_add() {
    let config = mirror("https://e.example/p/", "files", "public/");
    for arns in [
        [].as_slice(),
        &[""],
        &["arn:aws:s3:::files/public/a/*"],
        &["arn:aws:s3:::files/public/"],
        &["arn:aws:s3:::files/public/*.zip"],
        &["arn:aws:s3:::file/*", "arn:aws:s3:::files-2/*"],
    ] {
        assert_eq!(
            problems(&config, "acme-", arns),
            [
                r#"source[1].store: SourceBucketArns does not cover it; add "arn:aws:s3:::files/public/*""#
            ],
            "{arns:?}"
        );
    }
}

#[test]
fn a_url_without_a_slash_at_its_end_names_one_object_more() {
    let config = mirror("https://e.example/p", "files", "public");
    let folder = "arn:aws:s3:::files/public/*";
    let object = "arn:aws:s3:::files/public";
    assert_eq!(problems(&config, "acme-", &[folder, object]), [""; 0]);
    let add = |arn| format!("source[1].store: SourceBucketArns does not cover it; add \"{arn}\"");
    assert_eq!(problems(&config, "acme-", &[folder]), [add(object)]);
    assert_eq!(problems(&config, "acme-", &[object]), [add(folder)]);
}

#[test]
fn what_is_no_arn_of_s3s_is_named() {
    let config = accepted(&format!("{SOURCE}{POOL}"));
    for arn in ["files", "s3://files/*", "arn:aws:sqs:::a/*"] {
        let expected = format!(
            "SourceBucketArns: {arn:?} is no ARN of S3's; write one like \"arn:aws:s3:::acme-artifacts/*\""
        );
        assert_eq!(problems(&config, "acme-", &[arn]), [expected]);
    }
}

#[test]
fn a_buckets_own_arn_may_stand_beside_its_objects_and_covers_none() {
    let config = mirror("https://e.example/p/", "files", "");
    let (bucket, objects) = ("arn:aws:s3:::files", "arn:aws:s3:::files/*");
    assert_eq!(problems(&config, "acme-", &[bucket, objects]), [""; 0]);
    assert_eq!(problems(&config, "acme-", &[bucket]).len(), 1);
}

#[test]
fn a_pools_bucket_must_begin_with_the_prefix_that_rights_are_given_for() {
    let config = mirror("https://e.example/p/", "files", "");
    let all = ["arn:aws:s3:::files/*"];
    let expected = |region: &str| {
        format!(
            "[[pool]] s3/{region}: its bucket \"acme-{region}\" does not begin with PoolBucketPrefix, which is \"acme-us\"; change one of the two"
        )
    };
    assert_eq!(problems(&config, "acme-us", &all), [expected("eu-1")]);
    assert_eq!(
        problems(&config, "", &all),
        [
            "PoolBucketPrefix is empty, which would allow every bucket; set it to what the names of the pools' buckets begin with"
        ]
    );
}

#[test]
fn no_sources_bucket_may_begin_with_the_prefix_that_rights_are_given_for() {
    let pool = "[[pool]]\nservice = \"s3\"\nregions = [\"us-1\"]\nbucket = \"acme-{region}\"\n";
    let inside = |key: &str| {
        format!(
            "{key}: \"acme-files\" begins with PoolBucketPrefix, which is \"acme-\", so the functions might write and delete there; choose a prefix that no source's bucket begins with"
        )
    };
    let stored = mirror("https://e.example/p/", "acme-files", "");
    let all = ["arn:aws:s3:::acme-files/*"];
    let expected = [inside("source[1].store.bucket")];
    assert_eq!(problems(&stored, "acme-", &all), expected);
    for url in [
        "https://acme-files.s3.us-west-2.amazonaws.com/",
        "https://s3.amazonaws.com/acme-files/p/",
    ] {
        let spelled = accepted(&format!("[[source]]\nurl = \"{url}\"\n{SOURCE}{pool}"));
        assert_eq!(problems(&spelled, "acme-", &[]), [inside("source[0].url")]);
        assert_eq!(problems(&spelled, "acme-us", &[]), [""; 0]);
    }
}

#[test]
fn other_partitions_have_other_arns() {
    let text = "[[source]]\nurl = \"https://e.example/\"\nstore = { provider = \"s3\", bucket = \"files\", region = \"REGION\" }\n";
    for (region, partition) in [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
        let config = accepted(&format!("{}{POOL}", text.replace("REGION", region)));
        let add = format!(
            "source[0].store: SourceBucketArns does not cover it; add \"arn:{partition}:s3:::files/*\""
        );
        assert_eq!(problems(&config, "acme-", &[]), [add]);
        let arn = format!("arn:{partition}:s3:::files/*");
        assert_eq!(problems(&config, "acme-", &[&arn]), [""; 0]);
    }
}
