//! The many spellings of one S3 bucket's URL.
//!
//! `bucket.s3.region.amazonaws.com/key`, `s3.region.amazonaws.com/bucket/key`, the dashed
//! `s3-region`, dual-stack, FIPS, transfer acceleration and the legacy global host all name the same
//! object. An allow-list that compares hosts refuses the spelling that the next SDK release prefers.

use super::SourceUrl;

/// The one service that has no path style: its bucket stands in the host.
const ACCELERATED: &str = "s3-accelerate";

/// A place in S3, whatever the URL's spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct S3Place {
    /// `amazonaws.com` or `amazonaws.com.cn`: bucket names are unique within one of these.
    pub partition: String,
    /// The bucket's name.
    pub bucket: String,
    /// The region, where the spelling names it.
    pub region: Option<String>,
    /// The object's key as it stands in the URL, percent-encoded, without a leading slash.
    pub key: String,
}

impl S3Place {
    /// The bucket and key behind a URL, if it is one of S3's own spellings.
    pub fn of(url: &SourceUrl) -> Option<Self> {
        let spelling = Spelling::read(url)?;
        Some(Self {
            partition: spelling.partition.to_owned(),
            bucket: spelling.bucket.to_owned(),
            region: spelling.region.map(str::to_owned),
            key: spelling.key.to_owned(),
        })
    }

    /// Whether both lie in the same bucket: names are global, so the region need not be said.
    pub fn same_bucket(&self, other: &Self) -> bool {
        self.partition == other.partition && self.bucket == other.bucket
    }

    /// The same key, written the way `like` writes it: host, port and path prefix are taken from
    /// there. `None` if `like` does not name this bucket. Rules spell URLs without it, and without these
    /// texts; written the plain way, it is what tests and fuzzing compare them with.
    pub fn spelled_like(&self, like: &SourceUrl, query: Option<&str>) -> Option<SourceUrl> {
        let theirs = Spelling::read(like)?;
        if !self.same_bucket(&Self::of(like)?) {
            return None;
        }
        let prefix = if theirs.is_virtual_hosted {
            String::new()
        } else {
            format!("{}/", theirs.bucket)
        };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let (scheme, authority) = (like.scheme(), like.authority());
        SourceUrl::parse(&format!(
            "{scheme}://{authority}/{prefix}{}{query}",
            self.key
        ))
        .ok()
    }
}

/// How a URL spells a place in S3, in parts of the URL.
#[derive(Clone, Copy)]
pub(crate) struct Spelling<'a> {
    pub(crate) partition: &'static str,
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    region: Option<&'a str>,
    /// The bucket stands in the host, not in the path.
    is_virtual_hosted: bool,
}

impl<'a> Spelling<'a> {
    /// How a URL spells its place, if it is one of S3's own spellings. Allocates nothing.
    pub(crate) fn read(url: &'a SourceUrl) -> Option<Self> {
        let (partition, host) = partition_of(url.host())?;
        // S3 has no other port; a URL with one is some other server's.
        if url.port().is_some() {
            return None;
        }
        let (hosted, endpoint) = split_at_service(host)?;
        let region = endpoint.region()?;
        if hosted.is_none() && endpoint.service == ACCELERATED {
            return None;
        }
        // One slash is the path's own. S3 takes a second one for part of the key, or for the end
        // of a bucket without a name.
        let path = url.path().strip_prefix('/').unwrap_or_default();
        let (bucket, key) = match hosted {
            Some(bucket) => (bucket, path),
            None => path.split_once('/').unwrap_or((path, "")),
        };
        is_bucket(bucket).then_some(Self {
            partition,
            bucket,
            key,
            region,
            is_virtual_hosted: hosted.is_some(),
        })
    }

    /// Whether both lie in the same bucket.
    pub(crate) fn same_bucket(&self, other: &Spelling<'_>) -> bool {
        (self.partition, self.bucket) == (other.partition, other.bucket)
    }

