//! What the SDK's errors mean.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use cloud_mirror_domain::error::{Failure, Kind, chain};
use cloud_mirror_domain::ports::PoolError;

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
    /// There is no such upload.
    NoSuchUpload,
    /// A condition did not hold.
    Precondition,
    /// Another conditional write was under way.
    Conflict,
    /// Our rights do not suffice, or nobody's do: an archived object.
    Denied,
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
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let said = status
            .map(|status| format!("{status}, "))
            .unwrap_or_default();
        Self {
            reason: reason(status, error.code()),
            words: format!("{action} {place}: {said}{}", chain(error)),
        }
    }

    /// The same for the source of a copy.
    pub(crate) fn of_source(self) -> Failure {
        let kind = match self.reason {
            Reason::Absent => Kind::SourceNotFound,
            Reason::Precondition => Kind::SourceChanged,
            Reason::Denied => Kind::NotPermitted,
            Reason::Unreachable => Kind::SourceUnreachable,
            Reason::NoSuchUpload | Reason::Conflict | Reason::Failed => Kind::SourceFailed,
        };
        Failure::new(kind, self.words)
    }
}

/// The code counts before the status: copies and completions may answer 200 and then, in the
/// body, an error. HEAD answers have a status only.
fn reason(status: Option<u16>, code: Option<&str>) -> Reason {
    match (code, status) {
        (Some("NoSuchUpload"), _) => Reason::NoSuchUpload,
        // A bucket that is not there says nothing about its objects.
        (Some("NoSuchBucket"), _) => Reason::Failed,
        (Some("NoSuchKey"), _) | (_, Some(404)) => Reason::Absent,
        (Some("PreconditionFailed"), _) | (_, Some(412)) => Reason::Precondition,
        (Some("ConditionalRequestConflict"), _) | (_, Some(409)) => Reason::Conflict,
        (Some("AccessDenied" | "InvalidObjectState"), _) | (_, Some(403)) => Reason::Denied,
        (_, Some(_)) => Reason::Failed,
        (_, None) => Reason::Unreachable,
    }
}

/// For writes, whose condition also fails where there is no object: 404 on `If-Match`.
impl From<Refusal> for PoolError {
    fn from(refusal: Refusal) -> Self {
        match refusal.reason {
            Reason::Absent | Reason::Precondition => Self::Precondition,
            Reason::NoSuchUpload => Self::NoSuchUpload,
            Reason::Conflict => Self::Conflict,
            Reason::Denied => Self::Denied(refusal.words),
            Reason::Failed | Reason::Unreachable => Self::Unavailable(refusal.words),
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
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_sorted_by_its_code_and_else_by_its_status() {
        for (status, code, expected) in [
            (Some(404), Some("NoSuchKey"), Reason::Absent),
            (Some(404), None, Reason::Absent),
            (Some(404), Some("NoSuchBucket"), Reason::Failed),
            (Some(404), Some("NoSuchUpload"), Reason::NoSuchUpload),
            (Some(412), Some("PreconditionFailed"), Reason::Precondition),
            (Some(200), Some("PreconditionFailed"), Reason::Precondition),
            (
                Some(409),
                Some("ConditionalRequestConflict"),
                Reason::Conflict,
            ),
            (Some(409), Some("OperationAborted"), Reason::Conflict),
            (Some(403), None, Reason::Denied),
            (Some(403), Some("SignatureDoesNotMatch"), Reason::Denied),
            (Some(403), Some("InvalidObjectState"), Reason::Denied),
            (Some(200), Some("SlowDown"), Reason::Failed),
            (Some(503), Some("SlowDown"), Reason::Failed),
            (Some(301), None, Reason::Failed),
            (None, None, Reason::Unreachable),
        ] {
            assert_eq!(reason(status, code), expected, "{status:?} {code:?}");
        }
    }
}
