//! Services that speak S3's protocol.

use super::*;

const KEYS: &str = "access_key_env = \"S3_COMPATIBLE_ACCESS_KEY_ID\"\nsecret_key_env = \"S3_COMPATIBLE_SECRET_ACCESS_KEY\"\n";

/// `[service.minio]` with an endpoint and further keys.
fn minio(endpoint: &str, keys: &str) -> String {
    format!("[service.minio]\nprovider = \"s3\"\nendpoint = \"{endpoint}\"\n{KEYS}{keys}\n")
}

/// A pool of a service of that name.
fn pool(service: &str, region: &str, bucket: &str) -> String {
    format!("[[pool]]\nservice = \"{service}\"\nregions = [\"{region}\"]\nbucket = \"{bucket}\"\n")
}

#[test]
fn a_pool_of_a_service_is_reached_where_the_service_is() {
    let tables = minio("https://{region}.minio.example:9443/", "");
    let config = accepted(&format!(
        "{tables}{SOURCE}{}",
        pool("minio", "home", "acme")
    ));
    let Storage::S3 {
        bucket,
        access: Access::Presigned,
        compatible: Some(service),
    } = &config.pools[0].storage
    else {
        panic!("{config:?}")
    };
    assert_eq!(bucket, "acme");
    assert_eq!(service.endpoint, "https://home.minio.example:9443");
    assert_eq!(service.addressing, Addressing::Path);
    assert_eq!((&service.signing_region, service.tags), (&None, false));
    assert_eq!(service.access_key_id, "AKIA2");
    assert_eq!(service.secret_access_key.expose(), "hunter2");
    let ruled = &config.rules.pools[0];
    assert_eq!(ruled.id, PoolId::new("minio", "home"));
    assert_eq!(
        ruled.endpoint.as_deref(),
        Some("https://home.minio.example:9443")
    );
    assert_eq!(
        config.buckets().pools,
        [],
        "the template has no rights on it"
    );
    for key in ["AKIA2", "hunter2"] {
        assert!(!format!("{config:?}").contains(key));
    }
}

#[test]
fn a_service_says_how_it_differs() {
    let keys = "addressing = \"virtual-host\"\nsigning_region = \"auto\"\ntags = true";
    let config = accepted(&format!(
        "{}{SOURCE}{POOL}",
        minio("https://R2.example", keys)
    ));
    let service = config.s3_compatible("minio", "anywhere").unwrap();
    assert_eq!(service.endpoint, "https://r2.example");
    assert_eq!(service.addressing, Addressing::VirtualHost);
    assert_eq!(service.signing_region.as_deref(), Some("auto"));
    assert!(service.tags);
    for other in ["s3", "gcs", "azure", "file", "r2"] {
        assert_eq!(config.s3_compatible(other, "anywhere"), None);
    }
}

#[test]
fn a_service_is_spoken_to_unprotected_only_here_or_where_that_is_meant() {
    for (endpoint, keys) in [
        ("http://127.0.0.1:9000", ""),
        ("http://[::1]:9000", ""),
        ("http://localhost:9000", ""),
        ("http://minio.example", "allow_http = true"),
    ] {
        accepted(&format!("{}{SOURCE}{POOL}", minio(endpoint, keys)));
    }
    assert_eq!(
        refusal_of(&minio("http://minio.example", "")),
        "service.minio.endpoint: http:// is spoken unprotected; write https://, or say allow_http = true beside it if that is meant"
    );
}

#[test]
fn an_endpoint_is_an_address_and_no_password_in_it_is_shown() {
    for endpoint in [
        "minio.example",
        "ftp://minio.example",
        "https://minio.example/path",
        "https://minio.example?x",
        "https://minio.example#x",
        "https://me:hunter2@minio.example",
        "https://*.minio.example",
        "",
    ] {
        assert_eq!(
            refusal_of(&minio(endpoint, "")),
            r#"service.minio.endpoint: that is no address of a service; write its scheme and host, and a port if it has one, as in "https://minio.example.com""#,
            "{endpoint}"
        );
    }
    assert_eq!(
        refusal_of(&minio("https://{bucket}.minio.example", "")),
        "service.minio.endpoint: {bucket} is no placeholder here; write its value, or use {region}"
    );
}

