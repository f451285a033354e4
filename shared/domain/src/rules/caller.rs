//! Where a caller is, as far as anybody knows who may be believed.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::Auto;
use crate::place::{Cloud, Geography};

/// What a request's handler has gathered of its caller. Nothing in it is what the caller may have written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The address that the front door saw.
    pub address: Option<IpAddr>,
    /// What the edge says. Only where it has proven itself: see [`Edge::is_proven_by`](super::Edge::is_proven_by).
    pub edge: Option<EdgeSays<'a>>,
}

/// What a proven edge says of its caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EdgeSays<'a> {
    /// The caller's own address: the front door sees the edge's.
    pub address: Option<IpAddr>,
    /// The country's two letters, `US`.
    pub country: Option<&'a str>,
    /// The part of the country, `CA`.
    pub part: Option<&'a str>,
}

/// Where a caller is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The address that was looked up.
    pub address: Option<IpAddr>,
    /// The cloud that the address lies in.
    pub cloud: Option<Cloud>,
    /// The region, in its provider's spelling.
    pub region: Option<Arc<str>>,
    /// What says that this is the region; there is one without the other never.
    pub by: Option<Basis>,
}

/// What a caller's region is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The address that the front door saw.
    Address,
    /// The address that a proven edge saw.
    EdgeAddress,
    /// The country that a proven edge names.
    EdgeCountry,
    /// Nothing is known, and the configuration says what then.
    Default,
    /// The request names it.
    Asked,
}

impl Basis {
    /// Its word: `address`, `edge-address`, `edge-country`, `default`, `asked`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::EdgeAddress => "edge-address",
            Self::EdgeCountry => "edge-country",
            Self::Default => "default",
            Self::Asked => "asked",
        }
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Caller {
    /// A caller who names the region.
    pub(super) fn asking_for(region: &str) -> Self {
        Self {
            region: Some(region.into()),
            by: Some(Basis::Asked),
            ..Self::default()
        }
    }
}

impl Auto {
    /// Where a caller is: by the address, else by what a proven edge says of the country, else by the
    /// default. Behind a proven edge the address is the one that the edge saw, or none: the other is
    /// the edge's own.
    pub fn locate(&self, facts: &Facts<'_>, geography: &dyn Geography) -> Caller {
        let (address, seen_by) = match facts.edge {
            Some(edge) => (edge.address, Basis::EdgeAddress),
            None => (facts.address, Basis::Address),
        };
        let place = address.and_then(|address| geography.place(address));
        let cloud = place.as_ref().map(|place| place.cloud);
        let by_address = place.and_then(|place| place.region);
        let (region, by) = by_address
            .map(|region| (region, seen_by))
            .or_else(|| Some((self.of_country(facts)?.into(), Basis::EdgeCountry)))
            .or_else(|| Some((self.default_region.as_deref()?.into(), Basis::Default)))
            .unzip();
        Caller {
            address,
            cloud,
            region,
            by,
        }
    }

    fn of_country(&self, facts: &Facts<'_>) -> Option<&str> {
        let says = facts.edge?;
        self.edge.as_ref()?.region_of(says.country?, says.part)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::Edge;
    use super::*;
    use crate::place::{Place, Published};

    /// `192.0.2.0/24` is AWS's in Frankfurt, `198.51.100.0/24` an edge's.
    struct Map;

    impl Geography for Map {
        fn place(&self, address: IpAddr) -> Option<Place> {
            let region = match address.to_string() {
                text if text.starts_with("192.0.2.") => Some("eu-central-1".into()),
                text if text.starts_with("198.51.100.") => None,
                _ => return None,
            };
            let cloud = Cloud::Aws;
            Some(Place { cloud, region })
        }

        fn published(&self) -> &[Published] {
            &[]
        }
    }

    const FRANKFURT: &str = "192.0.2.1";
    const AN_EDGE: &str = "198.51.100.1";
    const NOWHERE: &str = "203.0.113.1";

    fn auto() -> Auto {
        Auto {
            default_region: Some("us-east-1".into()),
            near: BTreeMap::new(),
            edge: Some(Edge {
                secret_header: "x-edge-secret".into(),
                secret: "s".into(),
                countries: [("JP".to_owned(), "ap-northeast-1".to_owned())].into(),
            }),
        }
    }

    fn told(facts: &Facts<'_>) -> String {
        let Caller { region, by, .. } = auto().locate(facts, &Map);
        format!("{} by {}", region.unwrap(), by.unwrap())
    }

    fn seen(address: &str) -> Facts<'_> {
        Facts {
            address: address.parse().ok(),
            edge: None,
        }
    }

    fn behind_an_edge<'a>(address: &str, country: &'a str) -> Facts<'a> {
        Facts {
            edge: Some(EdgeSays {
                address: address.parse().ok(),
                country: Some(country),
                part: None,
            }),
            ..seen(FRANKFURT)
        }
    }

    #[test]
    fn a_region_is_found_in_the_documented_order() {
        assert_eq!(told(&seen(FRANKFURT)), "eu-central-1 by address");
        assert_eq!(told(&seen(AN_EDGE)), "us-east-1 by default");
        assert_eq!(told(&seen(NOWHERE)), "us-east-1 by default");
        assert_eq!(told(&Facts::default()), "us-east-1 by default");
    }

    #[test]
    fn behind_an_edge_the_address_that_the_front_door_sees_counts_for_nothing() {
        for (address, country, expected) in [
            (FRANKFURT, "JP", "eu-central-1 by edge-address"),
            (NOWHERE, "JP", "ap-northeast-1 by edge-country"),
            ("bent", "JP", "ap-northeast-1 by edge-country"),
            (NOWHERE, "DE", "us-east-1 by default"),
            ("bent", "", "us-east-1 by default"),
        ] {
            let facts = behind_an_edge(address, country);
            assert_eq!(told(&facts), expected, "{address} {country}");
        }
    }

    #[test]
    fn nothing_is_known_of_a_caller_where_nothing_says_anything() {
        let unknown = Auto::default().locate(&seen(NOWHERE), &Map);
        assert_eq!((unknown.region, unknown.by), (None, None));
        assert_eq!(unknown.address, NOWHERE.parse().ok());
        let edge = Auto::default().locate(&seen(AN_EDGE), &Map);
        assert_eq!((edge.cloud, edge.region), (Some(Cloud::Aws), None));
    }
}
