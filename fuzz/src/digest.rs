//! Digests among the headers of a source.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud_mirror_domain::digest::{Algorithm, OfferedDigest};
use cloud_mirror_http::sent::offered;
use http::{HeaderMap, HeaderName, HeaderValue};

/// An answer's headers, `name: value` in each line.
///
/// Promised: what counts as offered is offered once, has its algorithm's length, stands in base64
/// in some header, and reads the same from every header in which it can be written.
pub fn digests(data: &[u8]) {
    let headers = headers(data);
    let found = offered(&headers);
    for (n, digest) in found.iter().enumerate() {
        assert!(!found[..n].contains(digest), "{digest:?} twice");
        let bytes = hex::decode(&digest.hex).unwrap();
        assert_eq!(bytes.len(), digest.algorithm.size_bytes(), "{digest:?}");
        assert_eq!(hex::encode(&bytes), digest.hex, "small letters");
        let base64 = STANDARD.encode(&bytes);
        assert!(stands_in(&headers, &base64), "{digest:?} was not offered");
        for (name, value) in spellings(digest.algorithm, &base64) {
            assert_reads(name, &value, digest);
        }
    }
}

fn headers(data: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(100) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(&line[colon + 1..]);
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

fn stands_in(headers: &HeaderMap, text: &str) -> bool {
    let holds = |value: &HeaderValue| {
        let bytes = value.as_bytes();
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    headers.values().any(holds)
}

/// Every header that can say this digest.
fn spellings(algorithm: Algorithm, base64: &str) -> Vec<(&'static str, String)> {
    let listed = |name: &str| {
        vec![
            ("digest", format!("unixsum=1, {name}={base64}")),
            ("repr-digest", format!("{name}=:{base64}:;a=1")),
        ]
    };
    let plain = base64.to_owned();
    match algorithm {
        Algorithm::Md5 => {
            let mut all = listed("MD5");
            all.push(("content-md5", plain));
            all.push(("x-goog-hash", format!("crc32c=x,md5={base64}")));
            all
        }
        Algorithm::Sha1 => [listed("sha"), vec![("x-amz-checksum-sha1", plain)]].concat(),
        Algorithm::Sha256 => [listed("sha-256"), vec![("x-amz-checksum-sha256", plain)]].concat(),
        Algorithm::Sha512 => listed("SHA-512"),
        Algorithm::Crc32 => vec![("x-amz-checksum-crc32", plain)],
        Algorithm::Crc32c => vec![
            ("x-goog-hash", format!("crc32c={base64}")),
            ("x-amz-checksum-crc32c", plain),
        ],
        Algorithm::Crc64Nvme => vec![("x-amz-checksum-crc64nvme", plain)],
    }
}

fn assert_reads(name: &'static str, value: &str, digest: &OfferedDigest) {
    let value = HeaderValue::from_str(value).unwrap();
    let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value)]);
    let read = offered(&headers);
    assert_eq!(read, std::slice::from_ref(digest), "{headers:?}");
}
