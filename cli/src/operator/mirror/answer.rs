//! What a mirror answers.

use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::rules::PoolId;
use http::HeaderMap;
use http::header::LOCATION;
use reqwest::Response;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Base, MirrorError};

/// Where a mirror sends a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// To a replica.
    Replica,
    /// To the source itself.
    Origin,
    /// To the mirror again, because the copy is still being made.
    Hop,
}

/// A redirect, not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirected {
    /// What it leads to.
    pub answer: Answer,
    /// The whole address. It may carry a signature, which is a secret for as long as it lasts.
    pub location: String,
    /// How it came about, as `Cache-Status` says it: `hit; ttl=84578`, `fwd=miss; stored; …`,
    /// `fwd=miss; detail=too-slow`.
    pub cache_status: String,
    /// The pool that was chosen, which is another than the one that was asked for where that was left to
    /// the mirror, or is being evacuated.
    pub pool: Option<PoolId>,
    /// By which the mirror's log lines of this request are found.
    pub request_id: Option<String>,
}

/// What a mirror knows of an object: the entry's public part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// `absent`, `pending`, `present`, `error` or `purging`.
    pub status: String,
    /// The pool's id; none where it was left to the mirror and no pool takes this machine.
    pub pool: Option<String>,
    /// The canonical source URL.
    pub source: String,
    /// Where the replica is; perhaps signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The replica's size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Digests of its bytes, where they passed through the mirror.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digests: Option<Digests>,
    /// The store's own checksum of the whole object, `crc64nvme:` and its base64, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// When the entry ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<u64>,
    /// What went wrong with the last copy, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The same in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What became of a purge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Purged {
    /// Every replica that was meant is gone.
    Gone,
    /// A copy was running: its replica goes as soon as that run can write no more, and is not
    /// served meanwhile.
    Later,
}

/// That a mirror lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// `ok`.
    pub status: String,
    /// Which version answers.
    pub version: String,
}

/// A pool that a mirror has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPool {
    /// `s3_eu-central-1`.
    pub id: String,
    /// `s3`.
    pub service: String,
    /// `eu-central-1`.
    pub region: String,
    /// How long a replica lives in it.
    pub lifespan_seconds: u64,
}

#[derive(Deserialize)]
pub(super) struct Pools {
    pub(super) pools: Vec<KnownPool>,
}

impl Redirected {
    /// Reads a 302. Its kind stands in its `Cache-Status`, which a HEAD has as well.
    pub(super) fn read(base: &Base, response: Response) -> Result<Self, MirrorError> {
        let odd = |what| MirrorError::odd(base, what);
        let headers = response.headers();
        let location = text(headers, LOCATION.as_str()).ok_or_else(|| odd("no Location"))?;
        let location = response
            .url()
            .join(&location)
            .map_err(|_| odd("a Location that is no URL"))?;
        let status = text(headers, "cache-status").ok_or_else(|| odd("no Cache-Status"))?;
        let status = status
            .strip_prefix("cloud-mirror; ")
            .ok_or_else(|| odd("another cache's redirect"))?;
        Ok(Self {
            answer: answer(base, status, &location)?,
            location: location.into(),
            cache_status: status.to_owned(),
            pool: text(headers, "x-cloud-mirror-pool").and_then(|pool| pool.parse().ok()),
            request_id: text(headers, "x-request-id"),
        })
    }

    /// The word behind `detail=`, which says why it leads to the origin.
    pub fn detail(&self) -> Option<&str> {
        parameter(&self.cache_status, "detail")
    }
}

/// A hop leads nowhere but to the mirror: a signature or a token goes along.
fn answer(base: &Base, status: &str, location: &Url) -> Result<Answer, MirrorError> {
    let says = |word| status.split("; ").any(|part| part == word);
    match parameter(status, "detail") {
        Some("hop") if base.has(location) => Ok(Answer::Hop),
        Some("hop") => Err(MirrorError::odd(base, "a hop to another host")),
        _ if says("hit") || says("stored") || says("collapsed") => Ok(Answer::Replica),
        _ => Ok(Answer::Origin),
    }
}

fn parameter<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = status.split("; ").filter_map(|part| part.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: &str, location: &str) -> Result<Redirected, String> {
        let base = Base::parse("http://127.0.0.1:1").unwrap();
        let response = http::Response::builder()
            .status(302)
            .header("cache-status", format!("cloud-mirror; {status}"))
            .header("location", location);
        let url = reqwest::Url::parse("http://127.0.0.1:1/v1/redirect/s3/eu/aa").unwrap();
        let response = reqwest::ResponseBuilderExt::url(response, url);
        let response = Response::from(response.body("").unwrap());
        Redirected::read(&base, response).map_err(|error| error.to_string())
    }

    #[test]
    fn every_redirect_is_told_apart_by_its_cache_status() {
        for (status, expected, detail) in [
            ("hit; ttl=9", Answer::Replica, None),
            (
                "hit; ttl=9; detail=back-filled",
                Answer::Replica,
                Some("back-filled"),
            ),
            ("fwd=miss; stored; ttl=9", Answer::Replica, None),
            ("fwd=miss; collapsed; ttl=9", Answer::Replica, None),
            (
                "fwd=miss; detail=too-slow",
                Answer::Origin,
                Some("too-slow"),
            ),
            (
                "fwd=bypass; detail=same-place",
                Answer::Origin,
                Some("same-place"),
            ),
        ] {
            let redirected = read(status, "https://store.example/a").unwrap();
            assert_eq!(redirected.answer, expected, "{status}");
            assert_eq!(redirected.detail(), detail, "{status}");
        }
    }

    #[test]
    fn a_hop_leads_to_the_mirror_and_nowhere_else() {
        let hop = read("fwd=miss; detail=hop", "?cloud-mirror-hop=1").unwrap();
        assert_eq!(hop.answer, Answer::Hop);
        let expected = "http://127.0.0.1:1/v1/redirect/s3/eu/aa?cloud-mirror-hop=1";
        assert_eq!(hop.location, expected);
        let away = read("fwd=miss; detail=hop", "http://127.0.0.1:2/?a").unwrap_err();
        assert!(away.contains("another host"), "{away}");
    }
}
