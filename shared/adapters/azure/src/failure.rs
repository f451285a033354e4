//! What Azure's answers mean.

use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::{LookError, PoolError};
use http::{HeaderMap, StatusCode};

/// A request that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// In a word.
    pub(crate) reason: Reason,
    /// Azure's own word for it, from the header `x-ms-error-code`: it is there with HEAD, too.
    pub(crate) code: Option<String>,
    /// The answer's status; none where there was no answer.
    pub(crate) status: Option<StatusCode>,
    /// Of a copy, what its source answered: its status.
    pub(crate) source_status: Option<u16>,
    /// Of a copy, Azure's word for what its source answered.
    pub(crate) source_code: Option<String>,
    /// Everything that is known of it, for operators. Never a URL: it may be signed.
    pub(crate) words: String,
}

/// Why a request did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// There is no such blob. A container that is not there says nothing about its blobs.
    Absent,
    /// There is no such container.
    NoContainer,
    /// A condition did not hold.
    Precondition,
    /// Another write was under way.
    Conflict,
    /// A block that was named is not there.
    NoSuchBlock,
    /// Azure asks for fewer requests.
    Throttled,
    /// Our rights do not suffice.
    Denied,
    /// Any other answer.
    Failed,
    /// No answer at all.
    Unreachable,
}

impl Refusal {
    /// An answer that is no success. `what` is the action and its place.
    pub(crate) fn answered(what: &str, status: StatusCode, headers: &HeaderMap) -> Self {
        let code = said(headers, "x-ms-error-code");
        let source_code = said(headers, "x-ms-copy-source-error-code");
        let source_status = said(headers, "x-ms-copy-source-status-code");
        let reason = code.and_then(by_code).unwrap_or_else(|| by_status(status));
        Self {
            reason,
            words: format!("{what}: {}", told(status, code, headers)),
            code: code.map(str::to_owned),
            status: Some(status),
            source_status: source_status.and_then(|status| status.parse().ok()),
            source_code: source_code.map(str::to_owned),
        }
    }

    /// No answer: `why` must not hold the request's URL.
    pub(crate) fn unanswered(what: &str, why: &str) -> Self {
        Self {
            reason: Reason::Unreachable,
            code: None,
            status: None,
            source_status: None,
            source_code: None,
            words: format!("{what}: {why}"),
        }
    }

    /// The HTTP library's error, without the URL, which may be signed.
    pub(crate) fn of_transport(what: &str, error: reqwest::Error) -> Self {
        Self::unanswered(what, &chain(&error.without_url()))
    }

    /// Our own side could not make the request, or not read its answer.
    pub(crate) fn failed(what: &str, why: &str) -> Self {
        Self {
            reason: Reason::Failed,
            ..Self::unanswered(what, why)
        }
    }

    /// Whether the same request may have another answer in a moment.
    pub(crate) fn may_pass(&self) -> bool {
        match self.status {
            Some(status) => matches!(status.as_u16(), 408 | 429 | 500 | 502..=504),
            None => self.reason == Reason::Unreachable,
        }
    }
}

/// The request's id is what Azure's support asks for.
fn told(status: StatusCode, code: Option<&str>, headers: &HeaderMap) -> String {
    let parts = [
        ("", code),
        ("source ", said(headers, "x-ms-copy-source-status-code")),
        ("source ", said(headers, "x-ms-copy-source-error-code")),
        ("request ", said(headers, "x-ms-request-id")),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(name, value)| Some(format!(", {name}{}", value?)));
    format!("{status}{}", parts.collect::<String>())
}

fn said<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The code counts before the status: 409 is a condition that did not hold, and much else.
fn by_code(code: &str) -> Option<Reason> {
    Some(match code {
        "BlobNotFound" => Reason::Absent,
        "ContainerNotFound" | "ContainerBeingDeleted" => Reason::NoContainer,
        "BlobAlreadyExists" | "ConditionNotMet" | "TargetConditionNotMet" => Reason::Precondition,
        "InvalidBlockList" => Reason::NoSuchBlock,
        "ServerBusy" => Reason::Throttled,
        // Written to by somebody else at the same moment.
        "PendingCopyOperation" | "OperationTimedOutWhileWaitingForLock" => Reason::Conflict,
        // Somebody holds a lease, or a policy keeps it: an operator must mend that.
        "LeaseIdMissing"
        | "BlobImmutableDueToPolicy"
        | "SnapshotsPresent"
        | "AccountIsDisabled"
        | "PublicAccessNotPermitted" => Reason::Denied,
        _ => return None,
    })
}

/// A 404 without Azure's word is not believed: a proxy may have said it.
fn by_status(status: StatusCode) -> Reason {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Reason::Denied,
        StatusCode::PRECONDITION_FAILED => Reason::Precondition,
        StatusCode::CONFLICT => Reason::Conflict,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Reason::Throttled,
        _ => Reason::Failed,
    }
}

impl From<Refusal> for PoolError {
    fn from(refusal: Refusal) -> Self {
        match refusal.reason {
            Reason::Precondition => Self::Precondition,
            Reason::Conflict => Self::Conflict,
            Reason::NoSuchBlock => Self::NoSuchUpload,
            Reason::Denied => Self::Denied(refusal.words),
            Reason::Throttled => Self::Throttled(refusal.words),
            Reason::Absent | Reason::NoContainer | Reason::Failed | Reason::Unreachable => {
                Self::Unavailable(refusal.words)
            }
        }
    }
}

impl From<Refusal> for LookError {
    fn from(refusal: Refusal) -> Self {
        match refusal.reason {
            Reason::Absent | Reason::NoContainer => Self::Missing(refusal.words),
            Reason::Denied => Self::Denied(refusal.words),
            Reason::Unreachable => Self::Unreachable(refusal.words),
            _ => Self::Failed(refusal.words),
        }
    }
}
