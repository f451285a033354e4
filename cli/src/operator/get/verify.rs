//! What an object's bytes are compared with.

use cloud_mirror_copier::Digesting;
use cloud_mirror_domain::digest::{Algorithm, OfferedDigest};
use cloud_mirror_http::sent::offered;

use super::fetch::Fetched;
use crate::operator::mirror::Known;

/// Everything that is told of an object before its bytes come.
pub(super) struct Expected {
    digests: Vec<OfferedDigest>,
    /// What its own answer says.
    length: Option<u64>,
    /// What the mirror says.
    size: Option<u64>,
}

/// A comparison under way.
pub(super) struct Check {
    expected: Expected,
    digesting: Digesting,
    bytes: u64,
}

/// How a comparison ended.
pub(super) enum Verdict {
    /// Nothing speaks against the bytes: by these checksums, by `length`, or where nothing is told
    /// of them, by nothing.
    By(Vec<&'static str>),
    /// They are not what they should be, in a sentence.
    Wrong(String),
}

impl Expected {
    /// Of an answer, and of what the mirror knows of its replica. A digest of the mirror's that is
    /// none counts as not told. SHA-256 stands for the four that it keeps together.
    pub(super) fn of(fetched: &Fetched, known: Option<&Known>) -> Self {
        let mut digests = offered(fetched.headers());
        let known = known.filter(|known| known.status == "present");
        if let Some(sums) = known.and_then(|known| known.digests.as_ref())
            && sums.sha256.len() == Algorithm::Sha256.size_bytes() * 2
        {
            digests.push(OfferedDigest {
                algorithm: Algorithm::Sha256,
                hex: sums.sha256.to_ascii_lowercase(),
            });
        }
        digests.extend(known.and_then(|known| checksum(known.checksum.as_deref()?)));
        Self {
            digests,
            length: fetched.length(),
            size: known.and_then(|known| known.size_bytes),
        }
    }

    /// How many bytes there should be.
    pub(super) fn length(&self) -> Option<u64> {
        self.length.or(self.size)
    }

    /// Begins before the first byte.
    pub(super) fn begin(self) -> Check {
        Check {
            digesting: Digesting::new(&self.digests),
            expected: self,
            bytes: 0,
        }
    }
}

/// `crc64nvme:` and its base64, read as if the store had sent it.
fn checksum(told: &str) -> Option<OfferedDigest> {
    let value = told.strip_prefix("crc64nvme:")?;
    let name = http::HeaderName::from_static("x-amz-checksum-crc64nvme");
    let headers = [(name, value.parse().ok()?)].into_iter().collect();
    offered(&headers).pop()
}

impl Check {
    /// The next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.digesting.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// How many there were, and whether they are right.
    pub(super) fn finish(self) -> (u64, Verdict) {
        (self.bytes, self.verdict())
    }

    fn verdict(&self) -> Verdict {
        let lengths = [self.expected.length, self.expected.size];
        for length in lengths.into_iter().flatten() {
            if length != self.bytes {
                return Verdict::Wrong(format!("{} bytes came, {length} were told", self.bytes));
            }
        }
        let mut by = Vec::new();
        for one in &self.expected.digests {
            let name = one.algorithm.as_str();
            let finished = self.digesting.clone().finish(std::slice::from_ref(one));
            if finished.is_err() {
                return Verdict::Wrong(format!("their {name} is not {}", one.hex));
            }
            if !by.contains(&name) {
                by.push(name);
            }
        }
        if by.is_empty() && self.expected.length().is_some() {
            by.push("length");
        }
        Verdict::By(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stores_checksum_is_read_as_the_mirror_tells_it() {
        // Of "123456789", as the catalogue of CRC algorithms says.
        let sum = checksum("crc64nvme:rosUhgp5mIg=").unwrap();
        assert_eq!(sum.algorithm, Algorithm::Crc64Nvme);
        assert_eq!(sum.hex, "ae8b14860a799888");
        for other in ["crc64nvme:", "crc64nvme:?", "sha1:rosUhgp5mIg=", ""] {
            assert_eq!(checksum(other), None, "{other}");
        }
    }
}
