//! What Google's errors mean.

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::PoolError;
use http::StatusCode;
use serde::Deserialize;

/// A request that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// In a word.
    pub(crate) reason: Reason,
    /// Everything that is known of it, for operators.
    pub(crate) words: String,
}

/// Why a request did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// There is no such object, or no such bucket where the bucket was asked for.
    Absent,
    /// There is no such upload.
    NoSuchUpload,
    /// A condition did not hold.
    Precondition,
    /// Another write of the same object was under way.
    Conflict,
    /// Google asks for fewer requests.
    Throttled,
    /// The object has its customer's own key.
    Encrypted,
    /// Whoever asks has to pay, and we did not say that we do.
    Unpaid,
    /// Our rights or credentials do not suffice.
    Denied,
    /// What was asked for lies behind the object's end.
    BeyondEnd,
    /// 400 without a word, as HEAD answers whatever is wrong with a request.
    Wordless,
    /// Google failed: 5xx and its like.
    Broken,
    /// Any other answer.
    Failed,
    /// No answer at all.
    Unreachable,
}

impl Refusal {
    /// What an answer that is no success means.
    pub(crate) fn of_answer(about: &str, status: StatusCode, body: &[u8]) -> Self {
        let said = Said::of(body);
        let words = match (&*said.code, &*said.message) {
            ("", "") => format!("{about}: {status}"),
            (code, message) => format!("{about}: {status}: {code}: {message}"),
        };
        Self {
            reason: reason(status, &said),
            words,
        }
    }

    /// No answer came.
    pub(crate) fn unreachable(about: &str, why: &str) -> Self {
        Self {
            reason: Reason::Unreachable,
            words: format!("{about}: {why}"),
        }
    }

    /// An answer that lacks something that Google always says.
    pub(crate) fn incomplete(about: &str, lacks: &str) -> Self {
        Self {
            reason: Reason::Failed,
            words: format!("{about}: the answer has no {lacks}"),
        }
    }

    /// The same for the source of a copy.
    pub(crate) fn of_source(self) -> Failure {
        let kind = match self.reason {
            Reason::Absent => Kind::SourceNotFound,
            Reason::Precondition | Reason::BeyondEnd => Kind::SourceChanged,
            Reason::Throttled => Kind::Throttled,
            Reason::Encrypted => Kind::SourceEncrypted,
            Reason::Unpaid => Kind::RequesterPays,
            Reason::Denied => Kind::NotPermitted,
            Reason::Unreachable => Kind::SourceUnreachable,
            Reason::NoSuchUpload
            | Reason::Conflict
            | Reason::Wordless
            | Reason::Broken
            | Reason::Failed => Kind::SourceFailed,
        };
        Failure::new(kind, self.words)
    }

    /// Whether the same request may succeed in a moment.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self.reason,
            Reason::Throttled | Reason::Broken | Reason::Unreachable
        )
    }
}

/// What an answer's body says of its error, in XML or in JSON.
#[derive(Debug, Default)]
struct Said {
    code: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct XmlError {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: String,
}

#[derive(Deserialize)]
struct JsonError {
    error: JsonDetails,
}

#[derive(Deserialize)]
struct JsonDetails {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<JsonReason>,
}

#[derive(Deserialize)]
struct JsonReason {
    #[serde(default)]
    reason: String,
}

impl Said {
    /// Nothing where the body is neither: an answer to HEAD, or a proxy's page.
    fn of(body: &[u8]) -> Self {
        if let Ok(JsonError { error }) = serde_json::from_slice(body) {
            let first = error.errors.into_iter().next();
            return Self {
                code: first.map(|first| first.reason).unwrap_or_default(),
                message: without_query(&error.message),
            };
        }
        let text = std::str::from_utf8(body).unwrap_or_default();
        match quick_xml::de::from_str::<XmlError>(text) {
            Ok(error) => Self {
                code: error.code,
                message: without_query(format!("{} {}", error.message, error.details).trim()),
            },
            Err(_) => Self::default(),
        }
    }
}

/// Google's words may name the object, and what follows a `?` in its name may hold a secret.
fn without_query(words: &str) -> String {
    words.split('?').next().unwrap_or_default().to_owned()
}

/// The code counts before the status, where it says more.
fn reason(status: StatusCode, said: &Said) -> Reason {
    match &*said.code {
        "NoSuchUpload" => Reason::NoSuchUpload,
        "UserProjectMissing" => Reason::Unpaid,
        "ResourceIsEncryptedWithCustomerEncryptionKey"
        | "resourceIsEncryptedWithCustomerEncryptionKey" => Reason::Encrypted,
        // The JSON API has no code of its own for it.
        "required" if said.message.contains("requester pays") => Reason::Unpaid,
        "SlowDown" | "rateLimitExceeded" | "userRateLimitExceeded" => Reason::Throttled,
        // A bucket that is not there says nothing about its objects.
        "NoSuchBucket" => Reason::Failed,
        _ => by_status(status, said.code.is_empty()),
    }
}

fn by_status(status: StatusCode, wordless: bool) -> Reason {
    match status.as_u16() {
        401 | 403 => Reason::Denied,
        404 => Reason::Absent,
        409 => Reason::Conflict,
        412 => Reason::Precondition,
        416 => Reason::BeyondEnd,
        429 | 503 => Reason::Throttled,
        408 | 500..=599 => Reason::Broken,
        400 if wordless => Reason::Wordless,
        _ => Reason::Failed,
    }
}

/// For writes, whose condition also fails where there is no object.
impl From<Refusal> for PoolError {
    fn from(refusal: Refusal) -> Self {
        match refusal.reason {
            Reason::Absent | Reason::Precondition => Self::Precondition,
            Reason::NoSuchUpload => Self::NoSuchUpload,
            Reason::Conflict => Self::Conflict,
            Reason::Throttled => Self::Throttled(refusal.words),
            Reason::Denied | Reason::Unpaid => Self::Denied(refusal.words),
            Reason::Encrypted
            | Reason::BeyondEnd
            | Reason::Wordless
            | Reason::Broken
            | Reason::Failed
            | Reason::Unreachable => Self::Unavailable(refusal.words),
        }
    }
}

#[cfg(test)]
mod tests;
