//! Digests of the bytes as they pass, and the states with which a continuation goes on.

use std::collections::BTreeMap;

use cloud_mirror_domain::digest::{Algorithm, OfferedDigest};
use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::error::{Failure, Kind};
use crc_fast::{CrcAlgorithm, Digest as Crc};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256, Sha512};

/// MD5, SHA-1, SHA-256 and SHA-512 of the bytes seen so far, in order; and of the checksums those
/// that the source offers, since nobody else asks for them.
#[derive(Clone, Default)]
pub struct Digesting {
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
    sha512: Sha512,
    crcs: BTreeMap<Algorithm, Crc>,
}

impl Digesting {
    /// Before the first byte of an object with which these digests are offered.
    pub fn new(offered: &[OfferedDigest]) -> Self {
        let begun = |algorithm| Some((algorithm, Crc::new(crc(algorithm)?)));
        Self {
            crcs: algorithms(offered).filter_map(begun).collect(),
            ..Self::default()
        }
    }

    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.sha1.update(bytes);
        self.sha256.update(bytes);
        self.sha512.update(bytes);
        for crc in self.crcs.values_mut() {
            crc.update(bytes);
        }
    }

    /// The digests to keep, once every one that the source offers is found to be right. The offered
    /// ones must be among those that it was made with.
    pub fn finish(self, offered: &[OfferedDigest]) -> Result<Digests, Failure> {
        let crcs: BTreeMap<_, _> = self
            .crcs
            .iter()
            .map(|(of, crc)| (*of, value(crc)))
            .collect();
        let digests = Digests {
            md5: hex::encode(self.md5.finalize()),
            sha1: hex::encode(self.sha1.finalize()),
            sha256: hex::encode(self.sha256.finalize()),
            sha512: hex::encode(self.sha512.finalize()),
        };
        for one in offered {
            let found = match one.algorithm {
                Algorithm::Md5 => digests.md5.clone(),
                Algorithm::Sha1 => digests.sha1.clone(),
                Algorithm::Sha256 => digests.sha256.clone(),
                Algorithm::Sha512 => digests.sha512.clone(),
                of => in_hex(of, crcs.get(&of).copied()),
            };
            if found != one.hex {
                return Err(mismatch(one, &found));
            }
        }
        Ok(digests)
    }

    /// The states, in words that [`Digesting::restored`] understands: `name=hexadecimal`.
    pub(crate) fn save(&self) -> String {
        let hashes = [
            saved(Algorithm::Md5, &self.md5),
            saved(Algorithm::Sha1, &self.sha1),
            saved(Algorithm::Sha256, &self.sha256),
            saved(Algorithm::Sha512, &self.sha512),
        ];
        let crcs = self
            .crcs
            .iter()
            .map(|(of, crc)| format!("{}={:x}", of.as_str(), crc.get_state()));
        hashes.into_iter().chain(crcs).collect::<Vec<_>>().join(" ")
    }

    /// Where another run stopped. None if that run was of a program which kept its states in
    /// another way, or if it did not compute a checksum that is offered now.
    pub(crate) fn restored(states: &str, offered: &[OfferedDigest]) -> Option<Self> {
        let states: BTreeMap<_, _> = states
            .split(' ')
            .filter_map(|one| one.split_once('='))
            .collect();
        let of = |algorithm: Algorithm| states.get(algorithm.as_str()).copied();
        let restored_crc = |algorithm| {
            let kind = crc(algorithm)?;
            let state = of(algorithm).and_then(|hex| u64::from_str_radix(hex, 16).ok());
            Some(state.map(|state| (algorithm, Crc::new_with_init_state(kind, state))))
        };
        Some(Self {
            md5: restored(of(Algorithm::Md5)?)?,
            sha1: restored(of(Algorithm::Sha1)?)?,
            sha256: restored(of(Algorithm::Sha256)?)?,
            sha512: restored(of(Algorithm::Sha512)?)?,
            crcs: algorithms(offered)
                .filter_map(restored_crc)
                .collect::<Option<_>>()?,
        })
    }
}

fn algorithms(offered: &[OfferedDigest]) -> impl Iterator<Item = Algorithm> {
    offered.iter().map(|one| one.algorithm)
}

