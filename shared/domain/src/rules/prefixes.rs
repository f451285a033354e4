//! Finding the longest of many prefixes.

use super::source::ends_at_a_segment;

/// Of the prefixes that cover a text, the one that ranks highest counts: the length that it ranks by, and
/// among equals its place in the list.
pub(super) type Rank = (usize, usize);

/// Many prefixes, sorted. What covers a text is found in as many comparisons as it takes to halve the list until
/// one is left, and one more for each prefix that is nested in another: a map by each part of the text
/// would need a look-up for each part, and whoever asks decides how many those are.
#[derive(Clone, Debug)]
pub(super) struct Prefixes(Vec<Prefix>);

#[derive(Clone, Debug)]
struct Prefix {
    text: Box<str>,
    /// The highest rank of all that cover what this one covers.
    best: Rank,
    /// Where the longest other stands that this one begins with.
    wider: Option<usize>,
}

impl Prefixes {
    pub(super) fn new(mut all: Vec<(String, Rank)>) -> Self {
        all.sort();
        let mut sorted = Self(Vec::with_capacity(all.len()));
        for (text, rank) in all {
            let nearest = sorted.0.len().checked_sub(1);
            let wider = sorted
                .and_wider(nearest)
                .find(|(_, prefix)| text.starts_with(&*prefix.text))
                .map(|(at, _)| at);
            let covering = sorted.covering(wider, &text);
            sorted.0.push(Prefix {
                best: covering.map_or(rank, |prefix| prefix.best.max(rank)),
                text: text.into(),
                wider,
            });
        }
        sorted
    }

    /// The highest rank of the prefixes that cover a text.
    pub(super) fn best(&self, text: &str) -> Option<Rank> {
        // Whatever the text begins with stands at or before it, and so does all that begins with that:
        // the last of these begins with every prefix of the text.
        let after = self.0.partition_point(|prefix| *prefix.text <= *text);
        let nearest = after.checked_sub(1);
        self.covering(nearest, text).map(|prefix| prefix.best)
    }

    /// The first that covers a text, of the one that stands there and those that it begins with.
    fn covering(&self, at: Option<usize>, text: &str) -> Option<&Prefix> {
        self.and_wider(at)
            .map(|(_, prefix)| prefix)
            .find(|prefix| ends_at_a_segment(&prefix.text, text))
    }

    fn and_wider(&self, at: Option<usize>) -> impl Iterator<Item = (usize, &Prefix)> {
        let there = |at: Option<usize>| Some((at?, self.0.get(at?)?));
        std::iter::successors(there(at), move |(_, prefix)| there(prefix.wider))
    }
}
