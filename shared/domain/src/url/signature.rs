//! URLs that are themselves a secret.

use super::SourceUrl;

/// Query parameters by which the stores and CDNs in common use sign a URL, in lower case.
const SIGNATURES: [&str; 6] = [
    "x-amz-signature",
    "x-amz-security-token",
    "x-goog-signature",
    "x-oss-signature",
    "signature", // S3 version 2, Google version 2, CloudFront
    "sig",       // Azure SAS
];

/// Parameters whose values no log may show: those, and who signed with what.
pub(super) const SECRETS: [&str; 17] = [
    "x-amz-signature",
    "x-amz-security-token",
    "x-amz-credential",
    "x-goog-signature",
    "x-goog-credential",
    "x-oss-signature",
    "x-oss-credential",
    "x-oss-security-token",
    "signature",
    "sig",
    "credential", // of an `Authorization` that somebody has taken apart
    "awsaccesskeyid",
    "googleaccessid",
    "ossaccesskeyid",
    "key-pair-id", // CloudFront
    "policy",      // CloudFront, signed beside it
    "access_token",
];

/// Whether the URL carries a signature. Such a URL is a secret of the client's, dies soon, and
/// is never recorded.
pub fn is_signed(url: &SourceUrl) -> bool {
    let names = url.query().unwrap_or_default().split('&');
    names
        .filter_map(|pair| pair.split('=').next())
        .any(|name| SIGNATURES.contains(&name.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_signs_a_url_is_a_secret() {
        assert!(SIGNATURES.iter().all(|name| SECRETS.contains(name)));
    }

    #[test]
    fn a_signature_is_recognised_whoever_signed() {
        let signed = |query: &str| {
            is_signed(&SourceUrl::parse(&format!("https://example.com/a?{query}")).unwrap())
        };
        assert!(signed("X-Amz-Algorithm=x&X-Amz-Signature=00"));
        assert!(signed("x-amz-signature=00"));
        assert!(signed("sv=2024&sig=abc"));
        assert!(signed("Expires=1&Signature=x"));
        assert!(signed("X-Goog-Signature=x"));
        assert!(!signed("version=1&design=sig"));
        assert!(!signed("signature_count=2"));
    }
}
