use super::*;

fn refusal(status: u16, body: &str) -> Refusal {
    let status = StatusCode::from_u16(status).unwrap();
    Refusal::of_answer("PutObject gs://acme/a", status, body.as_bytes())
}

fn xml(code: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>Why.</Message><StringToSign>secret</StringToSign></Error>"
    )
}

fn json(reason: &str, message: &str) -> String {
    format!(
        r#"{{"error":{{"code":400,"message":"{message}","errors":[{{"message":"{message}","domain":"global","reason":"{reason}"}}]}}}}"#
    )
}

#[test]
fn an_answer_is_understood_by_its_code_and_else_by_its_status() {
    for (status, body, reason) in [
        (404, String::new(), Reason::Absent),
        (404, xml("NoSuchKey"), Reason::Absent),
        (404, xml("NoSuchBucket"), Reason::Failed),
        (404, xml("NoSuchUpload"), Reason::NoSuchUpload),
        (404, json("notFound", "Not Found"), Reason::Absent),
        (412, xml("PreconditionFailed"), Reason::Precondition),
        (412, json("conditionNotMet", "Why."), Reason::Precondition),
        (403, String::new(), Reason::Denied),
        (403, xml("AccessDenied"), Reason::Denied),
        (401, json("authError", "Invalid"), Reason::Denied),
        (429, json("rateLimitExceeded", "Slow"), Reason::Throttled),
        (403, json("rateLimitExceeded", "Slow"), Reason::Throttled),
        (503, xml("SlowDown"), Reason::Throttled),
        (503, String::new(), Reason::Throttled),
        (500, "<html>".into(), Reason::Broken),
        (408, String::new(), Reason::Broken),
        (409, xml("Conflict"), Reason::Conflict),
        (416, xml("InvalidRange"), Reason::BeyondEnd),
        (400, String::new(), Reason::Wordless),
        (400, xml("UserProjectMissing"), Reason::Unpaid),
        (400, xml("InvalidPart"), Reason::Failed),
        (
            400,
            xml("ResourceIsEncryptedWithCustomerEncryptionKey"),
            Reason::Encrypted,
        ),
        (
            400,
            json(
                "required",
                "Bucket is a requester pays bucket but no user project provided.",
            ),
            Reason::Unpaid,
        ),
    ] {
        assert_eq!(refusal(status, &body).reason, reason, "{status} {body}");
    }
}

#[test]
fn an_operator_reads_what_google_said_and_no_string_to_sign() {
    let words = refusal(403, &xml("SignatureDoesNotMatch")).words;
    assert_eq!(
        words,
        "PutObject gs://acme/a: 403 Forbidden: SignatureDoesNotMatch: Why."
    );
    let words = refusal(412, "").words;
    assert_eq!(words, "PutObject gs://acme/a: 412 Precondition Failed");
}

#[test]
fn a_name_that_google_repeats_is_cut_before_its_query() {
    let named = "No such object: acme/example.com/a?token=hunter2";
    let details = format!("<Error><Code>NoSuchKey</Code><Details>{named}</Details></Error>");
    for body in [json("notFound", named), details] {
        let words = refusal(404, &body).words;
        assert!(
            words.ends_with("No such object: acme/example.com/a"),
            "{words}"
        );
    }
}

#[test]
fn a_denial_is_never_absence_and_absence_is_a_failed_condition() {
    let pool = |status| PoolError::from(refusal(status, ""));
    assert!(matches!(pool(403), PoolError::Denied(_)));
    assert!(matches!(pool(401), PoolError::Denied(_)));
    assert_eq!(pool(404), PoolError::Precondition);
    assert_eq!(pool(412), PoolError::Precondition);
    assert_eq!(pool(409), PoolError::Conflict);
    assert!(matches!(pool(429), PoolError::Throttled(_)));
    assert!(matches!(pool(500), PoolError::Unavailable(_)));
}

#[test]
fn a_sources_failure_is_one_of_its_kind() {
    for (status, body, kind) in [
        (404, String::new(), Kind::SourceNotFound),
        (403, String::new(), Kind::NotPermitted),
        (412, String::new(), Kind::SourceChanged),
        (416, String::new(), Kind::SourceChanged),
        (503, String::new(), Kind::Throttled),
        (500, String::new(), Kind::SourceFailed),
        (400, xml("UserProjectMissing"), Kind::RequesterPays),
        (
            400,
            xml("ResourceIsEncryptedWithCustomerEncryptionKey"),
            Kind::SourceEncrypted,
        ),
    ] {
        assert_eq!(refusal(status, &body).of_source().kind, kind, "{body}");
    }
}

#[test]
fn only_what_may_pass_is_tried_again() {
    for (status, passes) in [(503, true), (429, true), (500, true), (412, false)] {
        assert_eq!(refusal(status, "").may_pass(), passes, "{status}");
    }
    assert!(!refusal(403, "").may_pass());
    assert!(Refusal::unreachable("a", "b").may_pass());
}
