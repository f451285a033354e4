//! What is said of sources and purges that cannot be meant.

use super::*;

/// What is said of a first source with these keys.
#[track_caller]
fn assert_source_refusals(cases: &[(&str, &str)]) {
    for (keys, expected) in cases {
        assert_eq!(
            refusal_of(&format!("[[source]]\n{keys}")),
            *expected,
            "{keys}"
        );
    }
}

#[test]
fn a_file_without_sources_or_pools_says_what_to_add() {
    assert_eq!(
        read(POOL).unwrap_err(),
        "source: there is none, so nothing could be mirrored; add a [[source]] with a url"
    );
    assert_eq!(
        read(SOURCE).unwrap_err(),
        "pool: there is none, so no replica could be kept; add a [[pool]] with service, regions, and path or bucket"
    );
}

#[test]
fn a_source_must_be_a_prefix_of_urls() {
    assert_source_refusals(&[
        (
            "allow_http = true",
            "source[0]: missing field `url` (line 1)",
        ),
        (
            "url = \"example.com\"",
            r#"source[0].url: "example.com" is no URL; write one like "https://example.com/public/""#,
        ),
        (
            "url = \"ftp://example.com/\"",
            "source[0].url: only http and https URLs can be mirrored",
        ),
        (
            "url = \"https://me:hunter2@example.com/\"",
            "source[0].url: the URL carries a user name or password; such URLs are not mirrored",
        ),
        (
            "url = \"https://example.com/?x=1\"",
            "source[0].url: a source is a prefix of URLs; leave out the ? or # and what follows it",
        ),
        (
            "url = \"https://example.com/#x\"",
            "source[0].url: a source is a prefix of URLs; leave out the ? or # and what follows it",
        ),
        (
            "url = \"https://*.example.com/\"",
            "source[0].url: a source has one exact host; write one [[source]] for each",
        ),
        (
            "url = \"https://{region}.example.com/\"",
            "source[0].url: {region} is no placeholder here; write its value, or use {listen}",
        ),
        (
            "url = \"https://example.com:443/\"",
            "source[1].url: is the same as source[0].url; keep one of the two",
        ),
    ]);
}

#[test]
fn a_source_that_needs_a_permission_is_refused_without_it() {
    assert_source_refusals(&[
        (
            "url = \"http://a.example/\"",
            "source[0].allow_http: an http:// url is fetched unprotected; write https://, or say allow_http = true if that is meant",
        ),
        (
            "url = \"https://10.1.2.3/\"",
            "source[0].allow_private: 10.1.2.3 is not on the public internet; say allow_private = true if that is meant",
        ),
        (
            "url = \"http://{listen}/\"\nallow_http = true",
            "source[0].allow_private: 127.0.0.1 is not on the public internet; say allow_private = true if that is meant",
        ),
        (
            "url = \"https://[::1]/\"",
            "source[0].allow_private: ::1 is not on the public internet; say allow_private = true if that is meant",
        ),
    ]);
    accepted(&format!("[[source]]\nurl = \"https://1.1.1.1/\"\n{POOL}"));
}

#[test]
fn a_source_says_what_it_means_in_known_words() {
    let url = "url = \"https://a.example/\"";
    let with = |key: &str| refusal_of(&format!("[[source]]\n{url}\n{key}"));
    assert_eq!(
        with("query = \"sing\""),
        "source[0].query: unknown variant `sing`, expected one of `origin`, `keep`, `drop` (line 3)"
    );
    assert_eq!(
        with("allow_http = \"yes\""),
        "source[0].allow_http: invalid type: string \"yes\", expected a boolean (line 3)"
    );
    assert_eq!(
        with("store = { provider = \"s3\", bucket = \"acme\" }"),
        "source[0].store: missing field `region` (line 3)"
    );
    for host in [
        "https://b.example",
        "*.b.example",
        "b.example/x",
        "me@b.example",
        "",
    ] {
        let expected = format!(
            "source[0].redirect_hosts[1]: {host:?} is no host; write one like \"cdn.example.com\" or \"cdn.example.com:8443\""
        );
        assert_eq!(
            with(&format!("redirect_hosts = [\"c.example\", \"{host}\"]")),
            expected
        );
    }
}

#[test]
fn a_purge_token_that_cannot_be_used_is_refused_and_never_shown() {
    let with = |name: &str| refusal_of(&format!("[purge]\ntoken_env = \"{name}\""));
    for (name, why) in [
        ("MISSING", "is not set"),
        ("EMPTY", "is empty"),
        (
            "BROKEN",
            "has a space, a line break or a character that is not ASCII",
        ),
    ] {
        let expected = format!(
            "purge.token_env: the environment variable {name} {why}; set it to the bearer token for purges, or leave out purge.token_env"
        );
        assert_eq!(with(name), expected);
    }
    for token in ["", "s3cr3t-t0ken", "0123abcd"] {
        assert_eq!(
            with(token),
            "purge.token_env: that is no name of an environment variable; write one like \"MIRROR_PURGE_TOKEN\", and never the token itself"
        );
    }
}

/// Which of the two counts would be a matter of their order, and one of them may be private.
#[test]
fn one_bucket_in_two_spellings_is_one_source() {
    let source = |url: &str| format!("[[source]]\nurl = {url:?}\n");
    let both = |one: &str, other: &str| read(&(source(one) + &source(other) + POOL));
    let one = "https://acme.s3.us-west-2.amazonaws.com/public/";
    for other in [
        "https://acme.s3.amazonaws.com/public/",
        "https://s3.us-west-2.amazonaws.com/acme/public/",
    ] {
        assert_eq!(
            both(one, other).unwrap_err(),
            "source[1].url: is the same as source[0].url; keep one of the two",
            "{other}"
        );
    }
    for other in [
        "https://s3.us-west-2.amazonaws.com/acme/public/open/",
        "https://s3.us-west-2.amazonaws.com/other/public/",
        "https://cdn.example/public/",
    ] {
        assert!(both(one, other).is_ok(), "{other}");
    }
}
