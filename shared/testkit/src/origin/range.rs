//! Which part of an object a request asks for.

use std::ops::Range;

use axum::http::header::{self, HeaderMap};

use super::Object;

/// What a request with these headers gets.
pub(super) enum Asked {
    /// All of it.
    Whole,
    /// These bytes: 206.
    Part(Range<usize>),
    /// Bytes that are not there: 416.
    Nothing,
}

impl Object {
    pub(super) fn asked(&self, headers: &HeaderMap) -> Asked {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap());
        let same = text(header::IF_RANGE).is_none_or(|etag| self.is_strongly(etag));
        match text(header::RANGE).and_then(bounds) {
            Some(bounds) if same && self.get_status == 200 && !self.without_ranges => {
                self.part(bounds)
            }
            _ => Asked::Whole,
        }
    }

    fn is_strongly(&self, etag: &str) -> bool {
        !etag.starts_with("W/")
            && self
                .headers
                .get(header::ETAG)
                .is_some_and(|own| own == etag)
    }

    fn part(&self, (first, last): (usize, Option<usize>)) -> Asked {
        let size = self.bytes.len();
        let end = last.map_or(size, |last| size.min(last.saturating_add(1)));
        if first < end {
            Asked::Part(first..end)
        } else {
            Asked::Nothing
        }
    }
}

fn bounds(range: &str) -> Option<(usize, Option<usize>)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = match last {
        "" => None,
        last => Some(last.parse().ok()?),
    };
    Some((first.parse().ok()?, last))
}
