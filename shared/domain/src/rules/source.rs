//! A source rule: a URL prefix that may be mirrored.

use serde::{Deserialize, Serialize};

use super::{Access, Pool, PoolId, Store};
use crate::url::SourceUrl;
use crate::url::s3::Spelling;

/// A URL prefix that may be mirrored, and optionally the store behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRule {
    /// Scheme, exact host, port, and a path prefix that ends at a segment.
    pub prefix: SourceUrl,
    /// The store behind the URL: allows server-side copies, and our credentials to read it.
    pub store: Option<Store>,
    /// The store's objects refuse unsigned requests: they go only into presigned pools, and only
    /// where the API authorises its callers. The configuration refuses anything else at start.
    pub private: bool,
    /// How clients are sent to the source itself, where the mirror cannot serve: by its plain URL, or
    /// by one that is signed with our credentials, which needs a store.
    pub access: Access,
    /// What the source marks `no-store` or `private` is mirrored all the same.
    pub ignore_cache_control: bool,
    /// Plain `http` may be fetched.
    pub allow_http: bool,
    /// Addresses outside the public internet may be fetched from.
    pub allow_private: bool,
    /// Hosts that the source may redirect to, beside its own prefix.
    pub redirect_hosts: Vec<String>,
    /// What a query string means.
    pub query: QueryPolicy,
}

/// What the query string of a source URL means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QueryPolicy {
    /// Such URLs are not mirrored, or anybody could make copies without end.
    #[default]
    Origin,
    /// It belongs to the object's name.
    Keep,
    /// It says nothing about the object.
    Drop,
}

impl SourceRule {
    /// A rule with no store and no permission beyond its prefix.
    pub fn new(prefix: SourceUrl) -> Self {
        Self {
            prefix,
            store: None,
            private: false,
            access: Access::Public,
            ignore_cache_control: false,
            allow_http: false,
            allow_private: false,
            redirect_hosts: Vec::new(),
            query: QueryPolicy::default(),
        }
    }

    /// The URL as this rule spells it, if the rule allows it. A rule that allows a bucket in one
    /// of S3's spellings allows them all.
    pub fn allows(&self, url: &SourceUrl) -> Option<SourceUrl> {
        self.allowed(url.clone())
    }

    /// As [`Self::allows`].
    pub(super) fn allowed(&self, url: SourceUrl) -> Option<SourceUrl> {
        let url = self.spelled(&url).unwrap_or(url);
        self.covers(&url).then_some(url)
    }

    /// The URL as this rule spells its bucket, where the URL lies in that and spells it otherwise.
    fn spelled(&self, url: &SourceUrl) -> Option<SourceUrl> {
        let asked = Spelling::read(url)?;
        let own = Spelling::read(&self.prefix)?;
        if url.scheme() != self.prefix.scheme() || !own.same_bucket(&asked) {
            return None;
        }
        let text = own.written(&self.prefix, asked.key, url.query());
        // A canonical URL reads as itself.
        if text == url.as_str() {
            return None;
        }
        SourceUrl::parse(&text).ok()
    }

    /// Whether the source may redirect there: its own prefix (in any spelling, as S3 redirects from
    /// the global host to the regional one), or a host in `redirect_hosts`; and never from https
    /// to http unless the rule allows http.
    pub fn allows_redirect_to(&self, url: &SourceUrl) -> bool {
        (url.scheme() == "https" || self.allow_http)
            && (self.allows(url).is_some()
                || self
                    .redirect_hosts
                    .iter()
                    .any(|host| host == url.authority()))
    }

    /// The URL that names the object: what the query policy leaves of it.
    pub fn canonical(&self, url: &SourceUrl) -> SourceUrl {
        match self.query {
            QueryPolicy::Drop => url.without_query(),
            QueryPolicy::Origin | QueryPolicy::Keep => url.clone(),
        }
    }

    /// Whether the rule's store already lies where the pool lies.
    pub fn lies_in(&self, pool: &PoolId) -> bool {
        self.store
            .as_ref()
            .is_some_and(|store| store.provider == pool.service && store.region == pool.region)
    }

    /// Whether the pool's service can copy from the rule's store by itself.
    pub fn copies_inside(&self, pool: &Pool) -> bool {
        let store = self.store.as_ref();
        store.is_some_and(|store| {
            store.provider == pool.id.service && store.endpoint == pool.endpoint
        })
    }

    fn covers(&self, url: &SourceUrl) -> bool {
        url.scheme() == self.prefix.scheme()
            && url.authority() == self.prefix.authority()
            && ends_at_a_segment(self.prefix.path(), url.path())
    }
}

/// `/public` and `/public/` cover `/public/a`, and neither covers `/publicity`.
pub(super) fn ends_at_a_segment(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(prefix: &str) -> SourceRule {
        SourceRule::new(SourceUrl::parse(prefix).unwrap())
    }

    fn allows(prefix: &str, url: &str) -> bool {
        rule(prefix)
            .allows(&SourceUrl::parse(url).unwrap())
            .is_some()
    }

    #[test]
    fn a_prefix_ends_at_a_segment() {
        assert!(allows(
            "https://example.com/public",
            "https://example.com/public"
        ));
        assert!(allows(
            "https://example.com/public",
            "https://example.com/public/a"
        ));
        assert!(!allows(
            "https://example.com/public",
            "https://example.com/publicity"
        ));
        assert!(!allows(
            "https://example.com/public/",
            "https://example.com/public"
        ));
        assert!(!allows(
            "https://example.com/public/",
            "https://example.com/public/../a"
        ));
        assert!(!allows(
            "https://example.com/public/",
            "https://example.com/public%2Fa"
        ));
    }

    #[test]
    fn a_redirect_is_checked_against_the_rules_own_prefix_and_hosts() {
        let mut rule = rule("https://example.com/public/");
        rule.redirect_hosts = vec!["cdn.example.net".into()];
        let may = |url: &str| rule.allows_redirect_to(&SourceUrl::parse(url).unwrap());
        assert!(may("https://example.com/public/b"));
        assert!(may("https://cdn.example.net/anything?Signature=1"));
        assert!(!may("http://cdn.example.net/anything"));
        assert!(!may("https://cdn.example.net:8443/anything"));
        assert!(!may("https://example.com/private"));
        assert!(!may("https://evil.example/"));
    }
}
