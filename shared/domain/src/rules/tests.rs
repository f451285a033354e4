//! What a path resolves to, and what no path ever does.

use super::*;

fn rules() -> Rules {
    let mut kept = SourceRule::new(SourceUrl::parse("https://example.com/kept/").unwrap());
    kept.query = QueryPolicy::Keep;
    let mut dropped = SourceRule::new(SourceUrl::parse("https://example.com/drop/").unwrap());
    dropped.query = QueryPolicy::Drop;
    let mut stored = SourceRule::new(
        SourceUrl::parse("https://acme.s3.us-west-2.amazonaws.com/public/").unwrap(),
    );
    stored.store = rules_store();
    let whole = SourceRule::new(SourceUrl::parse("https://example.com/").unwrap());
    let pool = |region: &str| Pool::new(PoolId::new("s3", region));
    Rules {
        sources: vec![whole, kept, dropped, stored].into(),
        pools: vec![pool("us-west-2"), pool("eu-central-1")],
        auto: Auto::default(),
    }
}

fn rules_store() -> Option<Store> {
    Some(Store {
        provider: "s3".into(),
        endpoint: None,
        bucket: "acme".into(),
        region: "us-west-2".into(),
        prefix: "public/".into(),
        requester_pays: false,
    })
}

fn resolve(region: &str, url: &str) -> Result<Target, Refusal> {
    rules().resolve(&PoolId::new("s3", region), url, None)
}

#[test]
fn never_an_open_redirector() {
    for url in [
        "https://evil.example/a",
        "http://example.com/a",
        "https://example.com:8443/a",
        "https://example.com.evil.example/a",
        "https://www.example.com/a",
        "https://acme.s3.us-west-2.amazonaws.com/private/a",
        "https://acme.s3.us-west-2.amazonaws.com/publicity",
        "https://other.s3.us-west-2.amazonaws.com/public/a",
    ] {
        assert_eq!(
            resolve("eu-central-1", url),
            Err(Refusal::NotAllowed),
            "{url}"
        );
    }
}

#[test]
fn an_unknown_pool_is_named_beside_the_known_ones() {
    let refusal = resolve("mars-1", "https://example.com/a").unwrap_err();
    assert_eq!(refusal.status(), (404, "unknown-pool"));
    assert_eq!(
        refusal.to_string(),
        "there is no pool s3/mars-1; the pools are: s3/us-west-2, s3/eu-central-1"
    );
    assert_eq!(
        resolve("mars-1", "https://evil.example/a"),
        Err(Refusal::NotAllowed),
        "a URL that is not allowed learns nothing of pools"
    );
}

#[test]
fn every_spelling_of_an_s3_url_finds_one_replica() {
    let canonical = "https://acme.s3.us-west-2.amazonaws.com/public/a%20b";
    for url in [
        canonical,
        "https://acme.s3.amazonaws.com/public/a%20b",
        "https://s3.us-west-2.amazonaws.com/acme/public/a%20b",
        "https://s3-us-west-2.amazonaws.com/acme/public/a%20b",
        "https://acme.s3.dualstack.us-west-2.amazonaws.com/public/a%20b",
    ] {
        let target = resolve("eu-central-1", url).expect(url);
        assert_eq!(target.id.url.as_str(), canonical, "{url}");
    }
}

#[test]
fn the_longest_prefix_counts_also_across_the_spellings_of_a_bucket() {
    let inner = "https://s3.amazonaws.com/acme/p/";
    let whole = "https://acme.s3.dualstack.us-west-2.amazonaws.com/";
    let host = "https://s3.dualstack.us-west-2.amazonaws.com/";
    let winner = |prefixes: &[&str], url: &str| {
        let rule = |prefix: &&str| SourceRule::new(SourceUrl::parse(prefix).unwrap());
        let rules = Rules {
            sources: prefixes.iter().map(rule).collect(),
            pools: Vec::new(),
            auto: Auto::default(),
        };
        let (rule, _) = rules.rule_for(&SourceUrl::parse(url).unwrap()).unwrap();
        rule.prefix.to_string()
    };
    for prefixes in [[inner, whole, host], [host, whole, inner]] {
        for (url, expected) in [
            ("https://acme.s3.amazonaws.com/p/a", inner),
            (
                "https://s3.dualstack.us-west-2.amazonaws.com/acme/p/a",
                inner,
            ),
            (
                "https://s3.dualstack.us-west-2.amazonaws.com/acme/q/a",
                whole,
            ),
            (
                "https://s3.dualstack.us-west-2.amazonaws.com/other/p/a",
                host,
            ),
        ] {
            assert_eq!(winner(&prefixes, url), expected, "{url} {prefixes:?}");
        }
    }
}

#[test]
fn what_a_query_means_is_the_rules_to_say() {
    let target = |url: &str| resolve("eu-central-1", url).unwrap();
    let default = target("https://example.com/a?x=1");
    assert_eq!(default.standing, Standing::Query);
    assert_eq!(default.origin.as_str(), "https://example.com/a?x=1");
    let kept = target("https://example.com/kept/a?x=1");
    assert_eq!(kept.standing, Standing::Mirrored);
    assert_eq!(kept.id.url.as_str(), "https://example.com/kept/a?x=1");
    let dropped = target("https://example.com/drop/a?x=1");
    assert_eq!(dropped.standing, Standing::Mirrored);
    assert_eq!(dropped.id.url.as_str(), "https://example.com/drop/a");
    assert_eq!(dropped.origin.as_str(), "https://example.com/drop/a?x=1");
}

#[test]
fn some_allowed_objects_are_better_served_by_their_origin() {
    let standing = |region, url| resolve(region, url).unwrap().standing;
    let stored = "https://acme.s3.us-west-2.amazonaws.com/public/a";
    assert_eq!(standing("us-west-2", stored), Standing::SamePlace);
    assert_eq!(standing("eu-central-1", stored), Standing::Mirrored);
    let signed = "https://example.com/kept/a?X-Amz-Signature=00";
    assert_eq!(standing("us-west-2", signed), Standing::Signed);
}

#[test]
fn an_origin_is_signed_whatever_a_query_adds_that_says_nothing_and_never_over_a_clients_own() {
    let mut rules = rules();
    for rule in rules.sources.iter_mut() {
        rule.access = Access::Presigned;
        rule.store = rules_store();
    }
    let signed = |url: &str| {
        let target = rules.resolve(&PoolId::new("s3", "eu-central-1"), url, None);
        target.unwrap().signed_origin.map(|object| object.key)
    };
    for (url, key) in [
        ("https://example.com/drop/a", Some("public/a")),
        ("https://example.com/drop/a?tracked=1", Some("public/a")),
        ("https://example.com/drop/a?", Some("public/a")),
        ("https://example.com/drop/a?X-Amz-Signature=00", None),
        ("https://example.com/kept/a?version=1", None),
        ("https://example.com/a?x=1", None),
    ] {
        assert_eq!(signed(url).as_deref(), key, "{url}");
    }
}
