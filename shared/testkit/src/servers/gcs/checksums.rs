//! CRC32C and MD5, in the forms of `x-goog-hash`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use s3s::crypto::{Checksum as _, Crc32c, Md5};

use super::answer::{Answer, Refusal};
use super::request::Request;

pub(super) fn crc32c(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(Crc32c::checksum(bytes))
}

pub(super) fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::checksum(bytes)
}

pub(super) fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Refuses a body that is not what `Content-MD5` and `x-goog-hash` claim.
pub(super) fn verify(request: &Request) -> Answer<()> {
    let md5 = base64(&md5(&request.body));
    agree(request.header("content-md5"), &md5)?;
    let hashes = request.headers.get_all("x-goog-hash").iter();
    let hashes = hashes.filter_map(|hash| hash.to_str().ok());
    for hash in hashes.flat_map(|hash| hash.split(',')).map(str::trim) {
        match hash.split_once('=') {
            Some(("crc32c", claimed)) => agree(Some(claimed), &crc32c(&request.body))?,
            Some(("md5", claimed)) => agree(Some(claimed), &md5)?,
            _ => {
                return Err(Refusal::new(
                    400,
                    "InvalidDigest",
                    "The hash is of no known kind.",
                ));
            }
        }
    }
    Ok(())
}

fn agree(claimed: Option<&str>, actual: &str) -> Answer<()> {
    match claimed {
        Some(claimed) if claimed != actual => Err(Refusal::new(
            400,
            "BadDigest",
            "The Content-MD5 or x-goog-hash you specified did not match what we received.",
        )),
        _ => Ok(()),
    }
}