#[test]
fn a_services_name_must_fit_into_paths_and_mean_nothing_else() {
    let named = |name: &str| refusal_of(&minio("https://a.example", "").replace("minio", name));
    for name in ["file", "s3", "azure", "gcs", "auto", "all"] {
        assert_eq!(
            named(name),
            format!(
                "service.{name}: that name has a meaning of its own in requests; choose another"
            )
        );
    }
    for name in ["R2", "my_minio", "\"a/b\"", "\"\""] {
        let expected = format!(
            "service.{}: a service's name is part of paths; use small letters, digits and \"-\", as in [service.r2]",
            name.trim_matches('"')
        );
        assert_eq!(named(name), expected);
    }
}

#[test]
fn keys_come_from_the_environment_and_are_named() {
    let table = minio("https://a.example", "");
    let without = env_of(&[("S3_COMPATIBLE_ACCESS_KEY_ID", "AKIA2")]);
    assert_eq!(
        read_in(&format!("{table}{SOURCE}{POOL}"), &without).unwrap_err(),
        "service.minio.secret_key_env: the environment variable S3_COMPATIBLE_SECRET_ACCESS_KEY is not set; set it to the secret of our access key there, or remove the service"
    );
    assert_eq!(
        refusal_of(&table.replace("S3_COMPATIBLE_ACCESS_KEY_ID", "AKIA-2/x")),
        "service.minio.access_key_env: that is no name of an environment variable; write one like \"R2_ACCESS_KEY_ID\", and never the key itself"
    );
}

#[test]
fn a_table_of_a_service_says_what_it_means_in_known_words() {
    let table = minio("https://a.example", "");
    for (table, expected) in [
        (
            table.replace("provider = \"s3\"", "provider = \"swift\""),
            "service.minio.provider: unknown variant `swift`, expected `s3` (line 2)",
        ),
        (
            table.replace("provider = \"s3\"\n", ""),
            "service.minio: missing field `provider` (line 1)",
        ),
        (
            minio("https://a.example", "addressing = \"host\""),
            "service.minio.addressing: unknown variant `host`, expected `path` or `virtual-host` (line 6)",
        ),
        (
            minio("https://a.example", "signing_region = \"US 1\""),
            r#"service.minio.signing_region: that is no region; use small letters, digits and "-", as in "us-east-1" or "auto""#,
        ),
    ] {
        assert_eq!(refusal_of(&table), expected);
    }
}

#[test]
fn two_names_of_one_service_are_one_place() {
    let first = minio("https://minio.example", "");
    let second = minio("https://MINIO.example:443/", "").replace("minio]", "other]");
    let pools = pool("minio", "a", "acme") + &pool("other", "b", "acme");
    assert_eq!(
        read(&format!("{first}{second}{SOURCE}{pools}")).unwrap_err(),
        r#"pool[1].bucket: "acme" is the bucket of the pool minio/a already; give each its own, as in "acme-mirror-{region}""#
    );
    let regional = minio("https://{region}.minio.example", "");
    let pools =
        pool("minio", "a", "acme") + &pool("minio", "b", "acme") + &pool("s3", "c-1", "acme");
    accepted(&format!("{regional}{SOURCE}{pools}"));
}

#[test]
fn no_pool_of_a_service_shares_a_bucket_with_a_source() {
    let service = minio("https://minio.example", "");
    for source in [
        "url = \"https://minio.example/acme/x/\"",
        "url = \"https://cdn.example/\"\nstore = { provider = \"minio\", bucket = \"acme\", region = \"b\" }",
    ] {
        let text = format!(
            "{service}[[source]]\n{source}\n{}",
            pool("minio", "a", "acme")
        );
        let refusal = read(&text).unwrap_err();
        assert!(
            refusal.ends_with(r#""acme" is the bucket of the pool minio/a, whose lifecycle would delete the sources; give the pool a bucket of its own"#),
            "{refusal}"
        );
        accepted(&text.replace("bucket = \"acme\"\n", "bucket = \"acme-mirror\"\n"));
    }
}
