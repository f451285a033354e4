use super::*;
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

// Of the nine bytes "123456789", as every catalogue of checksums lists them.
const MD5: &str = "25f9e794323b453885f5181f1b624d0b";
const SHA1: &str = "f7c3bc1d808e04732adf679965ccc34ca7ae3441";
const SHA256: &str = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
const CRC32: &str = "cbf43926";
const CRC32C: &str = "e3069283";
const CRC64: &str = "ae8b14860a799888";

fn of(hex: &str) -> String {
    STANDARD.encode(hex::decode(hex).unwrap())
}

fn read(lines: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    let digests = offered(&headers).into_iter();
    digests
        .map(|digest| (digest.algorithm.as_str(), digest.hex))
        .collect()
}

#[track_caller]
fn assert_offers(lines: &[(&str, &str)], expected: &[(&'static str, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|&(name, hex)| (name, hex.to_owned()))
        .collect();
    assert_eq!(read(lines), expected, "{lines:?}");
}

#[test]
fn every_header_is_read_as_its_standard_writes_it() {
    let (md5, sha1, sha256) = (of(MD5), of(SHA1), of(SHA256));
    assert_offers(&[("content-md5", &md5)], &[("md5", MD5)]);
    assert_offers(
        &[("digest", &format!("SHA-256={sha256},md5={md5}"))],
        &[("sha256", SHA256), ("md5", MD5)],
    );
    assert_offers(
        &[("digest", &format!("sha={sha1}, unixsum=30637"))],
        &[("sha1", SHA1)],
    );
    assert_offers(
        &[(
            "repr-digest",
            &format!("id=\"a,b\", sha-256=:{sha256}:;q=1 , md5=:{md5}:"),
        )],
        &[("sha256", SHA256), ("md5", MD5)],
    );
    assert_offers(
        &[("x-amz-checksum-crc64nvme", &of(CRC64))],
        &[("crc64nvme", CRC64)],
    );
    assert_offers(
        &[
            ("x-amz-checksum-crc32", &of(CRC32)),
            ("x-amz-checksum-crc32c", &of(CRC32C)),
            ("x-amz-checksum-sha1", &sha1),
            ("x-amz-checksum-sha256", &sha256),
            ("x-amz-checksum-type", "FULL_OBJECT"),
        ],
        &[
            ("crc32", CRC32),
            ("crc32c", CRC32C),
            ("sha1", SHA1),
            ("sha256", SHA256),
        ],
    );
}

#[test]
fn the_longest_digest_is_read_too() {
    let sha512 = "5c".repeat(64);
    let value = format!("sha-512=:{}:", of(&sha512));
    assert_offers(&[("repr-digest", &value)], &[("sha512", &sha512)]);
}

#[test]
fn googles_hash_may_come_in_one_line_or_in_two() {
    let (crc32c, md5) = (format!("crc32c={}", of(CRC32C)), format!("md5={}", of(MD5)));
    let both = [("crc32c", CRC32C), ("md5", MD5)];
    assert_offers(&[("x-goog-hash", &format!("{crc32c},{md5}"))], &both);
    assert_offers(&[("x-goog-hash", &crc32c), ("x-goog-hash", &md5)], &both);
}

#[test]
fn googles_hash_is_ignored_where_google_decompressed() {
    let hash = format!("md5={}", of(MD5));
    for (stored, sent, counts) in [
        ("identity", None, true),
        ("gzip", Some("gzip"), true),
        ("GZIP", Some("gzip"), true),
        ("gzip", None, false),
        ("gzip", Some("br"), false),
    ] {
        let mut lines = vec![
            ("x-goog-hash", hash.as_str()),
            ("x-goog-stored-content-encoding", stored),
        ];
        lines.extend(sent.map(|sent| ("content-encoding", sent)));
        assert_eq!(read(&lines).len(), usize::from(counts), "{lines:?}");
    }
}

#[test]
fn a_checksum_of_parts_is_not_the_objects() {
    let sum = of(CRC32);
    assert_offers(&[("x-amz-checksum-crc32", &format!("{sum}-3"))], &[]);
    let composite = ("x-amz-checksum-type", "COMPOSITE");
    assert_offers(&[("x-amz-checksum-crc32", &sum), composite], &[]);
}

#[test]
fn what_is_no_digest_counts_as_not_offered() {
    let short = of(CRC32);
    for (name, value) in [
        ("content-md5", ""),
        ("content-md5", "not base64!"),
        ("content-md5", MD5),
        ("content-md5", &short),
        ("digest", ""),
        ("digest", "sha-256"),
        ("digest", &format!("sha-256={SHA256}")),
        ("digest", &format!("id-sha-256={}", of(SHA256))),
        ("repr-digest", &format!("sha-256={}", of(SHA256))),
        ("repr-digest", "sha-256=:"),
        ("repr-digest", "sha-256=::"),
        ("repr-digest", ",,=,"),
        ("x-goog-hash", &format!("sha-256={}", of(SHA256))),
        ("x-amz-checksum-sha512", &short),
    ] {
        assert_offers(&[(name, value)], &[]);
    }
}

#[test]
fn equal_digests_are_offered_once_and_contradicting_ones_all() {
    let (right, wrong) = (of(MD5), of(&"00".repeat(16)));
    let digest = format!("md5={right}");
    assert_offers(
        &[("content-md5", &right), ("digest", &digest)],
        &[("md5", MD5)],
    );
    assert_eq!(
        read(&[("content-md5", &wrong), ("digest", &digest)]).len(),
        2
    );
}

const NAMES: [&str; 8] = [
    "content-md5",
    "digest",
    "repr-digest",
    "x-goog-hash",
    "x-goog-stored-content-encoding",
    "content-encoding",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-type",
];

/// Any bytes, and text of the pieces that the parsers look for.
fn values() -> impl Strategy<Value = Vec<u8>> {
    let any = prop::collection::vec(any::<u8>(), 0..100);
    let pieces = "(md5|sha-256|crc32c|=|:|,|;| |-3|AAAA|[A-Za-z0-9+/]{22}==|\u{e9}){0,12}";
    prop_oneof![any, pieces.prop_map(String::into_bytes)]
}

proptest! {
    #[test]
    fn whatever_is_sent_only_digests_of_their_length_are_offered(
        sent in prop::collection::vec((0..NAMES.len(), values()), 0..6)
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(NAMES[name], value);
            }
        }
        for digest in offered(&headers) {
            prop_assert_eq!(digest.hex.len(), 2 * digest.algorithm.size_bytes());
        }
    }
}
