use super::*;

fn reason(status: u16, code: &str, message: &str) -> Reason {
    let answer = Answer {
        status: Some(status),
        code: (!code.is_empty()).then_some(code),
        message,
        delete_marker: false,
    };
    answer.reason()
}

#[test]
fn an_answer_is_sorted_by_its_code_and_else_by_its_status() {
    for (status, code, expected) in [
        (404, "NoSuchKey", Reason::Absent),
        (200, "NoSuchKey", Reason::Absent),
        (404, "", Reason::Absent),
        (404, "NoSuchBucket", Reason::Failed),
        (404, "NoSuchUpload", Reason::NoSuchUpload),
        (412, "PreconditionFailed", Reason::Precondition),
        (200, "PreconditionFailed", Reason::Precondition),
        (409, "ConditionalRequestConflict", Reason::Conflict),
        (409, "OperationAborted", Reason::Conflict),
        (403, "", Reason::Denied),
        (403, "SignatureDoesNotMatch", Reason::Denied),
        (403, "InvalidObjectState", Reason::Archived),
        (400, "InvalidRequest", Reason::Failed),
        (400, "", Reason::Wordless),
        (301, "", Reason::Failed),
        (500, "InternalError", Reason::Failed),
    ] {
        assert_eq!(reason(status, code, ""), expected, "{status} {code:?}");
    }
    assert_eq!(Answer::default().reason(), Reason::Unreachable);
}

#[test]
fn whatever_asks_for_fewer_requests_is_throttling() {
    for (status, code) in [
        (503, "SlowDown"),
        (200, "SlowDown"),
        (503, "ServiceUnavailable"),
        (200, "ServiceUnavailable"),
        (503, "RequestLimitExceeded"),
        (400, "Throttling"),
        (400, "ThrottlingException"),
        (503, ""),
        (503, "Busy"),
        (429, ""),
    ] {
        let found = reason(status, code, "");
        assert_eq!(found, Reason::Throttled, "{status} {code:?}");
    }
}

#[test]
fn a_key_that_is_not_ours_is_told_by_s3s_words() {
    let customer = "The object was stored using a form of Server Side Encryption. The correct \
                    parameters must be provided to retrieve the object.";
    let policy = "User: arn:aws:iam::111122223333:role/r is not authorized to perform: \
                  kms:Decrypt on resource: arn:aws:kms:us-west-2:111122223333:key/1 because …";
    let account = "The ciphertext refers to a customer master key that does not exist, does not \
                   exist in this region, or you are not allowed to access.";
    let pool = "User: arn:aws:iam::111122223333:role/r is not authorized to perform: \
                kms:GenerateDataKey on resource: arn:aws:kms:us-west-2:111122223333:key/1";
    for (status, code, message, expected) in [
        (400, "InvalidRequest", customer, Reason::Encrypted),
        (200, "InvalidRequest", customer, Reason::Encrypted),
        (403, "AccessDenied", policy, Reason::KmsDenied),
        (200, "AccessDenied", policy, Reason::KmsDenied),
        (403, "AccessDenied", account, Reason::KmsDenied),
        (403, "AccessDenied", pool, Reason::Denied),
        (403, "AccessDenied", "Access Denied", Reason::Denied),
        (400, "KMS.DisabledException", "", Reason::KmsDenied),
        (403, "KMS.AccessDeniedException", "", Reason::KmsDenied),
        (400, "KMS.KMSInvalidStateException", "", Reason::KmsDenied),
    ] {
        let found = reason(status, code, message);
        assert_eq!(found, expected, "{status} {code} {message}");
    }
}

#[test]
fn a_delete_marker_is_an_absence_with_a_reason() {
    let marked = |code| Answer {
        status: Some(404),
        code,
        delete_marker: true,
        ..Answer::default()
    };
    for code in [None, Some("NotFound"), Some("NoSuchKey")] {
        assert_eq!(marked(code).reason(), Reason::Deleted, "{code:?}");
    }
    assert_eq!(marked(Some("NoSuchUpload")).reason(), Reason::NoSuchUpload);
}

#[test]
fn every_reason_is_a_kind_of_the_source_and_an_error_of_the_pool() {
    let (denied, unavailable, throttled) = (
        PoolError::Denied("why".into()),
        PoolError::Unavailable("why".into()),
        PoolError::Throttled("why".into()),
    );
    for (reason, kind, error) in [
        (
            Reason::Absent,
            Kind::SourceNotFound,
            PoolError::Precondition,
        ),
        (
            Reason::Deleted,
            Kind::SourceDeleted,
            PoolError::Precondition,
        ),
        (
            Reason::Precondition,
            Kind::SourceChanged,
            PoolError::Precondition,
        ),
        (
            Reason::NoSuchUpload,
            Kind::SourceFailed,
            PoolError::NoSuchUpload,
        ),
        (Reason::Conflict, Kind::SourceFailed, PoolError::Conflict),
        (Reason::Throttled, Kind::Throttled, throttled),
        (Reason::Archived, Kind::Archived, denied.clone()),
        (Reason::KmsDenied, Kind::KmsDenied, denied.clone()),
        (Reason::Denied, Kind::NotPermitted, denied),
        (
            Reason::Encrypted,
            Kind::SourceEncrypted,
            unavailable.clone(),
        ),
        (Reason::Wordless, Kind::SourceFailed, unavailable.clone()),
        (Reason::Failed, Kind::SourceFailed, unavailable.clone()),
        (Reason::Unreachable, Kind::SourceUnreachable, unavailable),
    ] {
        let words = "why".to_owned();
        let refusal = Refusal { reason, words };
        assert_eq!(refusal.clone().of_source().kind, kind, "{reason:?}");
        assert_eq!(PoolError::from(refusal), error, "{reason:?}");
    }
}