    /// The text of the URL of a key in the same bucket, spelled as `like` is, which this was read from.
    pub(crate) fn written(&self, like: &SourceUrl, key: &str, query: Option<&str>) -> String {
        let (scheme, authority) = (like.scheme(), like.authority());
        let mut text = format!("{scheme}://{authority}/");
        if !self.is_virtual_hosted {
            text.extend([self.bucket, "/"]);
        }
        text.push_str(key);
        if let Some(query) = query {
            text.extend(["?", query]);
        }
        text
    }
}

/// What stands in a host between the bucket and the partition.
struct Endpoint<'a> {
    service: &'a str,
    /// Behind the service and its dot.
    rest: Option<&'a str>,
}

/// The bucket, where the host names it, and the endpoint, which begins at the last label that is a service.
fn split_at_service(host: &str) -> Option<(Option<&str>, Endpoint<'_>)> {
    let mut end = host.len();
    loop {
        let dot = host[..end].rfind('.');
        let label = &host[dot.map_or(0, |dot| dot + 1)..end];
        if is_service(label) {
            let service = label;
            let rest = host[end..].strip_prefix('.');
            return Some((dot.map(|dot| &host[..dot]), Endpoint { service, rest }));
        }
        end = dot?;
    }
}

/// Whether a bucket may have that name: old ones may be long, and have capitals and underscores.
pub fn is_bucket(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (3..=255).contains(&name.len()) && name.bytes().all(plain)
}

fn partition_of(host: &str) -> Option<(&'static str, &str)> {
    ["amazonaws.com.cn", "amazonaws.com"]
        .into_iter()
        .find_map(|partition| Some((partition, host.strip_suffix(partition)?.strip_suffix('.')?)))
}

/// `s3`, the dashed `s3-eu-west-1` and `s3-external-1`, and what SDKs write whose settings ask for
/// FIPS or for transfer acceleration.
fn is_service(label: &str) -> bool {
    matches!(label, "s3" | "s3-fips" | ACCELERATED) || dashed_region(label).is_some()
}

fn dashed_region(label: &str) -> Option<&str> {
    let region = label.strip_prefix("s3-")?;
    looks_like_region(region).then_some(region)
}

/// Region codes are words and end in a number (`eu-central-1`); bucket labels such as `s3-website` do
/// not.
fn looks_like_region(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    text.rsplit_once('-')
        .is_some_and(|(words, number)| words.split('-').all(is_word) && is_number(number))
}

