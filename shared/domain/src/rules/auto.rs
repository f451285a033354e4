//! Which pool is meant where a request leaves that to us, or its pool is being evacuated.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest as _, Sha256};

use super::PoolId;

/// What stands for a service or a region that is left to us.
pub const AUTO: &str = "auto";

/// What the operator says of regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Auto {
    /// The region of callers of whom nothing is known. Without one they go to the origin.
    pub default_region: Option<String>,
    /// For a region, the pools that serve its callers where it has none, or none that takes them: the
    /// first that takes them is the one.
    pub near: BTreeMap<String, Vec<PoolId>>,
    /// The edge in front of us that says where its callers are.
    pub edge: Option<Edge>,
}

/// An edge (CloudFront) in front of us, believed only where it shows a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Edge {
    /// The header in which it shows the secret; in small letters.
    pub secret_header: String,
    /// The secret.
    pub secret: String,
    /// The region of callers from a country (`DE`), or from a part of one (`US-CA`).
    pub countries: BTreeMap<String, String>,
}

impl Edge {
    /// Whether the lines of the secret's header prove that the edge has sent a request: there is one, and
    /// each is the secret. An edge replaces what its caller wrote there, so that a second line says
    /// that somebody else had a hand in it. Digests are compared, so that how long it takes tells
    /// nothing about the secret; an empty one proves nothing.
    pub fn is_proven_by<'a>(&self, lines: impl Iterator<Item = &'a [u8]>) -> bool {
        let secret = Sha256::digest(&self.secret);
        let mut all = lines.map(|line| Sha256::digest(line) == secret).peekable();
        !self.secret.is_empty() && all.peek().is_some() && all.all(|same| same)
    }

    /// The region of callers from there: from a part of a country (`US`, `CA`) before the whole of it.
    pub(super) fn region_of(&self, country: &str, part: Option<&str>) -> Option<&str> {
        let part = part.and_then(|part| self.countries.get(&format!("{country}-{part}")));
        let found = part.or_else(|| self.countries.get(country));
        found.map(String::as_str)
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge")
            .field("secret_header", &self.secret_header)
            .field("countries", &self.countries)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(secret: &str) -> Edge {
        Edge {
            secret_header: "x-edge-secret".into(),
            secret: secret.into(),
            countries: [("US", "us-east-1"), ("US-CA", "us-west-2")]
                .map(|(country, region)| (country.into(), region.into()))
                .into(),
        }
    }

    fn is_proven(secret: &str, lines: &[&[u8]]) -> bool {
        edge(secret).is_proven_by(lines.iter().copied())
    }

    #[test]
    fn an_edge_is_believed_by_its_whole_secret_alone() {
        assert!(is_proven("open sesame", &[b"open sesame"]));
        assert!(is_proven("open sesame", &[b"open sesame", b"open sesame"]));
        for lines in [
            &[] as &[&[u8]],
            &[b""],
            &[b"open"],
            &[b"Open sesame"],
            &[b"open sesame "],
            &[b"open sesame\xff"],
            &[b"open sesame,open sesame"],
            &[b"open sesame", b"guess"],
            &[b"guess", b"open sesame"],
        ] {
            assert!(!is_proven("open sesame", lines), "{lines:?}");
        }
        assert!(!is_proven("", &[b""]), "no secret proves nothing");
    }

    #[test]
    fn a_part_of_a_country_counts_before_the_country() {
        let region = |country, part| edge("x").region_of(country, part).map(str::to_owned);
        assert_eq!(region("US", Some("CA")).as_deref(), Some("us-west-2"));
        assert_eq!(region("US", Some("NY")).as_deref(), Some("us-east-1"));
        assert_eq!(region("US", None).as_deref(), Some("us-east-1"));
        assert_eq!(region("DE", Some("BY")), None);
    }

    #[test]
    fn no_log_shows_an_edges_secret() {
        assert!(!format!("{:?}", edge("open sesame")).contains("sesame"));
    }
}
