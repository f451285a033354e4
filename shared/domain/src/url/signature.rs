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

/// Parameters whose values no log may show: those, who signed with what, and what gets a token or
/// makes a signature.
pub(super) const SECRETS: [&str; 25] = [
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
    "skoid", // Azure: who has the key that signed, and in which tenant
    "sktid",
    "saoid", // for whom it was signed
    "suoid",
    "accountkey", // of Azure's connection strings
    "client_secret",
    "client_assertion",
    "assertion", // Google's
];

/// Whether the URL carries a signature. Such a URL is a secret of the client's, dies soon, and
/// is never recorded.
pub fn is_signed(url: &SourceUrl) -> bool {
    let names = url.query().unwrap_or_default().split('&');
    names
        .filter_map(|pair| pair.split('=').next())
        .any(|name| SIGNATURES.iter().any(|one| one.eq_ignore_ascii_case(name)))
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
        assert!(signed(
            "sp=r&se=2026-01-01&skoid=a&sktid=b&sv=2024-11-04&sr=b&sig=abc%3D"
        ));
        assert!(signed(
            "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=a&X-Goog-Signature=0a"
        ));
        assert!(!signed("version=1&design=sig"));
        assert!(!signed("signature_count=2"));
    }
}
