//! What Azure's refusals mean to whoever reads a source, or has it copied.

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{PoolError, StoreCopyError};

use crate::failure::{Reason, Refusal};

/// What was asked of a source itself.
pub(crate) fn of_source(refusal: Refusal) -> Failure {
    let by_code = refusal.code.as_deref().and_then(kind_of_bytes);
    let kind = by_code.unwrap_or(match refusal.reason {
        Reason::Absent => Kind::SourceNotFound,
        Reason::Precondition => Kind::SourceChanged,
        Reason::Throttled => Kind::Throttled,
        Reason::Denied => Kind::NotPermitted,
        Reason::Unreachable => Kind::SourceUnreachable,
        // A container that is not there says nothing about its blobs.
        Reason::NoContainer | Reason::Conflict | Reason::NoSuchBlock | Reason::Failed => {
            Kind::SourceFailed
        }
    });
    Failure::new(kind, refusal.words)
}

/// What was asked of the pool, to have it read the source. Azure tells the two ends apart: by words
/// of its own for a source, and by what the source answered.
pub(crate) fn of_copy(refusal: Refusal) -> StoreCopyError {
    match of_the_source(&refusal) {
        Some(kind) => Failure::new(kind, refusal.words).into(),
        // There is nothing to be replaced: had it been the source, Azure would have said so.
        None if refusal.reason == Reason::Absent => PoolError::Precondition.into(),
        None => PoolError::from(refusal).into(),
    }
}

fn of_the_source(refusal: &Refusal) -> Option<Kind> {
    match refusal.code.as_deref()? {
        "SourceConditionNotMet" => Some(Kind::SourceChanged),
        "CannotVerifyCopySource" => Some(answered_by_the_source(refusal)),
        code => kind_of_bytes(code),
    }
}

/// The source's own answer, which Azure passes on in two headers; without them the copy's status is
/// the source's, in Azurite for one.
fn answered_by_the_source(refusal: &Refusal) -> Kind {
    let by_code = refusal.source_code.as_deref().and_then(kind_of_bytes);
    let own = refusal.status.map(|status| status.as_u16());
    // A container that is not there says nothing about its blobs.
    let of_the_blob = |code: &str| code == "BlobNotFound";
    let is_absence = refusal.source_code.as_deref().is_none_or(of_the_blob);
    by_code.unwrap_or(match refusal.source_status.or(own) {
        Some(404) if is_absence => Kind::SourceNotFound,
        Some(401 | 403) => Kind::NotPermitted,
        Some(304 | 412) => Kind::SourceChanged,
        Some(429 | 503) => Kind::Throttled,
        _ => Kind::SourceFailed,
    })
}

/// Words that are about one blob's bytes, whoever asks for them. A replica is none of these.
fn kind_of_bytes(code: &str) -> Option<Kind> {
    match code {
        "BlobArchived" | "BlobBeingRehydrated" => Some(Kind::Archived),
        "BlobUsesCustomerSpecifiedEncryption" => Some(Kind::SourceEncrypted),
        // The object has become shorter than the byte that was asked for.
        "InvalidRange" => Some(Kind::SourceChanged),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    fn refused(status: u16, headers: &[(&'static str, &'static str)]) -> Refusal {
        let headers = headers.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        let status = StatusCode::from_u16(status).unwrap();
        Refusal::answered(
            "PutBlobFromURL a/c/b",
            status,
            &HeaderMap::from_iter(headers),
        )
    }

    fn code(status: u16, code: &'static str) -> Refusal {
        refused(status, &[("x-ms-error-code", code)])
    }

    fn passed_on(status: &'static str, code: &'static str) -> Refusal {
        let headers = [
            ("x-ms-error-code", "CannotVerifyCopySource"),
            ("x-ms-copy-source-status-code", status),
            ("x-ms-copy-source-error-code", code),
        ];
        refused(status.parse().unwrap(), &headers)
    }

    fn of_one_end(refusal: Refusal) -> Result<Kind, PoolError> {
        match of_copy(refusal) {
            StoreCopyError::Source(failure) => Ok(failure.kind),
            StoreCopyError::Pool(error) => Err(error),
        }
    }

    #[test]
    fn a_copys_refusal_is_the_sources_where_azure_says_so() {
        for (refusal, kind) in [
            (code(412, "SourceConditionNotMet"), Kind::SourceChanged),
            (passed_on("404", "BlobNotFound"), Kind::SourceNotFound),
            (
                passed_on("403", "AuthorizationPermissionMismatch"),
                Kind::NotPermitted,
            ),
            (
                passed_on("401", "InvalidAuthenticationInfo"),
                Kind::NotPermitted,
            ),
            (passed_on("409", "BlobArchived"), Kind::Archived),
            (passed_on("412", "ConditionNotMet"), Kind::SourceChanged),
            (passed_on("503", "ServerBusy"), Kind::Throttled),
            (passed_on("404", "ContainerNotFound"), Kind::SourceFailed),
            (passed_on("404", "ResourceNotFound"), Kind::SourceFailed),
            (passed_on("500", "InternalError"), Kind::SourceFailed),
            (code(409, "BlobArchived"), Kind::Archived),
            (code(409, "BlobBeingRehydrated"), Kind::Archived),
            (code(404, "CannotVerifyCopySource"), Kind::SourceNotFound),
            (code(500, "CannotVerifyCopySource"), Kind::SourceFailed),
        ] {
            let words = refusal.words.clone();
            assert_eq!(of_one_end(refusal), Ok(kind), "{words}");
        }
    }

    #[test]
    fn any_other_refusal_is_the_pools() {
        for (refusal, name) in [
            (code(412, "TargetConditionNotMet"), "Precondition"),
            (code(412, "ConditionNotMet"), "Precondition"),
            (code(409, "BlobAlreadyExists"), "Precondition"),
            (code(404, "BlobNotFound"), "Precondition"),
            (code(403, "AuthenticationFailed"), "Denied"),
            (code(503, "ServerBusy"), "Throttled"),
            (code(404, "ContainerNotFound"), "Unavailable"),
            (code(500, "InternalError"), "Unavailable"),
            (refused(502, &[]), "Unavailable"),
        ] {
            let words = refusal.words.clone();
            let error = of_one_end(refusal).unwrap_err();
            assert!(format!("{error:?}").starts_with(name), "{words}: {error:?}");
        }
    }

    #[test]
    fn a_sources_own_refusal_says_what_an_operator_must_do() {
        for (refusal, kind) in [
            (code(404, "BlobNotFound"), Kind::SourceNotFound),
            (code(404, "ContainerNotFound"), Kind::SourceFailed),
            (code(403, "AuthorizationFailure"), Kind::NotPermitted),
            (code(409, "BlobArchived"), Kind::Archived),
            (
                code(409, "BlobUsesCustomerSpecifiedEncryption"),
                Kind::SourceEncrypted,
            ),
            (code(412, "ConditionNotMet"), Kind::SourceChanged),
            (code(416, "InvalidRange"), Kind::SourceChanged),
            (code(503, "ServerBusy"), Kind::Throttled),
            (code(500, "InternalError"), Kind::SourceFailed),
            (
                Refusal::unanswered("GetBlob a/c/b", "no answer"),
                Kind::SourceUnreachable,
            ),
        ] {
            let words = refusal.words.clone();
            assert_eq!(of_source(refusal).kind, kind, "{words}");
        }
    }
}
