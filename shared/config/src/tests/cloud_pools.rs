//! Pools on Azure and on Google Cloud Storage.

use super::*;

/// A table of pools on Azure with these keys, in two regions.
fn azure(keys: &str) -> String {
    format!("[[pool]]\nservice = \"azure\"\nregions = [\"westeurope\", \"eastus\"]\n{keys}\n")
}

fn gcs(keys: &str) -> String {
    format!("[[pool]]\nservice = \"gcs\"\nregions = [\"europe-west3\"]\n{keys}\n")
}

fn container(account: &str, container: &str, access: Access) -> Storage {
    Storage::Azure {
        account: account.to_owned(),
        container: container.to_owned(),
        access,
    }
}

#[test]
fn each_region_of_azure_is_a_container_in_an_account_of_its_own() {
    let keys = "account = \"acme{region}\"\ncontainer = \"replicas\"";
    let config = accepted(&format!("{SOURCE}{}", azure(keys)));
    let pools: Vec<_> = config.pools.iter().map(|pool| &pool.storage).collect();
    assert_eq!(
        pools,
        [
            &container("acmewesteurope", "replicas", Access::Presigned),
            &container("acmeeastus", "replicas", Access::Presigned),
        ]
    );
    let pool = &config.rules.pools[0];
    assert_eq!(pool.id, PoolId::new("azure", "westeurope"));
    assert_eq!((pool.drain, &pool.endpoint), (false, &None));
}

#[test]
fn an_account_may_hold_a_container_for_each_region() {
    let keys = "account = \"acme\"\ncontainer = \"{prefix}{region}\"\naccess = \"public\"\nlifespan = \"2d\"\ndrain = true";
    let config = accepted(&format!("{SOURCE}{}", azure(keys)));
    let pool = &config.pools[1];
    let expected = container("acme", "acme-mirror-eastus", Access::Public);
    assert_eq!(pool.storage, expected);
    assert_eq!(pool.lifespan, Duration::from_secs(2 * 24 * 3600));
    assert!(pool.drain && config.rules.pools[1].drain);
}

#[test]
fn a_pool_on_google_is_a_bucket() {
    let config = accepted(&format!(
        "{SOURCE}{}",
        gcs("bucket = \"{prefix}{region}\"\naccess = \"public\"\nkey_style = \"url\"")
    ));
    let pool = &config.pools[0];
    assert_eq!(pool.key_style, KeyStyle::Url);
    assert_eq!(pool.id, PoolId::new("gcs", "europe-west3"));
    let bucket = Storage::Gcs {
        bucket: "acme-mirror-europe-west3".to_owned(),
        access: Access::Public,
    };
    assert_eq!(pool.storage, bucket);
    assert_eq!(
        config.buckets().pools,
        [],
        "the template has no rights on it"
    );
}

#[test]
fn pools_of_every_service_may_be_drained() {
    let s3 = "[[pool]]\nservice = \"s3\"\nregions = [\"a-1\"]\nbucket = \"acme\"\ndrain = true\n";
    let config = accepted(&format!(
        "{SOURCE}{POOL}drain = true\n{s3}{}",
        gcs("bucket = \"acme\"")
    ));
    let drained: Vec<_> = config.rules.pools.iter().map(|pool| pool.drain).collect();
    assert_eq!(drained, [true, true, false]);
}

