//! What the SDK's errors mean.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use cloud_mirror_domain::error::{Failure, Kind, chain};
use cloud_mirror_domain::ports::{LookError, PoolError};

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
    /// There is no such object, or no such configuration.
    Absent,
    /// The same, and the object's newest version is a delete marker.
    Deleted,
    /// There is no such upload.
    NoSuchUpload,
    /// A condition did not hold.
    Precondition,
    /// Another conditional write was under way.
    Conflict,
    /// S3 asks for fewer requests.
    Throttled,
    /// The object is archived.
    Archived,
    /// The object has its customer's own key.
    Encrypted,
    /// The object has a key of KMS that we may not use.
    KmsDenied,
    /// Our rights do not suffice.
    Denied,
    /// The service has nothing like it.
    NotImplemented,
    /// 400 without a word, as HEAD answers whatever is wrong with a request.
    Wordless,
    /// Any other answer.
    Failed,
    /// No answer at all.
    Unreachable,
}

impl Refusal {
    /// What became of `action` at `place`.
    pub(crate) fn of<E>(action: &str, place: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let answer = Answer::of(error);
        let said = answer
            .status
            .map(|status| format!("{status}, "))
            .unwrap_or_default();
        Self {
            reason: answer.reason(),
            words: format!("{action} {place}: {said}{}", chain(error)),
        }
    }

    /// The same for the source of a copy.
    pub(crate) fn of_source(self) -> Failure {
        let kind = match self.reason {
            Reason::Absent => Kind::SourceNotFound,
            Reason::Deleted => Kind::SourceDeleted,
            Reason::Precondition => Kind::SourceChanged,
            Reason::Throttled => Kind::Throttled,
            Reason::Archived => Kind::Archived,
            Reason::Encrypted => Kind::SourceEncrypted,
            Reason::KmsDenied => Kind::KmsDenied,
            Reason::Denied => Kind::NotPermitted,
            Reason::Unreachable => Kind::SourceUnreachable,
            Reason::NoSuchUpload
            | Reason::Conflict
            | Reason::NotImplemented
            | Reason::Wordless
            | Reason::Failed => Kind::SourceFailed,
        };
        Failure::new(kind, self.words)
    }

    /// Whether there is nothing.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self.reason, Reason::Absent | Reason::Deleted)
    }

    /// Whether a copy was refused for its source's sake. A denial may be meant for the pool as well:
    /// S3 does not say, and it is the source that others give us rights to.
    pub(crate) fn is_of_the_source(&self) -> bool {
        matches!(
            self.reason,
            Reason::Archived | Reason::Encrypted | Reason::KmsDenied | Reason::Denied
        )
    }
}

/// What an answer says of its reason.
#[derive(Clone, Copy, Debug, Default)]
struct Answer<'a> {
    status: Option<u16>,
    code: Option<&'a str>,
    message: &'a str,
    delete_marker: bool,
}

impl<'a> Answer<'a> {
    fn of<E: ProvideErrorMetadata>(error: &'a SdkError<E, HttpResponse>) -> Self {
        let raw = error.raw_response();
        let marker = raw.and_then(|raw| raw.headers().get("x-amz-delete-marker"));
        Self {
            status: raw.map(|raw| raw.status().as_u16()),
            code: error.code(),
            message: error.message().unwrap_or_default(),
            delete_marker: marker == Some("true"),
        }
    }

    /// The code counts before the status: copies and completions may answer 200 and then, in the
    /// body, an error. HEAD answers have a status and headers only.
    fn reason(&self) -> Reason {
        let by_code = self.code.and_then(|code| self.by_code(code));
        by_code.unwrap_or_else(|| self.by_status())
    }

    fn by_code(&self, code: &str) -> Option<Reason> {
        Some(match code {
            "NoSuchUpload" => Reason::NoSuchUpload,
            // A bucket that is not there says nothing about its objects.
            "NoSuchBucket" => Reason::Failed,
            "NoSuchKey" if !self.delete_marker => Reason::Absent,
            "PreconditionFailed" => Reason::Precondition,
            "ConditionalRequestConflict" => Reason::Conflict,
            "SlowDown" | "ServiceUnavailable" | "RequestLimitExceeded" => Reason::Throttled,
            "InvalidObjectState" => Reason::Archived,
            "InvalidRequest" if asks_for_a_key(self.message) => Reason::Encrypted,
            "AccessDenied" if names_a_key(self.message) => Reason::KmsDenied,
            "AccessDenied" => Reason::Denied,
            "NotImplemented" | "MethodNotAllowed" => Reason::NotImplemented,
            _ if code.starts_with("Throttling") => Reason::Throttled,
            _ if code.starts_with("KMS") => Reason::KmsDenied,
            _ => return None,
        })
    }

    fn by_status(&self) -> Reason {
        match self.status {
            None => Reason::Unreachable,
            Some(404) if self.delete_marker => Reason::Deleted,
            Some(404) => Reason::Absent,
            Some(412) => Reason::Precondition,
            Some(409) => Reason::Conflict,
            Some(429 | 503) => Reason::Throttled,
            Some(403) => Reason::Denied,
            Some(405 | 501) => Reason::NotImplemented,
            Some(400) if self.code.is_none() => Reason::Wordless,
            Some(_) => Reason::Failed,
        }
    }
}

/// S3 has no code for it. These words have been the same for years, and many tools read them.
fn asks_for_a_key(message: &str) -> bool {
    message.starts_with("The object was stored using a form of Server Side Encryption")
}

/// Both are KMS's words, which S3 passes on: of a policy that does not allow it, and of a key that is
/// in another account. `kms:GenerateDataKey` is the pool's key, and not meant.
fn names_a_key(message: &str) -> bool {
    message.contains("kms:Decrypt") || message.starts_with("The ciphertext refers to a customer")
}

/// For writes, whose condition also fails where there is no object: 404 on `If-Match`.
impl From<Refusal> for PoolError {
    fn from(refusal: Refusal) -> Self {
        match refusal.reason {
            Reason::Absent | Reason::Deleted | Reason::Precondition => Self::Precondition,
            Reason::NoSuchUpload => Self::NoSuchUpload,
            Reason::Conflict => Self::Conflict,
            Reason::Throttled => Self::Throttled(refusal.words),
            Reason::Denied | Reason::Archived | Reason::KmsDenied => Self::Denied(refusal.words),
            Reason::Encrypted
            | Reason::NotImplemented
            | Reason::Wordless
            | Reason::Failed
            | Reason::Unreachable => Self::Unavailable(refusal.words),
        }
    }
}

/// For looks at buckets.
impl From<Refusal> for LookError {
    fn from(refusal: Refusal) -> Self {
        match refusal.reason {
            Reason::Denied => Self::Denied(refusal.words),
            Reason::Unreachable => Self::Unreachable(refusal.words),
            Reason::Absent => Self::Missing(refusal.words),
            _ => Self::Failed(refusal.words),
        }
    }
}

/// How messages name an object. What follows a `?` in its key is left out: where a query belongs to
/// the source's URL, it is in the key, and it may hold a secret. A name that merely contains a `?`
/// is cut as well, as nothing tells the two apart.
pub(crate) fn place(bucket: &str, key: &str) -> String {
    let named = key.split('?').next().unwrap_or_default();
    format!("s3://{bucket}/{named}")
}

/// An answer that lacks something S3 always says.
pub(crate) fn incomplete(action: &str, lacks: &str) -> PoolError {
    PoolError::Unavailable(format!("{action}: the answer has no {lacks}"))
}

#[cfg(test)]
mod tests;
