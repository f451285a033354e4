//! Source rules and pools, and what a request resolves to.

mod access;
mod auto;
mod pool;
mod source;
mod store;

pub use access::Access;
pub use auto::{Auto, Edge};
pub use pool::{Pool, PoolId};
pub use source::{QueryPolicy, SourceRule};
pub use store::{Store, StoredObject};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::url::s3::S3Place;
use crate::url::{self, SourceUrl, UrlError, is_signed};

/// Everything that may be mirrored, and everywhere it may be mirrored to.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// What may be mirrored; of several that match, the longest prefix counts.
    pub sources: Vec<SourceRule>,
    /// Where to.
    pub pools: Vec<Pool>,
    /// Which pool is meant where a request leaves that to us.
    pub auto: Auto,
}

/// Which replica is meant: one source URL in one pool. The key of the status table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReplicaId {
    /// The pool.
    pub pool: PoolId,
    /// The canonical source URL.
    pub url: SourceUrl,
}

/// What a well-formed request for an allowed object resolves to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The replica that is wanted.
    pub id: ReplicaId,
    /// The source URL as it was asked for: the answer when the mirror cannot serve.
    pub origin: SourceUrl,
    /// Whether it is mirrored at all.
    pub standing: Standing,
    /// How long a replica lives in that pool.
    pub lifespan: std::time::Duration,
    /// The object whose address we sign where the origin is the answer: its rule says that the plain
    /// URL is of no use.
    pub signed_origin: Option<StoredObject>,
}

/// Whether an allowed object is mirrored, and if not, why the origin is the better answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is mirrored.
    Mirrored,
    /// The source already lies in the pool's provider and region: there is nothing to gain.
    SamePlace,
    /// The URL carries a signature: it is a secret and dies soon.
    Signed,
    /// The URL has a query string, and its rule does not say what that means.
    Query,
}

/// Why a request is refused. The message is shown to the client.
#[derive(Clone, Debug, Error, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The URL cannot be read: 400, or 414 where it is too long.
    #[error("{0}")]
    Url(#[from] UrlError),
    /// No source rule allows the URL: 403.
    #[error(
        "no source rule allows this URL; the operator lists what may be mirrored under [[source]] in mirror.toml"
    )]
    NotAllowed,
    /// There is no such pool: 404.
    #[error("there is no pool {wanted}; the pools are: {}", .known.join(", "))]
    UnknownPool {
        /// The `service/region` that was asked for.
        wanted: String,
        /// Every `service/region` that exists.
        known: Vec<String>,
    },
}

impl Refusal {
    /// The HTTP status and the word for the body's `error`.
    pub fn status(&self) -> (u16, &'static str) {
        match self {
            Self::Url(UrlError::TooLong) => (414, "url-too-long"),
            Self::Url(_) => (400, "invalid-url"),
            Self::NotAllowed => (403, "source-not-allowed"),
            Self::UnknownPool { .. } => (404, "unknown-pool"),
        }
    }
}

impl Rules {
    /// Resolves the parts of a request's path. The URL is judged before the pool, so that nobody
    /// learns of pools by URLs that are not allowed.
    pub fn resolve(
        &self,
        pool: &PoolId,
        raw_url: &str,
        query: Option<&str>,
    ) -> Result<Target, Refusal> {
        let asked = url::read_path(raw_url, query)?;
        let (rule, asked) = self.rule_for(&asked).ok_or(Refusal::NotAllowed)?;
        let pool = self.pool(pool).ok_or_else(|| self.unknown(pool))?;
        Ok(Target {
            standing: standing(rule, &asked, &pool.id),
            signed_origin: match rule.access {
                Access::Presigned => rule.stored(&asked),
                Access::Public => None,
            },
            id: ReplicaId {
                pool: pool.id.clone(),
                url: rule.canonical(&asked),
            },
            origin: asked,
            lifespan: pool.lifespan,
        })
    }

    /// The rule with the longest prefix that allows a URL, and the URL as that rule spells it. Of
    /// an S3 bucket's rules it is the one with the longest key, however long its spelling is.
    pub fn rule_for(&self, url: &SourceUrl) -> Option<(&SourceRule, SourceUrl)> {
        self.sources
            .iter()
            .filter_map(|rule| Some((rule, rule.allows(url)?)))
            .max_by_key(|(rule, _)| reach(&rule.prefix))
    }

    /// The pool of that id.
    pub fn pool(&self, id: &PoolId) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.id == *id)
    }

    fn unknown(&self, wanted: &PoolId) -> Refusal {
        let known = self.pools.iter().map(|pool| pool.id.as_path()).collect();
        Refusal::UnknownPool {
            wanted: wanted.as_path(),
            known,
        }
    }
}

/// Orders the prefixes that cover one URL, from the widest to the narrowest. Lengths of text compare
/// only where the beginning is the same, which it is not in two spellings of one S3 bucket. A
/// bucket is narrower than S3's host, which is the only other prefix that can cover its URLs.
fn reach(prefix: &SourceUrl) -> (bool, usize) {
    match S3Place::of(prefix) {
        Some(place) => (true, place.key.len()),
        None => (false, prefix.as_str().len()),
    }
}

fn standing(rule: &SourceRule, asked: &SourceUrl, pool: &PoolId) -> Standing {
    if is_signed(asked) {
        Standing::Signed
    } else if asked.query().is_some() && rule.query == QueryPolicy::Origin {
        Standing::Query
    } else if rule.lies_in(pool) {
        Standing::SamePlace
    } else {
        Standing::Mirrored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        let mut kept = SourceRule::new(SourceUrl::parse("https://example.com/kept/").unwrap());
        kept.query = QueryPolicy::Keep;
        let mut dropped = SourceRule::new(SourceUrl::parse("https://example.com/drop/").unwrap());
        dropped.query = QueryPolicy::Drop;
        let mut stored = SourceRule::new(
            SourceUrl::parse("https://acme.s3.us-west-2.amazonaws.com/public/").unwrap(),
        );
        stored.store = Some(Store {
            provider: "s3".into(),
            endpoint: None,
            bucket: "acme".into(),
            region: "us-west-2".into(),
            prefix: "public/".into(),
            requester_pays: false,
        });
        let whole = SourceRule::new(SourceUrl::parse("https://example.com/").unwrap());
        let pool = |region: &str| Pool::new(PoolId::new("s3", region));
        Rules {
            sources: vec![whole, kept, dropped, stored],
            pools: vec![pool("us-west-2"), pool("eu-central-1")],
            auto: Auto::default(),
        }
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
}
