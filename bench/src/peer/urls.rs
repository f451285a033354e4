//! What is asked for. All URLs are of one length, so that all requests and answers are.

use cloud_mirror_domain::url::to_base64url;

/// The path of a pool below `/v1/redirect/` and `/pool/`.
pub(crate) const POOL: &str = "file/eu-central-1";

/// As many URLs as there are, because of their six digits.
pub(crate) const MOST: u32 = 1_000_000;

/// The sources of a mirror with many entries, which nobody ever asks: their replicas are there.
pub(crate) const SOURCE_OF_MANY: &str = "https://objects.example.org/";

/// Ninety characters and six digits. Both can be divided by three, so that in Base64 each group of three
/// digits is four characters of its own: whoever asks for all of them needs no encoder.
const START: &str =
    "https://objects.example.org/collections/measurements/2026/instrument-0007/recording-part-0";

/// Each of many URLs, by its number.
pub(crate) fn of_many(number: u32) -> String {
    format!("{START}{number:06}")
}

/// The one object that a mirror's own origin has: its name, such that its URL is as long as the others.
pub(crate) fn name_of_one(base_url: &str) -> String {
    let rest = START.len() + 6 - (base_url.len() + "/origin/".len());
    format!("{:->rest$}", "recording")
}

/// The URL of that object.
pub(crate) fn of_one(base_url: &str) -> String {
    format!("{base_url}/origin/{}", name_of_one(base_url))
}

/// The path that asks for a URL.
pub(crate) fn path(url: &str) -> String {
    format!("/v1/redirect/{POOL}/{}", to_base64url(url))
}

/// The path of its first ninety characters.
pub(crate) fn path_of_start() -> String {
    path(START)
}

/// Three digits in Base64.
pub(crate) fn digits(number: u32) -> String {
    to_base64url(&format!("{number:03}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_made_of_parts_without_an_encoder() {
        let parts = path_of_start() + &digits(123) + &digits(4);
        assert_eq!(parts, path(&of_many(123_004)));
    }

    #[test]
    fn all_urls_are_of_one_length() {
        for base_url in ["http://127.0.0.1:1", "http://127.0.0.1:65535"] {
            assert_eq!(of_one(base_url).len(), of_many(MOST - 1).len());
        }
    }
}
