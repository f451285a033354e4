//! What joins the lines of one copy: from the redirect, through the queue, to the copier.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

/// No front door writes a longer one; what is longer is not read at all.
const MOST_BYTES: usize = 512;

/// A trace's context, in AWS X-Ray's form: `Root=1-{8 hex}-{24 hex};Parent={16 hex};Sampled=1`.
///
/// A few numbers, so that it costs nothing to carry. It names a trace and grants nothing: who forges
/// one mixes up the lines of his own requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trace {
    id: TraceId,
    /// The segment under which this one is shown.
    parent: Option<u64>,
    /// Whether X-Ray keeps it, where that is settled already.
    sampled: Option<bool>,
}

/// A trace's name, which log lines have as `trace_id`: `1-{8 hex}-{24 hex}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId {
    /// In seconds since 1970.
    began: u32,
    /// 96 bits.
    unique: u128,
}

impl Trace {
    /// Reads what a header or a message says, its keys in any order. None for anything that X-Ray
    /// could not have written, and for what is longer than 512 bytes. Other keys are left out.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MOST_BYTES {
            return None;
        }
        let value = |wanted: &str| {
            let mut pairs = text.split(';').filter_map(|pair| pair.split_once('='));
            pairs.find_map(|(key, value)| (key.trim() == wanted).then_some(value.trim()))
        };
        let parent = match value("Parent") {
            Some(parent) => Some(u64::try_from(hex(parent, 16)?).ok()?),
            None => None,
        };
        let sampled = match value("Sampled") {
            Some("1") => Some(true),
            Some("0") => Some(false),
            None | Some("?" | "") => None,
            Some(_) => return None,
        };
        Some(Self {
            id: TraceId::parse(value("Root")?)?,
            parent,
            sampled,
        })
    }

    /// A new trace, which begins when the id says and is as unique.
    pub fn fresh(id: Ulid) -> Self {
        let seconds = id.timestamp_ms() / 1_000;
        let id = TraceId {
            // X-Ray's own form ends in the year 2106.
            began: u32::try_from(seconds).unwrap_or(u32::MAX),
            unique: u128::from(id) & UNIQUE,
        };
        Self {
            id,
            parent: None,
            sampled: None,
        }
    }

    /// The trace that the front door knows of, else the one that the request or the message speaks
    /// of, else a fresh one.
    pub fn of(known: Option<Self>, said: Option<&str>, fresh: impl FnOnce() -> Ulid) -> Self {
        known
            .or_else(|| said.and_then(Self::parse))
            .unwrap_or_else(|| Self::fresh(fresh()))
    }

    /// Its name.
    pub fn id(self) -> TraceId {
        self.id
    }
}

const UNIQUE: u128 = (1 << 96) - 1;

impl TraceId {
    fn parse(text: &str) -> Option<Self> {
        let (began, unique) = text.strip_prefix("1-")?.split_once('-')?;
        Some(Self {
            began: u32::try_from(hex(began, 8)?).ok()?,
            unique: hex(unique, 24)?,
        })
    }
}

/// A number of exactly so many hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| u128::from_str_radix(text, 16).ok())?
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1-{:08x}-{:024x}", self.began, self.unique)
    }
}

/// As [`Trace::parse`] reads it.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root={}", self.id)?;
        if let Some(parent) = self.parent {
            write!(f, ";Parent={parent:016x}")?;
        }
        match self.sampled {
            Some(sampled) => write!(f, ";Sampled={}", u8::from(sampled)),
            None => Ok(()),
        }
    }
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a message's trace, whoever wrote it: what is none is as good as absent, because no copy
/// shall be lost for the sake of a log.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Trace>, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(value.as_str().and_then(Trace::parse))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FULL: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    #[test]
    fn a_trace_reads_as_x_ray_writes_it_and_is_written_alike() {
        let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
        for (written, read) in [
            (FULL.to_owned(), FULL.to_owned()),
            (root.to_owned(), root.to_owned()),
            (format!("Sampled=0; {root}"), format!("{root};Sampled=0")),
            (format!("{root};Sampled=?;Lineage=a:0"), root.to_owned()),
            (format!("Self=1-1-1;{root}"), root.to_owned()),
        ] {
            let trace = Trace::parse(&written).expect(&written);
            assert_eq!(trace.to_string(), read);
            assert_eq!(
                trace.id().to_string(),
                "1-5759e988-bd862e3fe1be46a994272793"
            );
        }
    }

    #[test]
    fn what_is_no_trace_is_ignored() {
        for text in [
            "",
            "Root=",
            "1-5759e988-bd862e3fe1be46a994272793",
            "Root=2-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e98-bd862e3fe1be46a9942727930",
            "Root=1-5759e988-bd862e3fe1be46a99427279g",
            "Root=1-+759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=1",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=yes",
            &format!("{FULL};Lineage={}", "x".repeat(MOST_BYTES)),
        ] {
            assert_eq!(Trace::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_front_doors_own_trace_goes_before_what_a_client_says() {
        let known = Trace::fresh(Ulid::from(1u128));
        let fresh = || Ulid::from_parts(1_465_510_280_000, 7);
        assert_eq!(Trace::of(Some(known), Some(FULL), fresh), known);
        assert_eq!(Trace::of(None, Some(FULL), fresh).to_string(), FULL);
        let own = Trace::of(None, Some("Root=?"), fresh).to_string();
        assert!(own.starts_with("Root=1-5759e988-"), "{own}");
    }

    proptest! {
        #[test]
        fn a_fresh_trace_is_one_that_x_ray_understands(id: u128) {
            let trace = Trace::fresh(Ulid::from(id));
            prop_assert_eq!(Trace::parse(&trace.to_string()), Some(trace));
        }

        #[test]
        fn whatever_is_read_is_written_so_that_it_reads_the_same(text in ".{0,80}") {
            if let Some(trace) = Trace::parse(&text) {
                prop_assert_eq!(Trace::parse(&trace.to_string()), Some(trace));
            }
        }
    }
}