#[test]
fn what_the_providers_would_refuse_is_refused_with_the_reason() {
    for (table, expected) in [
        (
            azure("container = \"replicas\""),
            r#"pool[0].account: is missing; write one like "acme{region}""#,
        ),
        (
            azure("account = \"acme{region}\""),
            r#"pool[0].container: is missing; write one like "replicas""#,
        ),
        (
            azure("account = \"acme-{region}\"\ncontainer = \"replicas\""),
            r#"pool[0].account: "acme-westeurope" is no name of a storage account; write 3 to 24 small letters and digits, as in "acmemirror""#,
        ),
        (
            azure("account = \"{prefix}\"\ncontainer = \"replicas\""),
            "pool[0].account: {prefix} is no placeholder here; write its value, or use {region}",
        ),
        (
            azure("account = \"acme{region}\"\ncontainer = \"Replicas\""),
            r#"pool[0].container: "Replicas" is no name for a container; use small letters, digits and "-" only"#,
        ),
        (
            azure("account = \"acme{region}\"\ncontainer = \"replicas\"\nlifespan = \"36h\""),
            r#"pool[0].lifespan: 1day 12h is no number of whole days, and lifecycles of buckets know no other; write "1d" or more"#,
        ),
        (
            gcs("bucket = \"my-google\""),
            r#"pool[0].bucket: "my-google" is no name for a bucket; Google keeps "goog" and "google" for itself"#,
        ),
        (
            gcs(""),
            r#"pool[0].bucket: is missing; write one like "acme-mirror-{region}""#,
        ),
        (
            gcs("bucket = \"acme\"\nlifespan = \"1h\""),
            r#"pool[0].lifespan: 1h is no number of whole days, and lifecycles of buckets know no other; write "1d" or more"#,
        ),
    ] {
        assert_eq!(refusal_of(&table), expected, "{table}");
    }
}

#[test]
fn no_two_pools_share_a_place_and_the_same_name_elsewhere_is_another() {
    assert_eq!(
        refusal_of(&azure("account = \"acme\"\ncontainer = \"replicas\"")),
        r#"pool[0].container: "replicas" is the container of the pool azure/westeurope already; give each its own, as in "acme-mirror-{region}""#
    );
    let twice = format!(
        "{}{}",
        gcs("bucket = \"acme\""),
        gcs("bucket = \"acme\"").replace("europe-west3", "us-east1")
    );
    assert_eq!(
        refusal_of(&twice),
        r#"pool[1].bucket: "acme" is the bucket of the pool gcs/europe-west3 already; give each its own, as in "acme-mirror-{region}""#
    );
    let s3 = "[[pool]]\nservice = \"s3\"\nregions = [\"a-1\"]\nbucket = \"acme\"\n";
    accepted(&format!("{SOURCE}{s3}{}", gcs("bucket = \"acme\"")));
}

#[test]
fn no_pool_shares_a_place_with_a_source() {
    let on_azure = azure("account = \"acme{region}\"\ncontainer = \"replicas\"");
    let on_google = gcs("bucket = \"acme\"");
    for (source, pool, expected) in [
        (
            "url = \"https://acmeeastus.blob.core.windows.net/replicas/x/\"",
            &on_azure,
            r#"source[0].url: "acmeeastus/replicas" is the container of the pool azure/eastus, whose lifecycle would delete the sources; give the pool a container of its own"#,
        ),
        (
            "url = \"https://cdn.example/\"\nstore = { provider = \"azure\", account = \"acmeeastus\", container = \"replicas\", region = \"eastus\" }",
            &on_azure,
            r#"source[0].store.container: "acmeeastus/replicas" is the container of the pool azure/eastus, whose lifecycle would delete the sources; give the pool a container of its own"#,
        ),
        (
            "url = \"https://storage.googleapis.com/acme/x/\"",
            &on_google,
            r#"source[0].url: "acme" is the bucket of the pool gcs/europe-west3, whose lifecycle would delete the sources; give the pool a bucket of its own"#,
        ),
        (
            "url = \"https://acme.storage.googleapis.com/\"",
            &on_google,
            r#"source[0].url: "acme" is the bucket of the pool gcs/europe-west3, whose lifecycle would delete the sources; give the pool a bucket of its own"#,
        ),
    ] {
        let text = format!("[[source]]\n{source}\n{pool}");
        assert_eq!(read(&text).unwrap_err(), expected);
    }
    for elsewhere in [
        "url = \"https://acme.s3.us-west-2.amazonaws.com/\"",
        "url = \"https://cdn.example/\"\nstore = { provider = \"s3\", bucket = \"acme\", region = \"us-west-2\" }",
        "url = \"https://storage.googleapis.com/acme-2/\"",
    ] {
        accepted(&format!("[[source]]\n{elsewhere}\n{on_google}"));
    }
}
