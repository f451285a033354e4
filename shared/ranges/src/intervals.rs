//! Many nested prefixes as one row of intervals, each of one place.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use cloud_mirror_domain::place::Place;
use ipnet::IpNet;

use crate::published::{Prefix, Publication};

/// The number of no place.
pub(crate) const NO_PLACE: u16 = u16::MAX;

/// Where each interval begins, in order, and the number of its place. What lies before the first lies
/// nowhere. No two neighbours have the same place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Intervals<A> {
    pub(crate) starts: Vec<A>,
    pub(crate) places: Vec<u16>,
}

impl<A: Copy + Ord> Intervals<A> {
    /// The number of the place of an address.
    pub(crate) fn at(&self, address: A) -> u16 {
        let after = self.starts.partition_point(|start| *start <= address);
        after.checked_sub(1).map_or(NO_PLACE, |n| self.places[n])
    }

    fn push(&mut self, start: A, place: u16) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.places.pop();
        }
        if self.places.last().copied().unwrap_or(NO_PLACE) != place {
            self.starts.push(start);
            self.places.push(place);
        }
    }
}

/// The intervals of IPv4 and of IPv6.
pub(crate) fn of(
    publications: &[Publication],
    places: &[Place],
) -> (Intervals<u32>, Intervals<u128>) {
    let (mut v4, mut v6) = (BTreeMap::new(), BTreeMap::new());
    for publication in publications {
        for prefix in &publication.prefixes {
            let place = publication.place_of(prefix);
            // All places were collected from the same publications.
            let number = places.binary_search(&place).unwrap_or(usize::MAX);
            let number = u16::try_from(number).unwrap_or(NO_PLACE);
            match prefix.net {
                IpNet::V4(net) => {
                    let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                    note(&mut v4, (first, Reverse(last)), number, prefix);
                }
                IpNet::V6(net) => {
                    let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                    note(&mut v6, (first, Reverse(last)), number, prefix);
                }
            }
        }
    }
    let following = |last: u32| last.checked_add(1);
    let v4 = flat(v4, following);
    (v4, flat(v6, |last: u128| last.checked_add(1)))
}

/// By their first address, and of several with the same the widest first.
type Nested<A> = BTreeMap<(A, Reverse<A>), Noted>;

struct Noted {
    place: u16,
    has_region: bool,
}

/// Of one and the same prefix, what names a region counts before what names none, and then the first.
fn note<A: Ord>(nested: &mut Nested<A>, key: (A, Reverse<A>), place: u16, prefix: &Prefix) {
    let has_region = prefix.region.is_some();
    let noted = Noted { place, has_region };
    match nested.get_mut(&key) {
        Some(before) if before.has_region || !has_region => {}
        Some(before) => *before = noted,
        None => {
            nested.insert(key, noted);
        }
    }
}

/// One sweep over all beginnings and ends. Prefixes hold each other or have nothing in common, so that
/// those that are open at any address are a stack.
fn flat<A: Copy + Ord>(nested: Nested<A>, following: impl Fn(A) -> Option<A>) -> Intervals<A> {
    let mut row = Intervals {
        starts: Vec::new(),
        places: Vec::new(),
    };
    let mut open: Vec<(A, u16)> = Vec::new();
    for ((first, Reverse(last)), noted) in nested {
        close(&mut row, &mut open, &following, |end| end < first);
        row.push(first, noted.place);
        open.push((last, noted.place));
    }
    close(&mut row, &mut open, &following, |_| true);
    row
}

/// Ends the innermost open prefixes, as long as they are over: what holds them goes on.
fn close<A: Copy + Ord>(
    row: &mut Intervals<A>,
    open: &mut Vec<(A, u16)>,
    following: impl Fn(A) -> Option<A>,
    is_over: impl Fn(A) -> bool,
) {
    while let Some((last, _)) = open.pop_if(|(last, _)| is_over(*last)) {
        let outer = open.last().map_or(NO_PLACE, |(_, place)| *place);
        if let Some(next) = following(last) {
            row.push(next, outer);
        }
    }
}
