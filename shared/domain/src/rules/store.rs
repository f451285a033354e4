//! The store behind a source, and the objects in it that a rule names.

use percent_encoding::percent_decode_str;

use super::SourceRule;
use crate::url::SourceUrl;

/// The store behind a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// `s3`, …: the word that pools use for `service`.
    pub provider: String,
    /// Where that service is reached, where that is not the provider's own address.
    pub endpoint: Option<String>,
    /// The bucket's name; of Azure `{account}/{container}`.
    pub bucket: String,
    /// The bucket's region.
    pub region: String,
    /// The folder of keys that the rule's URL prefix stands for, decoded; empty for the whole
    /// bucket. A slash at its end changes nothing but [`SourceRule::stored`] of the URL prefix
    /// itself.
    pub prefix: String,
    /// Requests to it are paid for by whoever makes them, and ours say so.
    pub requester_pays: bool,
}

/// An object in a store that a rule names, and which our credentials may therefore read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoredObject {
    /// The store's provider: the word that pools use for `service`.
    pub provider: String,
    /// The bucket's name; of Azure `{account}/{container}`.
    pub bucket: String,
    /// The bucket's region.
    pub region: String,
    /// The object's key, decoded; never empty.
    pub key: String,
    /// Requests for it are paid for by whoever makes them, and ours say so.
    pub requester_pays: bool,
}

impl SourceRule {
    /// The object behind a URL that this rule allows, in any of its spellings: the same URL always
    /// names the same object, and never one outside `store.prefix`.
    ///
    /// `None` where the rule has no store or does not allow the URL, and where the URL does not
    /// say for certain which object is meant: such a URL is fetched like that of any origin.
    pub fn stored(&self, url: &SourceUrl) -> Option<StoredObject> {
        let store = self.store.as_ref()?;
        let url = self.allows(url)?;
        if url.query().is_some() {
            return None;
        }
        let rest = url.path().strip_prefix(self.prefix.path())?;
        let inside = if self.prefix.path().ends_with('/') {
            Some(rest)
        } else {
            rest.strip_prefix('/')
        };
        let key = match inside {
            Some(inside) => store.key_of(inside)?,
            None => store.own_key()?,
        };
        Some(StoredObject {
            provider: store.provider.clone(),
            bucket: store.bucket.clone(),
            region: store.region.clone(),
            key,
            requester_pays: store.requester_pays,
        })
    }
}

impl Store {
    /// `prefix` as the beginning of every key inside it: empty, or with a slash at its end.
    /// `public` means `public/`, or a URL could reach `publicity`.
    pub fn folder(&self) -> String {
        match self.prefix.as_str() {
            whole if whole.is_empty() || whole.ends_with('/') => whole.to_owned(),
            folder => format!("{folder}/"),
        }
    }

    /// The key of a path inside the folder, decoded once as S3 decodes it: `a%2Fb` is `a/b`.
    fn key_of(&self, inside: &str) -> Option<String> {
        // S3 reads a bare `+` as a space, as forms do, and other servers do not: two objects.
        if inside.contains('+') {
            return None;
        }
        let key = self.folder() + &percent_decode_str(inside).decode_utf8().ok()?;
        is_plain(&key).then_some(key)
    }

    /// The key of the folder's own name, without a slash, which a prefix with one does not cover.
    fn own_key(&self) -> Option<String> {
        let inside = !self.prefix.ends_with('/') && is_plain(&self.prefix);
        inside.then(|| self.prefix.clone())
    }
}

