//! Checksums: what a client claims is verified, and one is kept with every object of real bytes.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::dto::{Checksum, ChecksumAlgorithm, ChecksumType};
use s3s::{S3Error, S3Result, TrailingHeaders, s3_error};

use super::content::Content;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

const ALL: [(Algorithm, &str, &str); 5] = [
    (Algorithm::Crc32, "CRC32", "x-amz-checksum-crc32"),
    (Algorithm::Crc32c, "CRC32C", "x-amz-checksum-crc32c"),
    (
        Algorithm::Crc64Nvme,
        "CRC64NVME",
        "x-amz-checksum-crc64nvme",
    ),
    (Algorithm::Sha1, "SHA1", "x-amz-checksum-sha1"),
    (Algorithm::Sha256, "SHA256", "x-amz-checksum-sha256"),
];

impl Algorithm {
    pub(super) fn named(name: Option<&ChecksumAlgorithm>) -> Option<Self> {
        let name = name?.as_str();
        ALL.iter()
            .find(|(_, known, _)| *known == name)
            .map(|(algorithm, ..)| *algorithm)
    }

    pub(super) fn name(self) -> ChecksumAlgorithm {
        let known = ALL.iter().find(|(algorithm, ..)| *algorithm == self);
        ChecksumAlgorithm::from_static(known.unwrap().1)
    }

    fn hasher(self) -> ChecksumHasher {
        let mut hasher = ChecksumHasher::default();
        match self {
            Algorithm::Crc32 => hasher.crc32 = Some(Crc32::default()),
            Algorithm::Crc32c => hasher.crc32c = Some(Crc32c::default()),
            Algorithm::Crc64Nvme => hasher.crc64nvme = Some(Crc64Nvme::default()),
            Algorithm::Sha1 => hasher.sha1 = Some(Sha1::default()),
            Algorithm::Sha256 => hasher.sha256 = Some(Sha256::default()),
        }
        hasher
    }

    fn of(self, chunks: impl Iterator<Item = impl AsRef<[u8]>>) -> String {
        let mut hasher = self.hasher();
        chunks.for_each(|chunk| hasher.update(chunk.as_ref()));
        let sums = hasher.finalize();
        sums.checksum_crc32
            .or(sums.checksum_crc32c)
            .or(sums.checksum_crc64nvme)
            .or(sums.checksum_sha1)
            .or(sums.checksum_sha256)
            .unwrap()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) algorithm: Algorithm,
    pub(super) value: String,
    pub(super) composite: bool,
}

impl Sum {
    /// The checksum of a whole object; none of a pattern, as of objects from before S3 kept any.
    pub(super) fn of(algorithm: Algorithm, content: &Content) -> Option<Self> {
        content.is_real().then(|| Self {
            algorithm,
            value: algorithm.of(content.chunks()),
            composite: false,
        })
    }

    /// The checksum of the parts' checksums.
    pub(super) fn composite(algorithm: Algorithm, parts: &[&Sum]) -> Self {
        let raw = parts
            .iter()
            .map(|part| BASE64_STANDARD.decode(&part.value).unwrap());
        Self {
            algorithm,
            value: format!("{}-{}", algorithm.of(raw), parts.len()),
            composite: true,
        }
    }

    pub(super) fn kind(&self) -> ChecksumType {
        ChecksumType::from_static(if self.composite {
            ChecksumType::COMPOSITE
        } else {
            ChecksumType::FULL_OBJECT
        })
    }

    /// The fields that S3's answers have for it.
    pub(super) fn fields(sum: Option<&Self>) -> Checksum {
        let mut fields = Checksum::default();
        let Some(sum) = sum else { return fields };
        let value = Some(sum.value.clone());
        match sum.algorithm {
            Algorithm::Crc32 => fields.checksum_crc32 = value,
            Algorithm::Crc32c => fields.checksum_crc32c = value,
            Algorithm::Crc64Nvme => fields.checksum_crc64nvme = value,
            Algorithm::Sha1 => fields.checksum_sha1 = value,
            Algorithm::Sha256 => fields.checksum_sha256 = value,
        }
        fields.checksum_type = Some(sum.kind());
        fields
    }
}

/// What a client says of the bytes it sends, in headers or behind them.
#[derive(Debug, Default)]
pub(super) struct Claims {
    sum: Option<(Algorithm, String)>,
    md5: Option<String>,
}

impl Claims {
    /// Of a request whose body was read to its end, after which trailers follow.
    pub(super) fn of(headers: &HeaderMap, trailers: Option<&TrailingHeaders>) -> Self {
        let trailers = trailers.and_then(TrailingHeaders::take).unwrap_or_default();
        let value = |name: &str| {
            let value = headers.get(name).or_else(|| trailers.get(name))?;
            Some(value.to_str().ok()?.to_owned())
        };
        Self {
            sum: ALL
                .iter()
                .find_map(|(algorithm, _, header)| Some((*algorithm, value(header)?))),
            md5: value("content-md5"),
        }
    }

    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        self.sum.as_ref().map(|(algorithm, _)| *algorithm)
    }

    /// Refuses what a client says of an object that is already there, if it is wrong.
    pub(super) fn agree(&self, sum: Option<&Sum>) -> S3Result<()> {
        match (&self.sum, sum) {
            (Some((algorithm, claimed)), Some(sum))
                if *algorithm == sum.algorithm && *claimed != sum.value =>
            {
                Err(wrong_checksum())
            }
            _ => Ok(()),
        }
    }

    /// The checksum to keep: the claimed one, or else that of `default`.
    pub(super) fn verified(&self, content: &Content, default: Algorithm) -> S3Result<Option<Sum>> {
        if let Some(md5) = &self.md5
            && *md5 != BASE64_STANDARD.encode(content.md5())
        {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match"
            ));
        }
        let sum = Sum::of(self.algorithm().unwrap_or(default), content);
        self.agree(sum.as_ref())?;
        Ok(sum)
    }
}

fn wrong_checksum() -> S3Error {
    s3_error!(BadDigest, "The checksum you specified did not match")
}

/// Writes a checksum into the fields that most answers have.
macro_rules! tell_sum {
    ($answer:expr, $sum:expr) => {{
        let fields = $crate::servers::s3::checksums::Sum::fields($sum);
        $answer.checksum_crc32 = fields.checksum_crc32;
        $answer.checksum_crc32c = fields.checksum_crc32c;
        $answer.checksum_crc64nvme = fields.checksum_crc64nvme;
        $answer.checksum_sha1 = fields.checksum_sha1;
        $answer.checksum_sha256 = fields.checksum_sha256;
    }};
}
pub(super) use tell_sum;
