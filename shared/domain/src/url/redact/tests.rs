//! What is a secret, and what is none.

use proptest::prelude::*;

use super::*;

#[test]
fn a_secret_goes_and_everything_around_it_stays() {
    for (text, redacted) in [
        (
            "GET https://b.s3.amazonaws.com/a?X-Amz-Credential=AKIA%2F2026&X-Amz-Date=1&X-Amz-Signature=5f: 403",
            "GET https://b.s3.amazonaws.com/a?X-Amz-Credential=[redacted]&X-Amz-Date=1&X-Amz-Signature=[redacted]: 403",
        ),
        (
            "error for url (https://x.blob.core.windows.net/a?sv=1&sig=Ab%2B%3D): timed out",
            "error for url (https://x.blob.core.windows.net/a?sv=1&sig=[redacted]): timed out",
        ),
        (
            "302 https://x.blob.core.windows.net/c/a?skoid=11-22&sktid=33&skt=2026&se=2026-01-01T00%3A15%3A00Z&sp=r&sig=Ab%2B%3D",
            "302 https://x.blob.core.windows.net/c/a?skoid=[redacted]&sktid=[redacted]&skt=2026&se=2026-01-01T00%3A15%3A00Z&sp=r&sig=[redacted]",
        ),
        (
            "302 https://storage.googleapis.com/b/a?X-Goog-Credential=me%40p.iam%2F2026&X-Goog-Expires=900&X-Goog-Signature=0a1b",
            "302 https://storage.googleapis.com/b/a?X-Goog-Credential=[redacted]&X-Goog-Expires=900&X-Goog-Signature=[redacted]",
        ),
        (
            "AccountName=x;AccountKey=Eby8vdM02x==;EndpointSuffix=core.windows.net",
            "AccountName=x;AccountKey=[redacted];EndpointSuffix=core.windows.net",
        ),
        (
            "x-ms-copy-source-authorization: Bearer eyJ0\nHost: e.com",
            "x-ms-copy-source-authorization: [redacted]\nHost: e.com",
        ),
        (
            "/v1/redirect/s3/x/https%3A%2F%2Fe.com%2Fa%3FSignature%3Dabc%26Expires%3D1",
            "/v1/redirect/s3/x/https%3A%2F%2Fe.com%2Fa%3FSignature%3D[redacted]%26Expires%3D1",
        ),
        (
            "https%253A%252F%252Fe.com%252Fa%253Fsig%253Dabc%2526x%253D1",
            "https%253A%252F%252Fe.com%252Fa%253Fsig%253D[redacted]%2526x%253D1",
        ),
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=A/b, Signature=c\nHost: e.com",
            "Authorization: [redacted]\nHost: e.com",
        ),
        (
            r#"{"x-amz-security-token": "IQoJ"}"#,
            r#"{"x-amz-security-token": "[redacted]"#,
        ),
        (
            "AWS4-HMAC-SHA256 Credential=A/b, Signature=c",
            "AWS4-HMAC-SHA256 Credential=[redacted], Signature=[redacted]",
        ),
        (
            "\"Bearer abc.def\" was said",
            "\"Bearer [redacted]\" was said",
        ),
        ("ftp://me:secret@e.com/a@b", "ftp://[redacted]@e.com/a@b"),
    ] {
        assert_eq!(redact(text), redacted);
    }
}

#[test]
fn what_is_no_secret_is_borrowed_as_it_was() {
    for text in [
        "",
        "s3_eu-central-1",
        "https://example.com/signature/sig?version=1&design=sig&signature_count=2",
        "the request signature we calculated does not match",
        "at 12:30, a=b, c@d, 100% of it; %3D",
        "crc64nvme:AAAAAAAAAAA=",
        "arn:aws:iam::123456789012:user/ö",
    ] {
        assert!(
            matches!(redact(text), Cow::Borrowed(same) if same == text),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn a_secret_never_stays_whatever_surrounds_it(
        before in "[a-z ö:/.]{0,20}[?& \"]",
        name in proptest::sample::select(SECRETS.to_vec()),
        secret in "[A-Z0-9+/_.~-]{12,40}",
        after in "(&[a-z]{1,5}=[a-z]{1,5}|: [a-zö ]{0,20}|\"|\\)|)",
    ) {
        for equals in ["=", "%3D", "%253d"] {
            let text = format!("{before}{name}{equals}{secret}{after}");
            let redacted = redact(&text).into_owned();
            prop_assert!(!redacted.contains(&secret), "{text} became {redacted}");
            prop_assert_eq!(redact(&redacted).into_owned(), redacted.clone());
        }
    }

    #[test]
    fn text_without_a_mark_is_borrowed(text in "[^ %:=]{0,80}") {
        prop_assert!(matches!(redact(&text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn any_text_can_be_redacted_and_twice_is_as_once(text in "\\PC{0,80}") {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once).into_owned(), once.clone());
    }
}

#[test]
fn an_authority_that_is_cut_is_left_out_with_the_password_in_it() {
    let text = "at ftp://me:hunter2@e.com/a of https://you:hunter3@e.com/b";
    for most_bytes in 0..=text.len() {
        let beginning = redact_beginning(text, most_bytes);
        assert!(!beginning.contains("hunter"), "{most_bytes}: {beginning}");
    }
    let whole = "at ftp://[redacted]@e.com/a of https://[redacted]@e.com/b";
    assert_eq!(redact_beginning(text, text.len()), whole);
    let first = "at ftp://[redacted]@e.com/a of https://";
    assert_eq!(redact_beginning(text, text.len() - 2), first);
}

#[test]
fn only_what_is_cut_loses_its_authority() {
    let text = "https://e.com";
    assert_eq!(redact_beginning(text, text.len()), text);
    assert_eq!(redact_beginning("https://e.com/öö", 16), "https://e.com/ö");
}
