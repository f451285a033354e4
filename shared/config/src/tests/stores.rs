//! Stores behind sources, and sources that are private.

use super::*;

const CDN: &str = "https://artifacts.example.com/public/";
const VIRTUAL: &str = "https://acme.s3.us-west-2.amazonaws.com/pub%20lic/";
const PRESIGNED: &str =
    "[[pool]]\nservice = \"s3\"\nregions = [\"eu-central-1\"]\nbucket = \"acme-mirror\"\n";

/// A source with that URL, and a store that says so much.
fn source(url: &str, store: &str) -> String {
    format!("[[source]]\nurl = \"{url}\"\nstore = {{ {store} }}\n")
}

/// The bucket `acme` in us-west-2, and what else is said of it.
fn acme(more: &str) -> String {
    format!("provider = \"s3\", bucket = \"acme\", region = \"us-west-2\"{more}")
}

#[track_caller]
fn store_of(url: &str, store: &str) -> Store {
    let config = accepted(&format!("{}{POOL}", source(url, store)));
    config.rules.sources[0].store.clone().unwrap()
}

#[test]
fn one_of_s3s_own_urls_says_the_prefix_by_itself() {
    for (url, prefix) in [
        (VIRTUAL, "pub lic/"),
        ("https://acme.s3.amazonaws.com/a%2Fb", "a/b"),
        ("https://acme.s3.us-west-2.amazonaws.com/", ""),
        ("https://s3.us-west-2.amazonaws.com/acme", ""),
        ("https://s3.us-west-2.amazonaws.com/acme/x", "x"),
    ] {
        let said = store_of(url, &acme(""));
        assert_eq!(said.prefix, prefix, "{url}");
        let repeated = store_of(url, &acme(&format!(", prefix = \"{prefix}\"")));
        assert_eq!(repeated, said, "{url}");
    }
}

#[test]
fn any_other_url_stands_for_the_whole_bucket_unless_a_prefix_is_named() {
    assert_eq!(store_of(CDN, &acme("")).prefix, "");
    assert_eq!(store_of(CDN, &acme(", prefix = \"x/y\"")).prefix, "x/y");
}

#[test]
fn we_pay_for_requests_only_where_the_file_says_so() {
    assert!(!store_of(CDN, &acme("")).requester_pays);
    assert!(!store_of(CDN, &acme(", requester_pays = false")).requester_pays);
    assert!(store_of(CDN, &acme(", requester_pays = true")).requester_pays);
}

#[test]
fn a_bucket_that_wants_to_be_paid_is_private_unless_something_stands_in_front_of_it() {
    let paid = acme(", requester_pays = true");
    assert_eq!(
        refusal_of(&source(VIRTUAL, &paid)),
        "source[0].store.requester_pays: such a bucket refuses every request that is not signed, so that nothing of it would be copied; say private = true beside it"
    );
    let private = format!("{}private = true\n{PRESIGNED}", source(VIRTUAL, &paid));
    assert!(accepted(&private).rules.sources[0].private);
}

#[test]
fn a_store_that_contradicts_its_url_is_refused() {
    for (url, store, expected) in [
        (
            VIRTUAL,
            acme("").replace("acme", "acme-2"),
            r#"source[0].store.bucket: "acme-2" is not the bucket of source[0].url; write "acme""#,
        ),
        (
            VIRTUAL,
            acme("").replace("us-west-2", "eu-west-1"),
            r#"source[0].store.region: "eu-west-1" is not the region of source[0].url; write "us-west-2""#,
        ),
        (
            VIRTUAL,
            acme(", prefix = \"pub%20lic/\""),
            r#"source[0].store.prefix: "pub%20lic/" is not what source[0].url stands for, which is "pub lic/"; leave it out"#,
        ),
        (
            VIRTUAL,
            acme(", prefix = \"\""),
            r#"source[0].store.prefix: "" is not what source[0].url stands for, which is "pub lic/"; leave it out"#,
        ),
        (
            "https://acme.s3.us-west-2.amazonaws.com/a+b/",
            acme(""),
            r#"source[0].url: S3 reads "+" as a space, and others do not; write %20 or %2B"#,
        ),
        (
            "https://acme.s3.us-west-2.amazonaws.com/%FF/",
            acme(""),
            "source[0].url: its path is not UTF-8, and keys are; correct its percent-encoding",
        ),
    ] {
        let text = format!("{}{POOL}", source(url, &store));
        assert_eq!(read(&text).unwrap_err(), expected, "{url} {store}");
    }
    let elsewhere = acme("").replace("us-west-2", "eu-west-1");
    store_of("https://acme.s3.amazonaws.com/", &elsewhere);
}

#[test]
fn a_store_is_one_that_this_build_can_read() {
    for (store, expected) in [
        (
            acme("").replace("s3", "ftp"),
            r#"source[0].store.provider: "ftp" is not a service of this configuration; it has: file, s3, azure, gcs; or define it as [service.ftp]"#,
        ),
        (
            acme("").replace("s3", "file"),
            r#"source[0].store.provider: "file" is no provider of stores; leave out the store, and the source is streamed"#,
        ),
        (
            acme("").replace(", bucket = \"acme\"", ""),
            "source[0].store.bucket: is missing; write its name",
        ),
        (
            acme(", account = \"acme\""),
            r#"source[0].store.account: stores of provider "s3" have none; write bucket"#,
        ),
        (
            acme("").replace("acme", "s3://acme"),
            r#"source[0].store.bucket: "s3://acme" is no name of a bucket; write it like "acme-artifacts", without arn: or s3://"#,
        ),
        (
            acme("").replace("us-west-2", "US West"),
            r#"source[0].store.region: "US West" is no region; use small letters, digits and "-", as in "eu-central-1" (line 3)"#,
        ),
        (
            acme(", prefix = \"a/../b/\""),
            r#"source[0].store.prefix: has a "." or ".." between its slashes, and no such object is read; write the folder's real name"#,
        ),
    ] {
        let text = format!("{}{POOL}", source(CDN, &store));
        assert_eq!(read(&text).unwrap_err(), expected, "{store}");
    }
}
