//! A request as it arrived.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;

use super::answer::{Answer, Refusal};

/// The longest name of an object, in bytes of UTF-8.
const LONGEST_NAME: usize = 1024;

#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    /// As it was sent, percent-encoded.
    pub(super) path: String,
    /// Names and values, decoded, in their order.
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    pub(super) fn new(method: Method, uri: &Uri, headers: HeaderMap, body: Bytes) -> Self {
        let query = uri.query().unwrap_or_default();
        Self {
            method,
            path: uri.path().to_owned(),
            query: parameters(query),
            headers,
            body,
        }
    }

    pub(super) fn has(&self, parameter: &str) -> bool {
        self.parameter(parameter).is_some()
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut query = self.query.iter();
        query
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, parameter: &str) -> Answer<Option<u64>> {
        let wrong = |_| Refusal::invalid(&format!("{parameter} is no number"));
        self.parameter(parameter)
            .map(str::parse)
            .transpose()
            .map_err(wrong)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Refuses a body whose length is not known. An empty one has a length too, which clients like to
    /// leave out.
    pub(super) fn announces_its_length(&self) -> Answer<()> {
        let announced = [CONTENT_LENGTH, TRANSFER_ENCODING];
        let announced = announced.iter().any(|name| self.headers.contains_key(name));
        let has_body = [Method::PUT, Method::POST, Method::PATCH].contains(&self.method);
        match has_body && !announced {
            true => Err(Refusal::new(
                411,
                "MissingContentLength",
                "You must provide the Content-Length HTTP header.",
            )),
            false => Ok(()),
        }
    }

    /// Bucket and object, decoded; empty where there is none.
    pub(super) fn place(&self) -> Answer<(String, String)> {
        let path = self.path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let (bucket, key) = (decoded(bucket)?, decoded(key)?);
        if key.len() > LONGEST_NAME {
            return Err(Refusal::new(
                400,
                "KeyTooLong",
                "The object name is too long.",
            ));
        }
        if key.contains(['\r', '\n']) {
            return Err(Refusal::new(
                400,
                "InvalidObjectName",
                "The object name is invalid.",
            ));
        }
        Ok((bucket, key))
    }
}

/// Names and values, decoded: a plus is a plus, and not a space.
pub(super) fn parameters(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let lossy = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (lossy(name), lossy(value)))
        .collect()
}

pub(super) fn decoded(text: &str) -> Answer<String> {
    let text = percent_decode_str(text).decode_utf8();
    let invalid = |_| Refusal::new(400, "InvalidURI", "Couldn't parse the specified URI.");
    text.map(std::borrow::Cow::into_owned).map_err(invalid)
}
