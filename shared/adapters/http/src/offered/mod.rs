//! Digests that a source offers with an object.
//!
//! | header | says |
//! |---|---|
//! | `Content-MD5` | the MD5 of the body (RFC 1864) |
//! | `Digest` | `sha-256=…,md5=…` (RFC 3230) |
//! | `Repr-Digest` | `sha-256=:…:` (RFC 9530) |
//! | `x-goog-hash` | `crc32c=…,md5=…` (Google) |
//! | `x-amz-checksum-*` | one checksum each (S3) |
//!
//! All of these are of the bytes as they are stored and sent, and in base64. `Content-Digest` is not
//! read: it covers one message's content, which HEAD's answer has none of, and whoever offers it
//! can offer `Repr-Digest`.
//!
//! A digest is a gift: one that cannot be read is no reason to refuse the object, and counts as not
//! offered. Where several contradict each other all are kept, so that the object fails the check.

#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cloud_mirror_domain::digest::{Algorithm, OfferedDigest};
use http::header::{self, HeaderMap};

use crate::facts::list;

/// The digests in the headers of an answer that is the whole object, each once. In a part's answer
/// the same headers may be of the part.
pub fn offered(headers: &HeaderMap) -> Vec<OfferedDigest> {
    let mut all = Vec::new();
    let found = of_the_standards(headers)
        .chain(of_google(headers))
        .chain(of_s3(headers));
    for digest in found {
        if !all.contains(&digest) {
            all.push(digest);
        }
    }
    all
}

fn of_the_standards(headers: &HeaderMap) -> impl Iterator<Item = OfferedDigest> {
    let whole = lines(headers, "content-md5");
    let md5 = whole.filter_map(|value| digest(Algorithm::Md5, value));
    let instance = members(headers, "digest");
    let instance = instance.filter_map(|(name, value)| digest(registered(name)?, value));
    let representation = members(headers, "repr-digest");
    let representation =
        representation.filter_map(|(name, value)| digest(registered(name)?, byte_sequence(value)?));
    md5.chain(instance).chain(representation)
}

/// The registered names that both RFCs share and that we can compute. `id-sha-256` and its like
/// are not among them: these are of the decoded bytes.
fn registered(name: &str) -> Option<Algorithm> {
    match name.to_ascii_lowercase().as_str() {
        "md5" => Some(Algorithm::Md5),
        "sha" => Some(Algorithm::Sha1),
        "sha-256" => Some(Algorithm::Sha256),
        "sha-512" => Some(Algorithm::Sha512),
        _ => None,
    }
}

/// The base64 of `:…:`, whatever parameters follow it (RFC 9651, section 3.3.5).
fn byte_sequence(item: &str) -> Option<&str> {
    let bare = item.split(';').next().unwrap_or(item).trim();
    bare.strip_prefix(':')?.strip_suffix(':')
}

/// Google keeps some objects compressed and sends them decompressed to whoever accepts no gzip. Its
/// hash is then not of the bytes that it sends.
fn of_google(headers: &HeaderMap) -> impl Iterator<Item = OfferedDigest> {
    let hashes = members(headers, "x-goog-hash").filter(|_| !is_transcoded(headers));
    hashes.filter_map(|(name, value)| {
        let algorithm = match name {
            "crc32c" => Algorithm::Crc32c,
            "md5" => Algorithm::Md5,
            _ => return None,
        };
        digest(algorithm, value)
    })
}

fn is_transcoded(headers: &HeaderMap) -> bool {
    let stored = lines(headers, "x-goog-stored-content-encoding").next();
    let sent = list(headers, &header::CONTENT_ENCODING).unwrap_or_default();
    stored.is_some_and(|stored| {
        !stored.eq_ignore_ascii_case("identity") && !stored.eq_ignore_ascii_case(&sent)
    })
}

/// S3's checksum of an object that came in parts may be one of the parts' checksums. Newer answers
/// say so by its type, older ones by a `-` and the number of parts, which is no base64.
fn of_s3(headers: &HeaderMap) -> impl Iterator<Item = OfferedDigest> {
    const CHECKSUMS: [(&str, Algorithm); 5] = [
        ("x-amz-checksum-crc32", Algorithm::Crc32),
        ("x-amz-checksum-crc32c", Algorithm::Crc32c),
        ("x-amz-checksum-crc64nvme", Algorithm::Crc64Nvme),
        ("x-amz-checksum-sha1", Algorithm::Sha1),
        ("x-amz-checksum-sha256", Algorithm::Sha256),
    ];
    let of_parts =
        lines(headers, "x-amz-checksum-type").any(|value| value.eq_ignore_ascii_case("COMPOSITE"));
    let checksums = CHECKSUMS.into_iter().filter(move |_| !of_parts);
    checksums.flat_map(|(name, algorithm)| {
        lines(headers, name).filter_map(move |value| digest(algorithm, value))
    })
}

/// The lines of a header that are text.
fn lines<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter();
    lines.filter_map(|line| line.to_str().ok()).map(str::trim)
}

/// The `name=value` in all lines of a header. Base64 has no comma; quoted text that has one falls
/// into pieces that are no digest.
fn members<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let members = lines(headers, name).flat_map(|line| line.split(','));
    members
        .filter_map(|member| member.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
}

/// `None` for what is no base64, and for what has not the algorithm's length.
fn digest(algorithm: Algorithm, base64: &str) -> Option<OfferedDigest> {
    let bytes = STANDARD.decode(base64).ok()?;
    (bytes.len() == algorithm.size_bytes()).then(|| OfferedDigest {
        algorithm,
        hex: hex::encode(bytes),
    })
}
