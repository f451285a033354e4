//! Which URLs a rule allows, and which object it then means.

use cloud_mirror_domain::rules::{
    Pool, PoolId, QueryPolicy, Refusal, Rules, SourceRule, Standing, Store,
};
use cloud_mirror_domain::url::{SourceUrl, to_base64url};

use crate::input::fields;
use crate::reference::{bucket_of, lies_under, scheme_of, without_query};
use crate::url::assert_canonical;

/// A rule's prefix, a URL, a folder of keys, and a query policy, each behind a tab.
///
/// Promised: **never an open redirector**. What a rule allows has the rule's own scheme, host and
/// port and lies under its prefix at a segment; it allows the URL that it makes of an allowed one,
/// and makes no other of it; all that a plain comparison finds is allowed, and nothing else is.
/// The object that a rule names lies in its folder. A request ends at an allowed URL or is refused.
pub fn rules(data: &[u8]) {
    let Some([prefix, url, folder, query]) = fields(data) else {
        return;
    };
    let (Ok(prefix), Ok(url)) = (SourceUrl::parse(prefix), SourceUrl::parse(url)) else {
        return;
    };
    // The configuration refuses a prefix with a query.
    let rule = rule(prefix.without_query(), folder, query);
    let allowed = rule.allows(&url);
    assert_eq!(allowed, plainly_allowed(&rule, &url), "{rule:?} {url}");
    if let Some(spelled) = &allowed {
        assert_canonical(spelled);
        assert!(
            lies_under(rule.prefix.as_str(), spelled.as_str()),
            "{spelled}"
        );
        assert_eq!(spelled.query(), url.query(), "{url}");
        assert_eq!(rule.allows(spelled).as_ref(), Some(spelled), "{url}");
        assert_stored_inside(&rule, spelled);
    } else {
        assert_eq!(rule.stored(&url), None, "{url}");
    }
    assert_resolved(rule, &url);
}

fn rule(prefix: SourceUrl, folder: &str, query: &str) -> SourceRule {
    let mut rule = SourceRule::new(prefix);
    rule.query = match query {
        "keep" => QueryPolicy::Keep,
        "drop" => QueryPolicy::Drop,
        _ => QueryPolicy::Origin,
    };
    rule.store = Some(Store {
        provider: "s3".into(),
        endpoint: None,
        bucket: "acme".into(),
        region: "us-west-2".into(),
        prefix: folder.to_owned(),
        requester_pays: false,
    });
    rule
}

/// By text alone: the same beginning, or the same bucket and a key under the prefix's own, written
/// behind the prefix.
fn plainly_allowed(rule: &SourceRule, url: &SourceUrl) -> Option<SourceUrl> {
    let (prefix, text) = (rule.prefix.as_str(), url.as_str());
    let query = url.query().map(|query| format!("?{query}"));
    if let (Some(own), Some(asked)) = (bucket_of(prefix), bucket_of(text))
        && scheme_of(prefix) == scheme_of(text)
        && (own.partition, own.name) == (asked.partition, asked.name)
    {
        let base = prefix.strip_suffix(own.key)?;
        let base = base.strip_suffix('/').unwrap_or(base);
        let spelled = format!("{base}/{}", asked.key);
        return lies_under(prefix, &spelled)
            .then(|| SourceUrl::parse(&(spelled + &query.unwrap_or_default())).unwrap());
    }
    lies_under(prefix, text).then(|| url.clone())
}

fn assert_stored_inside(rule: &SourceRule, url: &SourceUrl) {
    let Some(object) = rule.stored(url) else {
        return;
    };
    let folder = rule.store.as_ref().unwrap().prefix.clone();
    let inside = format!("{}/", folder.strip_suffix('/').unwrap_or(&folder));
    let (key, whole) = (&object.key, folder.is_empty());
    assert!(whole || *key == folder || key.starts_with(&inside), "{key}");
    assert!(!key.is_empty() && url.query().is_none());
    assert!(!key.split('/').any(|part| matches!(part, "." | "..")));
}

/// What becomes of a request for the URL.
fn assert_resolved(rule: SourceRule, url: &SourceUrl) {
    let pool = PoolId::new("s3", "eu-central-1");
    let rules = Rules {
        sources: vec![rule.clone()].into(),
        pools: vec![Pool::new(pool.clone())],
        auto: cloud_mirror_domain::rules::Auto::default(),
    };
    let raw = to_base64url(url.as_str());
    match rules.resolve(&pool, &raw, None) {
        Ok(target) => {
            assert_eq!(rule.allows(url).as_ref(), Some(&target.origin), "{url}");
            let (origin, replica) = (&target.origin, &target.id.url);
            assert_eq!(
                without_query(origin.as_str()),
                without_query(replica.as_str())
            );
            let decides = rule.query == QueryPolicy::Origin && origin.query().is_some();
            assert!(!decides || target.standing != Standing::Mirrored, "{url}");
        }
        Err(Refusal::NotAllowed) => assert_eq!(rule.allows(url), None, "{url}"),
        Err(Refusal::Url(_)) => assert!(url.as_str().len() > 2_000, "{url}"),
        Err(Refusal::UnknownPool { .. } | Refusal::NotNamed { .. }) => {
            unreachable!("the pool is there, and named")
        }
    }
}