fn crc(algorithm: Algorithm) -> Option<CrcAlgorithm> {
    match algorithm {
        Algorithm::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
        Algorithm::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
        Algorithm::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
        Algorithm::Md5 | Algorithm::Sha1 | Algorithm::Sha256 | Algorithm::Sha512 => None,
    }
}

fn value(crc: &Crc) -> u64 {
    crc.finalize()
}

fn in_hex(of: Algorithm, value: Option<u64>) -> String {
    let width = of.size_bytes() * 2;
    value.map_or_else(String::new, |value| format!("{value:0width$x}"))
}

fn saved(of: Algorithm, hash: &impl SerializableState) -> String {
    format!("{}={}", of.as_str(), hex::encode(hash.serialize()))
}

fn restored<T: SerializableState>(state: &str) -> Option<T> {
    let bytes = hex::decode(state).ok()?;
    let state = SerializedState::<T>::try_from(bytes.as_slice()).ok()?;
    T::deserialize(&state).ok()
}

fn mismatch(offered: &OfferedDigest, found: &str) -> Failure {
    let (of, hex) = (offered.algorithm.as_str(), &offered.hex);
    let detail = format!("the source offers {of} {hex}, its bytes have {found}");
    Failure::new(Kind::DigestMismatch, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(algorithm: Algorithm, hex: &str) -> OfferedDigest {
        OfferedDigest {
            algorithm,
            hex: hex.to_owned(),
        }
    }

    /// Of "abc", by the standards that define them.
    fn of_abc() -> Vec<OfferedDigest> {
        [
            (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                Algorithm::Sha256,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Algorithm::Sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
            (Algorithm::Crc32, "352441c2"),
            (Algorithm::Crc32c, "364b3fb7"),
        ]
        .map(|(of, hex)| offered(of, hex))
        .into()
    }

    fn digesting(offered: &[OfferedDigest], bytes: &[u8]) -> Digesting {
        let mut digesting = Digesting::new(offered);
        digesting.update(bytes);
        digesting
    }

    #[test]
    fn the_digests_are_the_well_known_ones() {
        let offered = of_abc();
        let digests = digesting(&offered, b"abc").finish(&offered).unwrap();
        assert_eq!(digests.md5, offered[0].hex);
        assert_eq!(digests.sha512, offered[3].hex);
        // Of "123456789", as the catalogue of CRC algorithms says.
        let check = [offered_check()];
        assert!(digesting(&check, b"123456789").finish(&check).is_ok());
    }

    fn offered_check() -> OfferedDigest {
        offered(Algorithm::Crc64Nvme, "ae8b14860a799888")
    }

    #[test]
    fn every_digest_that_is_offered_is_checked() {
        for one in of_abc().into_iter().chain([offered_check()]) {
            let failure = digesting(std::slice::from_ref(&one), b"abd").finish(&[one]);
            assert_eq!(failure.unwrap_err().kind, Kind::DigestMismatch);
        }
    }

    #[test]
    fn a_continuation_ends_at_the_same_digests_wherever_it_begins() {
        let offered = of_abc();
        let bytes: Vec<u8> = (0..1000_u32).map(|n| (n % 251) as u8).collect();
        let whole = digesting(&[], &bytes).finish(&[]).unwrap();
        for cut in [0, 1, 55, 64, 65, 127, 128, 500, 1000] {
            let states = digesting(&offered, &bytes[..cut]).save();
            let mut rest = Digesting::restored(&states, &offered).unwrap();
            rest.update(&bytes[cut..]);
            assert_eq!(rest.clone().finish(&[]).unwrap(), whole, "{cut}");
            let crcs = |of: &Digesting| of.crcs.values().map(value).collect::<Vec<_>>();
            assert_eq!(crcs(&rest), crcs(&digesting(&offered, &bytes)), "{cut}");
        }
    }

    #[test]
    fn states_that_cannot_be_read_are_not_gone_on_with() {
        let states = digesting(&[], b"abc").save();
        assert!(Digesting::restored(&states, &[]).is_some());
        assert!(Digesting::restored("", &[]).is_none());
        assert!(Digesting::restored(&states[4..], &[]).is_none());
        assert!(Digesting::restored(&states.replace("sha1=", "sha1=00"), &[]).is_none());
        assert!(Digesting::restored(&states, &of_abc()).is_none(), "no CRC");
    }
}