/// Not empty, without a dot segment, and without control characters: canonical URLs have none, but
/// prefixes are written by hand, and some HTTP clients drop line breaks and resolve segments on the
/// way, so that another object would be read than was meant.
fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && !key.contains(char::is_control)
        && !key.split('/').any(|part| matches!(part, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(prefix: &str) -> SourceRule {
        SourceRule::new(SourceUrl::parse(prefix).unwrap())
    }

    fn stored(url_prefix: &str, store_prefix: &str, url: &str) -> Option<String> {
        let mut rule = rule(url_prefix);
        rule.store = Some(Store {
            provider: "s3".into(),
            endpoint: None,
            bucket: "acme".into(),
            region: "us-west-2".into(),
            prefix: store_prefix.into(),
            requester_pays: false,
        });
        let object = rule.stored(&SourceUrl::parse(url).unwrap())?;
        assert_eq!((&*object.bucket, &*object.region), ("acme", "us-west-2"));
        assert!(object.key.starts_with(store_prefix), "{object:?}");
        Some(object.key)
    }

    #[test]
    fn an_object_is_never_outside_the_stores_prefix() {
        let e = "https://e.com";
        for (url_prefix, store_prefix, path, key) in [
            // Both with a slash, and both without.
            ("/public/", "public/", "/public/a/b", Some("public/a/b")),
            ("/public", "public", "/public/a", Some("public/a")),
            // One with and one without: a folder either way, never `publica` or `public//a`.
            ("/public/", "public", "/public/a", Some("public/a")),
            ("/public", "public/", "/public/a", Some("public/a")),
            ("/public", "public/", "/public//a", Some("public//a")),
            // Names that differ, and the whole bucket.
            ("/cdn/", "x/y/", "/cdn/a", Some("x/y/a")),
            ("/cdn/", "", "/cdn/a", Some("a")),
            ("/cdn", "", "/cdn/a", Some("a")),
            ("/", "", "/a", Some("a")),
            ("/", "public", "/a", Some("public/a")),
            // The prefix itself.
            ("/public", "public", "/public", Some("public")),
            ("/public", "public/", "/public", None),
            ("/public/", "public/", "/public/", Some("public/")),
            ("/public/", "public", "/public/", Some("public/")),
            ("/public", "public", "/public/", Some("public/")),
            ("/cdn", "", "/cdn", None),
            ("/cdn/", "", "/cdn/", None),
            // Outside of the rule.
            ("/public", "public", "/publicity", None),
            ("/public/", "public", "/other/a", None),
        ] {
            let found = stored(
                &format!("{e}{url_prefix}"),
                store_prefix,
                &format!("{e}{path}"),
            );
            assert_eq!(
                found.as_deref(),
                key,
                "{url_prefix} {store_prefix:?} {path}"
            );
        }
    }

    #[test]
    fn a_key_is_decoded_once_and_only_where_it_is_certain() {
        let e = "https://e.com/p";
        for (path, key) in [
            ("/a%20b", Some("p/a b")),
            ("/a%2Fb", Some("p/a/b")),
            ("/a%2fb", Some("p/a/b")),
            ("/%2Fa", Some("p//a")),
            ("/a%252Fb", Some("p/a%2Fb")),
            ("/%C3%A9", Some("p/é")),
            ("/é", Some("p/é")),
            ("/a%2Bb", Some("p/a+b")),
            ("/a+b", None),
            ("/%FF", None),
            ("/a%0Ab", None),
            ("/%09../a", None),
            ("/a?x=1", None),
            ("/a?", None),
        ] {
            let found = stored(e, "p", &format!("{e}{path}"));
            assert_eq!(found.as_deref(), key, "{path}");
        }
        assert_eq!(stored(e, "../p", "https://e.com/p/a"), None);
        assert_eq!(stored(e, "p/..", "https://e.com/p"), None);
    }

    #[test]
    fn every_spelling_of_an_s3_url_names_one_object() {
        for prefix in [
            "https://acme.s3.us-west-2.amazonaws.com",
            "https://s3.us-west-2.amazonaws.com/acme",
            "https://s3.us-west-2.amazonaws.com/acme/",
        ] {
            for url in [
                "https://acme.s3.us-west-2.amazonaws.com/a%20b",
                "https://acme.s3.amazonaws.com/a%20b",
                "https://s3-us-west-2.amazonaws.com/acme/a%20b",
            ] {
                assert_eq!(
                    stored(prefix, "", url).as_deref(),
                    Some("a b"),
                    "{prefix} {url}"
                );
            }
            assert_eq!(
                stored(prefix, "", "https://s3.us-west-2.amazonaws.com/acme"),
                None
            );
        }
    }

    #[test]
    fn a_rule_without_a_store_names_no_object() {
        let url = SourceUrl::parse("https://acme.s3.amazonaws.com/a").unwrap();
        assert_eq!(rule("https://acme.s3.amazonaws.com/").stored(&url), None);
    }
}
