//! Why a mirror gives no answer, and what to do.

use cloud_mirror_domain::error::chain;
use cloud_mirror_runtime::SignError;
use reqwest::Response;
use serde::Deserialize;
use thiserror::Error;

use super::Base;
use super::access::TOKEN;

/// The most of a refusal that is read, in bytes: ours have a few hundred.
const REFUSAL_BYTES: usize = 64 * 1024;

/// Why a mirror gives no answer. Each says what to do; none holds a signature or a token.
#[derive(Debug, Error)]
pub enum MirrorError {
    /// The mirror's address is none.
    #[error("the mirror's address {given:?} {why}; write one like https://mirror.example.com")]
    Address {
        /// What was given.
        given: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Nothing says which region's pool is meant.
    #[error(
        "nothing says which region's pool is meant; name one with --region, or set CLOUD_MIRROR_REGION or AWS_REGION (the mirror lists its pools at /v1/pools)"
    )]
    Region,
    /// A service or region that is no word.
    #[error("the {0} {1:?} is no word; write one like s3 or eu-central-1")]
    Word(&'static str, String),
    /// The token cannot be sent.
    #[error("{TOKEN} cannot be sent in a header; set it to the token alone, without line breaks")]
    Token,
    /// The request cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Nobody answers.
    #[error(
        "no answer from {mirror} ({cause}); is it the mirror's address? Name another with --mirror, or start one with `cloud-mirror serve`"
    )]
    Unreachable {
        /// The mirror's address.
        mirror: String,
        /// The cause chain.
        cause: String,
    },
    /// The mirror answers with an error.
    #[error("{mirror} answers {status} {word}: {message}{next}")]
    Refused {
        /// The mirror's address.
        mirror: String,
        /// The HTTP status.
        status: u16,
        /// The word for it: `source-not-found`, `unknown-pool`, …
        word: String,
        /// The mirror's own sentence.
        message: String,
        /// What to do, where there is something.
        next: &'static str,
    },
    /// The answer is no mirror's.
    #[error("{mirror} answers as no mirror does ({what}); is it the mirror's address?")]
    Odd {
        /// The mirror's address.
        mirror: String,
        /// What is odd.
        what: &'static str,
    },
    /// A mirror that sends its client on and on.
    #[error("the mirror sends its client on and on; try again, and look at its log if it goes on")]
    Hops,
}

impl MirrorError {
    pub(super) fn odd(base: &Base, what: &'static str) -> Self {
        Self::Odd {
            mirror: base.to_string(),
            what,
        }
    }

    pub(super) fn unreachable(base: &Base, error: reqwest::Error) -> Self {
        Self::Unreachable {
            mirror: base.to_string(),
            cause: cause(error),
        }
    }

    /// The status and the word of a refusal, for who tells one from another.
    pub fn refusal(&self) -> Option<(u16, &str)> {
        match self {
            Self::Refused { status, word, .. } => Some((*status, word)),
            _ => None,
        }
    }
}

/// What an HTTP request failed of, without its address, which may be signed.
pub(crate) fn cause(error: reqwest::Error) -> String {
    chain(&error.without_url())
}

/// `{"error", "message"}` of a mirror; `{"message"}` of API Gateway in front of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    error: Option<String>,
    message: String,
}

/// Reads a refusal. What is none of a mirror's, nor of the API in front of one, is odd.
pub(super) async fn refused(base: &Base, mut response: Response) -> MirrorError {
    let status = response.status().as_u16();
    let mut text = Vec::new();
    while let Ok(Some(bytes)) = response.chunk().await {
        text.extend_from_slice(&bytes);
        if text.len() > REFUSAL_BYTES {
            return MirrorError::odd(base, "a refusal without end");
        }
    }
    let told: Told = serde_json::from_slice(&text).unwrap_or_default();
    if told.error.is_none() && (status == 404 || status < 400) {
        return MirrorError::odd(base, "no route of a mirror's");
    }
    let word = told.error.unwrap_or_else(|| "refused".to_owned());
    MirrorError::Refused {
        mirror: base.to_string(),
        next: next(status, &word),
        status,
        message: match told.message.is_empty() {
            true => "without a reason".to_owned(),
            false => told.message,
        },
        word,
    }
}

/// What to do about a refusal, where the mirror's own sentence does not say it.
fn next(status: u16, word: &str) -> &'static str {
    match (status, word) {
        (_, "source-not-allowed" | "invalid-url" | "url-too-long") => "",
        (_, "unknown-pool") => "; name one of them with --service and --region",
        (401, _) => "; set CLOUD_MIRROR_PURGE_TOKEN to the mirror's purge token",
        (403, _) => {
            "; the mirror lets in only whom IAM allows: ask with --sign, and with credentials that may execute-api:Invoke it"
        }
        (429, _) => "; it is asked too often: try again in a minute",
        (500.., "refused") => "; try again, and look at the mirror's log if it goes on",
        _ => "",
    }
}
