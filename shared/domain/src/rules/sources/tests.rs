//! The index answers as a scan of all rules does.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::url::s3::S3Place;

/// Hosts that are much alike, and one bucket in many spellings, with what nearly is one of them.
const BASES: [&str; 16] = [
    "https://example.com",
    "http://example.com",
    "https://example.com:8443",
    "https://example.com.cn",
    "https://s3.amazonaws.com",
    "https://s3.amazonaws.com/ac",
    "https://s3.amazonaws.com/acme",
    "http://s3.amazonaws.com/acme",
    "https://s3-us-west-2.amazonaws.com/acme",
    "https://s3.dualstack.us-west-2.amazonaws.com/acme",
    "https://acme.s3.amazonaws.com",
    "https://acme.s3.us-west-2.amazonaws.com",
    "http://acme.s3.us-west-2.amazonaws.com",
    "https://acme.s3.us-west-2.amazonaws.com:8443",
    "https://acme.s3-accelerate.amazonaws.com",
    "https://acme.s3.cn-north-1.amazonaws.com.cn",
];

/// Paths of few letters, so that many begin with others. `-` sorts before `/`, and `a` behind it.
fn urls() -> impl Strategy<Value = SourceUrl> {
    let path = prop_oneof![Just(String::new()), "/[a/-]{0,6}", "/a/-/(a/){0,4}"];
    let query = prop_oneof![4 => Just(""), 1 => Just("?x=1"), 1 => Just("?")];
    (select(BASES.to_vec()), path, query).prop_map(|(base, path, query)| {
        SourceUrl::parse(&format!("{base}{path}{query}")).expect("a URL")
    })
}

fn rules(prefixes: Vec<SourceUrl>) -> SourceRules {
    prefixes.into_iter().map(SourceRule::new).collect()
}

/// What the index must answer, found without it.
fn scanned<'a>(rules: &'a SourceRules, url: &SourceUrl) -> Option<(&'a SourceRule, SourceUrl)> {
    let reach = |prefix: &SourceUrl| match S3Place::of(prefix) {
        Some(place) => (true, place.key.len()),
        None => (false, prefix.as_str().len()),
    };
    rules
        .iter()
        .filter_map(|rule| Some((rule, allowed_plainly(&rule.prefix, url)?)))
        .max_by_key(|(rule, _)| reach(&rule.prefix))
}

/// What a rule of that prefix allows, and how it spells it: by the whole places, of which each part is
/// a text of its own.
fn allowed_plainly(prefix: &SourceUrl, url: &SourceUrl) -> Option<SourceUrl> {
    let place = S3Place::of(url).filter(|_| url.scheme() == prefix.scheme());
    let spelled = place.and_then(|place| place.spelled_like(prefix, url.query()));
    let url = spelled.unwrap_or_else(|| url.clone());
    let begin = |url: &SourceUrl| format!("{}://{}", url.scheme(), url.authority());
    let (path, below) = (url.path(), format!("{}/", prefix.path()));
    let lies_below = path == prefix.path()
        || path.starts_with(&below)
        || (prefix.path().ends_with('/') && path.starts_with(prefix.path()));
    (begin(&url) == begin(prefix) && lies_below).then_some(url)
}

/// Which of the rules it is: some are equal.
fn told<'a>(
    rules: &'a SourceRules,
    found: Option<(&'a SourceRule, SourceUrl)>,
) -> Option<(usize, SourceUrl)> {
    let (rule, url) = found?;
    let number = rules.iter().position(|other| std::ptr::eq(rule, other))?;
    Some((number, url))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_rule_that_counts_is_the_one_that_a_scan_finds(
        prefixes in vec(urls(), 0..24),
        asked in vec(urls(), 8),
    ) {
        let rules = rules(prefixes);
        // Prefixes are the likeliest URLs to lie under prefixes.
        let prefixes = rules.iter().map(|rule| &rule.prefix);
        for url in prefixes.chain(&asked) {
            let found = told(&rules, rules.rule_for(url));
            prop_assert_eq!(found, told(&rules, scanned(&rules, url)), "{}", url);
            for rule in &rules {
                let plainly = allowed_plainly(&rule.prefix, url);
                prop_assert_eq!(rule.allows(url), plainly, "{} by {:?}", url, rule);
            }
        }
    }
}

#[test]
fn a_list_that_was_changed_is_searched_as_it_is_now() {
    let url = |text: &str| SourceUrl::parse(text).unwrap();
    let mut rules = rules(vec![url("https://example.com/a/")]);
    assert!(rules.rule_for(&url("https://example.com/a/1")).is_some());
    rules[0].prefix = url("https://example.com/b/");
    assert!(rules.rule_for(&url("https://example.com/a/1")).is_none());
    assert!(rules.rule_for(&url("https://example.com/b/1")).is_some());
}
