//! What may be mirrored: the list of source rules, and which of them counts.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use super::SourceRule;
use super::prefixes::Prefixes;
use crate::url::SourceUrl;
use crate::url::s3::Spelling;

/// The source rules, in the order in which they were written; a list like any other, that finds the rule for a URL
/// about as fast among ten thousand as among ten.
#[derive(Clone, Default)]
pub struct SourceRules {
    list: Vec<SourceRule>,
    /// Empty from when the list may have been changed until the next look-up, so that it never says
    /// anything of another list.
    index: OnceLock<Index>,
}

impl SourceRules {
    /// The rule with the longest prefix that allows a URL, and the URL as that rule spells it. Of
    /// an S3 bucket's rules it is the one with the longest key, however long its spelling is; and
    /// such a rule comes before one for S3's host, which is the only other that can cover its URLs.
    /// Of rules that say the same, the last counts.
    pub fn rule_for(&self, url: &SourceUrl) -> Option<(&SourceRule, SourceUrl)> {
        self.allowing(url.clone())
    }

    /// As [`Self::rule_for`].
    pub(super) fn allowing(&self, url: SourceUrl) -> Option<(&SourceRule, SourceUrl)> {
        let rule = self.list.get(self.index().number_of(&url)?)?;
        Some((rule, rule.allowed(url)?))
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.list))
    }
}

/// The rules' numbers, by what they allow.
#[derive(Clone)]
struct Index {
    /// By bucket and key, whatever the spelling.
    buckets: Prefixes,
    /// All others, by scheme, authority and path.
    hosts: Prefixes,
}

impl Index {
    fn new(list: &[SourceRule]) -> Self {
        let (mut buckets, mut hosts) = (Vec::new(), Vec::new());
        for (number, SourceRule { prefix, .. }) in list.iter().enumerate() {
            match Spelling::read(prefix) {
                Some(place) => {
                    let rank = (place.key.len(), number);
                    buckets.push((in_bucket(prefix.scheme(), &place), rank));
                }
                None => {
                    let rank = (prefix.as_str().len(), number);
                    hosts.push((prefix.up_to_path().to_owned(), rank));
                }
            }
        }
        let (buckets, hosts) = (Prefixes::new(buckets), Prefixes::new(hosts));
        Self { buckets, hosts }
    }

    fn number_of(&self, url: &SourceUrl) -> Option<usize> {
        let place = Spelling::read(url);
        let bucket = place.and_then(|place| self.buckets.best(&in_bucket(url.scheme(), &place)));
        let (_, number) = bucket.or_else(|| self.hosts.best(url.up_to_path()))?;
        Some(number)
    }
}

/// One text for all spellings of a place in S3.
fn in_bucket(scheme: &str, place: &Spelling<'_>) -> String {
    [
        scheme,
        "://",
        place.partition,
        "/",
        place.bucket,
        "/",
        place.key,
    ]
    .concat()
}

impl From<Vec<SourceRule>> for SourceRules {
    fn from(list: Vec<SourceRule>) -> Self {
        let rules = Self {
            list,
            index: OnceLock::new(),
        };
        // Now, and not while somebody waits for an answer.
        rules.index();
        rules
    }
}

impl FromIterator<SourceRule> for SourceRules {
    fn from_iter<T: IntoIterator<Item = SourceRule>>(rules: T) -> Self {
        Vec::from_iter(rules).into()
    }
}

impl Deref for SourceRules {
    type Target = [SourceRule];

    fn deref(&self) -> &[SourceRule] {
        &self.list
    }
}

impl DerefMut for SourceRules {
    fn deref_mut(&mut self) -> &mut [SourceRule] {
        self.index = OnceLock::new();
        &mut self.list
    }
}

impl<'a> IntoIterator for &'a SourceRules {
    type Item = &'a SourceRule;
    type IntoIter = std::slice::Iter<'a, SourceRule>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl PartialEq for SourceRules {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl Eq for SourceRules {}

impl fmt::Debug for SourceRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.fmt(f)
    }
}

#[cfg(test)]
mod tests;
