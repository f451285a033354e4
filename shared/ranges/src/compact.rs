//! A set as bytes.
//!
//! `CMRANGES`, a version, the publications, the places, the intervals of IPv4 and IPv6, and a CRC-32 of all
//! before. Numbers are LEB128. An interval is the distance from the one before, whose zero bits at the end
//! are counted instead of written (prefixes begin at round numbers), and the number of its place plus
//! one, 0 for none.

use cloud_mirror_domain::place::{Cloud, Place, Published};
use cloud_mirror_domain::time::Timestamp;

use crate::intervals::{Intervals, NO_PLACE};
use crate::{Ranges, RangesError};

const MAGIC: &[u8; 8] = b"CMRANGES";
const VERSION: u8 = 1;
const CRC_BYTES: usize = 4;

pub(crate) fn write(ranges: &Ranges) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.push(VERSION);
    put(&mut out, ranges.published.len() as u128);
    for published in &ranges.published {
        out.push(number_of(published.cloud));
        put(&mut out, published.published.as_seconds().into());
        put(&mut out, published.prefixes as u128);
    }
    put(&mut out, ranges.places.len() as u128);
    for place in &ranges.places {
        out.push(number_of(place.cloud));
        let region = place.region.as_deref().unwrap_or_default();
        put(&mut out, region.len() as u128);
        out.extend(region.bytes());
    }
    put_row(&mut out, &ranges.v4);
    put_row(&mut out, &ranges.v6);
    let crc = crc_of(&out);
    out.extend(crc);
    out
}

pub(crate) fn read(bytes: &[u8]) -> Result<Ranges, RangesError> {
    let (content, crc) = bytes
        .split_last_chunk::<CRC_BYTES>()
        .ok_or(RangesError::Damaged(
            "it is too short to be a set of ranges",
        ))?;
    let rest = content
        .strip_prefix(MAGIC)
        .ok_or(RangesError::Damaged("it is no set of ranges"))?;
    if crc_of(content) != *crc {
        return Err(RangesError::Damaged(
            "it is damaged: its checksum is another",
        ));
    }
    let mut input = Input(rest);
    if input.byte()? != VERSION {
        return Err(RangesError::Damaged("it is of another version"));
    }
    let published = input.list(Input::published)?;
    let places = input.list(Input::place)?;
    let (v4, v6) = (input.row(places.len())?, input.row(places.len())?);
    if !input.0.is_empty() {
        return Err(MALFORMED);
    }
    Ok(Ranges {
        published,
        places,
        v4,
        v6,
    })
}

const MALFORMED: RangesError = RangesError::Damaged("it is malformed");

fn crc_of(bytes: &[u8]) -> [u8; CRC_BYTES] {
    crc32fast::hash(bytes).to_be_bytes()
}

/// Never another one: sets that were written are read later.
fn number_of(cloud: Cloud) -> u8 {
    match cloud {
        Cloud::Aws => 0,
        Cloud::Google => 1,
        Cloud::Azure => 2,
    }
}

fn put(out: &mut Vec<u8>, mut number: u128) {
    while number >= 0x80 {
        out.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_row<A: Copy + Into<u128>>(out: &mut Vec<u8>, row: &Intervals<A>) {
    put(out, row.starts.len() as u128);
    let mut before = 0;
    for (start, place) in row.starts.iter().zip(&row.places) {
        let start: u128 = (*start).into();
        let distance = start - before;
        before = start;
        // Of nothing all 128 bits are zero, which is no shift.
        let zeros = if distance == 0 {
            0
        } else {
            distance.trailing_zeros()
        };
        put(out, zeros.into());
        put(out, distance >> zeros);
        put(out, place.wrapping_add(1).into());
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Result<u8, RangesError> {
        let (first, rest) = self.0.split_first().ok_or(MALFORMED)?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u128, RangesError> {
        let (mut number, mut shift) = (0_u128, 0);
        loop {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7F);
            if shift >= 128 || (bits << shift) >> shift != bits {
                return Err(MALFORMED);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
            shift += 7;
        }
    }

    fn number_as<T: TryFrom<u128>>(&mut self) -> Result<T, RangesError> {
        T::try_from(self.number()?).map_err(|_| MALFORMED)
    }

    /// Reserves nothing: a length that lies shall not cost memory.
    fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, RangesError>,
    ) -> Result<Vec<T>, RangesError> {
        let count: u32 = self.number_as()?;
        (0..count).map(|_| one(self)).collect()
    }

    fn cloud(&mut self) -> Result<Cloud, RangesError> {
        let number = self.byte()?;
        let mut known = Cloud::ALL.into_iter();
        known
            .find(|cloud| number_of(*cloud) == number)
            .ok_or(MALFORMED)
    }

    fn published(&mut self) -> Result<Published, RangesError> {
        let cloud = self.cloud()?;
        let seconds: u32 = self.number_as()?;
        Ok(Published {
            cloud,
            published: Timestamp::from_millis(u64::from(seconds) * 1000),
            prefixes: self.number_as()?,
        })
    }

    fn place(&mut self) -> Result<Place, RangesError> {
        let cloud = self.cloud()?;
        let length = self.number_as()?;
        let (name, rest) = self.0.split_at_checked(length).ok_or(MALFORMED)?;
        self.0 = rest;
        let name = std::str::from_utf8(name).map_err(|_| MALFORMED)?;
        let region = (!name.is_empty()).then(|| name.into());
        Ok(Place { cloud, region })
    }

    /// Strictly ascending, and of places that there are: looking up relies on it.
    fn row<A: TryFrom<u128>>(&mut self, places: usize) -> Result<Intervals<A>, RangesError> {
        let mut before: Option<u128> = None;
        let rows = self.list(|input| {
            let start = input.start(before)?;
            before = Some(start);
            let place: u16 = input.number_as()?;
            let place = place.wrapping_sub(1);
            if place != NO_PLACE && usize::from(place) >= places {
                return Err(MALFORMED);
            }
            Ok((A::try_from(start).map_err(|_| MALFORMED)?, place))
        });
        let (starts, places) = rows?.into_iter().unzip();
        Ok(Intervals { starts, places })
    }

    fn start(&mut self, before: Option<u128>) -> Result<u128, RangesError> {
        let zeros: u32 = self.number_as()?;
        let shifted = self.number()?;
        let distance = shifted.checked_shl(zeros).ok_or(MALFORMED)?;
        if distance >> zeros != shifted || (distance == 0 && before.is_some()) {
            return Err(MALFORMED);
        }
        before.unwrap_or(0).checked_add(distance).ok_or(MALFORMED)
    }
}