impl<'a> Endpoint<'a> {
    /// `Some(None)` is a spelling that names no region; `None` is no spelling of S3's.
    fn region(&self) -> Option<Option<&'a str>> {
        match (self.service, self.rest) {
            ("s3" | "s3-external-1", None) | (ACCELERATED, None | Some("dualstack")) => Some(None),
            ("s3" | "s3-fips", Some(rest)) => {
                let region = rest.strip_prefix("dualstack.").unwrap_or(rest);
                looks_like_region(region).then_some(Some(region))
            }
            (dashed, None) => dashed_region(dashed).map(Some),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> Option<S3Place> {
        S3Place::of(&SourceUrl::parse(url).unwrap())
    }

    #[test]
    fn every_spelling_names_one_place() {
        for (url, region) in [
            (
                "https://acme.s3.us-west-2.amazonaws.com/a/b%2Fc",
                Some("us-west-2"),
            ),
            (
                "https://acme.s3-us-west-2.amazonaws.com/a/b%2Fc",
                Some("us-west-2"),
            ),
            (
                "https://acme.s3.dualstack.us-west-2.amazonaws.com/a/b%2Fc",
                Some("us-west-2"),
            ),
            ("https://acme.s3.amazonaws.com/a/b%2Fc", None),
            ("https://acme.s3-external-1.amazonaws.com/a/b%2Fc", None),
            (
                "https://s3.us-west-2.amazonaws.com/acme/a/b%2Fc",
                Some("us-west-2"),
            ),
            (
                "https://s3-us-west-2.amazonaws.com/acme/a/b%2Fc",
                Some("us-west-2"),
            ),
            (
                "https://s3.dualstack.us-west-2.amazonaws.com/acme/a/b%2Fc",
                Some("us-west-2"),
            ),
            ("https://s3.amazonaws.com/acme/a/b%2Fc", None),
            ("https://acme.s3-accelerate.amazonaws.com/a/b%2Fc", None),
            (
                "https://acme.s3-accelerate.dualstack.amazonaws.com/a/b%2Fc",
                None,
            ),
            (
                "https://acme.s3-fips.us-west-2.amazonaws.com/a/b%2Fc",
                Some("us-west-2"),
            ),
            (
                "https://s3-fips.us-west-2.amazonaws.com/acme/a/b%2Fc",
                Some("us-west-2"),
            ),
            (
                "https://acme.s3-fips.dualstack.us-west-2.amazonaws.com/a/b%2Fc",
                Some("us-west-2"),
            ),
        ] {
            let found = place(url).expect(url);
            assert_eq!(
                (found.bucket.as_str(), found.key.as_str()),
                ("acme", "a/b%2Fc"),
                "{url}"
            );
            assert_eq!(found.region.as_deref(), region, "{url}");
        }
        let dotted = place("https://files.s3.acme.com.s3.eu-west-1.amazonaws.com/k").unwrap();
        assert_eq!(dotted.bucket, "files.s3.acme.com");
    }

    #[test]
    fn other_hosts_are_not_s3() {
        for url in [
            "https://example.com/a",
            "https://s3.amazonaws.com.evil.example/acme/a",
            "https://evils3.amazonaws.com/acme/a",
            "https://acme.s3-website.us-west-2.amazonaws.com/a",
            "https://ec2.us-west-2.amazonaws.com/a",
            "https://s3.amazonaws.com/",
            "https://s3-accelerate.amazonaws.com/acme/a",
            "https://$acme.s3.us-west-2.amazonaws.com/a",
            "https://s3.amazonaws.com/a%20b/c",
            "https://s3-us=west-2.amazonaws.com/acme/a",
            "https://acme.s3.a--b-1.amazonaws.com/a",
            "https://s3.amazonaws.com//acme/a",
            "https://acme.s3-accelerate.us-west-2.amazonaws.com/a",
            "https://acme.s3-fips.amazonaws.com/a",
        ] {
            assert_eq!(place(url), None, "{url}");
        }
    }

    #[test]
    fn china_is_another_place() {
        let here = place("https://acme.s3.us-west-2.amazonaws.com/a").unwrap();
        let there = place("https://acme.s3.cn-north-1.amazonaws.com.cn/a").unwrap();
        assert!(!here.same_bucket(&there));
    }

    #[test]
    fn a_key_is_written_the_way_the_rule_writes_it() {
        let asked = place("https://s3.amazonaws.com/acme/public/a%20b").unwrap();
        let rule = SourceUrl::parse("https://acme.s3.us-west-2.amazonaws.com/public/").unwrap();
        let spelled = asked.spelled_like(&rule, None).unwrap();
        assert_eq!(
            spelled.as_str(),
            "https://acme.s3.us-west-2.amazonaws.com/public/a%20b"
        );
        let rule = SourceUrl::parse("https://s3.us-west-2.amazonaws.com/acme/").unwrap();
        let spelled = asked.spelled_like(&rule, Some("x=1")).unwrap();
        assert_eq!(
            spelled.as_str(),
            "https://s3.us-west-2.amazonaws.com/acme/public/a%20b?x=1"
        );
    }

    #[test]
    fn a_bucket_may_be_called_like_an_endpoint() {
        let rule = "https://s3-us-west-2.amazonaws.com/s3-us-west-2/public/";
        let rule = SourceUrl::parse(rule).unwrap();
        let asked = place("https://s3.amazonaws.com/s3-us-west-2/public/a").unwrap();
        let spelled = asked.spelled_like(&rule, None).unwrap();
        assert_eq!(spelled.as_str(), format!("{rule}a"));
    }
}
