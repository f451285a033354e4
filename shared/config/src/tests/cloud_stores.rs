//! Stores of other providers behind sources, and what their URLs say of them.

use super::*;

const CDN: &str = "https://artifacts.example.com/public/";
const AZURE: &str =
    "provider = \"azure\", account = \"acme\", container = \"files\", region = \"westeurope\"";
const GCS: &str = "provider = \"gcs\", bucket = \"acme\", region = \"europe-west3\"";
const MINIO: &str = "provider = \"minio\", bucket = \"acme\", region = \"home\"";
const SERVICE: &str = "[service.minio]\nprovider = \"s3\"\nendpoint = \"https://{region}.minio.example\"\naccess_key_env = \"S3_COMPATIBLE_ACCESS_KEY_ID\"\nsecret_key_env = \"S3_COMPATIBLE_SECRET_ACCESS_KEY\"\n";

/// A configuration with one source and its store.
fn with(url: &str, store: &str, service: &str) -> String {
    format!("[[source]]\nurl = \"{url}\"\nstore = {{ {store} }}\n{POOL}{service}")
}

#[track_caller]
fn store_of(url: &str, store: &str, service: &str) -> Store {
    let config = accepted(&with(url, store, service));
    config.rules.sources[0].store.clone().unwrap()
}

#[test]
fn a_store_on_azure_is_a_container_of_an_account() {
    let store = store_of(CDN, &format!("{AZURE}, prefix = \"x/\""), "");
    assert_eq!((&*store.provider, &*store.bucket), ("azure", "acme/files"));
    assert_eq!((&*store.region, &*store.prefix), ("westeurope", "x/"));
    assert_eq!(store.endpoint, None);
}

#[test]
fn a_store_on_google_is_a_bucket() {
    let store = store_of(CDN, GCS, "");
    assert_eq!((&*store.provider, &*store.bucket), ("gcs", "acme"));
    assert_eq!((&*store.region, &*store.prefix), ("europe-west3", ""));
    assert_eq!(store.endpoint, None);
}

#[test]
fn a_store_of_a_service_of_its_own_is_reached_where_that_is() {
    let store = store_of(CDN, MINIO, SERVICE);
    assert_eq!((&*store.provider, &*store.bucket), ("minio", "acme"));
    assert_eq!(
        store.endpoint.as_deref(),
        Some("https://home.minio.example")
    );
}

#[test]
fn a_url_in_the_providers_own_spelling_says_the_prefix_by_itself() {
    let hosted = format!("{SERVICE}addressing = \"virtual-host\"\n");
    for (url, store, service, prefix) in [
        ("https://acme.blob.core.windows.net/files/", AZURE, "", ""),
        (
            "https://acme.blob.core.windows.net/files/a%20b/c+d/",
            AZURE,
            "",
            "a b/c+d/",
        ),
        ("https://storage.googleapis.com/acme/x/y", GCS, "", "x/y"),
        ("https://acme.storage.googleapis.com/x/", GCS, "", "x/"),
        ("https://home.minio.example/acme/x/", MINIO, SERVICE, "x/"),
        ("https://acme.home.minio.example/x/", MINIO, &hosted, "x/"),
        // Path style only: that host is somebody else, perhaps a cache in front of it.
        ("https://acme.home.minio.example/x/", MINIO, SERVICE, ""),
    ] {
        assert_eq!(store_of(url, store, service).prefix, prefix, "{url}");
    }
}

#[test]
fn a_store_that_contradicts_its_url_is_refused() {
    for (url, store, expected) in [
        (
            "https://other.blob.core.windows.net/files/",
            AZURE,
            r#"source[0].store.account: "acme" is not the account of source[0].url; write "other""#,
        ),
        (
            "https://acme.blob.core.windows.net/other/",
            AZURE,
            r#"source[0].store.container: "files" is not the container of source[0].url; write "other""#,
        ),
        (
            "https://acme.blob.core.windows.net/",
            AZURE,
            r#"source[0].url: names no bucket; write it with "acme/files", which is its store's"#,
        ),
        (
            "https://storage.googleapis.com/other/",
            GCS,
            r#"source[0].store.bucket: "acme" is not the bucket of source[0].url; write "other""#,
        ),
        (
            "https://storage.googleapis.com/",
            GCS,
            r#"source[0].url: names no bucket; write it with "acme", which is its store's"#,
        ),
        (
            "https://home.minio.example/other/",
            MINIO,
            r#"source[0].store.bucket: "acme" is not the bucket of source[0].url; write "other""#,
        ),
        (
            "https://acme.blob.core.windows.net/files/x/",
            &format!("{AZURE}, prefix = \"y/\""),
            r#"source[0].store.prefix: "y/" is not what source[0].url stands for, which is "x/"; leave it out"#,
        ),
        (
            "https://acme.s3.us-west-2.amazonaws.com/",
            GCS,
            r#"source[0].store.provider: "gcs" is not the provider of source[0].url; write "s3""#,
        ),
        (
            "https://storage.googleapis.com/acme/",
            MINIO,
            r#"source[0].store.provider: "minio" is not the provider of source[0].url; write "gcs""#,
        ),
    ] {
        assert_eq!(
            read(&with(url, store, SERVICE)).unwrap_err(),
            expected,
            "{url}"
        );
    }
}

#[test]
fn a_store_says_what_its_provider_has() {
    for (store, expected) in [
        (
            AZURE.replace("account", "bucket"),
            r#"source[0].store.bucket: stores of provider "azure" have none; write account and container"#,
        ),
        (
            AZURE.replace(", account = \"acme\"", ""),
            "source[0].store.account: is missing; write its name",
        ),
        (
            AZURE.replace("files", "Files"),
            r#"source[0].store.container: "Files" is no name for a container; use small letters, digits and "-" only"#,
        ),
        (
            GCS.replace("bucket", "container"),
            r#"source[0].store.container: stores of provider "gcs" have none; write bucket"#,
        ),
        (
            GCS.replace("acme", "gs://acme"),
            r#"source[0].store.bucket: "gs://acme" is no name for a bucket; use small letters, digits, "-", "_" and "." only, without gs://"#,
        ),
        (
            format!("{GCS}, requester_pays = true"),
            r#"source[0].store.requester_pays: belongs to stores of provider "s3"; leave it out"#,
        ),
    ] {
        assert_eq!(
            read(&with(CDN, &store, "")).unwrap_err(),
            expected,
            "{store}"
        );
    }
}

#[test]
fn iam_is_asked_for_no_bucket_of_another_provider() {
    for (store, service) in [(AZURE, ""), (GCS, ""), (MINIO, SERVICE)] {
        let config = accepted(&with(CDN, store, service));
        assert_eq!(config.buckets(), Buckets::default(), "{store}");
        assert_eq!(config.check_template("acme", &[]), [""; 0], "{store}");
    }
}
