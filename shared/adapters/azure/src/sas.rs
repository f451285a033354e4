//! Shared access signatures of our own making, by an account's key.
//!
//! `object_store` 0.14 signs a blob's escaped name, where Azure expects the plain one, and gives its key
//! to nobody; the objects of a store that a rule names have any names.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud_mirror_domain::time::Timestamp;
use ring::hmac;

/// The version of the rules by which all this is signed.
const VERSION: &str = "2023-11-03";

/// Reading, by GET and HEAD, and nothing else.
const READ: &str = "r";

/// One blob, not its container.
const BLOB: &str = "b";

/// An account's key. What shows it shows no more than that there is one.
#[derive(Clone)]
pub(crate) struct SigningKey(hmac::Key);

impl SigningKey {
    /// None for what is no base64, which no credentials can be made of either.
    pub(crate) fn parse(base64: &str) -> Option<Self> {
        let bytes = STANDARD.decode(base64).ok()?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    fn sign(&self, text: &str) -> String {
        STANDARD.encode(hmac::sign(&self.0, text.as_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// What a signature lets its holder read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) account: &'a str,
    pub(crate) container: &'a str,
    /// The blob's plain name.
    pub(crate) blob: &'a str,
    /// Whether it holds over HTTPS alone.
    pub(crate) https_only: bool,
    /// When it ends. It begins with no moment of its own: by a clock that is ahead of Azure's a
    /// signature would be refused at first.
    pub(crate) ends: Timestamp,
}

impl Reading<'_> {
    /// The parameters of an address that may be read so, by name, for its query.
    pub(crate) fn signed(&self, key: &SigningKey) -> Vec<(&'static str, String)> {
        let ends = UNIX_EPOCH + Duration::from_secs(self.ends.as_seconds());
        let ends = humantime::format_rfc3339_seconds(ends).to_string();
        let protocol = self.https_only.then_some("https");
        let signature = key.sign(&self.text(&ends, protocol.unwrap_or_default()));
        let mut query: Vec<(&'static str, String)> = vec![
            ("sv", VERSION.into()),
            ("sr", BLOB.into()),
            ("sp", READ.into()),
            ("se", ends),
        ];
        query.extend(protocol.map(|protocol| ("spr", protocol.into())));
        query.push(("sig", signature));
        query
    }

    /// As Azure documents it of a service's signature since version 2020-12-06: sixteen lines.
    fn text(&self, ends: &str, protocol: &str) -> String {
        let resource = format!("/blob/{}/{}/{}", self.account, self.container, self.blob);
        let [no_start, no_policy, no_address, no_snapshot, no_scope] = [""; 5];
        let no_headers = [""; 5].join("\n");
        [
            READ,
            no_start,
            ends,
            &resource,
            no_policy,
            no_address,
            protocol,
            VERSION,
            BLOB,
            no_snapshot,
            no_scope,
            &no_headers,
        ]
        .join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READING: Reading<'_> = Reading {
        account: "acme",
        container: "data",
        blob: "a b%20c//é",
        https_only: true,
        ends: Timestamp::from_millis(1_780_000_000_999),
    };

    #[test]
    fn a_signature_is_of_the_plain_name_and_of_reading_alone() {
        let text = READING.text("2026-05-28T20:26:40Z", "https");
        let lines: Vec<_> = text.split('\n').collect();
        assert_eq!(lines.len(), 16, "{text}");
        assert_eq!(
            lines[..9],
            [
                "r",
                "",
                "2026-05-28T20:26:40Z",
                "/blob/acme/data/a b%20c//é",
                "",
                "",
                "https",
                VERSION,
                "b"
            ]
        );
        assert!(lines[9..].iter().all(|line| line.is_empty()), "{text}");
    }

    #[test]
    fn a_signature_says_when_it_ends_and_is_another_for_another_end_name_or_key() {
        let key = SigningKey::parse("a2V5").unwrap();
        let signed = READING.signed(&key);
        let names: Vec<_> = signed.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["sv", "sr", "sp", "se", "spr", "sig"]);
        assert_eq!(signed[3].1, "2026-05-28T20:26:40Z");
        let later = Reading {
            ends: Timestamp::from_millis(1_780_000_001_000),
            ..READING
        };
        let other = Reading {
            blob: "a b c//é",
            ..READING
        };
        let keyed = READING.signed(&SigningKey::parse("a2V6").unwrap());
        let signature =
            |query: Vec<(&str, String)>| query.last().map(|(_, signature)| signature.clone());
        let of_all = [signed, later.signed(&key), other.signed(&key), keyed].map(signature);
        let distinct: std::collections::BTreeSet<_> = of_all.iter().collect();
        assert_eq!(distinct.len(), 4, "{of_all:?}");
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = SigningKey::parse("c2VjcmV0").unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey");
        assert!(SigningKey::parse("not base64!").is_none());
    }
}
